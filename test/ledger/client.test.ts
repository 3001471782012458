/**
 * A ledger in the client: what it is asked before a paid request leaves, and what it is told afterwards.
 */
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import { RunwayMock } from "cometapi-runway-mock"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { Fetch } from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { CharacterPerformance, Ledger, Runway } from "../../src/index.ts"
import { LedgerFile, layerMemory } from "../../src/Ledger.ts"
import { LedgerFailed } from "../../src/ledger/LedgerError.ts"
import { accepted, answer, input, provider, socketError } from "../support/Provider.ts"
import { recorder } from "../support/Spans.ts"
import { failure, run } from "../support/VirtualTime.ts"
import { folder } from "./Support.ts"

const quiet = Logger.layer([])
const { submit, generate, generateAll } = CharacterPerformance
const other = { ...input, seed: 7 }

/** A provider that gives each job an id of its own. */
const counting = () => {
  let jobs = 0
  return provider((request) =>
    request.method === "POST"
      ? accepted(`t-${++jobs}`)
      : Response.json({ status: "SUCCEEDED", output: ["https://cdn.example.com/v.mp4"] })
  )
}

const inFile = Layer.unwrap(Effect.map(folder, (path) => LedgerFile.layer({ file: join(path, "ledger.sqlite") })))

describe.each([
  ["in memory", layerMemory()],
  ["in a file", inFile]
])("a client with a ledger %s", (_, ledger) => {
  it.effect("pays once for the same intent, and gives the same id again", () => {
    const api = counting()
    return Effect.gen(function* () {
      expect(yield* run(submit(input, { intent: "job-42" }))).toBe("t-1")
      expect(yield* run(submit(input, { intent: "job-42" }))).toBe("t-1")
      expect(yield* run(submit(input, { intent: "job-43" }))).toBe("t-2")
      expect(api.posts()).toBe(2)
    }).pipe(Effect.provide([api.layer(), ledger, quiet]))
  })

  it.effect("takes the same input for the same intent where none is named", () => {
    const api = counting()
    return Effect.gen(function* () {
      expect(yield* run(submit(input))).toBe("t-1")
      expect(yield* run(submit({ reference: input.reference, character: input.character }))).toBe("t-1")
      expect(yield* run(submit(other))).toBe("t-2")
      expect(api.posts()).toBe(2)
    }).pipe(Effect.provide([api.layer(), ledger, quiet]))
  })

  it.effect("sends nothing more after a lost answer, until a person has released the intent", () => {
    const api = provider(socketError("ECONNRESET"), accepted("t-1"))
    return Effect.gen(function* () {
      const call = submit(input, { intent: "job-42" })
      expect((yield* failure(call)).reason._tag).toBe("OutcomeUnknown")
      const { reason } = yield* failure(call)
      expect(reason).toMatchObject({ _tag: "IntentUnresolved", intent: "job-42", state: "unknown", attempt: 1 })
      expect(reason.message).toMatch(/ECONNRESET/)
      expect(api.posts()).toBe(1)

      yield* TestClock.adjust("2 minutes")
      const ledger = yield* Ledger
      expect((yield* ledger.release("job-42", "there is no such job in the console"))._tag).toBe("Done")
      expect(yield* run(call)).toBe("t-1")
      expect(api.posts()).toBe(2)
    }).pipe(Effect.provide([api.layer(), ledger, quiet]))
  })

  it.effect("refuses an intent that is known with another body", () => {
    const api = counting()
    return Effect.gen(function* () {
      yield* run(submit(input, { intent: "job-42" }))
      expect((yield* failure(submit(other, { intent: "job-42" }))).reason._tag).toBe("IntentConflict")
      expect(api.posts()).toBe(1)
    }).pipe(Effect.provide([api.layer(), ledger, quiet]))
  })

  it.effect("holds a budget, in which an unknown outcome counts", () => {
    const api = provider(accepted("t-1"), socketError("ECONNRESET"), accepted("t-3"))
    return Effect.gen(function* () {
      const call = (seed: number) => submit({ ...input, seed }, { budget: { jobs: 2 } })
      yield* run(call(1))
      yield* failure(call(2))
      expect((yield* failure(call(3))).reason).toMatchObject({
        _tag: "BudgetExceeded",
        spent: { jobs: 1 },
        held: { jobs: 1 }
      })
      expect(api.posts()).toBe(2)
      expect(yield* run(call(1))).toBe("t-1")
    }).pipe(Effect.provide([api.layer(), ledger, quiet]))
  })

  it.effect("has written the id down before onSubmitted is called", () => {
    const api = counting()
    return Effect.gen(function* () {
      const ledger = yield* Ledger
      const seen: Array<unknown> = []
      const onSubmitted = () =>
        Effect.orDie(Effect.map(ledger.show("job-42"), (entries) => seen.push(...entries.map(({ taskId }) => taskId))))
      yield* run(submit(input, { intent: "job-42", onSubmitted }))
      expect(seen).toEqual(["t-1"])
    }).pipe(Effect.provide([api.layer(), ledger, quiet]))
  })

  it.effect("claims each resend anew, as the intent's next attempt", () => {
    const api = provider(answer(429), socketError("ECONNREFUSED", "connect"), accepted("t-1"))
    return Effect.gen(function* () {
      expect(yield* run(submit(input, { intent: "job-42" }))).toBe("t-1")
      const entries = yield* (yield* Ledger).show("job-42")
      expect(entries.map(({ attempt, state }) => `${attempt} ${state}`)).toEqual([
        "1 refused",
        "2 refused",
        "3 accepted"
      ])
    }).pipe(Effect.provide([api.layer(), ledger, quiet]))
  })

  it.effect("writes down how a job ended that was waited for", () => {
    const api = counting()
    return Effect.gen(function* () {
      const ledger = yield* Ledger
      yield* run(submit(other))
      const task = yield* run(generate(input, { intent: "job-42" }))
      expect((yield* ledger.show("job-42")).map(({ outcome }) => outcome)).toEqual(["succeeded"])
      expect((yield* run(generate(input, { intent: "job-42" }))).id).toBe(task.id)
      expect((yield* ledger.sweep).pending).toHaveLength(1)
      expect(api.posts()).toBe(2)
    }).pipe(Effect.provide([api.layer(), ledger, quiet]))
  })

  it.effect("names the intent of each input of many", () => {
    const api = counting()
    const inputs: ReadonlyArray<CharacterPerformance.Input> = [input, other, input]
    const all = Stream.runCollect(
      generateAll(Stream.fromIterable(inputs), {
        concurrency: 1,
        intent: ({ index, input }) => {
          if (index === 2) throw new Error("no name for it")
          return `seed-${input.seed ?? "default"}`
        }
      })
    )
    return Effect.gen(function* () {
      for (const _ of [1, 2]) {
        const ends = (yield* run(all)).map(({ result }) =>
          Result.isSuccess(result) ? result.success.id : result.failure.message
        )
        expect(ends).toEqual(["t-1", "t-2", expect.stringMatching(/intent: threw no name for it/)])
      }
      expect(api.posts()).toBe(2)
      expect((yield* (yield* Ledger).list()).map(({ intent }) => intent)).toEqual(["seed-default", "seed-7"])
    }).pipe(Effect.provide([api.layer(), ledger, quiet]))
  })
})

describe("two clients on one ledger", () => {
  it.effect("send one POST to the mock for one intent, whoever comes first", () =>
    Effect.gen(function* () {
      const mock = yield* RunwayMock.make({ clock: "virtual" })
      const file = join(yield* folder, "ledger.sqlite")
      // Each has its own client and its own connection to the file, as two processes do.
      const process = yield* Effect.forEach([1, 2], () =>
        Layer.build(
          Layer.mergeAll(
            Runway.layer({ apiKey: "any-key", baseUrl: "http://localhost" }),
            Layer.succeed(Fetch, mock.fetch),
            LedgerFile.layer({ file })
          )
        )
      )
      const call = (context: Context.Context<Runway | Ledger>) =>
        Effect.result(submit(input, { intent: "job-42" })).pipe(Effect.provideContext(context))
      const ends = yield* run(Effect.forEach(process, call, { concurrency: "unbounded" }))
      const told = ends.map((end) => (Result.isSuccess(end) ? end.success : end.failure.reason._tag))
      const [id] = told.filter((end) => end !== "IntentUnresolved")
      const later = yield* run(Effect.forEach(process, call))
      expect(later.map((end) => Result.isSuccess(end) && end.success)).toEqual([id, id])
      expect(mock.world("any-key").report().submissions).toBe(1)
    }).pipe(Effect.provide(quiet))
  )
})

describe("a program that is frozen after its claim", () => {
  it.effect("sends nothing when it wakes up too late, and claims anew", () => {
    const api = counting()
    return Effect.gen(function* () {
      const ledger = yield* Ledger
      let freezes = 1
      const freezing: typeof ledger = {
        ...ledger,
        claim: (request) =>
          ledger.claim(request).pipe(Effect.tap(() => (freezes-- > 0 ? TestClock.adjust("16 seconds") : Effect.void)))
      }
      const call = submit(input, { intent: "job-42" }).pipe(Effect.provideService(Ledger, freezing))
      expect(yield* run(call)).toBe("t-1")
      expect(api.posts()).toBe(1)
      const entries = yield* ledger.show("job-42")
      expect(entries.map(({ state, why }) => [state, why])).toEqual([
        ["refused", expect.stringMatching(/^not sent: this program was held up/)],
        ["accepted", undefined]
      ])
    }).pipe(Effect.provide([api.layer(), layerMemory(), quiet]))
  })
})

describe("a program that is frozen after each claim", () => {
  it.effect("says that it was held up, and not that there is no connection", () => {
    const api = counting()
    return Effect.gen(function* () {
      const ledger = yield* Ledger
      const freezing: typeof ledger = {
        ...ledger,
        claim: (request) => ledger.claim(request).pipe(Effect.tap(() => TestClock.adjust("16 seconds")))
      }
      const error = yield* failure(submit(input).pipe(Effect.provideService(Ledger, freezing)))
      expect(error.reason._tag).toBe("HeldUp")
      expect(error.isRetryable).toBe(true)
      expect(error.message).toMatch(/nothing was sent, because this program was held up until .* Others may have been/)
      expect(error.message).not.toMatch(/connection|network|proxy/)
      expect(api.posts()).toBe(0)
    }).pipe(Effect.provide([api.layer(), layerMemory(), quiet]))
  })
})

describe("a ledger that fails", () => {
  const full = (doing: "claim" | "record") =>
    new LedgerFailed({
      doing,
      store: "ledger.sqlite",
      problem: "cannot be written: the disk is full",
      transient: false
    })

  it.effect("before a request leaves lets nothing leave", () => {
    const api = counting()
    return Effect.gen(function* () {
      const ledger = { ...(yield* Ledger), claim: () => Effect.fail(full("claim")) }
      const error = yield* failure(submit(input).pipe(Effect.provideService(Ledger, ledger)))
      expect(error.reason._tag).toBe("LedgerFailed")
      expect(api.posts()).toBe(0)
    }).pipe(Effect.provide([api.layer(), layerMemory(), quiet]))
  })

  it.effect.each([
    ["fails", () => Effect.fail(full("record"))],
    ["dies", () => Effect.die(new Error("no disk"))],
    ["never answers", () => Effect.never]
  ] as const)("after an acceptance does not take the id with it: %s", ([, record]) => {
    const api = counting()
    const logged: Array<unknown> = []
    const logger = Logger.layer([Logger.make(({ message }) => logged.push(message))])
    return Effect.gen(function* () {
      const ledger = yield* Ledger
      const call = submit(input).pipe(Effect.provideService(Ledger, { ...ledger, record }))
      expect(yield* run(call)).toBe("t-1")
      expect(JSON.stringify(logged)).toMatch(/the ledger could not be written/)
      // Nothing says that it was refused, so it is not sent again.
      expect((yield* failure(submit(input))).reason._tag).toBe("IntentUnresolved")
      expect(api.posts()).toBe(1)
    }).pipe(Effect.provide([api.layer(), layerMemory(), logger]))
  })
})

describe("what needs a ledger", () => {
  it.effect.each([
    ["intent", { intent: "job-42" }],
    ["budget", { budget: { jobs: 1 } }],
    ["price", { price: 1 }]
  ] as const)("is refused without one: %s", ([option, options]) => {
    const api = counting()
    return Effect.gen(function* () {
      const error = yield* failure(submit(input, options))
      expect(error.reason._tag).toBe("InvalidInput")
      expect(error.message).toContain(`${option}: needs a Ledger`)
      expect(api.posts()).toBe(0)
    }).pipe(Effect.provide([api.layer(), quiet]))
  })

  it.effect("does not go with paying twice", () => {
    const api = counting()
    return Effect.gen(function* () {
      const error = yield* failure(submit(input, { onUnknownOutcome: "resend" }))
      expect(error.message).toContain(`onUnknownOutcome: must be "fail" with a Ledger`)
      expect(api.posts()).toBe(0)
    }).pipe(Effect.provide([api.layer(), layerMemory(), quiet]))
  })

  it.effect("is checked like every option", () => {
    const api = counting()
    return Effect.gen(function* () {
      const wrong = { intent: " ", budget: { jobs: -1 }, price: Number.NaN }
      const { message } = yield* failure(submit(input, wrong))
      expect(message).toMatch(/intent: must be a text.*budget: has jobs, which must be.*price: must be an amount/)
    }).pipe(Effect.provide([api.layer(), layerMemory(), quiet]))
  })
})

it.effect("an id that comes from the ledger is seen in the log, on the span and by the hooks", () => {
  const api = counting()
  const logged: Array<unknown> = []
  const logger = Logger.layer([Logger.make(({ message }) => logged.push(message))])
  const { spans, tracer } = recorder()
  return Effect.gen(function* () {
    yield* run(submit(input))
    const told: Array<string> = []
    const aroundAttempt = {
      before: () => Effect.void,
      after: (_: unknown, verdict: { readonly _tag: string }) => Effect.sync(() => told.push(verdict._tag))
    }
    const onSubmitted = (id: string) => Effect.sync(() => told.push(id))
    yield* run(submit(input, { aroundAttempt, onSubmitted }))
    expect(told).toEqual(["Accepted", "t-1"])
    expect(JSON.stringify(logged)).toMatch(/nothing was sent: the ledger knows the job/)
    const reused = spans
      .filter(({ name }) => name === "Runway.submit")
      .map((s) => s.attributes.get("runway.ledger.reused"))
    expect(reused).toEqual([undefined, true])
  }).pipe(Effect.withTracer(tracer), Effect.provide([api.layer(), layerMemory(), logger]))
})
