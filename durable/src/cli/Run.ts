/**
 * `run` and `again`: the jobs of a file, each to its end, with its video in a folder.
 *
 * Both may be stopped or killed at any time and called again: they go on where they stood, and pay for nothing twice.
 *
 * @module
 */
import { Runway } from "cometapi-runway"
import { folder } from "cometapi-runway/archive"
import * as Console from "effect/Console"
import { Argument, Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Engine from "../Engine.ts"
import * as Generate from "../Generate.ts"
import * as Runs from "../Runs.ts"
import { Complaint } from "./Complaint.ts"
import * as JobsFile from "./JobsFile.ts"
import * as Mock from "./Mock.ts"
import * as Place from "./Place.ts"

/** How many jobs are waited for at once. All of them are started before. */
const watched = 200

const flags = {
  jobs: Argument.File("jobs.jsonl", { mustExist: true }).pipe(
    Argument.withDescription('One job a line: {"intent": "order-1", "character": {…}, "reference": {…}}')
  ),
  file: Flag.String("file").pipe(
    Flag.withDescription("Where jobs and ledger are kept. Default: jobs.sqlite, with --mock jobs.mock.sqlite"),
    Flag.optional
  ),
  out: Flag.String("out").pipe(Flag.withDefault("videos"), Flag.withDescription("The folder for the videos")),
  mock: Flag.Boolean("mock").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Use a mock of the provider: no key, no network, no cost. Its tasks end with the command")
  ),
  live: Flag.Boolean("live").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Use the real API with COMETAPI_KEY; each job costs money. Wins over --mock")
  ),
  dollars: Flag.Finite("dollars").pipe(
    Flag.withDescription("The most that the jobs in the file may cost together, ever; what does not fit is not sent"),
    Flag.optional
  )
}

interface Flags {
  readonly jobs: string
  readonly file: Option.Option<string>
  readonly out: string
  readonly mock: boolean
  readonly live: boolean
  readonly dollars: Option.Option<number>
}

/** Of the engine's own log only what was lost is shown. */
const losses = Logger.make(({ logLevel, message }) => {
  if (logLevel === "Error" || logLevel === "Fatal") process.stderr.write(`${[message].flat().join(": ")}\n`)
})

const engine = ({ out, live, dollars }: Flags, file: string) =>
  Layer.unwrap(
    Effect.map(folder(out), (archive) =>
      Generate.layer({
        keep: Generate.archived(archive),
        budget: Option.match(dollars, { onNone: () => undefined, onSome: (dollars) => ({ dollars }) })
      })
    )
  ).pipe(
    Layer.provideMerge(Engine.embedded({ file })),
    Layer.provide(live ? Runway.layerConfig() : Mock.layer),
    Layer.provideMerge(Logger.layer([losses]))
  )

const stopping =
  "Stopping: nothing new is sent, and what has left is let finish, for at most 30 seconds. Call the same again to go on."

const work = (before: typeof Runs.start) =>
  Effect.fnUntraced(function* (flags: Flags) {
    if (!flags.mock && !flags.live) {
      return yield* new Complaint({
        message: "Say which: --mock tries it out for nothing, --live makes real jobs, which cost money."
      })
    }
    const file = Option.getOrElse(flags.file, () => (flags.live ? Place.usual : "jobs.mock.sqlite"))
    const jobs = yield* JobsFile.read(flags.jobs)
    const failed = yield* Effect.gen(function* () {
      yield* Effect.forEach(jobs, before, { concurrency: 16, discard: true })
      const results = yield* Effect.forEach(jobs, toItsEnd, { concurrency: watched })
      return results.filter(Result.isFailure).length
    }).pipe(
      Effect.onInterrupt(() => Console.error(stopping)),
      Effect.provide(engine(flags, file))
    )
    yield* Console.error(`${jobs.length - failed} of ${jobs.length} videos are in ${flags.out}.`)
    if (failed === 0) return
    return yield* new Complaint({
      message: `${failed} have none. What was paid, and what is not known: npx cometapi-runway-durable status --file ${file}\nWhen the cause is removed: npx cometapi-runway-durable again ${flags.jobs} --file ${file} ${flags.live ? "--live" : "--mock"}`
    })
  })

const toItsEnd = (job: Generate.Job) =>
  Runs.result(job).pipe(
    Effect.tap(({ taskId, kept }) => Console.log([job.intent, taskId, kept?.place ?? ""].join("\t"))),
    Effect.tapError(({ message }) => Console.error(`${job.intent}: ${message}`)),
    Effect.result
  )

export const run = Command.make("run", flags, work(Runs.start)).pipe(
  Command.withDescription("Make the videos of all jobs of a file, or go on where an earlier call stopped or died")
)

export const again = Command.make("again", flags, work(Runs.again)).pipe(
  Command.withDescription("The same, and take up again the jobs that ended in an error. What is paid is not paid again")
)
