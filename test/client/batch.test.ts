import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { CharacterPerformance } from "../../src/index.ts"
import { DownloadFailed, RunwayError } from "../../src/RunwayError.ts"
import type { TaskId } from "../../src/task/Snapshot.ts"
import { answer, input, provider, until, wrapped } from "../support/Provider.ts"
import { run } from "../support/VirtualTime.ts"

/** A provider whose jobs are named by their seed, take as many polls as `polls` says, and fail where `fails` says. */
const factory = ({
  polls = () => 1,
  refuse = () => false
}: {
  polls?: (seed: number) => number
  refuse?: (seed: number) => boolean
} = {}) => {
  const looks = new Map<string, number>()
  let running = 0
  let most = 0
  const api = provider(async (request) => {
    if (request.method === "POST") {
      const { seed } = await request.clone().json()
      if (refuse(seed)) return answer(400, wrapped("invalid_request", `no ${seed}`))
      most = Math.max(most, ++running)
      return Response.json({ id: `job-${seed}` })
    }
    const id = request.url.split("/").at(-1) ?? ""
    const count = (looks.get(id) ?? 0) + 1
    looks.set(id, count)
    if (count < polls(Number(id.slice(4)))) return Response.json({ id, status: "RUNNING" })
    running--
    return Response.json({ id, status: "SUCCEEDED", output: [`https://example.com/${id}.mp4`] })
  })
  return { ...api, most: () => most }
}

const jobs = (count: number) => Array.from({ length: count }, (_, seed) => ({ ...input, seed }))

const fast = Schedule.spaced("1 second")
/** Any error of a hook's own will do. */
const hookError = (taskId: TaskId) =>
  new RunwayError({ operation: "hook", reason: new DownloadFailed({ problem: "the database is away" }), taskId })

describe("many at once", () => {
  it.effect("give one result per input as each ends, with its place among the inputs", () => {
    const api = factory({ polls: (seed) => 4 - seed })
    return Effect.gen(function* () {
      const results = yield* run(
        Stream.runCollect(CharacterPerformance.generateAll(Stream.fromIterable(jobs(4)), { concurrency: 4 }))
      )
      expect(results.map(({ index }) => index)).toEqual([3, 2, 1, 0])
      for (const { index, input, result } of results) {
        expect(input.seed).toBe(index)
        expect(Result.isSuccess(result) && result.success.id).toBe(`job-${index}`)
      }
    }).pipe(Effect.provide(api.layer()))
  })

  it.effect("never have more jobs under way than allowed", () => {
    const api = factory({ polls: (seed) => 1 + (seed % 5) })
    return Effect.gen(function* () {
      const results = yield* run(
        Stream.runCollect(CharacterPerformance.generateAll(Stream.fromIterable(jobs(40)), { concurrency: 3 }))
      )
      expect(results).toHaveLength(40)
      expect(api.most()).toBe(3)
    }).pipe(Effect.provide(api.layer()))
  })

  it.effect("are not sunk by one that fails, whether it was wrong, refused or its hook failed", () => {
    const api = factory({ refuse: (seed) => seed === 1 })
    const inputs = jobs(4).map((job) => (job.seed === 2 ? { ...job, expressionIntensity: 9 } : job))
    return Effect.gen(function* () {
      const results = yield* run(
        Stream.runCollect(
          CharacterPerformance.generateAll(Stream.fromIterable(inputs), {
            concurrency: 2,
            onSubmitted: (id, { index }) => (index === 3 ? Effect.flip(Effect.succeed(hookError(id))) : Effect.void)
          })
        )
      )
      const byIndex = [...results].sort((one, other) => one.index - other.index)
      expect(byIndex.map(({ result }) => (Result.isSuccess(result) ? "done" : result.failure.reason._tag))).toEqual([
        "done",
        "Rejected",
        "InvalidInput",
        "DownloadFailed"
      ])
      expect(api.posts()).toBe(3)
    }).pipe(Effect.provide(api.layer()))
  })

  it.effect("are not submitted ahead of a reader who has stopped reading", () => {
    const api = factory()
    return Effect.gen(function* () {
      yield* run(
        CharacterPerformance.generateAll(Stream.fromIterable(jobs(100)), { concurrency: 2 }).pipe(
          Stream.mapEffect(() => Effect.sleep("1 hour")),
          Stream.take(1),
          Stream.runDrain
        )
      )
      // Two under way, and one more that may begin when the first result is taken.
      expect(api.posts()).toBeLessThanOrEqual(4)
    }).pipe(Effect.provide(api.layer()))
  })

  it.effect("stop when they are interrupted, and their ids are known by then", () => {
    const api = factory({ polls: () => 1_000_000 })
    const ids: Array<string> = []
    return Effect.gen(function* () {
      const all = CharacterPerformance.generateAll(Stream.fromIterable(jobs(10)), {
        concurrency: 3,
        onSubmitted: (id) => Effect.sync(() => ids.push(id))
      })
      const fiber = yield* Effect.forkChild(Stream.runDrain(all))
      yield* until(() => ids.length === 3)
      yield* Fiber.interrupt(fiber)
      expect(ids).toEqual(["job-0", "job-1", "job-2"])
      expect(api.posts()).toBe(3)
    }).pipe(Effect.provide(api.layer()))
  })

  it.effect("may be two thousand, no more of them taken than there is room for", () => {
    const api = factory()
    let taken = 0
    let made = 0
    let ahead = 0
    const inputs = Stream.range(0, 1_999).pipe(
      Stream.rechunk(1),
      Stream.map((seed) => {
        ahead = Math.max(ahead, ++made - taken)
        return { ...input, seed }
      })
    )
    return Effect.gen(function* () {
      yield* run(
        CharacterPerformance.generateAll(inputs, { concurrency: 100, schedule: fast, firstAfter: 0 }).pipe(
          Stream.runForEach(() => Effect.sync(() => taken++))
        )
      )
      expect(taken).toBe(2_000)
      expect(ahead).toBeLessThanOrEqual(100 + 4)
    }).pipe(Effect.provide(api.layer()))
  })
})
