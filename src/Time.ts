/**
 * Reads a time that a caller gives as an option: a text such as `"1 minute"`, milliseconds, or a `Duration`.
 *
 * Effect's own reader takes a misspelt unit, an empty object, a date and NaN for no time at all; here each of these is no time. It waits
 * for nothing.
 *
 * @module
 */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"

const units = /^(weeks|days|hours|minutes|seconds|milliseconds|microseconds|nanoseconds)$/

/** A time that ends and is not negative; nothing for any other value. */
export const read = (value: unknown): Option.Option<Duration.Duration> =>
  Option.filter(
    // A value of another form is refused before, so the claim that it is one of these is never relied on.
    isInput(value) ? Duration.fromInput(value as Duration.Input) : Option.none(),
    (duration) => Duration.isFinite(duration) && !Duration.isNegative(duration)
  )

/** The same, and longer than none. */
export const readPositive = (value: unknown): Option.Option<Duration.Duration> =>
  Option.filter(read(value), Duration.isPositive)

const isInput = (value: unknown): boolean => {
  if (typeof value === "number") return !Number.isNaN(value)
  if (!Predicate.isObjectOrArray(value) || Duration.isDuration(value)) return value !== null && value !== undefined
  const parts = Object.entries(value)
  const isPart = ([unit, number]: [string, unknown]) =>
    Number.isFinite(number) && (Array.isArray(value) || units.test(unit))
  return parts.length > 0 && parts.every(isPart)
}
