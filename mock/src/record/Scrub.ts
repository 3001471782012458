/**
 * What of a request and its answer may be kept and shown: no key, no cookie, no query of a URL, and no more of a text than a page.
 *
 * It is the only place that decides what may be shown of a key or a signature. It keeps nothing itself.
 *
 * @module
 */
import * as Predicate from "effect/Predicate"
import type * as Api from "../../../generated/mock-control/types.gen.ts"
import { decoded } from "../Unknown.ts"

/** So much of a text is kept. Twice as much is searched for secrets, so that the cut does not leave half of one. */
const longestText = 4096
const mostHeaders = 50
const mostViolations = 50
const longestMessage = 300

const secretHeaders = /^(?:authorization|proxy-authorization|cookie|set-cookie)$|key|token|secret/i
const redacted = "(redacted)"

const secretParameter = /jwt|key|token|secret|sig|auth|pass/i

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, "0")

/** Every way to write a key in a URL or in JSON: each letter as it is, in percent, or escaped. */
const spellingsOf = (key: string): RegExp =>
  new RegExp(
    Array.from(key, (letter) => {
      const units = Array.from({ length: letter.length }, (_, index) => hex(letter.charCodeAt(index), 4))
      const percent = Array.from(Buffer.from(letter), (byte) => `%${hex(byte, 2)}`).join("")
      return `(?:\\\\?${units.map((unit) => `\\u${unit}`).join("")}|${percent}|${units.map((unit) => `\\\\u${unit}`).join("")})`
    }).join(""),
    "gi"
  )

/**
 * The same text in memory of its own. V8 makes a part of a long text by pointing into it, so that a page of a body that is kept would keep
 * the whole body.
 */
export const own = (text: string): string => String(JSON.parse(JSON.stringify(text)))

/** The beginning of a text that is too long to be kept. */
const cut = (text: string, length: number): string => own(`${text.slice(0, length)}…`)

/** A text without the names, and without the queries, in its URLs. */
const withoutCredentials = (text: string): string => {
  // Nearly every text is none of a URL, and has nothing to look for.
  const named = text.includes("://")
    ? text
        .replace(/(https?:\/\/)[^\s"'/?#<>@]{1,2048}@/g, `$1${redacted}@`)
        .replace(/(https?:\/\/[^\s"'?#<>]{1,8192})\?[^\s"'<>]*/g, `$1?${redacted}`)
    : text
  if (!named.includes("=")) return named
  return named.replace(
    /([?&][^=&?\s"]{0,64}(?:jwt|key|token|secret|sig|auth|pass)[^=&?\s"]{0,64}=)[^&\s"]+/gi,
    `$1${redacted}`
  )
}

/** A text without this key, however it is spelt. */
export const withoutKey = (text: string, key: string | undefined): string => {
  // A shorter key would be found in words that have nothing to do with it.
  if (key === undefined || key.length < 8) return text
  const clean = text.replaceAll(key, redacted)
  const spelt = key.length < 512 && /[%\\]/.test(clean) ? clean.replace(spellingsOf(key), redacted) : clean
  // A header comes as bytes, one letter each, and anything else as UTF-8.
  const asUtf8 = /[\x80-\xff]/.test(key) ? Buffer.from(key, "latin1").toString() : key
  return asUtf8 === key ? spelt : withoutKey(spelt, asUtf8)
}

/** A text without this key and without the queries of URLs, because such a query is often a credential. */
export const scrub = (text: string, key: string | undefined): string => {
  // A key that begins before the cut is seen in full, however it is written.
  const without = withoutKey(withoutCredentials(text.slice(0, 2 * longestText + 6 * (key?.length ?? 0))), key)
  return text.length > longestText ? cut(without, longestText) : without
}

/** A path with its query, without the values of secret parameters. A parameter's name may be percent-encoded. */
export const path = (path: string, key: string | undefined): string => {
  const [before = "", ...rest] = path.slice(0, 4 * longestText).split("?")
  if (rest.length === 0) return scrub(path, key)
  const pairs = rest
    .join("?")
    .split("&")
    .map((pair) => {
      const name = pair.split("=", 1)[0] ?? ""
      return secretParameter.test(decoded(name)) ? `${name}=${redacted}` : pair
    })
  return scrub(`${before}?${pairs.join("&")}`, key)
}

/** The headers that may be shown, by name. */
export const headers = (
  headers: Iterable<readonly [string, string]>,
  key: string | undefined
): Record<string, string> =>
  Object.fromEntries(
    [...headers]
      .slice(0, mostHeaders)
      // Names of headers come in lower case, whatever was sent.
      .map(
        ([name, value]) =>
          [scrub(name, key?.toLowerCase()), secretHeaders.test(name) ? redacted : scrub(value, key)] as const
      )
  )

/** A value of JSON in which every text is scrubbed. */
const scrubbed = (value: unknown, key: string | undefined): unknown => {
  if (typeof value === "string") return scrub(value, key)
  if (typeof value === "number") return String(value) === withoutKey(String(value), key) ? value : redacted
  if (Array.isArray(value)) return value.map((item) => scrubbed(item, key))
  if (!Predicate.isReadonlyObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [scrub(name, key), scrubbed(item, key)]))
}

/** A body as it can be shown: JSON where it is JSON and not too long, text otherwise, nothing for a file. */
export const body = (body: unknown, key: string | undefined): unknown => {
  if (body === undefined || body === "" || body instanceof Uint8Array || body instanceof ReadableStream)
    return undefined
  // JSON may write a slash as "\\/".
  const asText = () => scrub((typeof body === "string" ? body : JSON.stringify(body)).replaceAll("\\/", "/"), key)
  if (typeof body === "string" && body.length > 2 * longestText) return asText()
  try {
    const clean = scrubbed(typeof body === "string" ? JSON.parse(body) : body, key)
    const text = JSON.stringify(clean)
    return text.length > longestText ? cut(text, longestText) : clean
  } catch {
    // No JSON, or nested too deeply to be written down.
    return asText()
  }
}

/** Violations with short texts, and how many more there were. */
export const violations = (violations: ReadonlyArray<Api.Violation>, key: string | undefined): Array<Api.Violation> => {
  const short = (text: string) => {
    const clean = scrub(text, key)
    return clean.length > longestMessage ? cut(clean, longestMessage) : clean
  }
  const kept = violations
    .slice(0, mostViolations)
    .map(({ location, message, ...rest }) => ({ ...rest, location: location.map(short), message: short(message) }))
  const left = violations.length - kept.length
  return left === 0 ? kept : [...kept, { location: ["request"], severity: "Error", message: `and ${left} more` }]
}
