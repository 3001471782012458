/**
 * How to read a value of unknown content, because somebody else wrote it. Nothing here throws.
 *
 * It decides nothing about what a value should be: that is for the contract and for whoever asks.
 *
 * @module
 */
import * as Predicate from "effect/Predicate"

/** A piece of a URL without its percent encoding, or as it is where the encoding is broken. */
export const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** A URL, or nothing where the text is none. Node 20 has no `URL.parse`. */
export const parsedUrl = (text: string, base?: string): URL | undefined =>
  URL.canParse(text, base) ? new URL(text, base) : undefined

/** What a value has under this name, if it has anything there. */
export const field = (value: unknown, name: string): unknown =>
  Predicate.isObjectKeyword(value) ? Reflect.get(value, name) : undefined
