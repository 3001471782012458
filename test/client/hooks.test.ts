/**
 * The hooks of a submission: whatever they do, they cannot lose a paid job's id, and they cannot hold it up for ever.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { CharacterPerformance, OnAnswer, RunwayError, type Verdict } from "../../src/index.ts"
import { Forbidden } from "../../src/RunwayError.ts"
import { accepted, answer, input, provider, type Reply, socketError } from "../support/Provider.ts"
import { failure, run } from "../support/VirtualTime.ts"

const quiet = Logger.layer([])
const refusal = new RunwayError({ operation: "hook", reason: new Forbidden({ said: "not today" }) })

/** Everything that a hook should not do. */
const broken: ReadonlyArray<readonly [string, () => Effect.Effect<never>, RegExp]> = [
  ["dies", () => Effect.die(new Error("the disk is full")), /died: the disk is full/],
  [
    "throws",
    () => {
      throw new Error("the disk is full")
    },
    /died: the disk is full/
  ],
  ["never ends", () => Effect.never, /did not end within 30s/],
  ["never ends, interrupted or not", () => Effect.uninterruptible(Effect.never), /did not end within 30s/],
  ["interrupts itself", () => Effect.interrupt, /was interrupted/]
]

describe("an onSubmitted", () => {
  for (const [name, hook, problem] of broken) {
    it.effect(`that ${name} is a typed failure with the task's id`, () => {
      const api = provider(accepted("t-1"))
      return Effect.gen(function* () {
        for (const call of [
          Effect.asVoid(CharacterPerformance.submit(input, { onSubmitted: hook })),
          Effect.asVoid(CharacterPerformance.generate(input, { onSubmitted: hook }))
        ]) {
          const error = yield* failure(call)
          expect(error.reason._tag).toBe("HookFailed")
          expect(error.taskId).toBe("t-1")
          expect(error.message).toMatch(problem)
          expect(error.isRetryable).toBe(false)
        }
        expect(api.posts()).toBe(2)
      }).pipe(Effect.provide([api.layer(), quiet]))
    })
  }

  it.effect("that fails keeps its own error, and the task's id is in it", () => {
    const api = provider(accepted("t-1"))
    return Effect.gen(function* () {
      const error = yield* failure(CharacterPerformance.submit(input, { onSubmitted: () => Effect.fail(refusal) }))
      expect(error.reason._tag).toBe("Forbidden")
      expect(error.taskId).toBe("t-1")
    }).pipe(Effect.provide([api.layer(), quiet]))
  })

  it.effect("that breaks for one input of many is nobody else's failure", () => {
    let posts = 0
    const api = provider((request) =>
      request.method === "POST"
        ? accepted(`t-${posts++}`)
        : Response.json({ status: "SUCCEEDED", output: ["https://cdn.example.com/v.mp4"] })
    )
    return Effect.gen(function* () {
      const inputs = broken.map((_, seed) => ({ ...input, seed }))
      const results = yield* run(
        Stream.runCollect(
          CharacterPerformance.generateAll(Stream.fromIterable([...inputs, { ...input, seed: 99 }]), {
            concurrency: 3,
            onSubmitted: (_, { index }) => broken[index]?.[1]() ?? Effect.void
          })
        )
      )
      expect(results).toHaveLength(broken.length + 1)
      for (const { index, result } of results) {
        const end = Result.isSuccess(result) ? "done" : `${result.failure.reason._tag} ${result.failure.taskId}`
        expect(end).toMatch(index === broken.length ? /^done$/ : /^HookFailed t-\d$/)
      }
      expect(posts).toBe(broken.length + 1)
    }).pipe(Effect.provide([api.layer(), quiet]))
  })
})

describe("an OnAnswer", () => {
  it.effect("that never ends holds an id up for 30 seconds and no longer", () => {
    const api = provider(accepted("t-1"))
    return Effect.gen(function* () {
      expect(
        yield* run(CharacterPerformance.submit(input).pipe(Effect.provideService(OnAnswer, () => Effect.never)))
      ).toBe("t-1")
      expect(yield* Clock.currentTimeMillis).toBe(30_000)
    }).pipe(Effect.provide([api.layer(), quiet]))
  })
})

describe("what is done around an attempt", () => {
  /** Writes down what it is told. */
  const ledger = (events: Array<string>, refuse = false) => ({
    before: ({ attempt, bodyDigest }: { readonly attempt: number; readonly bodyDigest: string }) =>
      Effect.suspend(() => {
        events.push(`before ${attempt} ${/^[0-9a-f]{64}$/.test(bodyDigest)}`)
        return refuse ? Effect.fail(refusal) : Effect.void
      }),
    after: ({ attempt }: { readonly attempt: number }, verdict: Verdict) =>
      Effect.sync(() => {
        events.push(`after ${attempt} ${verdict._tag}`)
      })
  })
  const once = { retry: Schedule.recurs(1) }

  const verdicts: ReadonlyArray<readonly [string, ReadonlyArray<Reply>, ReadonlyArray<string>]> = [
    ["an acceptance", [accepted()], ["before 1 true", "after 1 Accepted"]],
    ["a refusal", [answer(400)], ["before 1 true", "after 1 Refused"]],
    ["an answer that leaves it open", [answer(502)], ["before 1 true", "after 1 Unknown"]],
    ["a connection that breaks", [socketError("ECONNRESET")], ["before 1 true", "after 1 Unknown"]],
    [
      "a request that did not leave, and then an acceptance",
      [socketError("ECONNREFUSED", "connect"), accepted()],
      ["before 1 true", "after 1 NotSent", "before 2 true", "after 2 Accepted"]
    ]
  ]
  for (const [name, replies, expected] of verdicts) {
    it.effect(`is told of ${name}`, () => {
      const events: Array<string> = []
      const api = provider(...replies)
      return Effect.gen(function* () {
        yield* run(Effect.exit(CharacterPerformance.submit(input, { ...once, aroundAttempt: ledger(events) })))
        expect(events).toEqual(expected)
      }).pipe(Effect.provide([api.layer(), quiet]))
    })
  }

  it.effect("may refuse, and then nothing is sent", () => {
    const events: Array<string> = []
    const api = provider(accepted())
    return Effect.gen(function* () {
      const error = yield* failure(CharacterPerformance.submit(input, { aroundAttempt: ledger(events, true) }))
      expect(error.reason._tag).toBe("Forbidden")
      expect(error.taskId).toBeUndefined()
      expect(events).toEqual(["before 1 true"])
      expect(api.posts()).toBe(0)
    }).pipe(Effect.provide([api.layer(), quiet]))
  })

  it.effect("comes when it is the request's turn, not before", () => {
    const times: Array<number> = []
    const api = provider(accepted())
    return Effect.gen(function* () {
      const note = Effect.flatMap(Clock.currentTimeMillis, (now) => Effect.sync(() => void times.push(now)))
      const aroundAttempt = { before: () => note, after: () => Effect.void }
      yield* run(CharacterPerformance.submit(input, { aroundAttempt }))
      yield* run(CharacterPerformance.submit(input, { aroundAttempt }))
      expect(times[1] ?? 0).toBeGreaterThanOrEqual(60_000)
    }).pipe(Effect.provide([api.layer({ limit: { requests: 1, per: "1 minute" } }), quiet]))
  })

  for (const [name, hook] of broken) {
    it.effect(`that ${name} beforehand lets nothing be sent, and afterwards keeps the id`, () => {
      const api = provider(accepted("t-1"))
      return Effect.gen(function* () {
        const nothing = () => Effect.void
        const early = yield* failure(
          CharacterPerformance.submit(input, { aroundAttempt: { before: hook, after: nothing } })
        )
        expect([early.reason._tag, early.taskId, api.posts()]).toEqual(["HookFailed", undefined, 0])
        const late = yield* failure(
          CharacterPerformance.submit(input, { aroundAttempt: { before: nothing, after: hook } })
        )
        expect([late.reason._tag, late.taskId, api.posts()]).toEqual(["HookFailed", "t-1", 1])
      }).pipe(Effect.provide([api.layer(), quiet]))
    })
  }
})
