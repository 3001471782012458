#!/usr/bin/env node
/**
 * The command `cometapi-runway-mock`: serves the mock until it is stopped, and says how to call it.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import manifest from "../package.json" with { type: "json" }
import { builtIn } from "./BuiltInScenarios.ts"
import { RunwayMock, scenarioNames } from "./index.ts"

const hello = (
  url: string,
  scenario: string
) => `cometapi-runway-mock listens on ${url} (scenario ${scenario}; Ctrl-C stops it)

Any key will do, and each key has its own tasks. To start one:

  curl ${url}/runwayml/v1/character_performance \\
    -H 'Authorization: Bearer any-key' -H 'X-Runway-Version: 2024-11-06' -H 'Content-Type: application/json' \\
    -d '{"character":{"type":"image","uri":"https://example.com/portrait.png"},"reference":{"type":"video","uri":"https://example.com/performance.mp4"},"bodyControl":true,"expressionIntensity":3,"seed":1,"model":"act_two","ratio":"1280:720"}'

Then, with the id that it answers:

  curl -H 'Authorization: Bearer any-key' ${url}/runwayml/v1/tasks/ID

A key's name chooses what becomes of its tasks, for example mock-failed-asset; --list shows the choice.
`

const longest = Math.max(...scenarioNames.map((name) => name.length))

const list = [...builtIn.values()].map(({ name, about }) => `${name.padEnd(longest)}  ${about}`).join("\n")

const command = Command.make(
  "cometapi-runway-mock",
  {
    port: Flag.Int("port").pipe(
      Flag.withDescription("Port to listen on; 0 takes any free one (default: 4010)"),
      Flag.withDefault(4010)
    ),
    host: Flag.String("host").pipe(
      Flag.withDescription("Address to listen on; a container needs 0.0.0.0 (default: 127.0.0.1)"),
      Flag.withDefault("127.0.0.1")
    ),
    scenario: Flag.String("scenario").pipe(
      Flag.withDescription("What becomes of the tasks, for POSTs and keys that do not say (default: happy)"),
      Flag.withDefault("happy")
    ),
    list: Flag.Boolean("list").pipe(
      Flag.withDescription("Show the scenarios, one a line, and end"),
      Flag.withDefault(false)
    ),
    clock: Flag.Literals("clock", ["real", "virtual"]).pipe(
      Flag.withDescription("Whose time it is; a virtual clock moves by itself, 5 seconds at each poll (default: real)"),
      Flag.withDefault("real")
    ),
    scale: Flag.Finite("scale").pipe(
      Flag.withDescription("How many times faster than real the time runs, e.g. 20 (default: 1)"),
      Flag.withDefault(1)
    ),
    maxWorlds: Flag.Int("max-worlds").pipe(
      Flag.withDescription("How many keys it keeps at a time (default: 1000)"),
      Flag.withDefault(1000)
    ),
    maxTasks: Flag.Int("max-tasks").pipe(
      Flag.withDescription("How many tasks of one key it keeps (default: 1000)"),
      Flag.withDefault(1000)
    )
  },
  Effect.fnUntraced(function* ({ list: listing, maxWorlds, maxTasks, ...options }) {
    if (listing) return yield* Console.log(list)
    const { url } = yield* RunwayMock.serve({ ...options, limits: { worlds: maxWorlds, tasks: maxTasks } })
    yield* Console.log(hello(url, options.scenario))
    return yield* Effect.never
  }, Effect.scoped)
).pipe(Command.withDescription("A stand-in for CometAPI's Runway character performance endpoint"))

command.pipe(
  Command.run({ version: manifest.version }),
  Effect.tapErrorTag("RunwayMockError", (error) => Console.error(`cometapi-runway-mock: ${error.message}`)),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    // Being stopped is how this command ends, so it is no failure.
    teardown: (exit, onExit) => onExit(Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause) ? 0 : 1)
  })
)
