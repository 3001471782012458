/**
 * Options of a layer and of a call that cannot be used: named, typed, and found before anything is sent. The values are what JavaScript
 * callers, files and environments pass, so the compiler is told to look away.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import {
  adaptivePoll,
  CharacterPerformance,
  Runway,
  type RunwayError,
  type RunwayOptions,
  Task
} from "../../src/index.ts"
import { accepted, input, provider } from "../support/Provider.ts"
import { run } from "../support/VirtualTime.ts"

const id = "5b91e444-c232-deaf-a4d7-8aef3e57336b"
// biome-ignore lint/suspicious/noExplicitAny: what a JavaScript caller passes has no type
type Untyped = any

const noTimes = [
  NaN,
  Infinity,
  -1,
  "soon",
  "5",
  "-5 seconds",
  "Infinity",
  "",
  null,
  true,
  {},
  { secnds: 5 },
  { seconds: NaN },
  [],
  [NaN, 0],
  new Date(0),
  () => "5 seconds",
  Duration.infinity,
  Duration.millis(-5)
]
const noSchedules = [null, 5, "5 seconds", {}, () => Schedule.forever]
const badSchedules = [
  adaptivePoll({ minimum: "soon" as Untyped }),
  adaptivePoll({ maximum: NaN }),
  adaptivePoll({ maximum: -1 }),
  adaptivePoll({ minimum: Infinity })
]

/** Each option of a wait with values that it cannot have. */
const waits: ReadonlyArray<readonly [string, ReadonlyArray<unknown>]> = [
  ["schedule", [...noSchedules, ...badSchedules]],
  ["firstAfter", noTimes],
  ["deadline", [...noTimes, 0, "0 seconds"]],
  ["notFoundGrace", noTimes],
  ["outputGrace", noTimes]
]
const submits: ReadonlyArray<readonly [string, ReadonlyArray<unknown>]> = [
  ["retry", noSchedules],
  ["onUnknownOutcome", ["retry", true, null, 1]]
]
const handles: ReadonlyArray<readonly [string, ReadonlyArray<unknown>]> = [
  ["submittedAt", ["2026-05-01T12:47:47.351Z", 0, null, new Date(0)]]
]
const hooks: ReadonlyArray<readonly [string, ReadonlyArray<unknown>]> = [["onSubmitted", [null, "log", {}]]]
const batches: ReadonlyArray<readonly [string, ReadonlyArray<unknown>]> = [
  ["concurrency", [0, -1, NaN, 1.5, Infinity, "5", null, "unbounded", {}]]
]

const all = (group: ReadonlyArray<readonly [string, ReadonlyArray<unknown>]>) =>
  group.flatMap(([option, values]) => values.map((value) => [option, value] as const))

const generateAll = (options: Untyped) =>
  Stream.runCollect(CharacterPerformance.generateAll(Stream.fromIterable([input]), options))

const calls: ReadonlyArray<{
  readonly name: string
  readonly call: (options: Untyped) => Effect.Effect<unknown, RunwayError, Runway>
  readonly bad: ReadonlyArray<readonly [string, unknown]>
  readonly rest?: object
}> = [
  { name: "submit", call: (options) => CharacterPerformance.submit(input, options), bad: all(submits) },
  {
    name: "generate",
    call: (options) => CharacterPerformance.generate(input, options),
    bad: all([...waits, ...submits, ...handles, ...hooks])
  },
  {
    name: "generateAll",
    call: generateAll,
    bad: all([...waits, ...submits, ...handles, ...hooks, ...batches]),
    rest: { concurrency: 1 }
  },
  { name: "Task.get", call: (options) => Task.get(id, options), bad: all([["retry", noSchedules]]) },
  { name: "Task.wait", call: (options) => Task.wait(id, options), bad: all([...waits, ...handles]) },
  {
    name: "Task.watch",
    call: (options) => Stream.runCollect(Task.watch(id, options)),
    bad: all([...waits, ...handles])
  }
]

describe("an option of a call that cannot be used", () => {
  for (const { name, call, bad, rest } of calls) {
    it.effect(`is InvalidInput by its name, and nothing is sent (${name}, ${bad.length} values)`, () => {
      const api = provider(accepted(id))
      return Effect.gen(function* () {
        for (const [option, value] of bad) {
          const exit = yield* Effect.exit(Effect.flip(call({ ...rest, [option]: value })))
          const error = Exit.isSuccess(exit) ? exit.value : undefined
          if (error?.reason._tag !== "InvalidInput") throw new Error(`${option}: ${String(value)} gave ${exit}`)
          expect(error.reason.problems.map(({ path }) => path)).toEqual([option])
          expect(error.message).toMatch(new RegExp(`${option}: (must be|has) `))
        }
        expect(api.asked).toEqual([])
      }).pipe(Effect.provide(api.layer()))
    })

    it.effect(`is not looked for where the options are none at all (${name})`, () => {
      const api = provider(accepted(id))
      return Effect.gen(function* () {
        for (const options of [null, 5, "5 seconds"]) {
          const error = yield* Effect.flip(call(options))
          expect(error.message).toContain("options: must be an object, got ")
        }
        expect(api.asked).toEqual([])
      }).pipe(Effect.provide(api.layer()))
    })
  }

  it.effect("is named together with all others that cannot be used", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(generateAll({ deadline: NaN, concurrency: 0 }))
      expect(error.message).toBe(
        `generateAll: InvalidInput\n  why: nothing was sent, because the input is not valid: deadline: must be a time like "1 minute", longer than none and not endless, got NaN; concurrency: must be a whole number, 1 or more, got 0\n  now: Correct the input and call again`
      )
      expect((yield* Effect.flip(generateAll(undefined))).message).toContain("concurrency: must be a whole number")
    }).pipe(Effect.provide(provider(accepted(id)).layer()))
  )
})

describe("an option of a layer that cannot be used", () => {
  const bad: ReadonlyArray<readonly [string, Untyped]> = [
    ...all(waits).map(([option, value]) => [`poll.${option}`, { poll: { [option]: value } }] as const),
    ...all(submits).map(([option, value]) => [option, { [option]: value }] as const),
    ...[...noTimes, 0]
      .map((value) => ["attemptTimeout", { attemptTimeout: value }] as const)
      .filter(([, { attemptTimeout }]) => attemptTimeout !== null),
    ...[...noTimes, 0].map((per) => ["limit.per", { limit: { requests: 5, per } }] as const),
    ...[0, -1, NaN, 1.5, Infinity, "5", null].map(
      (requests) => ["limit.requests", { limit: { requests, per: "1 minute" } }] as const
    ),
    ["poll", { poll: "fast" }],
    ["poll", { poll: null }],
    ["limit", { limit: null }],
    ["limit", { limit: 60 }],
    ["baseUrl (COMETAPI_BASE_URL)", { baseUrl: 5 }],
    ["version (COMETAPI_RUNWAY_VERSION)", { version: 20241106 }],
    ["apiKey (COMETAPI_KEY)", { apiKey: 5 }]
  ]

  it.effect(`is InvalidConfig by its name (${bad.length} values)`, () =>
    Effect.gen(function* () {
      for (const [setting, options] of bad) {
        const layer = Runway.layer({ apiKey: "sk-test-secret", ...options })
        const exit = yield* Effect.exit(Effect.flip(Effect.scoped(Layer.build(layer))))
        const error = Exit.isSuccess(exit) ? exit.value : undefined
        if (error?.reason._tag !== "InvalidConfig") throw new Error(`${setting}: ${String(options)} gave ${exit}`)
        expect(error.reason.setting).toBe(setting)
      }
    })
  )

  it.effect("is one too where there are no options", () =>
    Effect.gen(function* () {
      for (const options of [undefined, null, "sk-test-secret"]) {
        const layer = Runway.layer(options as Untyped as RunwayOptions)
        const error = yield* Effect.flip(Effect.scoped(Layer.build(layer)))
        expect(error.message).toContain("\n  why: options must be an object with an apiKey\n")
      }
    })
  )
})

it.effect("a handle that went through JSON and was not restored is InvalidInput, and names what is no date", () =>
  Effect.gen(function* () {
    const handle = { id, submittedAt: "2026-05-01T12:47:47.351Z" }
    const error = yield* Effect.flip(Task.wait(handle as unknown as Task.Handle))
    expect(error.message).toContain(`submittedAt: must be a DateTime of Effect, got "2026-05-01T12:47:47.351Z"`)
  }).pipe(Effect.provide(provider(accepted(id)).layer()))
)

it.effect("options that can be used are, in each of their forms", () => {
  const finished = Response.json({ id, status: "SUCCEEDED", output: ["https://cdn.example.com/out.mp4"] })
  return Effect.gen(function* () {
    for (const deadline of [
      60_000,
      60_000_000_000n,
      "1 minute",
      "1.5 hours",
      { minutes: 1 },
      [60, 0],
      Duration.minutes(1)
    ]) {
      const options = { deadline, firstAfter: 0, notFoundGrace: 0, outputGrace: 0 } as Untyped
      const api = provider(accepted(id), finished)
      const end = yield* run(CharacterPerformance.generate(input, options)).pipe(
        Effect.provide(api.layer({ poll: options }))
      )
      expect(end._tag).toBe("Succeeded")
    }
  })
})

it.effect("an id that is none is InvalidInput, whatever it is", () => {
  const api = provider(accepted(id))
  return Effect.gen(function* () {
    for (const none of [undefined, null, 5, "", {}, [], true] as Array<unknown>) {
      const id = none as string
      for (const call of [Task.get(id), Task.wait(id), Stream.runCollect(Task.watch(id))]) {
        const error = yield* Effect.flip<unknown, RunwayError, Runway>(call)
        expect(error.reason._tag).toBe("InvalidInput")
      }
    }
    expect(api.asked).toEqual([])
  }).pipe(Effect.provide(api.layer()))
})
