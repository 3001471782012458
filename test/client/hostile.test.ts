/** Answers, settings and hooks that no honest party would come up with: each is a typed error or a task, and never a paid id lost. */
import { inspect } from "node:util"
import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { RateLimiter } from "effect/persistence"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { TestClock } from "effect/testing"
import { CharacterPerformance, OnAnswer, Runway, RunwayError, Task } from "../../src/index.ts"
import { accepted, answer, input, provider, until, wrapped } from "../support/Provider.ts"
import { failure, run } from "../support/VirtualTime.ts"

const submit = CharacterPerformance.submit(input)
const once = { retry: Schedule.recurs(0) }

/** Logged messages, each with its annotations. */
const logged = () => {
  const lines: Array<string> = []
  return { lines, layer: Logger.layer([Logger.map(Logger.formatLogFmt, (line) => lines.push(line))]) }
}

describe("an accepted task's id is told of", () => {
  it.effect("when the submission is interrupted while its answer is shown to a hook", () => {
    const api = provider(accepted("t-1"))
    const log = logged()
    return Effect.gen(function* () {
      let shown = false
      const fiber = yield* submit.pipe(
        Effect.provideService(OnAnswer, () =>
          Effect.andThen(
            Effect.sync(() => {
              shown = true
            }),
            Effect.sleep("1 second")
          )
        ),
        Effect.forkChild
      )
      yield* until(() => shown)
      const interrupting = yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(interrupting)
      expect(log.lines.filter((line) => line.includes("task submitted") && line.includes("t-1"))).toHaveLength(1)
    }).pipe(Effect.provide([api.layer(), log.layer]))
  })

  it.effect("when it is interrupted while the limiter's store learns of the answer", () => {
    const api = provider(accepted("t-1"))
    const log = logged()
    let learning = false
    const Store = Layer.effect(
      RateLimiter.RateLimiterStore,
      Effect.map(RateLimiter.RateLimiterStore, (store) =>
        RateLimiter.RateLimiterStore.of({
          ...store,
          adaptiveFeedback: (options) =>
            Effect.suspend(() => {
              learning = true
              return Effect.delay(store.adaptiveFeedback(options), "1 second")
            })
        })
      )
    ).pipe(Layer.provide(RateLimiter.layerStoreMemory))
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(submit)
      yield* until(() => learning)
      const interrupting = yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(interrupting)
      expect(log.lines.join("\n")).toContain("t-1")
    }).pipe(Effect.provide([Layer.provideMerge(api.layer(), Store), log.layer]))
  })

  it.effect("when the hook that is shown the answer breaks", () => {
    const api = provider(accepted("t-1"))
    const log = logged()
    return Effect.gen(function* () {
      for (const hook of [
        () => Effect.die(new Error("the disk is full")),
        () => {
          throw new Error("the disk is full")
        }
      ]) {
        expect(yield* submit.pipe(Effect.provideService(OnAnswer, hook))).toBe("t-1")
      }
      expect(log.lines.filter((line) => line.includes("the disk is full"))).toHaveLength(2)
    }).pipe(Effect.provide([api.layer(), log.layer]))
  })

  it.effect("whole, with a key so short that it stands in it or in the answer's field names", () =>
    Effect.gen(function* () {
      for (const apiKey of ["1", "id", "task_id"]) {
        const api = provider(Response.json({ task_id: "id-1" }))
        expect(yield* submit.pipe(Effect.provide(api.layer({ apiKey })))).toBe("id-1")
      }
    })
  )
})

describe("a fetch that fails with what cannot be read", () => {
  const unreadable: ReadonlyArray<readonly [string, unknown]> = [
    ["an object without a prototype", Object.create(null)],
    [
      "an error whose fields throw",
      Object.defineProperty(new Error("x"), "cause", {
        get: () => {
          throw new Error("no")
        }
      })
    ]
  ]
  for (const [name, error] of unreadable) {
    it.effect(`is a typed error, because the job may have been accepted (${name})`, () =>
      Effect.gen(function* () {
        expect((yield* failure(submit)).reason._tag).toBe("OutcomeUnknown")
        expect((yield* failure(Task.get("t-1", once))).reason._tag).toBe("ConnectionLost")
      }).pipe(Effect.provide(provider(() => Promise.reject(error)).layer()))
    )
  }
})

describe("a status that is the name of something every object has", () => {
  for (const status of ["constructor", "toString", "__proto__"]) {
    it.effect(`is counted like any other (${status})`, () =>
      Effect.gen(function* () {
        const { reason } = yield* failure(
          Task.wait("t-1", { deadline: "25 seconds", schedule: Schedule.spaced("10 seconds") })
        )
        expect(reason._tag).toBe("WaitTimedOut")
        if (status !== "__proto__") expect(reason).toMatchObject({ seen: { [status]: 3 } })
      }).pipe(Effect.provide(provider(Response.json({ id: "t-1", status })).layer()))
    )
  }
})

// A reading that takes the square of the size needs minutes for these, and the test's own limit ends it.
describe("a megabyte of the same is read in time that grows with its size", () => {
  const size = 1_000_000
  const bodies: ReadonlyArray<readonly [string, string]> = [
    ["white space", " ".repeat(size)],
    ["brackets", "<".repeat(size)],
    ["scripts", "<script>".repeat(size / 8)],
    ["white space in an error's message", JSON.stringify(wrapped("x", " ".repeat(size)))],
    ["request ids", "(request id: ".repeat(size / 13)],
    ["URLs", "http://a?".repeat(size / 9)],
    ["nested arrays", "[".repeat(size / 2) + "]".repeat(size / 2)]
  ]
  for (const [name, body] of bodies) {
    it.effect(name, () =>
      Effect.gen(function* () {
        expect((yield* failure(submit)).reason._tag).toBe("OutcomeUnknown")
        expect((yield* failure(Task.get("t-1", once))).reason._tag).toBe("Unavailable")
      }).pipe(Effect.provide(provider(answer(500, body)).layer()))
    )
  }
})

describe("a key that a server echoes is in no error", () => {
  const apiKey = "sk-se/cr&et-0123"
  const cases: ReadonlyArray<readonly [string, Response]> = [
    ["as the id of the request", new Response("{}", { status: 500, headers: { "x-oneapi-request-id": apiKey } })],
    ["in a redirect's path", new Response(null, { status: 302, headers: { location: `https://h/${apiKey}/x` } })],
    ["as PHP escapes it", answer(401, `{"error":{"message":"bad ${apiKey.replaceAll("/", "\\/")}"}}`)],
    ["as Go escapes it", answer(401, `{"error":{"message":"bad ${apiKey.replaceAll("&", "\\u0026")}"}}`)],
    ["as an error's code", answer(400, wrapped(apiKey))]
  ]
  for (const [name, reply] of cases) {
    it.effect(name, () =>
      Effect.gen(function* () {
        for (const call of [submit, Task.get("t-1", once)]) {
          const error = yield* failure<unknown, RunwayError, Runway>(call)
          const told = [error.message, inspect(error, { depth: 20 }), JSON.stringify(error)].join("\n")
          expect(told).not.toContain(apiKey)
          expect(told).toContain("<redacted>")
        }
      }).pipe(Effect.provide(provider(reply).layer({ apiKey })))
    )
  }
})

describe("an endless Retry-After", () => {
  it.effect("is passed over, and the error still goes through JSON", () =>
    Effect.gen(function* () {
      const error = yield* failure(Task.get("t-1", once))
      const json = JSON.stringify(Schema.encodeSync(RunwayError)(error))
      expect(Schema.decodeUnknownSync(RunwayError)(JSON.parse(json)).message).toBe(error.message)
    }).pipe(Effect.provide(provider(answer(429, {}, { "retry-after-ms": "Infinity" })).layer()))
  )
})

describe("a submission by a machine whose clock runs ahead", () => {
  it.effect("is looked at as if it were made just now", () => {
    const api = provider(Response.json({ id: "t-1", status: "SUCCEEDED", output: ["https://cdn.example.com/v.mp4"] }))
    return Effect.gen(function* () {
      const startedAt = yield* Clock.currentTimeMillis
      const submittedAt = DateTime.makeUnsafe(startedAt + 3_600_000)
      expect((yield* run(Task.wait("t-1", { submittedAt })))._tag).toBe("Succeeded")
      expect((yield* Clock.currentTimeMillis) - startedAt).toBe(5000)
    }).pipe(Effect.provide(api.layer()))
  })
})

describe("what cannot be sent is refused, and nothing is", () => {
  it.effect("an id that is no step of a path", () => {
    const api = provider(accepted())
    return Effect.gen(function* () {
      for (const id of [".", "..", "\ud800"]) {
        for (const call of [Task.get(id), Task.wait(id)]) {
          expect((yield* failure<unknown, RunwayError, Runway>(call)).reason._tag).toBe("InvalidInput")
        }
      }
      expect(api.asked).toHaveLength(0)
    }).pipe(Effect.provide(api.layer()))
  })

  it.effect("a character whose type JSON has no word for, or that is a signed URL", () => {
    const api = provider(accepted())
    const cycle: { type?: unknown } = {}
    cycle.type = cycle
    return Effect.gen(function* () {
      for (const type of [1n, cycle, "https://example.com/a.png?sig=SIGNED"]) {
        const character = { type, uri: "https://example.com/a.png" } as unknown as CharacterPerformance.Character
        const error = yield* failure(CharacterPerformance.submit({ ...input, character }))
        expect(error.reason._tag).toBe("InvalidInput")
        expect(error.message).not.toContain("SIGNED")
      }
      expect(api.asked).toHaveLength(0)
    }).pipe(Effect.provide(api.layer()))
  })

  it.effect("a setting that cannot be used: no key, no pace, no TLS to a name that begins like an address", () =>
    Effect.gen(function* () {
      // As `process.env.COMETAPI_KEY!` is, where it is not set.
      const unset = undefined as unknown as string
      for (const options of [
        { apiKey: unset },
        { apiKey: Redacted.make(unset) },
        { limit: { requests: 0, per: "1 second" } },
        { limit: { requests: -1, per: "1 second" } },
        { limit: { requests: Number.NaN, per: "1 second" } },
        { limit: { requests: 1, per: 0 } },
        { baseUrl: "http://10.example.com" },
        { baseUrl: "http://127.0.0.1.example.com" },
        { baseUrl: "http://[2001:db8::1]" }
      ] as const) {
        const error = yield* Effect.flip(Layer.build(Runway.layer({ apiKey: "sk-test-secret", ...options })))
        expect(error.reason._tag).toBe("InvalidConfig")
      }
      for (const baseUrl of ["http://10.0.0.7:4010", "http://[::1]:4010", "http://[fd00::1]", "http://mock:4010"]) {
        yield* Layer.build(Runway.layer({ apiKey: "sk-test-secret", baseUrl }))
      }
    })
  )
})
