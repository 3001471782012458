/**
 * How a key, a URL, or a text from the wire may be shown: in an error, a log, a span or a printed value.
 *
 * This is the only place that decides it. It changes texts and knows nothing of where they come from or where they are shown. A text
 * that hides nothing (a status, a code, a sentence) stays as it is.
 *
 * @module
 */
import { identity } from "effect/Function"
import * as Predicate from "effect/Predicate"

/** A character as a pattern, in the spellings that gateways put into their answers: plain, JSON, percent-encoded (also twice), HTML. */
const spelled = (character: string): string => {
  const code = character.charCodeAt(0)
  const hex = code.toString(16).padStart(2, "0")
  // A URL's parser makes slashes of backslashes. The counts are limited, because a megabyte of backslashes would keep an unlimited one busy for minutes.
  return `(?:\\\\{0,3}\\x${hex}|[\\\\/]{1,3}u00${hex}|\\\\{1,3}x${hex}|%(?:25){0,3}${hex}|&#x0{0,3}${hex};|&#0{0,3}${code};)`
}

const question = spelled("?")
const equals = spelled("=")
const scheme = `[a-z][a-z0-9+.-]{1,15}${spelled(":")}${spelled("/")}{2}`
// The `#` of an HTML entity begins no fragment.
const queryOrFragment = `${question}|(?<!&)#|%(?:25){0,3}23|\\\\{1,3}u0023`

const userInfo = new RegExp(
  `(${scheme})(?:(?!${spelled("/")}|${queryOrFragment})[^\\s"'<>]){1,500}${spelled("@")}`,
  "gi"
)
/** A password with a slash in it, which no URL may have unescaped: behind a host stands a port, and this is none. */
const brokenUserInfo = new RegExp(
  `(${scheme})(?:(?!${queryOrFragment})[^\\s"'<>/:@]){1,200}${spelled(":")}(?!\\d{1,5}(?:${spelled("/")}|$))` +
    `(?:(?!${queryOrFragment}|${spelled("@")})[^\\s"'<>]){1,500}${spelled("@")}`,
  "gi"
)
const urlStart = new RegExp(scheme, "i")
const urlEnd = new RegExp(queryOrFragment, "i")
const queryStart = new RegExp(question, "i")
const assignment = new RegExp(equals, "i")
const credential = new RegExp(
  `((?:signature|credential|token|jwt|secret|password|policy|key-pair-id|api_?key|(?<![a-z])sig)${equals})[^\\s"'<>&]+`,
  "gi"
)

/** Terminals act on escape sequences, and viewers on marks that reorder or hide text. The joiners of scripts and of emoji stay. */
const escapeSequence = new RegExp(
  [
    "(?:\\u001b\\[|\\u009b)[0-?]*[ -/]*[@-~]",
    "(?:\\u001b\\]|\\u009d)[^\\u0007\\u001b\\u009c]*",
    "\\u001b[ -/]*[0-~]"
  ].join("|"),
  "g"
)
const invisible = /(?![\s\u200c\u200d])[\p{Cc}\p{Cf}]/gu

/** A piece of text without white space, up to where a query begins. */
const beforeQuery = (piece: string): string => {
  const url = piece.search(urlStart)
  const end = url < 0 ? -1 : piece.slice(url).search(urlEnd)
  const query = piece.search(queryStart)
  // Also of an address without a scheme; a question mark that no assignment follows is only a question mark.
  const isQuery = query >= 0 && assignment.test(piece.slice(query))
  const cuts = [end < 0 ? Infinity : url + end, isQuery ? query : Infinity]
  const cut = Math.min(...cuts)
  return cut === Infinity ? piece : `${piece.slice(0, cut)}?…`
}

/** A text of any length with nothing in it that is a credential. */
const withoutCredentials = (text: string): string =>
  text
    .replace(userInfo, "$1…@")
    .replace(brokenUserInfo, "$1…@")
    .replace(/[^\s"'<>]+/g, beforeQuery)
    .replace(credential, "$1…")

const withoutControls = (text: string): string => text.toWellFormed().replace(escapeSequence, "").replace(invisible, "")

/** As much of a text as is searched for something to show: nobody reads more of it. */
const maxSearched = 8192

/**
 * A text from the wire as it may be shown: on one line and of limited length, without the query or the password of a URL, without
 * control characters.
 */
export const text = (from: string, maxLength: number): string => {
  const shown = withoutCredentials(withoutControls(from.slice(0, maxSearched)))
    .replace(/\s+/g, " ")
    .trim()
  // Not in the middle of a character that takes two units.
  return shown.length > maxLength ? `${shown.slice(0, maxLength).replace(/[\ud800-\udbff]$/, "")}…` : shown
}

/** A sentence from the wire as it may be shown. */
export const line = (sentence: string): string => text(sentence, 300)

/** A word from the wire as it may be shown: a status, a code, a request's id. One that hides nothing stays as it is. */
export const word = (from: string): string => text(from, 120)

/** A URL as it may be shown. The query and the fragment of a signed URL are credentials, so they are left out. */
export const withoutQuery = (url: string): string => text(url.replace(/[?#].*$/s, "?…"), 500)

/** The beginning of a body as it may be shown: at most 120 characters, on one line, without HTML tags, scripts and styles. */
export const excerpt = (body: string): string =>
  // Credentials go first: a tag in the middle of a query would hide where it ends.
  line(withoutTags(withoutCredentials(body.slice(0, maxSearched)))).slice(0, 120)

const withoutTags = (page: string): string => {
  const rest = page.replace(/<(script|style)[\s\S]*?(<\/\1>|$)/gi, " ")
  // Behind the last `>` no tag ends. Looking for its end there from each `<` would take time that grows with the square of their number.
  const end = rest.lastIndexOf(">") + 1
  return rest.slice(0, end).replace(/<[^>]*>/g, " ") + rest.slice(end)
}

/**
 * Removes an API key from texts that a server sent, because servers have been seen to echo it, also escaped for JSON, HTML or a URL, and
 * in base64.
 *
 * A key below eight characters belongs to a mock and is no secret. It is not removed, because it would be found inside ids and field names.
 */
export const hiding = (key: string): ((text: string) => string) => {
  if (key.length < 8) return identity
  const plain = new RegExp(Array.from(key, spelled).join(""), "gi")
  const inBase64 = new RegExp(base64Forms(key).join("|"), "g")
  return (text) => text.replace(plain, "<redacted>").replace(inBase64, "<redacted>")
}

/** What a key looks like inside of base64, as a pattern for each of the three places where a byte may stand in it. */
const base64Forms = (key: string): ReadonlyArray<string> =>
  [0, 1, 2].map((before) => {
    const encoded = btoa("\0".repeat(before) + key)
    // Only the characters that the key alone decides.
    const own = encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + key.length) * 8) / 6))
    return own.replace(/\+/g, `(?:-|${spelled("+")})`).replace(/\//g, `(?:_|${spelled("/")})`)
  })

/** What was thrown, in words. JavaScript can throw anything, also what cannot be made a text. */
export const thrown = (error: unknown): string => {
  try {
    return error instanceof Error ? String(error.message || error.name) : String(error)
  } catch {
    return "something that cannot be written as a text"
  }
}

/** A value of an input as it may be shown: short, and without the query of a URL. Of arrays and objects only the kind is shown. */
export const value = (input: unknown): string => {
  try {
    return kindOf(input)
  } catch {
    return "something that cannot be read"
  }
}

const kindOf = (input: unknown): string => {
  if (input === undefined) return "nothing"
  if (Array.isArray(input)) return "an array"
  if (Predicate.isObject(input))
    return typeof input["type"] === "string" ? `an object of type ${kindOf(input["type"])}` : "an object"
  return typeof input === "string" ? JSON.stringify(text(withoutQuery(input), 80)) : thrown(input)
}
