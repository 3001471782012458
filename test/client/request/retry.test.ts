import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import { TestClock } from "effect/testing"
import { CharacterPerformance, OnAnswer, type RawAnswer, Task } from "../../../src/index.ts"
import { accepted, answer, input, provider, type Reply, socketError, wrapped } from "../../support/Provider.ts"
import { failure, run } from "../../support/VirtualTime.ts"

const id = "5b91e444-c232-deaf-a4d7-8aef3e57336b"
const limited = (headers: Record<string, string> = {}) => answer(429, wrapped("rate_limit_exceeded"), headers)
const running = Response.json({ id, status: "RUNNING" })

/** When, in virtual milliseconds, each request of an effect came. */
const timesOf = <A, E, R>(
  effect: (api: ReturnType<typeof provider>) => Effect.Effect<A, E, R>,
  ...script: ReadonlyArray<Reply>
) =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const times: Array<number> = []
    const api = provider((request) => {
      times.push(clock.currentTimeMillisUnsafe())
      const reply = script[Math.min(times.length, script.length) - 1]
      if (reply instanceof Error) throw reply
      return typeof reply === "function" ? reply(request) : (reply?.clone() ?? new Response())
    })
    yield* run(Effect.exit(effect(api)))
    return times
  })

describe("by default a request is sent again", () => {
  it.effect("after about 0.5, 1, 2 and 4 seconds, and then no more", () =>
    Effect.gen(function* () {
      const times = yield* timesOf((api) => Task.get(id).pipe(Effect.provide(api.layer())), answer(500))
      expect(times).toHaveLength(5)
      const [, ...gaps] = times.map((time, index) => time - (times[index - 1] ?? 0))
      // ±20 % jitter, and virtual time that is seen in whole seconds at least.
      ;[500, 1000, 2000, 4000].forEach((expected, index) => {
        expect(gaps[index]).toBeGreaterThanOrEqual(expected * 0.8)
        expect(gaps[index]).toBeLessThanOrEqual(expected * 1.2 + 1000)
      })
    })
  )
})

describe("Retry-After is waited for", () => {
  const forms: ReadonlyArray<readonly [string, Record<string, string>]> = [
    ["in seconds", { "retry-after": "30" }],
    ["as a date", { "retry-after": "Thu, 01 Jan 1970 00:00:30 GMT" }],
    ["in milliseconds", { "retry-after-ms": "30000" }]
  ]
  for (const [form, headers] of forms) {
    it.effect(`${form}, by a submission and by a read`, () =>
      Effect.gen(function* () {
        const [first = 0, ...rest] = yield* timesOf(
          (api) => Task.get(id).pipe(Effect.provide(api.layer())),
          limited(headers),
          running
        )
        expect(rest).toEqual([30_000])
        expect(first).toBe(0)
        yield* TestClock.setTime(0)
        expect(
          yield* timesOf(
            (api) => CharacterPerformance.submit(input).pipe(Effect.provide(api.layer())),
            limited(headers),
            accepted()
          )
        ).toEqual([0, 30_000])
      })
    )
  }

  it.effect("on a 503 too, and under a caller's own schedule that would not have waited", () =>
    Effect.gen(function* () {
      const busy = answer(503, wrapped("get_channel_failed"), { "retry-after": "20" })
      const times = yield* timesOf(
        (api) => CharacterPerformance.submit(input, { retry: Schedule.recurs(3) }).pipe(Effect.provide(api.layer())),
        busy,
        accepted()
      )
      expect(times).toEqual([0, 20_000])
    })
  )

  it.effect("for a minute at most, because a header must not park a program for a day", () =>
    Effect.gen(function* () {
      const times = yield* timesOf(
        (api) => Task.get(id).pipe(Effect.provide(api.layer())),
        limited({ "retry-after": "86400" }),
        running
      )
      // The pace of the account pauses too; both are over after a minute.
      expect(times).toEqual([0, 60_000])
    })
  )

  it.effect("and nonsense in it is passed over", () =>
    Effect.gen(function* () {
      for (const value of ["soon", "-5", "", "Thu, 99 Foo 2099"]) {
        const times = yield* timesOf(
          (api) => Task.get(id).pipe(Effect.provide(api.layer())),
          answer(503, "", { "retry-after": value }),
          running
        )
        expect(times).toHaveLength(2)
        expect((times[1] ?? 0) - (times[0] ?? 0)).toBeLessThanOrEqual(2000)
      }
    })
  )
})

describe("a caller's schedule", () => {
  it.effect("takes the place of the default, per layer and per call", () =>
    Effect.gen(function* () {
      const get = (retry?: Schedule.Schedule<unknown>) => (api: ReturnType<typeof provider>) =>
        Task.get(id, retry === undefined ? {} : { retry }).pipe(
          Effect.provide(api.layer({ retry: Schedule.spaced("3 seconds").pipe(Schedule.upTo({ times: 2 })) }))
        )
      expect(yield* timesOf(get(), answer(500))).toEqual([0, 3000, 6000])
      const [first = 0, ...rest] = yield* timesOf(
        get(Schedule.spaced("10 seconds").pipe(Schedule.upTo({ times: 1 }))),
        answer(500)
      )
      expect(rest.map((time) => time - first)).toEqual([10_000])
    })
  )

  it.effect("cannot make a submission be sent again that may have been accepted", () => {
    const api = provider(answer(500), accepted())
    return Effect.gen(function* () {
      const error = yield* failure(CharacterPerformance.submit(input, { retry: Schedule.forever }))
      expect(error.reason._tag).toBe("OutcomeUnknown")
      expect(api.posts()).toBe(1)
    }).pipe(Effect.provide(api.layer({ retry: Schedule.forever })))
  })
})

describe('onUnknownOutcome: "resend"', () => {
  it.effect("sends again what may have been accepted, for one call or for the layer", () =>
    Effect.gen(function* () {
      for (const lost of [answer(500), socketError("ECONNRESET"), answer(200, {})]) {
        const one = provider(lost, accepted("t-1"))
        expect(
          yield* run(CharacterPerformance.submit(input, { onUnknownOutcome: "resend" })).pipe(
            Effect.provide(one.layer())
          )
        ).toBe("t-1")
        expect(one.posts()).toBe(2)
        const all = provider(lost, accepted("t-1"))
        expect(
          yield* run(CharacterPerformance.submit(input)).pipe(Effect.provide(all.layer({ onUnknownOutcome: "resend" })))
        ).toBe("t-1")
        expect(all.posts()).toBe(2)
      }
    })
  )

  it.effect("still never sends again what was refused for good", () => {
    const api = provider(answer(400, wrapped("invalid_request")), accepted())
    return Effect.gen(function* () {
      const error = yield* failure(CharacterPerformance.submit(input))
      expect(error.reason._tag).toBe("Rejected")
      expect(api.posts()).toBe(1)
    }).pipe(Effect.provide(api.layer({ onUnknownOutcome: "resend" })))
  })

  it.effect("is overruled by a call that says fail", () => {
    const api = provider(answer(500), accepted())
    return Effect.gen(function* () {
      yield* failure(CharacterPerformance.submit(input, { onUnknownOutcome: "fail" }))
      expect(api.posts()).toBe(1)
    }).pipe(Effect.provide(api.layer({ onUnknownOutcome: "resend" })))
  })
})

describe("every answer as it came", () => {
  it.effect(
    "is shown to who asks for it: status, headers, request id and untouched body, of failed attempts too",
    () => {
      const seen: Array<RawAnswer> = []
      const body = '{ "id" : "t-1", "brand_new": [1] }'
      const api = provider(
        answer(429, wrapped("slow"), { "x-oneapi-request-id": "req-1" }),
        new Response(body, { headers: { "x-oneapi-request-id": "req-2", "x-else": "kept" } })
      )
      return Effect.gen(function* () {
        yield* run(CharacterPerformance.submit(input)).pipe(
          Effect.provideService(OnAnswer, (answer) => Effect.sync(() => seen.push(answer)))
        )
        expect(seen.map(({ operation, status, requestId }) => [operation, status, requestId])).toEqual([
          ["POST /runwayml/v1/character_performance", 429, "req-1"],
          ["POST /runwayml/v1/character_performance", 200, "req-2"]
        ])
        const last = seen.at(-1)
        expect(last?.headers.get("x-else")).toBe("kept")
        expect(last && Redacted.value(last.body)).toBe(body)
        expect(String(last?.body)).not.toContain("t-1")
      }).pipe(Effect.provide(api.layer()))
    }
  )
})
