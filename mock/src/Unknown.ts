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

/** What a value has under this name, if it has anything there. */
export const field = (value: unknown, name: string): unknown =>
  Predicate.isObjectKeyword(value) ? Reflect.get(value, name) : undefined
