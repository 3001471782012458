/**
 * The time that a world's tasks live in: the machine's (or a test's), or a virtual one that stands still by itself.
 *
 * Everything that a world says of time comes from here: when a task was made and how old it is, when its output's URL expires.
 */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"

/** A clock of one world, in milliseconds since 1970. */
export interface Time {
  readonly now: () => number
  /** A caller is here, and so has waited until then. Only a virtual clock is moved by that. */
  readonly waited: (until: number) => void
  /** Lets so many milliseconds pass at once. */
  readonly advance: (millis: number) => void
  /** How much earlier than it was told a patient caller may seem to come. */
  readonly slack: number
}

/** A duration in any of Effect's forms: `"45 seconds"`. A text that comes as data is read when it is there. */
export type Length = Duration.Input | (string & {})

/** A duration in milliseconds, where it is one. */
export const millisOf = (duration: Length): number | undefined =>
  // No number is no duration, though Effect would take it for none at all.
  Number.isNaN(duration)
    ? undefined
    : // A text is read, whatever it says; the type only knows texts that were written down in the source.
      Option.getOrUndefined(Option.map(Duration.fromInput(duration as Duration.Input), Duration.toMillis))

/** How long a client waits between two polls: the shortest that the provider asks for. */
export const pollInterval = 5000

/** When every virtual clock begins. */
export const virtualStart = Date.UTC(2026, 4, 1, 12)

/** No world's time goes beyond this, so that it can always be written down as a date. */
const latest = Date.UTC(9000, 0)

/** A timer may fire a little early, and a request may be quicker on its way than the one before it. */
const slack = 250
/** So much of that is a busy machine's doing, and seems longer where time runs faster. */
const jitter = 25

/** A clock that goes with another one, and can be ahead of it. `scale` is how many times faster than real that one runs. */
export const following = (leader: () => number, scale: number): Time => {
  let ahead = 0
  return {
    slack: Math.max(slack, jitter * scale),
    now: () => Math.min(latest, leader() + ahead),
    waited: () => {},
    advance: (millis) => {
      ahead += millis
    }
  }
}

/** A clock that moves when a caller polls, by as much as that caller would have waited, or when it is told to. */
export const virtual = (): Time => {
  let time = virtualStart
  return {
    slack,
    now: () => time,
    waited: (until) => {
      time = Math.min(latest, Math.max(time, until))
    },
    advance: (millis) => {
      time = Math.min(latest, time + millis)
    }
  }
}
