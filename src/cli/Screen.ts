/**
 * Standard error as a person sees it: lines, and one bar at the bottom that is drawn over and over.
 *
 * Results never go here, and nothing here can fail: progress that nobody can see is no reason to lose a job.
 *
 * @module
 */
import * as Effect from "effect/Effect"

const eraseLine = "\r\u001b[2K"

// There is one standard error in a process, and one place for a bar on it.
let barIsDrawn = false

const write = (text: string): void => {
  process.stderr.write(text)
}

/** Whether a bar can be drawn. */
export const isTerminal = (): boolean => process.stderr.isTTY === true && process.env["TERM"] !== "dumb"

/** Whether colours are wanted, see https://no-color.org. */
export const hasColour = (): boolean => isTerminal() && (process.env["NO_COLOR"] ?? "") === ""

/** How many characters a line has. */
export const columns = (): number => process.stderr.columns || 80

/** Takes the bar away, for whatever is written next. */
export const clear: Effect.Effect<void> = Effect.sync(() => {
  if (barIsDrawn) write(eraseLine)
  barIsDrawn = false
})

/** Writes lines. */
export const say = (text: string): Effect.Effect<void> =>
  Effect.andThen(
    clear,
    Effect.sync(() => write(`${text}\n`))
  )

/** Writes the beginning of a line, for an answer behind it. */
export const ask = (text: string): Effect.Effect<void> =>
  Effect.andThen(
    clear,
    Effect.sync(() => write(text))
  )

/** Draws the bar in place of the one before. */
export const draw = (bar: string): Effect.Effect<void> =>
  Effect.sync(() => {
    write(`${eraseLine}${bar}`)
    barIsDrawn = true
  })
