/**
 * The requests that a world received and what came of each, for people and for tests.
 *
 * Keys, cookies and the queries of URLs are not in it. It is bounded: all worlds share so many entries, and where there are too many
 * the oldest of the world that has most of them go, so that no world can push out another's.
 */
import type * as Api from "../../../generated/mock-control/types.gen.ts"
import { decoded } from "../Unknown.ts"

export type Entry = Api.Entry

/** So much of a text is kept. Twice as much is searched for secrets, so that the cut does not leave half of one. */
const longest = 4096
const mostHeaders = 50
const mostViolations = 50
const longestMessage = 300

const secretHeaders = /^(authorization|proxy-authorization|cookie|set-cookie|.*(key|token|secret).*)$/i
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

const withoutKey = (text: string, key: string | undefined): string => {
  // A shorter key would be found in words that have nothing to do with it.
  if (key === undefined || key.length < 8) return text
  const clean = text.replaceAll(key, redacted)
  const spelt = key.length < 512 && /[%\\]/.test(clean) ? clean.replace(spellingsOf(key), redacted) : clean
  // A header comes as bytes, one letter each, and anything else as UTF-8.
  const read = /[\x80-\xff]/.test(key) ? Buffer.from(key, "latin1").toString() : key
  return read === key ? spelt : withoutKey(spelt, read)
}

/** A text without this key and without the queries of URLs, which are credentials as often as not. */
const scrub = (text: string, key: string | undefined): string => {
  const clean = text
    // A key that begins before the cut is seen in full, however it is written.
    .slice(0, 2 * longest + 6 * (key?.length ?? 0))
    .replace(/(https?:\/\/)[^\s"'/?#<>@]{1,2048}@/g, `$1${redacted}@`)
    .replace(/(https?:\/\/[^\s"'?#<>]{1,8192})\?[^\s"'<>]*/g, `$1?${redacted}`)
    .replace(/([?&][^=&?\s"]{0,64}(?:jwt|key|token|secret|sig|auth|pass)[^=&?\s"]{0,64}=)[^&\s"]+/gi, `$1${redacted}`)
  const without = withoutKey(clean, key)
  return text.length > longest ? `${without.slice(0, longest)}…` : without
}

/** A path with its query, where what a parameter is called may be encoded. */
const pathOf = (path: string, key: string | undefined): string => {
  const [before = "", ...rest] = path.slice(0, 4 * longest).split("?")
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

const headersOf = (headers: Iterable<readonly [string, string]>, key: string | undefined): Record<string, string> =>
  Object.fromEntries(
    [...headers]
      .slice(0, mostHeaders)
      // Names of headers come in lower case, whatever was sent.
      .map(
        ([name, value]) =>
          [scrub(name, key?.toLowerCase()), secretHeaders.test(name) ? redacted : scrub(value, key)] as const
      )
  )

const scrubbed = (value: unknown, key: string | undefined): unknown => {
  if (typeof value === "string") return scrub(value, key)
  if (typeof value === "number") return String(value) === withoutKey(String(value), key) ? value : redacted
  if (typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) return value.map((one) => scrubbed(one, key))
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [scrub(name, key), scrubbed(one, key)]))
}

/** A body as it can be shown: JSON where it is JSON and not too long, text otherwise, nothing for a file. */
const bodyOf = (body: unknown, key: string | undefined): unknown => {
  if (body === undefined || body === "" || body instanceof Uint8Array || body instanceof ReadableStream)
    return undefined
  // JSON may write a slash as "\\/".
  const asText = () => scrub((typeof body === "string" ? body : JSON.stringify(body)).replaceAll("\\/", "/"), key)
  if (typeof body === "string" && body.length > 2 * longest) return asText()
  try {
    const clean = scrubbed(typeof body === "string" ? JSON.parse(body) : body, key)
    const text = JSON.stringify(clean)
    return text.length > longest ? `${text.slice(0, longest)}…` : clean
  } catch {
    // No JSON, or nested too deeply to be written down.
    return asText()
  }
}

const violationsOf = (violations: ReadonlyArray<Api.Violation>, key: string | undefined): Array<Api.Violation> => {
  const short = (text: string) => {
    const clean = scrub(text, key)
    return clean.length > longestMessage ? `${clean.slice(0, longestMessage)}…` : clean
  }
  const kept = violations
    .slice(0, mostViolations)
    .map(({ location, message, ...rest }) => ({ ...rest, location: location.map(short), message: short(message) }))
  const left = violations.length - kept.length
  return left === 0 ? kept : [...kept, { location: ["request"], severity: "Error", message: `and ${left} more` }]
}

/** One request, as it was seen; what of it is kept is not up to those who saw it. */
export interface Visit extends Pick<Entry, "operation" | "method" | "violations" | "took"> {
  readonly at: number
  readonly path: string
  /** What it was sent with, which must not be found in what is kept. */
  readonly key: string | undefined
  readonly taskId: string | undefined
  readonly headers: Iterable<readonly [string, string]>
  readonly body: string | undefined
  readonly answer:
    | { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: unknown }
    | undefined
  readonly fault: Api.EntryFault | undefined
}

const entryOf = (number: number, visit: Visit): Entry => {
  const { at, method, path, key, taskId, headers, body, violations, answer, fault, ...rest } = visit
  const asked = bodyOf(body, key)
  const answered = bodyOf(answer?.body, key)
  return {
    number,
    ...rest,
    at: new Date(at).toISOString(),
    method: scrub(method, key),
    path: pathOf(path, key),
    violations: violationsOf(violations, key),
    headers: headersOf(headers, key),
    ...(taskId === undefined ? {} : { taskId: scrub(taskId, key) }),
    ...(asked === undefined ? {} : { body: asked }),
    ...(answer === undefined
      ? {}
      : {
          answer: {
            status: answer.status,
            headers: headersOf(Object.entries(answer.headers), key),
            ...(answered === undefined ? {} : { body: answered })
          }
        }),
    ...(fault === undefined ? {} : { fault })
  }
}

/** How many entries all journals of a mock have together, and may have. */
export class Shelf {
  readonly limit: number
  readonly #journals = new Set<Journal>()
  #size = 0

  constructor(limit: number) {
    this.limit = limit
  }

  /** One more journal stands here until it is closed. */
  open(journal: Journal): void {
    this.#journals.add(journal)
  }

  close(journal: Journal): void {
    if (this.#journals.delete(journal)) this.#size -= journal.size
  }

  grow(journal: Journal): void {
    // Who was still being answered when the world was forgotten.
    if (!this.#journals.has(journal)) return
    this.#size += 1
    if (this.#size <= this.limit) return
    let [largest] = this.#journals
    for (const journal of this.#journals) if (journal.size > (largest?.size ?? 0)) largest = journal
    // A tenth at a time, so that a full shelf is not searched at every request.
    this.#size -= largest?.shorten(Math.ceil(largest.size / 10)) ?? 0
  }
}

/** One world's journal. */
export class Journal {
  readonly #shelf: Shelf
  #entries: Array<Entry> = []
  #numbers = 0

  constructor(shelf: Shelf) {
    this.#shelf = shelf
    shelf.open(this)
  }

  /** How many entries are kept. */
  get size(): number {
    return this.#entries.length
  }

  /** The number of the newest request. */
  get last(): number {
    return this.#numbers
  }

  record(visit: Visit): Entry {
    this.#numbers += 1
    const entry = entryOf(this.#numbers, visit)
    this.#entries.push(entry)
    this.#shelf.grow(this)
    return entry
  }

  /** Forgets its oldest entries and says how many those were. */
  shorten(count: number): number {
    return this.#entries.splice(0, count).length
  }

  read(wanted: (entry: Entry) => boolean): Api.Journal {
    const first = this.#entries[0]?.number ?? this.#numbers + 1
    return { entries: this.#entries.filter(wanted), last: this.#numbers, dropped: first - 1 }
  }

  close(): void {
    this.#shelf.close(this)
  }
}
