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

const { file, url, jobs }: { readonly file: string; readonly url: string; readonly jobs: ReadonlyArray<Job> } =
  JSON.parse(process.argv[2] ?? "{}")

const live = Generate.layer({ keep: ({ id }) => Effect.succeed({ place: `kept/${id}`, bytes: 1 }) }).pipe(
  Layer.provideMerge(Engine.embedded({ file, sharding: quick, ledger: { slack: "1 second" } })),
  Layer.provide(
    Runway.layer({
      apiKey: Redacted.make("test-embedded"),
      baseUrl: url,
      attemptTimeout: "2 seconds",
      poll: { firstAfter: 0 }
    })
  ),
  Layer.provide(Logger.layer([]))
)

NodeRuntime.runMain(
  Effect.forEach(jobs, (job) => Effect.result(Runs.result(job)), { concurrency: "unbounded" }).pipe(
    Effect.provide(live)
  )
)
