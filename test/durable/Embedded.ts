/**
 * A process with the embedded engine that makes the jobs it is told to and ends. It is started by the tests, and killed.
 *
 * @module
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Runway } from "cometapi-runway"
import { Engine, Generate, type Job, Runs } from "cometapi-runway-durable"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import { quick } from "./Setting.ts"

interface Task {
  readonly file: string
  readonly url: string
  readonly jobs: ReadonlyArray<Job>
  /** It starts the jobs and runs until it is told to stop, as a service does. */
  readonly service?: boolean
}

const { file, url, jobs, service = false }: Task = JSON.parse(process.argv[2] ?? "{}")

const live = Generate.layer({ keep: ({ id }) => Effect.succeed({ place: `kept/${id}`, bytes: 1 }) }).pipe(
  Layer.provideMerge(Engine.embedded({ file, sharding: quick, ledger: { slack: "1 second" } })),
  Layer.provide(
    Runway.layer({
      apiKey: Redacted.make("test-embedded"),
      baseUrl: url,
      attemptTimeout: service ? "1 minute" : "2 seconds",
      poll: { firstAfter: 0 }
    })
  ),
  Layer.provide(Logger.layer([]))
)

const say = (word: string) => Effect.sync(() => process.stdout.write(`${word}\n`))

/** Made last and so ended first: it says when all jobs are written down, and when the program has heard that it is to stop. */
const said = Layer.effectDiscard(
  Effect.gen(function* () {
    yield* Effect.addFinalizer(() => say("stopping"))
    yield* Effect.forEach(jobs, Runs.start, { concurrency: "unbounded", discard: true })
    yield* say("up")
  })
)

NodeRuntime.runMain(
  service
    ? Layer.launch(Layer.provide(said, live))
    : Effect.forEach(jobs, (job) => Effect.result(Runs.result(job)), { concurrency: "unbounded" }).pipe(
        Effect.provide(live)
      )
)
