/**
 * A subcommand: its name, its flags and what it does, with one way to end when that fails.
 *
 * Here an error becomes words on standard error, an event for `--json`, and the number that the command ends with.
 *
 * @module
 */
import { Command } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import { defined } from "../Defined.ts"
import type { LedgerFailed } from "../ledger/LedgerError.ts"
import type { RunwayError } from "../RunwayError.ts"
import type { Complaint } from "./Complaint.ts"
import { type End, endOf, ends } from "./ExitCode.ts"
import * as Output from "./Output.ts"
import * as Screen from "./Screen.ts"

/** An error that has been told already; only its exit code is left. */
export class Ended extends Error {
  override readonly name = "Ended"
  override readonly [Runtime.errorReported] = false
  override readonly [Runtime.errorExitCode]: number
  constructor(end: End) {
    super(ends[end].meaning)
    this[Runtime.errorExitCode] = ends[end].code
  }
}

/** Ends the command with something other than success, about which all is said. */
export const end = (end: End): Effect.Effect<never, Ended> => Effect.fail(new Ended(end))

/** What a subcommand may fail with. */
export type Failure = RunwayError | LedgerFailed | Complaint | Ended

/** What a subcommand may use. */
export type Services = Command.Environment | Output.Settings

/** A subcommand, whatever its flags are. */
export type Subcommand = Command.Command<string, never, object, Ended, Services>

/** Makes a subcommand. */
export const make = <const Config extends Command.Command.Config>(
  name: string,
  config: Config,
  run: (flags: Command.Command.Config.Infer<Config>) => Effect.Effect<void, Failure, Services>
) => Command.make(name, config, (flags) => telling(run(flags)))

/** Says what went wrong, and turns it into the end of the command. */
const telling = <A, R>(effect: Effect.Effect<A, Failure, R>): Effect.Effect<A, Ended, R | Output.Settings> =>
  Effect.catchTag(effect, ["RunwayError", "LedgerFailed", "Complaint"], (error) =>
    Effect.gen(function* () {
      yield* Screen.say(error.message)
      if (yield* Output.Json) yield* Output.result("", failed(error))
      return yield* end(kindOf(error))
    })
  )

const kindOf = (error: RunwayError | LedgerFailed | Complaint): End => {
  if (error._tag === "Complaint") return error.end ?? "usage"
  return endOf(error._tag === "LedgerFailed" ? error : error.reason)
}

/** A failure as an event. */
const failed = (error: RunwayError | LedgerFailed | Complaint): Output.Event => {
  const kind = kindOf(error)
  const reason = error._tag === "RunwayError" ? error.reason._tag : error._tag
  const id = error._tag === "LedgerFailed" ? undefined : error.taskId
  return { event: "failed", end: kind, exitCode: ends[kind].code, reason, message: error.message, ...defined({ id }) }
}
