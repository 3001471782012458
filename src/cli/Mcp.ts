/**
 * The subcommand `mcp`: the tools for agents on standard input and output, with a ledger and a budget that it does not start without.
 *
 * Standard output belongs to the protocol; what a person should read goes to standard error.
 *
 * @module
 */
import { homedir } from "node:os"
import * as NodeStdio from "@effect/platform-node/NodeStdio"
import { Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import metadata from "../../package.json" with { type: "json" }
import { defined } from "../Defined.ts"
import * as Folder from "../download/Folder.ts"
import { layerMemory } from "../ledger/Ledger.ts"
import * as LedgerFile from "../ledger/LedgerFile.ts"
import { type Powers, layer as serverLayer } from "../mcp/Server.ts"
import { Runway } from "../Runway.ts"
import { Complaint } from "./Complaint.ts"
import * as Mock from "./Mock.ts"
import { allowPrivate, optionsOf, userAgent } from "./Preflight.ts"

const flags = {
  budget: Flag.Finite("budget").pipe(
    Flag.withMetavar("dollars"),
    Flag.withDescription("Required, or --budget-jobs: what agents may spend in all, across restarts"),
    Flag.optional
  ),
  budgetJobs: Flag.Int("budget-jobs").pipe(
    Flag.withMetavar("number"),
    Flag.withDescription("How many jobs agents may pay for in all, across restarts"),
    Flag.optional
  ),
  budgetName: Flag.String("budget-name").pipe(
    Flag.withDefault("mcp"),
    Flag.withDescription("Servers with the same name and ledger spend from one purse")
  ),
  ledger: Flag.String("ledger").pipe(
    Flag.withMetavar("file"),
    Flag.withDescription(
      "The ledger's file. Default: cometapi-runway/ledger.sqlite in $XDG_STATE_HOME or ~/.local/state"
    ),
    Flag.optional
  ),
  live: Flag.Boolean("live").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Use the real API with COMETAPI_KEY; each new job costs money. Wins over --mock")
  ),
  mock: Flag.Boolean("mock").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Use a mock of the provider, and a ledger in memory: no key, no network, no cost")
  ),
  preflight: Flag.Boolean("preflight").pipe(
    Flag.withDefault(true),
    Flag.withDescription("Look at the assets before a job is paid. Default: yes; --no-preflight pays without looking")
  ),
  allowPrivate,
  userAgent
}

export const mcp = Command.make(
  "mcp",
  flags,
  Effect.fn(function* (flags) {
    const budget = yield* budgetOf(flags)
    const provider = yield* providerOf(flags)
    // With a mock the example's assets are looked at in vain.
    const isLooking = flags.preflight && provider !== "mock"
    const powers: Powers = { budget, preflight: isLooking ? optionsOf(flags) : undefined }
    const ledger = provider === "mock" ? layerMemory() : LedgerFile.layer({ file: yield* ledgerFile(flags.ledger) })
    const client = provider === "mock" ? Mock.layer : Runway.layerConfig
    const server = serverLayer(powers, metadata.version).pipe(
      Layer.provide([client, ledger, NodeStdio.layer, Logger.layer([toStandardError])])
    )
    yield* Layer.launch(server).pipe(
      Effect.catchTag("LedgerFailed", ({ message }) => Effect.fail(new Complaint({ text: message })))
    )
  })
).pipe(
  Command.withDescription("Serve agents over the Model Context Protocol (stdio), within a budget"),
  Command.withExamples([
    { command: "cometapi-runway mcp --mock --budget 2", description: "Try it out for nothing" },
    { command: "cometapi-runway mcp --live --budget 5", description: "A real one: five dollars in all" }
  ])
)

const budgetOf = (flags: {
  readonly budget: Option.Option<number>
  readonly budgetJobs: Option.Option<number>
  readonly budgetName: string
}): Effect.Effect<Powers["budget"], Complaint> => {
  const [dollars, jobs] = [Option.getOrUndefined(flags.budget), Option.getOrUndefined(flags.budgetJobs)]
  if (dollars === undefined && jobs === undefined) {
    const text = "An agent must not spend without a limit: say --budget <dollars>, or --budget-jobs <number>."
    return Effect.fail(new Complaint({ text }))
  }
  if ((dollars ?? 0) < 0 || (jobs ?? 0) < 0) {
    return Effect.fail(new Complaint({ text: "A budget is 0 or more." }))
  }
  return Effect.succeed({ name: flags.budgetName, ...defined({ dollars, jobs }) })
}

const providerOf = ({
  live,
  mock
}: {
  readonly live: boolean
  readonly mock: boolean
}): Effect.Effect<"live" | "mock", Complaint> => {
  if (live) return Effect.succeed("live")
  if (mock) return Effect.succeed("mock")
  return Effect.fail(new Complaint({ text: "Say which: --mock tries it out for nothing, --live pays for real jobs." }))
}

/** The ledger's file, with its folder made. */
const ledgerFile = Effect.fnUntraced(function* (named: Option.Option<string>) {
  const path = yield* Path.Path
  const state = process.env["XDG_STATE_HOME"] ?? ""
  // A relative XDG_STATE_HOME does not count, as its specification says.
  const home = path.isAbsolute(state) ? state : path.join(homedir(), ".local", "state")
  const file = Option.getOrElse(named, () => path.join(home, "cometapi-runway", "ledger.sqlite"))
  yield* Effect.mapError(
    Folder.make(path.dirname(path.resolve(file))),
    ({ reason }) => new Complaint({ text: `The ledger ${file} cannot be made: ${reason.message}` })
  )
  return file
})

/** The library's warnings and errors. It keeps keys and queries of URLs out of them. */
const toStandardError = Logger.make(({ logLevel, message }) => {
  if (logLevel !== "Warn" && logLevel !== "Error" && logLevel !== "Fatal") return
  process.stderr.write(`${[message].flat().map(String).join(": ")}\n`)
})
