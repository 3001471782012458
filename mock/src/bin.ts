#!/usr/bin/env node
/**
 * The command `cometapi-runway-mock`: serves the mock until it is stopped, says how to call it, and shows what comes.
 *
 * What it prints is either for people or, with `--json`, for programs: a line of JSON for each thing that happens. It adds nothing to the
 * mock but these words: `RunwayMock.ts` serves it.
 *
 * @module
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import manifest from "../package.json" with { type: "json" }
import * as Configuration from "./Configuration.ts"
import * as Contract from "./contract/Contract.ts"
import { Written } from "./faults/Fault.ts"
import {
  type ConfigChange,
  type Mock,
  type MockControl,
  type RedactedHosts,
  RunwayMock,
  type RunwayMockError,
  type Served,
  type ServeOptions,
  scenarioNames
} from "./index.ts"
import * as Log from "./record/Log.ts"
import { builtIn } from "./world/BuiltInScenarios.ts"

/** A text as one word of a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** A right request to an operation of the contract, for a shell. */
const curl = (url: string, { method, path, headers, request }: Contract.Route): string => {
  const all = { Authorization: "Bearer any-key", ...headers, "Content-Type": "application/json" }
  const flags = Object.entries(all).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`)
  const verb = method === "POST" ? "" : `-X ${method} `
  return `curl ${verb}${url}${path} \\\n    ${flags.join(" ")} \\\n    -d ${quoted(JSON.stringify(request ?? {}))}`
}

const greeting = (url: string, mode: string): string => {
  const submissions = Contract.routesOf("submit").map((route) => `  ${curl(url, route)}`)
  const polls = Contract.routesOf("poll").map(
    ({ path }) => `  curl -H 'Authorization: Bearer any-key' ${url}${path.replace(/\{[^}]*\}/g, "ID")}`
  )
  return `cometapi-runway-mock listens on ${url} (${mode}; Ctrl-C stops it)
Open it in a browser to watch and steer it. Any key will do, and each key has its own tasks. To start one:

${submissions.join("\n\n")}

Then, with the id that it answers:

${polls.join("\n")}

A key's name chooses what becomes of its tasks, for example mock-failed-asset; --list shows the choice.
`
}

/** What the clients did that they should not have, in words. */
const farewell = ({ worlds, worldAt }: MockControl): string =>
  worlds()
    .filter(({ findings }) => findings > 0)
    .slice(0, 5)
    .map(({ world }) => worldAt(world)?.report().text ?? "")
    .join("\n")

const longestName = Math.max(...scenarioNames.map((name) => name.length))

const list = [...builtIn.values()].map(({ name, about }) => `${name.padEnd(longestName)}  ${about}`).join("\n")

/** What the mock does, in a few words. */
const modeOf = ({ record, replay, scenario }: ServeOptions): string => {
  if (record !== undefined) return `forwards to ${record.from} with your key, which pays, and records`
  const played =
    (typeof scenario === "object" ? scenario.name : scenario) ?? (replay === undefined ? "happy" : "recorded")
  const folder = typeof replay === "object" ? replay.from : replay
  return folder === undefined ? `scenario ${played}` : `replays ${folder}, scenario ${played}`
}

const redactedHosts = (hosts: string): RedactedHosts =>
  hosts === "all"
    ? "all"
    : hosts
        .split(",")
        .map((name) => name.trim())
        .filter((name) => name !== "")

/** What is to be said of another version of the file of options. */
const wordsOf = ({ file, error, needsRestart }: ConfigChange): string => {
  if (error !== undefined) return `${error.message}\nWhat ${file} said before is still in force.`
  const later =
    needsRestart.length === 0 ? "" : `; read only at the start, so stop and start it for ${needsRestart.join(", ")}`
  return `${file} was read again${later}`
}

const tell = (change: ConfigChange, json: boolean, print: (text: string) => void): void => {
  const { file, error, needsRestart } = change
  const said = error === undefined ? { needsRestart } : { reason: error.reason._tag, message: error.message }
  if (json) print(JSON.stringify({ event: error === undefined ? "config" : "config-failed", file, ...said }))
  else if (error === undefined) print(wordsOf(change))
  else console.error(wordsOf(change))
}

/** What to know before others find it out. */
const warningsOf = ({ control, controlToken, publicUrl }: ServeOptions): ReadonlyArray<string> => {
  if (controlToken !== undefined || (control !== "anywhere" && publicUrl === undefined)) return []
  const who = control === "anywhere" ? "everybody who can reach this port" : `everybody who can reach ${publicUrl}`
  return [`The controls are open to ${who}: set a token (${tokenVariable}) to close them.`]
}

/** Says at the end what was recorded or replayed. What was not complete makes the command fail. */
const sumUp = ({ recordings }: Mock, json: boolean) =>
  Effect.flatMap(Effect.promise(recordings), ({ text, ...report }) => {
    if (!report.complete) process.exitCode = 1
    return Console.log(
      json ? JSON.stringify({ event: "recordings", ...report }) : `\n${text || "Nothing was recorded."}`
    )
  })

/** Ends when the program that started this command is gone, or closes its standard input. */
const stdinClosed = Effect.callback<void>((resume) => {
  const ended = () => resume(Effect.void)
  process.stdin.once("end", ended).once("close", ended).once("error", ended).resume()
})

/** The environment variable with the controls' token: other users of a machine can read a command line. */
const tokenVariable = "COMETAPI_RUNWAY_MOCK_CONTROL_TOKEN"

/** A flag that says nothing where it is not given: then the file of options may. */
const optional = <A>(flag: Flag.Flag<A>) => Flag.map(Flag.optional(flag), Option.getOrUndefined)

const text = (name: string, description: string, metavar = "text") =>
  optional(Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description)))

const count = (name: string, description: string) => optional(Flag.Int(name).pipe(Flag.withDescription(description)))

const number = (name: string, description: string) =>
  optional(Flag.Finite(name).pipe(Flag.withDescription(description)))

const choice = <const A extends ReadonlyArray<string>>(name: string, choices: A, description: string) =>
  optional(Flag.Literals(name, choices).pipe(Flag.withDescription(description)))

const flag = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withDefault(false))

/** What a mock is made with. */
const optionFlags = {
  config: text(
    "config",
    "A mock.json with all of this; what is said here goes before it (default: none is read)",
    "file"
  ),
  watch: flag("watch", "Read the file of --config again whenever it is written; tasks stay"),
  state: text("state", "Keep the tasks in this file while the mock is stopped (default: they are forgotten)", "file"),
  port: count("port", "Port to listen on; 0 takes any free one (default: 4010)"),
  host: text("host", "Address to listen on; a container needs 0.0.0.0 (default: 127.0.0.1)"),
  publicUrl: text("public-url", "Where others reach it, behind a forwarder: outputs and the page follow it", "url"),
  control: choice(
    "control",
    ["loopback", "anywhere"],
    "Who may use the controls below /_mock/; a container needs anywhere (default: loopback)"
  ),
  controlToken: optional(
    Flag.String("control-token").pipe(
      Flag.withMetavar("token"),
      Flag.withDescription(
        `What each call to the controls must send; better given as ${tokenVariable} (default: none)`
      ),
      Flag.withFallbackConfig(Config.NonEmptyString(tokenVariable))
    )
  ),
  scenario: text("scenario", "What becomes of the tasks, for POSTs and keys that do not say (default: happy)", "name"),
  clock: choice(
    "clock",
    ["real", "virtual", "manual"],
    "Whose time it is; a virtual clock moves 5 seconds at each poll, a manual one only by POST /_mock/clock/advance (default: real)"
  ),
  virtualStart: text(
    "virtual-start",
    "When a virtual or manual clock begins: now, or a time (default: 2026-05-01T12:00:00Z)",
    "time"
  ),
  required: choice(
    "required",
    ["full", "minimal"],
    "Which fields a body must have: all, or those of the shorter edition (default: full)"
  ),
  scale: number("scale", "How many times faster than real the time runs, e.g. 20 (default: 1)"),
  seed: number("seed", "What the chance of faults is made of (default: 1)"),
  concurrency: count(
    "concurrency",
    "Jobs of one key that are at work at a time; the others are THROTTLED (default: any number)"
  ),
  daily: count("daily", "Submissions of one key a day; the next is a 429 (default: any number)"),
  faults: Flag.String("fault").pipe(
    Flag.withMetavar("json"),
    Flag.withDescription(
      `A fault that every key begins with, e.g. '{"on":"poll","kind":"reset","rate":0.1}'; may be repeated`
    ),
    Flag.withSchema(Schema.fromJsonString(Written)),
    Flag.atLeast(0)
  ),
  record: text(
    "record",
    "Forward each request to this provider, e.g. https://api.cometapi.com, and save each job; costs money",
    "url"
  ),
  out: text("out", "Folder for what is recorded (default: recordings)", "folder"),
  redactHosts: text(
    "redact-hosts",
    "Hosts to leave out of what is recorded: all, or names between commas (default: none)"
  ),
  replay: text(
    "replay",
    "Play the recordings of this folder; ends with status 1 where one was not asked for",
    "folder"
  ),
  replayMaxAge: text("replay-max-age", 'How old a recording may be (default: "90 days")', "duration"),
  idle: text("idle", 'How long a key is kept after its last request (default: "1 hour")', "duration"),
  maxWorlds: count("max-worlds", "How many keys it keeps at a time (default: 1000)"),
  maxTasks: count("max-tasks", "How many tasks of one key it keeps (default: 1000)"),
  maxJournal: count("max-journal", "How many requests all journals together keep (default: 20000)")
}

/** What is said here, as options; what is not said is left to the file. */
const optionsOf = (flags: Command.Command.Config.Infer<typeof optionFlags>): ServeOptions => {
  const { concurrency, daily, faults, record, out, redactHosts, replay, replayMaxAge, ...others } = flags
  const { idle, maxWorlds, maxTasks, maxJournal, ...rest } = others
  return {
    ...rest,
    faults: faults.length === 0 ? undefined : faults,
    record:
      record === undefined
        ? undefined
        : { from: record, out: out ?? "recordings", redactHosts: redactedHosts(redactHosts ?? "") },
    replay: replay === undefined ? undefined : { from: replay, maxAge: replayMaxAge },
    account: { concurrency, daily },
    limits: { worlds: maxWorlds, tasks: maxTasks, journal: maxJournal, idle }
  }
}

/** Says where the mock listens, and what to know about that. */
const announce = Effect.fnUntraced(function* (
  { url, port, publicUrl }: Served,
  options: ServeOptions,
  { json, quiet }: { readonly json: boolean; readonly quiet: boolean }
) {
  const address = publicUrl === undefined ? { url, port } : { url, port, publicUrl }
  const ready = { event: "ready", ...address, pid: process.pid, version: manifest.version }
  const hello = quiet ? `cometapi-runway-mock listens on ${url}` : greeting(publicUrl ?? url, modeOf(options))
  yield* Console.log(json ? JSON.stringify(ready) : hello)
  for (const warning of warningsOf(options))
    yield* json ? Console.log(JSON.stringify({ event: "warning", message: warning })) : Console.error(warning)
})

const command = Command.make(
  "cometapi-runway-mock",
  {
    ...optionFlags,
    list: flag("list", "Show the scenarios, one a line, and end"),
    verbose: flag("verbose", "Show the headers and bodies of each request too"),
    quiet: flag("quiet", "Show no requests: only where it listens and, at the end, what the client did wrong"),
    json: flag("json", "Say everything in lines of JSON, for programs: first that it is ready, then each request"),
    exitWithStdin: flag("exit-with-stdin", "End when standard input is closed, as it is when the starting program ends")
  },
  Effect.fnUntraced(function* ({ list: listing, verbose, quiet, json, exitWithStdin, ...flags }) {
    if (listing) return yield* Console.log(list)
    const show = json ? Log.json : verbose ? Log.verbose : Log.line
    const print = Log.writer(process.stdout)
    const options = optionsOf(flags)
    const failed = ({ reason, message }: RunwayMockError) =>
      json ? Console.log(JSON.stringify({ event: "failed", reason: reason._tag, message })) : Effect.void
    const start = Effect.gen(function* () {
      const mock = yield* RunwayMock.serve({
        ...options,
        onConfig: (change) => tell(change, json, print),
        onRequest: quiet ? undefined : (entry, world) => print(show(entry, world))
      })
      return { mock, configured: yield* Configuration.withFile(options) }
    })
    const { mock, configured } = yield* Effect.tapError(start, failed)
    yield* announce(mock, configured, { json, quiet })
    if (configured.record !== undefined || configured.replay !== undefined)
      yield* Effect.addFinalizer(() => sumUp(mock, json))
    if (!json) {
      yield* Effect.addFinalizer(() => {
        const text = farewell(mock)
        return text === "" ? Effect.void : Console.log(`\n${text}`)
      })
    }
    return yield* exitWithStdin ? stdinClosed : Effect.never
  }, Effect.scoped)
).pipe(Command.withDescription("A stand-in for CometAPI's Runway character performance endpoint"))

command.pipe(
  Command.run({ version: manifest.version }),
  Effect.tapErrorTag("RunwayMockError", (error) => Console.error(`cometapi-runway-mock: ${error.message}`)),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    // Being stopped is how this command ends, so it is no failure.
    teardown: (exit, onExit) =>
      onExit(Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause) ? Number(process.exitCode ?? 0) : 1)
  })
)
