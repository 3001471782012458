/**
 * What ends the command from outside: Ctrl-C, a closed terminal, a service manager, a reader of standard output that has left.
 *
 * Each of them interrupts the program, which then says how to go on. None of them is deadly at once: a paid request that is on its way gets
 * its time to be answered.
 *
 * @module
 */
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as Runtime from "effect/Runtime"
import { type End, ends } from "./ExitCode.ts"

const signals = { SIGHUP: "hangup", SIGINT: "interrupted", SIGTERM: "terminated" } as const satisfies Record<
  string,
  End
>

/** What the program was ended by, in words and as an exit code. */
interface Stopped {
  readonly words: string
  readonly end: End
}

let stopped: Stopped | undefined

/** Why the program was interrupted, as the beginning of a sentence. */
export const why = (): string => stopped?.words ?? "Interrupted"

const exitCode = (exit: Exit.Exit<unknown, unknown>): number => {
  if (stopped !== undefined && Exit.isFailure(exit) && Cause.hasInterrupts(exit.cause)) return ends[stopped.end].code
  let code = 0
  Runtime.defaultTeardown(exit, (by) => {
    code = by
  })
  return code
}

/** Waits until what was written to standard output has left, and ends the process. */
const leave = (code: number): void => {
  if (process.stdout.errored != null || process.stdout.destroyed) process.exit(code)
  process.stdout.write("", () => process.exit(code))
}

/** Runs a program as this process. */
export const run = Runtime.makeRunMain(({ fiber }) => {
  const stop = (by: Stopped) => {
    stopped ??= by
    fiber.interruptUnsafe(fiber.id)
  }
  for (const [signal, end] of Object.entries(signals)) {
    process.on(signal, () => stop({ words: `Interrupted (${signal})`, end }))
  }
  process.stdout.on("error", (error: NodeJS.ErrnoException) =>
    stop(
      error.code === "EPIPE"
        ? { words: "Standard output was closed by its reader", end: "closed" }
        : { words: `Standard output cannot be written (${error.code ?? error.message})`, end: "unexpected" }
    )
  )
  // Who does not listen to progress loses nothing.
  process.stderr.on("error", () => {})
  fiber.addObserver((exit) => leave(exitCode(exit)))
})
