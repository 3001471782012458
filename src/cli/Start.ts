/**
 * The command as a process: its arguments, its services, its end.
 *
 * @module
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { CliError, CliOutput, Command } from "effect/cli"
import * as Effect from "effect/Effect"
import metadata from "../../package.json" with { type: "json" }
import { cli } from "./Cli.ts"
import * as Screen from "./Screen.ts"
import * as Stop from "./Stop.ts"
import * as Subcommand from "./Subcommand.ts"

/** Who has written something wrong reads what it is, and not a page of help on standard output. */
const presenter = CliOutput.layerPresenter({
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? Screen.say(
          [...event.errors.map(({ message }) => message), `See: npx ${event.commandPath.join(" ")} --help`].join("\n")
        )
      : CliOutput.defaultPresenter.present(event)
})

/** Runs the command with its arguments, and gives the effect that ends as it does. */
export const program = (args: ReadonlyArray<string>) =>
  Effect.promise(() => cli(args)).pipe(
    Effect.flatMap((command) => Command.runWith(command, { version: metadata.version })(args)),
    Effect.catchIf(CliError.isCliError, (error) =>
      error._tag === "ShowHelp" && error.errors.length === 0 ? Effect.void : Subcommand.end("usage")
    ),
    Effect.provide([NodeServices.layer, presenter])
  )

/** Runs the command as this process. */
export const start = (args: ReadonlyArray<string>): void => Stop.run(program(args))
