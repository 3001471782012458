/**
 * The time of one world: the machine's (or a test clock's), or a virtual one that stands still by itself.
 *
 * Every time that a world answers comes from here: when a task was made, how old it is, when its output's URL expires. It starts no timer.
 *
 * @module
 */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"

/** A clock of one world, in milliseconds since 1970. */
export interface Time {
  readonly now: () => number
  /** A caller that comes now would have waited until then. Only a virtual clock moves to that time. */
  readonly waited: (until: number) => void
  /** Lets so many milliseconds pass at once. */
  readonly advance: (millis: number) => void
  /** How many milliseconds too early a patient caller may seem to come. */
  readonly slack: number
  /**
   * When so many milliseconds will have passed here, on the clock of whoever reads it in a header: the machine's, or the test clock's,
   * which goes by itself and knows nothing of this one.
   */
  readonly dateAfter: (millis: number) => number
  /** The time here at which such a date will come. */
  readonly until: (date: number) => number
  /** Goes on from this time, as a clock that stood still since then. */
  readonly resume: (at: number) => void
  /** So much real time has passed unseen: a clock that goes by itself has gone on. */
  readonly elapsed: (millis: number) => void
  /** A time of this clock on the one of its readers, the same whenever it is asked for. */
  readonly shown: (at: number) => number
}

/** A duration in any of Effect's forms: `"45 seconds"`. A text that comes as data is only checked when it is used. */
export type Length = Duration.Input | (string & {})

/** A duration in milliseconds, where it is one. */
export const millisOf = (duration: Length): number | undefined =>
  // NaN is no duration, but Effect reads it as zero.
  Number.isNaN(duration)
    ? undefined
    : // Any text may come as data, while the type only knows the texts that are durations.
      Option.getOrUndefined(Option.map(Duration.fromInput(duration as Duration.Input), Duration.toMillis))

/** How long a client waits between two polls: the shortest that the provider asks for. */
export const pollInterval = 5000

/** When every virtual clock begins. */
const virtualStart = Date.UTC(2026, 4, 1, 12)

/** No world's time goes beyond this, so that it can always be written down as a date. */
const latest = Date.UTC(9000, 0)

/** A timer may fire a little early, and a request may travel faster than the one before it. */
const slack = 250
/** How much of that a busy machine causes: it seems longer where the mock's time runs faster. */
const jitter = 25

/** A clock that begins with another one, runs `scale` times faster, and can be moved ahead of it. */
export const following = (leader: () => number, scale: number): Time => {
  let born = leader()
  /** What this clock showed then. */
  let shownFirst = born
  let ahead = 0
  const now = () => Math.min(latest, shownFirst + (leader() - born) * scale + ahead)
  return {
    now,
    slack: Math.max(slack, jitter * scale),
    waited: () => {},
    advance: (millis) => {
      ahead += millis
    },
    dateAfter: (millis) => leader() + millis / scale,
    until: (date) => now() + (date - leader()) * scale,
    resume: (at) => {
      born = leader()
      shownFirst = at
      ahead = 0
    },
    elapsed: (millis) => {
      shownFirst += millis * scale
    },
    shown: (at) => born + (at - shownFirst) / scale
  }
}

/** A clock that moves only when it is told to: by somebody who sleeps. */
export const manual = (readers: () => number, start: number = virtualStart): Time => {
  let time = start
  return {
    slack,
    now: () => time,
    waited: () => {},
    advance: (millis) => {
      time = Math.min(latest, time + millis)
    },
    dateAfter: (millis) => readers() + millis,
    until: (date) => time + (date - readers()),
    resume: (at) => {
      time = at
    },
    elapsed: () => {},
    shown: (at) => at
  }
}

/** A clock that moves when it is told to, and when a caller polls, by as much as that caller would have waited. */
export const virtual = (readers: () => number, start?: number): Time => {
  const time = manual(readers, start)
  return {
    ...time,
    waited: (until) => time.advance(Math.max(0, until - time.now()))
  }
}
