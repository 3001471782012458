/**
 * `doctor`: what could keep a job from being made, found out without paying for one.
 *
 * Its only request asks for a task that nobody has, which is free. It changes nothing.
 *
 * @module
 */
import { Command } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Checkup from "../Checkup.ts"
import type { End } from "../ExitCode.ts"
import * as LedgerPlace from "../LedgerPlace.ts"
import * as Mode from "../Mode.ts"
import * as Output from "../Output.ts"
import * as Subcommand from "../Subcommand.ts"

const marks = { ok: "ok  ", warning: "warn", problem: "FAIL" } as const

export const doctor = Subcommand.make(
  "doctor",
  { ...Mode.freeFlags, ...LedgerPlace.readFlags },
  Effect.fn(function* (flags) {
    yield* Mode.notOfMock(flags)
    let worst: End | undefined
    for (const look of Checkup.all(flags)) {
      for (const { name, mark, text, end } of yield* look) {
        const event = { event: "check", check: name, result: mark, text }
        yield* Output.result(`${marks[mark]}  ${name.padEnd(10)} ${text}`, event)
        if (mark === "problem") worst ??= end
      }
    }
    if (worst !== undefined) yield* Subcommand.end(worst)
  })
).pipe(Command.withDescription("Check Node, the key, the way to the provider, the clock and the ledger; costs nothing"))
