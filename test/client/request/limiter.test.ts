import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Fetch } from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { RateLimiter } from "effect/persistence"
import * as Schedule from "effect/Schedule"
import { CharacterPerformance, Runway, type RunwayError, Task } from "../../../src/index.ts"
import { answer, catchUp, input, provider, wrapped } from "../../support/Provider.ts"
import { run } from "../../support/VirtualTime.ts"

/** Answers everything well, or as `reply` says, and keeps when and what it was asked. */
const clocked = Effect.fnUntraced(function* (
  reply: (count: number, request: Request) => Response | undefined = () => undefined
) {
  const clock = yield* Clock.Clock
  const asked: Array<{ readonly at: number; readonly what: string }> = []
  const api = provider((request) => {
    asked.push({
      at: clock.currentTimeMillisUnsafe(),
      what: request.method === "POST" ? "POST" : (request.url.split("/").at(-1) ?? "")
    })
    return reply(asked.length, request) ?? Response.json({ id: `t-${asked.length}`, status: "RUNNING" })
  })
  return { ...api, asked }
})

const all = (effects: ReadonlyArray<Effect.Effect<unknown, RunwayError, Runway>>) =>
  Effect.all(effects, { concurrency: "unbounded" })
const submit = CharacterPerformance.submit(input)

describe("the pace of an account", () => {
  it.effect("is not held back without a limit, until the provider says so", () =>
    Effect.gen(function* () {
      const api = yield* clocked()
      yield* run(all(Array.from({ length: 50 }, (_, n) => Task.get(`a-${n}`)))).pipe(Effect.provide(api.layer()))
      expect(new Set(api.asked.map(({ at }) => at))).toEqual(new Set([0]))
    })
  )

  it.effect("is never more than the limit, for all requests of a layer together", () =>
    Effect.gen(function* () {
      const api = yield* clocked()
      yield* run(
        all([...Array.from({ length: 12 }, (_, n) => Task.get(`a-${n}`)), ...Array.from({ length: 8 }, () => submit)])
      ).pipe(Effect.provide(api.layer({ limit: { requests: 5, per: "10 seconds" } })))
      expect(api.asked).toHaveLength(20)
      for (const { at } of api.asked) {
        const window = api.asked.filter((other) => other.at >= at && other.at < at + 10_000)
        // A token bucket may let a full bucket and its refill through in one window.
        expect(window.length).toBeLessThanOrEqual(10)
      }
      expect(api.asked.at(-1)?.at).toBeGreaterThanOrEqual(30_000 - 1000)
    })
  )

  it.effect("lets submissions go before reads that wait", () =>
    Effect.gen(function* () {
      const api = yield* clocked()
      yield* run(
        Effect.gen(function* () {
          const reads = yield* Effect.forkChild(all(Array.from({ length: 10 }, (_, n) => Task.get(`a-${n}`))))
          yield* Effect.sleep("1 second")
          const posts = yield* Effect.forkChild(all(Array.from({ length: 3 }, () => submit)))
          yield* Fiber.join(reads)
          yield* Fiber.join(posts)
        })
      ).pipe(Effect.provide(api.layer({ limit: { requests: 1, per: "5 seconds" } })))
      const order = api.asked.map(({ what }) => what)
      // The first read went at once and the second stood in line already.
      expect(order.slice(0, 5)).toEqual(["a-0", "a-1", "POST", "POST", "POST"])
      expect(order.slice(5)).toEqual(["a-2", "a-3", "a-4", "a-5", "a-6", "a-7", "a-8", "a-9"])
    })
  )

  it.effect("is fair between tasks: each gets its look before any gets a second", () =>
    Effect.gen(function* () {
      const api = yield* clocked()
      const ids = Array.from({ length: 6 }, (_, n) => `a-${n}`)
      yield* run(
        Effect.exit(
          all(ids.map((id) => Task.wait(id, { schedule: Schedule.spaced("1 second"), deadline: "2 minutes" })))
        )
      ).pipe(Effect.provide(api.layer({ limit: { requests: 1, per: "3 seconds" } })))
      const looks = api.asked.map(({ what }) => what)
      for (let round = 0; round + 6 <= Math.min(looks.length, 36); round += 6) {
        expect([...looks.slice(round, round + 6)].sort()).toEqual(ids)
      }
    })
  )

  it.effect("pauses for everybody when one request is answered 429", () =>
    Effect.gen(function* () {
      const api = yield* clocked((count) =>
        count === 1 ? answer(429, wrapped("slow"), { "retry-after": "20" }) : undefined
      )
      yield* run(
        Effect.gen(function* () {
          const first = yield* Effect.forkChild(Task.get("a-0"))
          yield* Effect.sleep("2 seconds")
          yield* all([Task.get("a-1"), Task.get("a-2"), submit])
          yield* Fiber.join(first)
        })
      ).pipe(Effect.provide(api.layer()))
      expect(api.asked[0]).toEqual({ at: 0, what: "a-0" })
      expect(api.asked.slice(1).map(({ at }) => at)).toEqual([20_000, 20_000, 20_000, 20_000])
    })
  )

  it.effect("is given up as soon as the waiting request is interrupted, and others move up", () =>
    Effect.gen(function* () {
      const api = yield* clocked()
      yield* run(
        Effect.gen(function* () {
          yield* Task.get("a-0")
          const waiting = yield* Effect.forkChild(Task.get("a-1"))
          yield* Effect.sleep("1 second")
          yield* Fiber.interrupt(waiting)
          yield* Task.get("a-2")
        })
      ).pipe(Effect.provide(api.layer({ limit: { requests: 1, per: "5 seconds" } })))
      expect(api.asked.map(({ what }) => what)).toEqual(["a-0", "a-2"])
    })
  )

  it.effect("is shared by all layers that are given one store, each key its own, and the store sees no key", () =>
    Effect.gen(function* () {
      const api = yield* clocked()
      const keys: Array<string> = []
      const Store = Layer.effect(
        RateLimiter.RateLimiterStore,
        Effect.map(RateLimiter.RateLimiterStore, (store) =>
          RateLimiter.RateLimiterStore.of({
            ...store,
            tokenBucket: (options) => {
              keys.push(options.key)
              return store.tokenBucket(options)
            }
          })
        )
      ).pipe(Layer.provide(RateLimiter.layerStoreMemory))
      const machine = (apiKey: string) =>
        Layer.fresh(Runway.layer({ apiKey, limit: { requests: 1, per: "10 seconds" } }))
      yield* run(
        Effect.all(
          [
            Task.get("a-1").pipe(Effect.provide(machine("sk-one"))),
            Task.get("a-2").pipe(Effect.provide(machine("sk-one"))),
            Task.get("b-1").pipe(Effect.provide(machine("sk-two")))
          ],
          { concurrency: "unbounded" }
        )
      ).pipe(Effect.provide(Store), Effect.provideService(Fetch, api.fetch))
      const at = (what: string) => api.asked.find((request) => request.what === what)?.at
      expect([at("a-1"), at("b-1")]).toEqual([0, 0])
      expect(at("a-2")).toBe(10_000)
      expect(keys.join()).not.toMatch(/sk-/)
    })
  )

  it.effect("goes on without its store when that fails", () =>
    Effect.gen(function* () {
      const api = yield* clocked()
      let asked = 0
      const broken = Effect.suspend(() => {
        asked++
        const reason = new RateLimiter.RateLimitStoreError({ message: "away" })
        return Effect.fail(new RateLimiter.RateLimiterError({ reason }))
      })
      const Store = Layer.succeed(RateLimiter.RateLimiterStore, {
        fixedWindow: () => broken,
        tokenBucket: () => broken,
        adaptiveConsume: () => broken,
        adaptiveFeedback: () => broken
      })
      yield* run(Task.get("a-1")).pipe(
        Effect.provide(Layer.provide(Runway.layer({ apiKey: "sk", limit: { requests: 1, per: "10 seconds" } }), Store)),
        Effect.provideService(Fetch, api.fetch)
      )
      // Left alone after the first failure.
      expect(asked).toBe(1)
      expect(api.asked).toHaveLength(1)
    })
  )
})

describe("a limit", () => {
  /** The most requests that went out within any time of this length. */
  const fullest = (asked: ReadonlyArray<{ readonly at: number }>, millis: number) =>
    Math.max(...asked.map(({ at }) => asked.filter((other) => other.at >= at && other.at < at + millis).length))

  for (const [burst, most] of [
    [undefined, 40],
    [20, 40],
    [5, 25],
    [1, 20]
  ] as const) {
    it.effect(
      `of 20 a second with a burst of ${burst ?? "its own size"} is ${most} in the fullest second, and 20 later`,
      () =>
        Effect.gen(function* () {
          const api = yield* clocked()
          const limit = { requests: 20, per: "1 second", ...(burst === undefined ? {} : { burst }) } as const
          yield* run(all(Array.from({ length: 120 }, (_, n) => Task.get(`a-${n}`)))).pipe(
            Effect.provide(api.layer({ limit }))
          )
          expect(api.asked).toHaveLength(120)
          expect(api.asked.filter(({ at }) => at === 0)).toHaveLength(burst ?? 20)
          expect(fullest(api.asked, 1000)).toBeLessThanOrEqual(most)
          expect(fullest(api.asked, 1000)).toBeGreaterThanOrEqual(most - 1)
          expect(
            fullest(
              api.asked.filter(({ at }) => at > 0),
              1000
            )
          ).toBe(20)
        })
    )
  }

  for (const burst of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    it.effect(`with a burst of ${burst} is refused before anything is sent`, () =>
      Effect.gen(function* () {
        const api = yield* clocked()
        const layer = api.layer({ limit: { requests: 1, per: "1 second", burst } })
        const error = yield* Effect.flip(Task.get("a-1").pipe(Effect.provide(layer)))
        expect(error.reason).toMatchObject({ _tag: "InvalidConfig", setting: "limit.burst" })
        expect(api.asked).toHaveLength(0)
      })
    )
  }
})

describe("a limiter's store that is away", () => {
  const away: ReadonlyArray<readonly [string, Effect.Effect<never, RateLimiter.RateLimiterError>]> = [
    ["hangs", Effect.never],
    ["hangs and cannot be interrupted", Effect.uninterruptible(Effect.never)],
    ["dies", Effect.die(new Error("a bug of the store"))],
    [
      "fails",
      Effect.fail(
        new RateLimiter.RateLimiterError({
          reason: new RateLimiter.RateLimitStoreError({ message: "connection refused" })
        })
      )
    ]
  ]
  const storeOf = (call: () => Effect.Effect<never, RateLimiter.RateLimiterError>) =>
    Layer.succeed(RateLimiter.RateLimiterStore, {
      fixedWindow: call,
      tokenBucket: call,
      adaptiveConsume: call,
      adaptiveFeedback: call
    })
  const warnings = () => {
    const lines: Array<string> = []
    const logger = Logger.make(({ logLevel, message }) => {
      if (logLevel === "Warn") lines.push(String(Array.isArray(message) ? message.map(String).join(" ") : message))
    })
    return { lines, layer: Logger.layer([logger]) }
  }

  for (const [how, call] of away) {
    it.effect(`and ${how} stops nobody: this process keeps the pace by itself, and one warning says so`, () =>
      Effect.gen(function* () {
        const api = yield* clocked()
        const log = warnings()
        let calls = 0
        const Store = storeOf(() =>
          Effect.suspend(() => {
            calls++
            return call
          })
        )
        const Client = Layer.provide(Runway.layer({ apiKey: "sk", limit: { requests: 2, per: "1 second" } }), Store)
        yield* run(all([...Array.from({ length: 20 }, (_, n) => Task.get(`a-${n}`)), submit])).pipe(
          Effect.provide([Client, log.layer]),
          Effect.provideService(Fetch, api.fetch)
        )
        expect(api.asked).toHaveLength(21)
        // Two seconds for the store at most, then two at once and one each half second.
        expect(api.asked.at(-1)?.at).toBeLessThanOrEqual(2000 + 10_000)
        expect(api.asked.at(-1)?.at).toBeGreaterThanOrEqual(9000)
        expect(calls).toBe(1)
        expect(log.lines).toHaveLength(1)
        expect(log.lines[0]).toContain("the rate limiter's store failed")
      })
    )

    it.effect(`and ${how} does not keep a 429 from slowing everybody down`, () =>
      Effect.gen(function* () {
        const api = yield* clocked((count) =>
          count === 1 ? answer(429, wrapped("slow"), { "retry-after": "20" }) : undefined
        )
        yield* run(all([Task.get("a-0"), Task.get("a-1"), submit])).pipe(
          Effect.provide(
            Layer.provide(
              Runway.layer({ apiKey: "sk" }),
              storeOf(() => call)
            )
          ),
          Effect.provideService(Fetch, api.fetch)
        )
        const [first, ...others] = api.asked
        for (const { at } of others.slice(2)) expect(at - (first?.at ?? 0)).toBeGreaterThanOrEqual(20_000)
      })
    )
  }

  it.effect("when it is to learn of a 429 loses no answer, and the others pause all the same", () =>
    Effect.gen(function* () {
      const api = yield* clocked((count) =>
        count === 1 ? answer(429, wrapped("slow"), { "retry-after": "20" }) : undefined
      )
      const Store = Layer.effect(
        RateLimiter.RateLimiterStore,
        Effect.map(RateLimiter.RateLimiterStore, (store) =>
          RateLimiter.RateLimiterStore.of({ ...store, adaptiveFeedback: () => Effect.never })
        )
      ).pipe(Layer.provide(RateLimiter.layerStoreMemory))
      yield* run(
        Effect.gen(function* () {
          const first = yield* Effect.forkChild(Task.get("a-0"))
          yield* Effect.sleep("3 seconds")
          yield* Task.get("a-1")
          yield* Fiber.join(first)
        })
      ).pipe(
        Effect.provide(Layer.provide(Runway.layer({ apiKey: "sk" }), Store)),
        Effect.provideService(Fetch, api.fetch)
      )
      const [, ...others] = api.asked
      for (const { at } of others) expect(at).toBeGreaterThanOrEqual(20_000)
    })
  )

  it.effect("is asked again half a minute later, and counts again when it is back", () =>
    Effect.gen(function* () {
      const api = yield* clocked()
      let broken = true
      let calls = 0
      const Store = Layer.effect(
        RateLimiter.RateLimiterStore,
        Effect.map(RateLimiter.RateLimiterStore, (store) =>
          RateLimiter.RateLimiterStore.of({
            ...store,
            adaptiveConsume: (options) => {
              calls++
              return broken ? Effect.never : store.adaptiveConsume(options)
            }
          })
        )
      ).pipe(Layer.provide(RateLimiter.layerStoreMemory))
      yield* run(
        Effect.gen(function* () {
          yield* Task.get("a-0")
          yield* Effect.sleep("20 seconds")
          yield* Task.get("a-1")
          expect(calls).toBe(1)
          broken = false
          yield* Effect.sleep("20 seconds")
          yield* Task.get("a-2")
          yield* Task.get("a-3")
          expect(calls).toBe(3)
        })
      ).pipe(
        Effect.provide(Layer.provide(Runway.layer({ apiKey: "sk" }), Store)),
        Effect.provideService(Fetch, api.fetch)
      )
    })
  )

  it.effect("and hangs does not keep an interruption waiting", () =>
    Effect.gen(function* () {
      const api = yield* clocked()
      const fiber = yield* Effect.forkChild(
        Task.get("a-0").pipe(
          Effect.provide(
            Layer.provide(
              Runway.layer({ apiKey: "sk" }),
              storeOf(() => Effect.uninterruptible(Effect.never))
            )
          ),
          Effect.provideService(Fetch, api.fetch)
        )
      )
      yield* catchUp
      yield* Fiber.interrupt(fiber)
      expect(api.asked).toHaveLength(0)
    })
  )
})
