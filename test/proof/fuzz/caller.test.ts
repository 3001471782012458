/** Whatever a caller passes: it is sent as the contract allows, or refused by the name of what is wrong, and then nothing is sent. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { Fetch } from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { CharacterPerformance, Runway, RunwayError } from "../../../src/index.ts"
import { createRunway } from "../../../src/promise.ts"
import { type Ended, pass, release, seize } from "../JumpingTime.ts"
import { falsified, holds } from "../Seeded.ts"
import { note } from "./Client.ts"
import { effectOptions, fields, modest, promiseOptions, resolved, Value, wrongFields } from "./Given.ts"

const cases = Number(process.env["FUZZ_CASES"] ?? 2000)

const Field = Schema.Struct({
  name: Schema.Literals([...Object.keys(fields), "charcter", "constructor", "__proto__", "toJSON"]),
  value: Value
})
const optionNames = [
  ...new Set(
    [effectOptions, promiseOptions].flatMap((doors) => Object.values(doors).flatMap((options) => Object.keys(options)))
  )
]

const Case = Schema.Struct({
  door: Schema.Literals(["effect", "promise"]),
  call: Schema.Literals(["submit", "generate", "all"]),
  /** The input's fields, on top of a right input; or something that is no input at all. */
  input: Schema.Union([Schema.Array(Field).check(Schema.isMaxLength(3)), Value]),
  without: Schema.Array(Schema.Literals(["character", "reference"])).check(Schema.isMaxLength(1)),
  options: Schema.Array(Schema.Struct({ name: Schema.Literals(optionNames), value: Value })).check(
    Schema.isMaxLength(3)
  )
})
type Case = typeof Case.Type

const rightInput = { character: fields["character"]?.[0], reference: fields["reference"]?.[0] }

/** The input as it is passed. */
const inputOf = ({ input, without }: Case): unknown => {
  if (!Array.isArray(input)) return "right" in input ? rightInput : resolved(input as Value, [rightInput])
  const given: Record<string, unknown> = { ...rightInput }
  for (const name of without) delete given[name]
  for (const { name, value } of input)
    Object.defineProperty(given, name, {
      value: resolved(value, fields[name] ?? [1]),
      enumerable: true,
      configurable: true,
      writable: true
    })
  return given
}

/** The known options of a call, the last of each name. */
const optionsOf = ({ door, call, options }: Case) => {
  const known = (door === "effect" ? effectOptions : promiseOptions)[call]
  const given = new Map(
    options.filter(({ name }) => Object.hasOwn(known, name)).map(({ name, value }) => [name, modest(value)])
  )
  const values = Object.fromEntries(
    [...given].map(([name, value]) => [name, resolved(value, known[name]?.right ?? [])])
  )
  const wrong = [...given]
    .filter(([name, value]) => values[name] !== undefined && known[name]?.allows(value) === false)
    .map(([name]) => name)
  const doubtful = [...given].filter(([name, value]) => known[name]?.allows(value) === undefined).map(([name]) => name)
  const required = call === "all" ? { concurrency: 1 } : {}
  return {
    options: { ...required, ...values },
    wrong:
      call === "all" && "concurrency" in values && values["concurrency"] === undefined
        ? [...wrong, "concurrency"]
        : wrong,
    doubtful
  }
}

// biome-ignore lint/suspicious/noExplicitAny: what a JavaScript caller passes has no type
type Untyped = any

const output = ["https://cdn.example.com/out.mp4"]

/** What a client that is broken on purpose sends instead of a body. */
type Spoil = (body: Record<string, unknown>) => Record<string, unknown>

/** Calls, and says what was sent and how it ended. */
const called = async (given: Case, spoil: Spoil | undefined) => {
  const bodies: Array<string> = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    if (request.method === "POST") {
      const body = await request.text()
      bodies.push(spoil === undefined ? body : JSON.stringify(spoil(JSON.parse(body))))
    }
    return Response.json({ id: "job-1", status: "SUCCEEDED", output })
  }
  const input: Untyped = inputOf(given)
  const options: Untyped = optionsOf(given).options
  const ended = await pass(() => (given.door === "effect" ? byEffect : byPromise)(given.call, fetch, input, options))
  return { bodies, ended }
}

const byEffect = async (
  call: Case["call"],
  fetch: typeof globalThis.fetch,
  input: Untyped,
  options: Untyped
): Promise<unknown> => {
  const effect = Effect.suspend((): Effect.Effect<unknown, RunwayError, Runway> => {
    if (call === "submit") return CharacterPerformance.submit(input, options)
    if (call === "generate") return CharacterPerformance.generate(input, options)
    return CharacterPerformance.generateAll(Stream.succeed(input), options).pipe(
      Stream.runCollect,
      Effect.flatMap(([only]) =>
        only !== undefined && Result.isFailure(only.result) ? Effect.fail(only.result.failure) : Effect.void
      )
    )
  })
  const layer = Layer.mergeAll(
    Runway.layer({ apiKey: "sk-test-secret" }),
    Layer.succeed(Fetch, fetch),
    Logger.layer([])
  )
  const exit = await Effect.runPromiseExit(Effect.provide(effect, layer))
  if (Exit.isSuccess(exit)) return exit.value
  const [failure] = exit.cause.reasons
  throw failure?._tag === "Fail" ? failure.error : failure?._tag === "Die" ? failure.defect : exit.cause
}

const byPromise = async (
  call: Case["call"],
  fetch: typeof globalThis.fetch,
  input: Untyped,
  options: Untyped
): Promise<unknown> => {
  await using runway = createRunway({ apiKey: "sk-test-secret", fetch, warn: () => {} })
  if (call === "submit") return await runway.characterPerformance.submit(input, options)
  if (call === "generate") return await runway.characterPerformance(input, options)
  for await (const result of runway.characterPerformance.all([input], options)) if (!result.ok) throw result.error
  return
}

/** The problems that a refusal names. */
const named = (end: Ended<unknown>["end"]): ReadonlyArray<string> =>
  end._tag === "Rejected" && end.error instanceof RunwayError && end.error.reason._tag === "InvalidInput"
    ? end.error.reason.problems.map(({ path }) => path.split(".")[0] ?? "")
    : []

const met = { sent: 0, refused: 0 }

const judge = async (given: Case, spoil?: Spoil): Promise<ReadonlyArray<string>> => {
  const { bodies, ended } = await called(given, spoil)
  const { wrong, doubtful } = optionsOf(given)
  const { end } = ended
  const problems: Array<string> = []
  if (end._tag === "Hung") problems.push("it hangs")
  if (end._tag === "Rejected" && !(end.error instanceof RunwayError))
    problems.push(`it ends with what is no RunwayError: ${inspected(end.error)}`)
  if (bodies.length > 1) problems.push(`${bodies.length} POSTs`)
  const [body] = bodies
  const refused = named(end)
  met[body === undefined ? "refused" : "sent"] += 1
  if (body === undefined) {
    if (end._tag === "Fulfilled") problems.push("nothing is sent, and it succeeds")
    if (end._tag === "Rejected" && refused.length === 0)
      problems.push(`refused without a name: ${inspected(end.error)}`)
    const input = inputOf(given)
    const blamed = refused.filter(
      (name) => !wrong.includes(name) && !doubtful.includes(name) && !isWrong(input, name, given.door)
    )
    if (blamed.length > 0) problems.push(`refused by the name of what is right: ${blamed}`)
    return problems
  }
  if (refused.length > 0) problems.push(`refused after it was paid for: ${refused}`)
  if (wrong.length > 0) problems.push(`sent, although ${wrong} cannot be used`)
  const unlawful = wrongFields(JSON.parse(body))
  if (unlawful.length > 0) problems.push(`sent against the contract: ${unlawful}`)
  return problems
}

/** Whether a field of an input, or the input itself, is wrong. A name may also be that of a right field in an input that cannot be read. */
const isWrong = (input: unknown, name: string, door: Case["door"]): boolean => {
  try {
    const wrong = wrongFields({
      ...defaults,
      ...Object.fromEntries(Object.entries(input as object).filter(([, value]) => value !== undefined))
    })
    const plainUrl = door === "promise" && (name === "character" || name === "reference")
    // What throws while it is read cannot always be told by its name.
    if (name === "" && wrong.some((field) => isHostile(Reflect.get(input as object, field)))) return true
    const isNoInput = Object.prototype.toString.call(input) !== "[object Object]"
    // A name is shown as any text from outside is: without what acts on a terminal, and shortened.
    const isStrange = !Object.hasOwn(fields, name) && wrong.some((field) => !/^\w{1,80}$/.test(field))
    return plainUrl || isStrange || wrong.includes(name) || (name === "" && isNoInput)
  } catch {
    return true
  }
}

const isHostile = (value: unknown): boolean => {
  try {
    return typeof value === "object" && value !== null && Object.values(value).length < 0
  } catch {
    return true
  }
}

const defaults = {
  bodyControl: true,
  expressionIntensity: 1,
  seed: 1,
  model: "act_two",
  ratio: "1280:720",
  contentModeration: { publicFigureThreshold: "auto" }
}

const inspected = (error: unknown): string => {
  try {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  } catch {
    return "something odd"
  }
}

beforeAll(() => {
  seize()
  process.on("unhandledRejection", note)
})
afterAll(() => {
  release()
  process.off("unhandledRejection", note)
})

describe("whatever a caller passes", () => {
  it("is sent as the contract allows, or refused by the name of what is wrong", {
    timeout: 3_600_000
  }, async (context) => {
    await holds(context, {
      schema: Case,
      cases: Math.round(cases * 0.35),
      simplest: [[], { right: 0 }, { json: null }],
      judge: (given) => judge(given),
      kept: "test/proof/fuzz/caller-cases.json"
    })
    // Otherwise it proves little.
    expect(met.sent).toBeGreaterThan(cases / 50)
    expect(met.refused).toBeGreaterThan(cases / 50)
  })

  it.each([
    ["sends a field that nobody asked for", (body) => ({ ...body, quality: "high" }), /against the contract: quality/],
    ["lets a wrong seed through", (body) => ({ ...body, seed: -1 }), /against the contract: seed/],
    ["leaves out what is required", ({ ratio: _, ...body }) => body, /against the contract: ratio/]
  ] satisfies ReadonlyArray<readonly [string, Spoil, RegExp]>)(
    "finds a client that %s, and makes the case small",
    async (_, spoil, problem) => {
      const trial = {
        schema: Case,
        cases: 200,
        simplest: [[], { right: 0 }],
        judge: (given: Case) => judge(given, spoil)
      }
      const text = await falsified(trial)
      expect(text).toMatch(problem)
      expect(text).toMatch(/Seed \d+/)
      expect(text.split("Smallest case: ")[1]?.length).toBeLessThan(120)
    }
  )
})
