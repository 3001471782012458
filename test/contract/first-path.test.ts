import { describe, expect, it } from "@effect/vitest"
import { RunwayMock, type Scenario } from "cometapi-runway-mock"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { Fetch } from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { createBindings } from "../../src/Bindings.ts"
import { CharacterPerformance, Runway, Task } from "../../src/index.ts"
import { input } from "../support/Provider.ts"
import { failure, run } from "../support/VirtualTime.ts"

/** The client against the mock, in process: two readings of one contract, and Prism between them. */
const against = (options: Parameters<typeof RunwayMock.layer>[0] = {}, apiKey = "sk-test") =>
  Layer.mergeAll(Runway.layer({ apiKey }), RunwayMock.layer(options))

/** Runs on virtual time with Prism loaded, so that no answer is slower than the clock. */
const onMock = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    yield* (yield* RunwayMock).warmUp
    return yield* run(effect)
  })

const tenMinutes = (shape: Scenario["shape"]): Scenario => ({
  name: "ten-minutes",
  shape,
  timeline:
    shape === "bare"
      ? [
          { state: "task-not-exist", for: "20 seconds" },
          { state: "pending", for: "1 minute" },
          { state: "throttled", for: "1 minute" },
          { state: "running", for: "460 seconds" },
          { state: "succeeded-without-output", for: "20 seconds" },
          { state: "succeeded" }
        ]
      : [
          { state: "task-not-exist", for: "20 seconds" },
          { state: "envelope-null", for: "10 seconds" },
          { state: "envelope-queued", for: "2 minutes" },
          { state: "envelope-unknown", for: "10 seconds" },
          { state: "envelope-in-progress", for: "440 seconds" },
          { state: "envelope-success" }
        ]
})

describe("the first path, client against mock", () => {
  for (const shape of ["bare", "envelope"] as const) {
    it.effect(
      `a ten-minute generation in the ${shape} shape passes in virtual time and ends with a playable video`,
      () =>
        Effect.gen(function* () {
          const startedAt = yield* Clock.currentTimeMillis
          const seen: Array<string> = []
          const task = yield* onMock(
            Effect.gen(function* () {
              const id = yield* CharacterPerformance.submit(input)
              yield* Task.watch(id).pipe(Stream.runForEach((task) => Effect.sync(() => seen.push(task._tag))))
              return yield* Task.wait(id)
            })
          )
          const waited = Duration.millis((yield* Clock.currentTimeMillis) - startedAt)
          expect(Duration.toMinutes(waited)).toBeGreaterThanOrEqual(10)
          expect(Duration.toMinutes(waited)).toBeLessThan(10.5)
          expect([...new Set(seen)]).toEqual(
            shape === "bare"
              ? ["Queued", "Running", "Finishing", "Succeeded"]
              : ["Unrecognised", "Queued", "Running", "Succeeded"]
          )
          const fetch = yield* Fetch
          const video = yield* Effect.promise(async () => (await fetch(Redacted.value(task.output[0]))).bytes())
          expect(new TextDecoder().decode(video.subarray(4, 8))).toBe("ftyp")
        }).pipe(Effect.provide(against({ scenario: tenMinutes(shape) })))
    )
  }

  it.effect("the built-in scenarios end with the video, chosen by the key's name alone", () =>
    Effect.gen(function* () {
      for (const apiKey of ["sk-any", "mock-happy-1", "mock-envelope-1"]) {
        const task = yield* onMock(CharacterPerformance.generate(input)).pipe(Effect.provide(against({}, apiKey)))
        expect(task.status).toBe(apiKey.startsWith("mock-envelope") ? "SUCCESS" : "SUCCEEDED")
        expect(task.createdAt).toBeDefined()
      }
    })
  )

  it.effect("every documented failure of a task reaches the caller with its code", () =>
    Effect.gen(function* () {
      for (const [state, failureCode] of [
        ["failed", "INTERNAL"],
        ["failed-safety-input", "SAFETY.INPUT.IMAGE"],
        ["failed-safety-output", "SAFETY.OUTPUT.VIDEO"],
        ["failed-asset", "ASSET.INVALID"]
      ] as const) {
        const error = yield* failure(CharacterPerformance.generate(input)).pipe(
          Effect.provide(
            against({
              scenario: { name: state, shape: "bare", timeline: [{ state: "running", for: "10 seconds" }, { state }] }
            })
          )
        )
        expect(error.reason).toMatchObject({ _tag: "TaskFailed", task: { failureCode } })
        expect(error.taskId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
      }
    })
  )

  it.effect("another key's task is never found, and the mock says so in the provider's words", () =>
    Effect.gen(function* () {
      const id = yield* run(CharacterPerformance.submit(input))
      const other = Effect.provide(Runway.layer({ apiKey: "sk-other" }))
      const error = yield* failure(
        Task.wait(id, { notFoundGrace: "30 seconds", schedule: Schedule.spaced("5 seconds") })
      ).pipe(other)
      expect(error.message).toMatch(
        /^GET \/runwayml\/v1\/tasks\/\{id\}: 400 TaskNotFound .* \(request id \w+\)\n {2}why: no such task: task_not_exist\n {2}now: Check the id/
      )
    }).pipe(Effect.provide(against()))
  )
})

describe("the plain bindings against the mock", () => {
  it.effect("submit and read with types for every body, and need no Effect", () =>
    Effect.gen(function* () {
      const { fetch } = yield* RunwayMock
      const runway = createBindings({ apiKey: "sk-plain", fetch: (request) => fetch(request) })
      const submitted = yield* Effect.promise(() =>
        runway.POST("/runwayml/v1/character_performance", {
          body: {
            ...input,
            bodyControl: true,
            expressionIntensity: 3,
            seed: 1,
            model: "act_two",
            ratio: "1280:720",
            contentModeration: { publicFigureThreshold: "auto" }
          }
        })
      )
      const id: string | undefined = submitted.data?.id
      const young = yield* Effect.promise(() =>
        runway.GET("/runwayml/v1/tasks/{id}", { params: { path: { id: id ?? "" } } })
      )
      expect(young.response.status).toBe(400)
      expect(young.error).toEqual({ code: "task_not_exist", message: "task_not_exist", data: null })
      const refused = yield* Effect.promise(() =>
        // @ts-expect-error - a model the contract does not have
        runway.POST("/runwayml/v1/character_performance", { body: { ...input, model: "act_one" } })
      )
      expect(refused.response.status).toBe(400)
    }).pipe(Effect.provide(RunwayMock.layer()))
  )
})
