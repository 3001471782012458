/**
 * The `cometapi-runway` command: the whole flow from a terminal, against the mock or, only when asked for, against the real API.
 *
 * It is a thin user of the library and has no power of its own. What must hold before money is spent is checked before anything is
 * sent: the key, the input, the output folder.
 *
 * @module
 */
import * as Console from "effect/Console"
import { Argument, Command, Flag } from "effect/cli"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as Stream from "effect/Stream"
import * as CharacterPerformance from "../CharacterPerformance.ts"
import * as Folder from "../download/Folder.ts"
import { Runway } from "../Runway.ts"
import * as Task from "../Task.ts"
import { Complaint } from "./Complaint.ts"
import { described, inputOf } from "./Described.ts"
import { mcp } from "./Mcp.ts"
import * as Mock from "./Mock.ts"
import { preflight } from "./Preflight.ts"
import * as Progress from "./Progress.ts"

/** What the provider's model page says one request costs. */
const price = "$0.4"

const modeFlags = {
  mock: Flag.Boolean("mock").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Use a mock of the provider: no key, no network, no cost")
  ),
  live: Flag.Boolean("live").pipe(
    Flag.withDefault(false),
    Flag.withDescription(`Use the real API with COMETAPI_KEY; a job costs ${price}. Wins over --mock`)
  )
}

const out = Flag.String("out").pipe(
  Flag.withDefault("out"),
  Flag.withMetavar("folder"),
  Flag.withDescription("Where the video is saved, as <task id>.mp4")
)

const generate = Command.make(
  "generate",
  {
    ...modeFlags,
    out,
    ...described
  },
  Effect.fn(function* (flags) {
    const input = yield* inputOf(flags)
    const mode = yield* modeOf(flags)
    yield* Effect.gen(function* () {
      yield* CharacterPerformance.validate(input)
      yield* writable(flags.out)
      const { baseUrl } = yield* Runway
      yield* Console.log(
        mode === "live"
          ? `Submitting a character performance to ${baseUrl}. A job costs ${price} there (the provider's model page).`
          : `Submitting a character performance to a mock of the provider at ${baseUrl}. Nothing leaves this machine.`
      )
      let accepted = false
      const id = yield* CharacterPerformance.submit(input, {
        // Who presses Ctrl-C waits for the answer of what is paid for, and no longer.
        interruptGrace: "10 seconds",
        onSubmitted: (id) => {
          accepted = true
          return Console.log(`Task ${id}`)
        }
      }).pipe(
        Effect.onInterrupt(() =>
          Console.error(
            accepted
              ? "\nInterrupted. The job was accepted and goes on at the provider; wait for it by its id."
              : "\nInterrupted while the job was being submitted: it may have been accepted. Look at the provider's console."
          )
        )
      )
      yield* finish(id, flags.out, mode, { submittedAt: yield* DateTime.now })
      if (mode === "mock") {
        yield* Console.log(
          "For the real thing: export COMETAPI_KEY=… and add --live (npm start -- --live --character <url> --reference <url>)"
        )
      }
    }).pipe(Effect.provide(client(mode)))
  })
).pipe(
  Command.withDescription("Make a character performance and save its video"),
  Command.withExamples([
    { command: "cometapi-runway generate --mock", description: "The documentation's example, offline" },
    {
      command:
        "cometapi-runway generate --live --character https://example.com/a.png --reference https://example.com/b.mp4",
      description: "A real one"
    }
  ])
)

const wait = Command.make(
  "wait",
  {
    ...modeFlags,
    out,
    id: Argument.String("task-id").pipe(Argument.withDescription("The id that generate has shown"))
  },
  Effect.fn(function* (flags) {
    const mode = yield* modeOf(flags)
    if (mode === "mock") {
      return yield* new Complaint({
        text: "A mock's tasks end with the process they live in. To wait for a task of a mock that is running elsewhere, use --live with COMETAPI_BASE_URL set to its address."
      })
    }
    yield* Effect.andThen(writable(flags.out), finish(flags.id, flags.out, mode, {})).pipe(Effect.provide(client(mode)))
  })
).pipe(Command.withDescription("Take a task up again by its id, wait for it and save its video; costs nothing"))

/** The command with its subcommands. */
export const cli = Command.make("cometapi-runway").pipe(
  Command.withDescription("CometAPI's Runway character performance (Act-Two) from a terminal"),
  Command.withSubcommands([generate, wait, preflight, mcp])
)

type Mode = "mock" | "live"

const modeOf = ({ mock, live }: { readonly mock: boolean; readonly live: boolean }): Effect.Effect<Mode, Complaint> => {
  if (live) return Effect.succeed("live")
  if (mock) return Effect.succeed("mock")
  return Effect.fail(
    new Complaint({
      text: `Say which: --mock tries it out for nothing, --live makes a real job, which costs ${price}.`
    })
  )
}

/** The client for a mode. Progress is shown by the command, so the library's own log stays silent. */
const client = (mode: Mode) => Layer.merge(mode === "live" ? Runway.layerConfig : Mock.layer, Logger.layer([]))

/** A folder that can be written to, found out before anything is paid for. */
const writable = Effect.fnUntraced(function* (folder: string) {
  const fs = yield* FileSystem.FileSystem
  yield* Folder.make(folder).pipe(
    Effect.andThen(Effect.scoped(fs.makeTempFileScoped({ directory: folder }))),
    Effect.mapError(
      (error) => new Complaint({ text: `Cannot write to ${folder}, so nothing was sent: ${error.reason.message}` })
    )
  )
})

/** Follows a task to its end and saves its video; where that breaks off, the way back to the task is shown. */
const finish = Effect.fnUntraced(function* (id: string, folder: string, mode: Mode, options: Task.WaitOptions) {
  const path = yield* Path.Path
  const command = `npx cometapi-runway wait ${pasteable(id)} --live`
  const resume =
    mode === "live"
      ? `Task ${id} goes on at the provider. Take it up again, at no cost, with: ${command} --out ${pasteable(folder)}`
      : `Task ${id} lived in this process's mock and ends with it. A real one would be taken up again with: ${command}`
  yield* Effect.gen(function* () {
    const end = yield* Progress.show(Task.watch(id, options)).pipe(Stream.filter(Task.isTerminal), Stream.runHead)
    const task = yield* Task.outcome(Option.getOrThrow(end))
    const saved = yield* Task.download(task, { to: path.resolve(folder) + path.sep })
    yield* Console.log(`Saved ${saved.path} (${saved.bytes} bytes)`)
  }).pipe(
    Effect.onInterrupt(() => Console.error(`\n${resume}`)),
    Effect.mapError((error) =>
      over.has(error.reason._tag) ? error : new Complaint({ text: `${error.message}\n${resume}` })
    )
  )
})

/** Ends after which there is nothing to take up again. */
const over: ReadonlySet<string> = new Set(["TaskFailed", "TaskCancelled", "TaskNotFound", "InvalidInput"])

/** A text as one word of a shell's command line. */
const pasteable = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
