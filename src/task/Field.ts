/**
 * Tolerant readers of single values from the wire: a text, a failure's words, a time, a share, URLs, a cost.
 *
 * Each takes anything and gives the value or nothing. None refuses an answer, and none knows where its value stood: that is `TaskRecord.ts`.
 *
 * @module
 */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type { Cost } from "./Snapshot.ts"

/** How far values are followed into lists, objects and JSON texts: a hostile answer must not keep the reader busy. */
const deepest = 6

const parse: (text: string) => Option.Option<unknown> = Option.liftThrowable(JSON.parse)

/** A value that was encoded once more, as the JSON text of a list, an object or a text, becomes that value. Others stay as they are. */
export const decoded = (value: unknown): unknown =>
  typeof value === "string" && /^\s*[[{"]/.test(value) ? Option.getOrElse(parse(value), () => value) : value

/** The first that is not undefined. */
const first = <A>(candidates: Iterable<A | undefined>): A | undefined => {
  for (const candidate of candidates) if (candidate !== undefined) return candidate
  return undefined
}

/** A text or a number, trimmed; nothing for a blank text. */
const scalar = (value: unknown): string | undefined => {
  if (typeof value === "number") return String(value)
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined
}

/** The names under which objects keep what they say to people, and to programs. */
const sentences = ["message", "msg", "reason", "error", "detail", "description", "text", "title"]
const codes = ["code", "type", "name"]

/** What a value says to people: a text, or the texts in a list or an object. */
export const words = (value: unknown, depth = 0): string | undefined => {
  if (depth > deepest) return undefined
  if (Array.isArray(value)) return value.flatMap((item) => words(item, depth + 1) ?? []).join("; ") || undefined
  if (!Predicate.isObject(value)) return scalar(value)
  return first(sentences.map((name) => words(value[name], depth + 1)))
}

/** What a value says to programs: a text or a number, or the code of an object. */
export const code = (value: unknown): string | undefined =>
  Predicate.isObject(value) ? first(codes.map((name) => scalar(value[name]))) : scalar(value)

/** A finite number as people write it. JavaScript would also read `0x10`, and an empty text as 0. */
const decimal = (text: string | undefined): number | undefined => {
  const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text ?? "") ? Number(text) : Number.NaN
  return Number.isFinite(number) ? number : undefined
}

/** `0.275`, `"0.275"` or `"30%"` as a share of one. A bare number above one is a percentage, unless it is a rounded one. */
export const share = (value: unknown): number | undefined => {
  const text = scalar(value)
  const number = decimal(text?.replace(/\s*%$/, ""))
  if (text === undefined || number === undefined) return undefined
  const part = text.endsWith("%") || number > justAboveOne ? number / 100 : number
  return Math.min(1, Math.max(0, part))
}

/** Shares of one are seen to be a little more than one, as sums of rounded parts are. */
const justAboveOne = 1.1

/** A point in time: an ISO date, an HTTP date, or a Unix time in seconds, milliseconds, microseconds or nanoseconds. */
export const time = (value: unknown): DateTime.Utc | undefined => {
  if (Predicate.isObject(value)) return time(value["$date"])
  const text = scalar(value)
  if (text === undefined) return undefined
  const at = /^[+-]?[\d.]+$/.test(text) ? unixTime(Number(text)) : date(text)
  return at === undefined || at.epochMilliseconds < 0 || at.epochMilliseconds >= Date.UTC(10_000, 0) ? undefined : at
}

/** A number that is not above zero means "not yet" (Go's zero time is the year 1), and a small one is a year, a day or a counter: it would be before March 1973. */
const unixTime = (number: number): DateTime.Utc | undefined => {
  if (number < 1e8) return undefined
  const seconds = number >= 1e17 ? number / 1e9 : number >= 1e14 ? number / 1e6 : number >= 1e11 ? number / 1e3 : number
  return Option.getOrUndefined(DateTime.make(Math.round(seconds * 1000)))
}

/** Only complete dates: JavaScript reads a date in many other texts too. Without a zone it is UTC, or it would depend on this machine's. */
const date = (text: string): DateTime.Utc | undefined => {
  if (/ GMT$/.test(text)) return Option.getOrUndefined(DateTime.make(text))
  const iso =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)\s*(Z|UTC|[+-]\d\d:?\d\d)?(?: [A-Z]{3,4})?)?$/i.exec(text)
  if (iso === null) return undefined
  const [, day, clock = "00:00", zone = "Z"] = iso
  return Option.getOrUndefined(DateTime.make(`${day}T${clock}${zone.toUpperCase().replace("UTC", "Z")}`))
}

/** The names under which objects keep a URL. */
const places = [
  "url",
  "uri",
  "href",
  "src",
  "video_url",
  "videoUrl",
  "result_url",
  "download_url",
  "video",
  "file",
  "output",
  "urls",
  "videos",
  "files"
]

/** The http and https URLs of a value: a text, a list, an object with a URL, or one of these as JSON text. */
export const urls = (value: unknown, depth = 0): ReadonlyArray<string> => {
  if (depth > deepest) return []
  if (typeof value === "string") {
    const inner = decoded(value)
    return typeof inner === "string" ? url(inner.trim()) : urls(inner, depth + 1)
  }
  if (Array.isArray(value)) return value.flatMap((item) => urls(item, depth + 1))
  if (!Predicate.isObject(value)) return []
  // PHP writes a list with a gap as an object of numbers.
  if (Object.keys(value).every((name) => /^\d+$/.test(name))) return urls(Object.values(value), depth + 1)
  return places.map((name) => urls(value[name], depth + 1)).find((found) => found.length > 0) ?? []
}

/** A URL stays as it was written, for a signature may hang on it; only blanks within are encoded. */
const url = (text: string): ReadonlyArray<string> => {
  const parsed = /^https?:\/\//i.test(text) ? URL.parse(text) : null
  if (parsed === null) return []
  return [/\s/.test(text) ? parsed.href : text]
}

/** An amount of credits. */
export const cost = (value: unknown): Cost | undefined => {
  const credits = Predicate.isObject(value) ? decimal(scalar(value["credits"])) : undefined
  return credits === undefined ? undefined : { credits }
}
