import { describe, it } from "@effect/vitest"
import { CharacterPerformance, RateLimited, Runway, RunwayError, Task } from "cometapi-runway"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { expect } from "vitest"

const input: CharacterPerformance.Input = {
  character: { type: "image", uri: "https://example.com/portrait.png" },
  reference: { type: "video", uri: "https://example.com/performance.mp4" }
}

describe("Runway.layerTest", () => {
  it.effect("lets everything go well, at once and without HTTP", () =>
    Effect.gen(function* () {
      const told: Array<string> = []
      const task = yield* CharacterPerformance.generate(input, {
        onSubmitted: (id) => Effect.sync(() => told.push(id))
      })
      expect(told).toEqual(["task-1"])
      expect(Redacted.value(task.output[0])).toBe("https://example.com/task-1.mp4")
      expect(yield* Task.wait(yield* CharacterPerformance.submit(input))).toMatchObject({ id: "task-2" })
    }).pipe(Effect.provide(Runway.layerTest()))
  )

  it.effect("answers a job with what the test says, and shows it the body that would be sent", () =>
    Effect.gen(function* () {
      const jobs: Array<unknown> = []
      const busy = Runway.layerTest({
        submit: (job) => {
          jobs.push(job)
          return Effect.fail(new RunwayError({ reason: new RateLimited({ said: "slow down" }) }))
        }
      })
      const error = yield* Effect.flip(CharacterPerformance.generate(input)).pipe(Effect.provide(busy))
      expect(error.reason._tag).toBe("RateLimited")
      expect(jobs).toMatchObject([
        {
          operation: "POST /runwayml/v1/character_performance",
          body: { ...input, model: "act_two", ratio: "1280:720" }
        }
      ])
    })
  )

  it.effect("lets a task go through what the test says, look by look", () =>
    Effect.gen(function* () {
      const seen = yield* Task.watch("mine").pipe(
        Stream.map(({ _tag }) => _tag),
        Stream.runCollect
      )
      expect(seen).toEqual(["Queued", "Running", "Failed"])
      const error = yield* Effect.flip(Task.wait("another"))
      expect(error.reason).toMatchObject({ _tag: "TaskFailed", category: "asset" })
    }).pipe(
      Effect.provide(
        Runway.layerTest({
          get: (id, look) => {
            if (look === 1) return Effect.succeed(new Task.Queued({ id, status: "PENDING" }))
            if (look === 2) return Effect.succeed(new Task.Running({ id, status: "RUNNING", progress: 0.5 }))
            const failed = { id, status: "FAILED", failure: "no face", failureCode: "ASSET.INVALID" }
            return Effect.succeed(new Task.Failed(failed))
          }
        })
      )
    )
  )

  it.effect("ends a wait for a task that never ends, without any time passing", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Task.wait("endless"))
      expect(error.reason._tag).toBe("WaitTimedOut")
    }).pipe(
      Effect.provide(Runway.layerTest({ get: (id) => Effect.succeed(new Task.Running({ id, status: "RUNNING" })) }))
    )
  )

  it.effect("refuses a wrong input like the client, and asks nobody", () =>
    Effect.gen(function* () {
      const asked = yield* Ref.make(0)
      const stub = Runway.layerTest({
        submit: () =>
          Effect.as(
            Ref.update(asked, (n) => n + 1),
            "mine"
          )
      })
      const wrong = { ...input, seed: -1 }
      const refused = yield* Effect.flip(CharacterPerformance.submit(wrong)).pipe(Effect.provide(stub))
      expect(refused.reason._tag).toBe("InvalidInput")
      expect(yield* Ref.get(asked)).toBe(0)
      const results = yield* CharacterPerformance.generateAll(Stream.make(input), { concurrency: 1 }).pipe(
        Stream.runCollect,
        Effect.provide(stub)
      )
      expect(results.map(({ result }) => Result.isSuccess(result) && result.success.id)).toEqual(["mine"])
    })
  )
})
