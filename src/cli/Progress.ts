/**
 * How far something is, as one line: a bar as wide as the terminal, with the time that has passed and a guess of what is left.
 *
 * It draws and counts. What is shown, and when, is for others to say.
 *
 * @module
 */

/** What a bar shows. */
export interface Shown {
  /** From 0 to 1. */
  readonly share: number
  readonly words: string
  /** Milliseconds since it began. */
  readonly elapsed: number
}

/** A time as people say it: `3s`, `2m 05s`, `1h 10m`. */
export const time = (millis: number): string => {
  const seconds = Math.max(0, Math.round(millis / 1000))
  if (seconds < 60) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes}m ${String(seconds % 60).padStart(2, "0")}s`
  return `${Math.floor(minutes / 60)}h ${String(minutes % 60).padStart(2, "0")}m`
}

/** How long it still takes, if it goes on as it went; nothing where it is too early to say. */
const left = ({ share, elapsed }: Shown): string | undefined =>
  share > 0.02 && share < 1 ? time((elapsed / share) * (1 - share)) : undefined

/** A line that is exactly as wide as it may be, without the last column, which some terminals wrap. */
export const bar = (shown: Shown, columns: number, colour: boolean): string => {
  const { share, words, elapsed } = shown
  const rest = left(shown)
  const percent = `${String(Math.round(share * 100)).padStart(3)} %`
  const text = `${percent}  ${words}  ${time(elapsed)}${rest === undefined ? "" : `, about ${rest} left`}`
  const room = columns - 1
  const width = room - text.length - 2
  // Too narrow for a bar: the words matter more.
  if (width < 5) return text.slice(0, Math.max(0, room))
  const full = Math.round(Math.min(1, Math.max(0, share)) * width)
  const done = "█".repeat(full)
  return `${colour ? `\u001b[36m${done}\u001b[39m` : done}${"░".repeat(width - full)}  ${text}`
}
