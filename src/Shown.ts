/**
 * How a key, a URL, or a text from the wire may be shown: in an error, a log, a span or a printed value.
 *
 * This is the only place that decides it. It changes texts and knows nothing of where they come from or where they are shown.
 *
 * @module
 */
import { identity } from "effect/Function"
import * as Predicate from "effect/Predicate"

/** A URL as it may be shown. The query and the fragment of a signed URL are credentials, so they are left out. */
export const withoutQuery = (url: string): string => url.replace(/[?#].*$/s, "?…")

/** A text as it may be shown: every URL in it without its query. */
export const withoutQueries = (text: string): string => text.replace(/https?:\/\/[^\s"'<>]+/gi, withoutQuery)

/**
 * Removes an API key from texts that a server sent, because servers have been seen to echo it; JSON-escaped characters are recognised too.
 *
 * A key below eight characters belongs to a mock and is no secret. It is not removed, because it would be found inside ids and field names.
 */
export const hiding = (key: string): ((text: string) => string) => {
  if (key.length < 8) return identity
  const characters = Array.from(key, (character) => {
    const hex = character.charCodeAt(0).toString(16)
    return `(?:\\\\?\\x${hex}|\\\\u00${hex})`
  })
  const pattern = new RegExp(characters.join(""), "gi")
  return (text) => text.replace(pattern, "<redacted>")
}

/** As much of a text as is searched for something to show: a megabyte of `<` would keep the tag's pattern busy for minutes. */
const maxSearched = 8192

/** A text from the wire as it may be shown: at most 300 characters, on one line, URLs without their query. */
export const line = (text: string): string => {
  const shown = withoutQueries(text.slice(0, maxSearched)).replace(/\s+/g, " ").trim()
  return shown.length > 300 ? `${shown.slice(0, 300)}…` : shown
}

/** The beginning of a body as it may be shown: at most 120 characters, on one line, without HTML tags, scripts and styles. */
export const excerpt = (body: string): string =>
  line(body.slice(0, maxSearched).replace(/<(script|style)[\s\S]*?(<\/\1>|$)|<[^>]*>/gi, " ")).slice(0, 120)

/** A value of an input as it may be shown: short, and without the query of a URL. Of arrays and objects only the kind is shown. */
export const value = (input: unknown): string => {
  if (input === undefined) return "nothing"
  if (Array.isArray(input)) return "an array"
  if (Predicate.isObject(input))
    return typeof input["type"] === "string" ? `an object of type ${value(input["type"])}` : "an object"
  if (typeof input !== "string") return String(input)
  const text = withoutQuery(input)
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}
