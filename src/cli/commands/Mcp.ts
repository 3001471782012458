/**
 * `mcp`: tools for agents on standard input and output, with a ledger and a budget that it does not start without.
 *
 * Standard output belongs to the protocol; what a person should read goes to standard error.
 *
 * @module
 */
import * as NodeStdio from "@effect/platform-node/NodeStdio"
import { Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import metadata from "../../../package.json" with { type: "json" }
import { layerMemory } from "../../ledger/Ledger.ts"
import * as Server from "../../mcp/Server.ts"
import { Complaint } from "../Complaint.ts"
import * as LedgerPlace from "../LedgerPlace.ts"
import * as Mode from "../Mode.ts"
import * as Purse from "../Purse.ts"
import * as Subcommand from "../Subcommand.ts"
import { lookFlags, optionsOf } from "./Preflight.ts"

const flags = {
  ...Mode.paidFlags,
  ...LedgerPlace.readFlags,
  budget: Purse.flag.pipe(
    Flag.withDescription("Required: what agents may spend in all, across restarts, as dollars or as a number of jobs")
  ),
  budgetName: Flag.String("budget-name").pipe(
    Flag.withDefault("mcp"),
    Flag.withDescription("Servers with the same name and ledger spend from one purse")
  ),
  preflight: Flag.Boolean("preflight").pipe(
    Flag.withDefault(true),
    Flag.withDescription("Look at the assets before a job is paid. Default: yes; --no-preflight pays without looking")
  ),
  ...lookFlags
}

export const mcp = Subcommand.make(
  "mcp",
  flags,
  Effect.fn(function* (flags) {
    if (Option.isNone(flags.budget)) {
      const text = 'An agent must not spend without a limit: say --budget <dollars>, or --budget "<number> jobs".'
      return yield* new Complaint({ text })
    }
    const mode = yield* Mode.modeOf(flags)
    const powers: Server.Powers = {
      budget: (baseUrl) => {
        const budget = Purse.budgetOf(flags.budget, baseUrl)
        return { ...budget, name: budget.name ?? flags.budgetName }
      },
      intent: (baseUrl, digest) => LedgerPlace.intentAt(baseUrl, undefined, digest),
      // A mock makes nothing of the assets, and those of an example are not there.
      preflight: flags.preflight && mode === "live" ? optionsOf(flags) : undefined
    }
    // A mock's jobs end with the process, and so does what is known of them.
    const ledger = mode === "mock" ? layerMemory() : LedgerPlace.inFile(yield* LedgerPlace.fileOf(flags))
    const services = Layer.mergeAll(Mode.client(mode), ledger, NodeStdio.layer)
    return yield* Layer.launch(Server.layer(powers, metadata.version).pipe(Layer.provide(services))).pipe(
      // Of settings that are written down here.
      Effect.catchTag("IllegalArgumentError", Effect.die)
    )
  })
).pipe(
  Command.withDescription("Serve agents over the Model Context Protocol (stdio), within a budget"),
  Command.withExamples([
    { command: "cometapi-runway mcp --mock --budget 2", description: "Try it out for nothing" },
    { command: "cometapi-runway mcp --live --budget 5", description: "A real one: five dollars in all" }
  ])
)
