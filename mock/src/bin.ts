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
import * as Console from "effect/Console"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import manifest from "../package.json" with { type: "json" }
import * as Contract from "./contract/Contract.ts"
import { Written } from "./faults/Fault.ts"
import { type Mock, type MockControl, type RecordOptions, RunwayMock, scenarioNames } from "./index.ts"
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

type Given = Readonly<{ [name in "record" | "replay" | "scenario"]: Option.Option<string> }>

/** What the mock does, in a few words. */
const modeOf = ({ record, replay, scenario }: Given): string => {
  if (Option.isSome(record)) return `forwards to ${record.value} with your key, which pays, and records`
  const played = Option.getOrElse(scenario, () => (Option.isSome(replay) ? "recorded" : "happy"))
  return Option.isSome(replay) ? `replays ${replay.value}, scenario ${played}` : `scenario ${played}`
}

const recordOf = (
  record: Option.Option<string>,
  out: string,
  redactHosts: Option.Option<string>
): RecordOptions | undefined => {
  if (Option.isNone(record)) return undefined
  const hosts = Option.getOrElse(redactHosts, () => "")
  const names = hosts
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "")
  return { from: record.value, out, redactHosts: hosts === "all" ? "all" : names }
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

const count = (name: string, description: string, byDefault: number) =>
  Flag.Int(name).pipe(Flag.withDescription(`${description} (default: ${byDefault})`), Flag.withDefault(byDefault))

const flag = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withDefault(false))

const command = Command.make(
  "cometapi-runway-mock",
  {
    port: count("port", "Port to listen on; 0 takes any free one", 4010),
    host: Flag.String("host").pipe(
      Flag.withDescription("Address to listen on; a container needs 0.0.0.0 (default: 127.0.0.1)"),
      Flag.withDefault("127.0.0.1")
    ),
    control: Flag.Literals("control", ["loopback", "anywhere"]).pipe(
      Flag.withDescription("Who may use the controls below /_mock/; a container needs anywhere (default: loopback)"),
      Flag.withDefault("loopback")
    ),
    scenario: Flag.String("scenario").pipe(
      Flag.withDescription("What becomes of the tasks, for POSTs and keys that do not say (default: happy)"),
      Flag.optional
    ),
    list: flag("list", "Show the scenarios, one a line, and end"),
    clock: Flag.Literals("clock", ["real", "virtual", "manual"]).pipe(
      Flag.withDescription(
        "Whose time it is; a virtual clock moves 5 seconds at each poll, a manual one only by POST /_mock/clock/advance (default: real)"
      ),
      Flag.withDefault("real")
    ),
    virtualStart: Flag.String("virtual-start").pipe(
      Flag.withMetavar("time"),
      Flag.withDescription("When a virtual or manual clock begins: now, or a time (default: 2026-05-01T12:00:00Z)"),
      Flag.optional
    ),
    required: Flag.Literals("required", ["full", "minimal"]).pipe(
      Flag.withDescription("Which fields a body must have: all, or those of the shorter edition (default: full)"),
      Flag.withDefault("full")
    ),
    scale: Flag.Finite("scale").pipe(
      Flag.withDescription("How many times faster than real the time runs, e.g. 20 (default: 1)"),
      Flag.withDefault(1)
    ),
    faults: Flag.String("fault").pipe(
      Flag.withMetavar("json"),
      Flag.withDescription(
        `A fault that every key begins with, e.g. '{"on":"poll","kind":"reset","rate":0.1}'; may be repeated`
      ),
      Flag.withSchema(Schema.fromJsonString(Written)),
      Flag.atLeast(0)
    ),
    concurrency: Flag.Int("concurrency").pipe(
      Flag.withDescription(
        "Jobs of one key that are at work at a time; the others are THROTTLED (default: any number)"
      ),
      Flag.optional
    ),
    daily: Flag.Int("daily").pipe(
      Flag.withDescription("Submissions of one key a day; the next is a 429 (default: any number)"),
      Flag.optional
    ),
    seed: Flag.Finite("seed").pipe(
      Flag.withDescription("What the chance of faults is made of (default: 1)"),
      Flag.withDefault(1)
    ),
    record: Flag.String("record").pipe(
      Flag.withMetavar("url"),
      Flag.withDescription(
        "Forward each request to this provider, e.g. https://api.cometapi.com, and save each job; costs money"
      ),
      Flag.optional
    ),
    out: Flag.String("out").pipe(
      Flag.withDescription("Folder for what is recorded (default: recordings)"),
      Flag.withDefault("recordings")
    ),
    redactHosts: Flag.String("redact-hosts").pipe(
      Flag.withDescription("Hosts to leave out of what is recorded: all, or names between commas (default: none)"),
      Flag.optional
    ),
    replay: Flag.String("replay").pipe(
      Flag.withMetavar("folder"),
      Flag.withDescription("Play the recordings of this folder; ends with status 1 where one was not asked for"),
      Flag.optional
    ),
    replayMaxAge: Flag.String("replay-max-age").pipe(
      Flag.withDescription('How old a recording may be (default: "90 days")'),
      Flag.withDefault("90 days")
    ),
    verbose: flag("verbose", "Show the headers and bodies of each request too"),
    quiet: flag("quiet", "Show no requests: only where it listens and, at the end, what the client did wrong"),
    json: flag("json", "Say everything in lines of JSON, for programs: first that it is ready, then each request"),
    exitWithStdin: flag(
      "exit-with-stdin",
      "End when standard input is closed, as it is when the starting program ends"
    ),
    idle: Flag.String("idle").pipe(
      Flag.withDescription('How long a key is kept after its last request (default: "1 hour")'),
      Flag.withDefault("1 hour")
    ),
    maxWorlds: count("max-worlds", "How many keys it keeps at a time", 1000),
    maxTasks: count("max-tasks", "How many tasks of one key it keeps", 1000),
    maxJournal: count("max-journal", "How many requests all journals together keep", 20_000)
  },
  Effect.fnUntraced(function* ({ list: listing, ...options }) {
    if (listing) return yield* Console.log(list)
    const { maxWorlds, maxTasks, maxJournal, idle, verbose, quiet, json, exitWithStdin, concurrency, daily, ...flags } =
      options
    const { record, out, redactHosts, replay, replayMaxAge, virtualStart, ...rest } = flags
    const scenario = Option.getOrUndefined(rest.scenario)
    const show = json ? Log.json : verbose ? Log.verbose : Log.line
    const print = Log.writer(process.stdout)
    const mock = yield* RunwayMock.serve({
      ...rest,
      virtualStart: Option.getOrUndefined(virtualStart),
      scenario,
      record: recordOf(record, out, redactHosts),
      replay: Option.getOrUndefined(Option.map(replay, (from) => ({ from, maxAge: replayMaxAge }))),
      account: { concurrency: Option.getOrUndefined(concurrency), daily: Option.getOrUndefined(daily) },
      limits: { worlds: maxWorlds, tasks: maxTasks, journal: maxJournal, idle },
      onRequest: quiet ? undefined : (entry, world) => print(show(entry, world))
    }).pipe(
      Effect.tapError(({ reason, message }) =>
        json ? Console.log(JSON.stringify({ event: "failed", reason: reason._tag, message })) : Effect.void
      )
    )
    const { url, port } = mock
    const ready = { event: "ready", url, port, pid: process.pid, version: manifest.version }
    const hello = quiet ? `cometapi-runway-mock listens on ${url}` : greeting(url, modeOf(flags))
    yield* Console.log(json ? JSON.stringify(ready) : hello)
    if (Option.isSome(record) || Option.isSome(replay)) yield* Effect.addFinalizer(() => sumUp(mock, json))
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
