/**
 * The time that a world's tasks live in: one that the world shares with everybody, or a virtual one of its own.
 *
 * Everything that a world says of time comes from here: when a task was made and how old it is, when its output's URL expires.
 */

/** A clock, in milliseconds since 1970. */
export interface Time {
  readonly now: () => number
  /** A caller polls, and so has waited until then. Only a virtual clock is moved by that. */
  readonly waited: (until: number) => void
}

/** How long a client waits between two polls: the shortest that the provider asks for. */
export const pollInterval = 5000

/** When every virtual clock begins. */
export const virtualStart = Date.UTC(2026, 4, 1, 12)

/** A clock that goes by itself. */
export const shared = (now: () => number): Time => ({ now, waited: () => {} })

/** A clock that moves when a caller polls, by as much as that caller would have waited, and never otherwise. */
export const virtual = (): Time => {
  let time = virtualStart
  return {
    now: () => time,
    waited: (until) => {
      time = Math.max(time, until)
    }
  }
}
