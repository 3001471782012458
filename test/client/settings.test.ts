import { inspect } from "node:util"
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { Fetch } from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as References from "effect/References"
import * as Tracer from "effect/Tracer"
import { CharacterPerformance, Runway, type RunwayOptions, Task } from "../../src/index.ts"
import { accepted, answer, input, provider, silence, wrapped } from "../support/Provider.ts"
import { failure } from "../support/VirtualTime.ts"

const build = (layer: Layer.Layer<Runway, unknown>) => Effect.scoped(Layer.build(layer))
const env = (variables: Record<string, string>) => ConfigProvider.layer(ConfigProvider.fromUnknown(variables))
const key = "sk-very-secret-9f8e7d"

/** What a layer that cannot be made says of the setting at fault. */
const saying = (problem: string) =>
  `configure: InvalidConfig\n  why: ${problem}\n  now: Correct the setting; nothing was sent`

describe("a setting that cannot be used is named before anything is sent", () => {
  const cases: ReadonlyArray<readonly [string, RunwayOptions, string]> = [
    ["an empty key", { apiKey: "" }, "apiKey (COMETAPI_KEY) is empty"],
    [
      "a key with a line break",
      { apiKey: `${key}\n` },
      "apiKey (COMETAPI_KEY) contains white space or a line break; it was probably copied with it"
    ],
    [
      "a key with a space",
      { apiKey: `Bearer ${key}` },
      "apiKey (COMETAPI_KEY) contains white space or a line break; it was probably copied with it"
    ],
    ["a key that is none", { apiKey: `${key}–` }, "apiKey (COMETAPI_KEY) contains characters that no key has"],
    [
      "a base URL that is none",
      { apiKey: key, baseUrl: "cometapi" },
      "baseUrl (COMETAPI_BASE_URL) must be a URL like https://api.cometapi.com"
    ],
    [
      "another scheme",
      { apiKey: key, baseUrl: "ftp://api.cometapi.com" },
      "baseUrl (COMETAPI_BASE_URL) must be a URL like https://api.cometapi.com"
    ],
    [
      "a password in the base URL",
      { apiKey: key, baseUrl: "https://me:pw@api.cometapi.com" },
      "baseUrl (COMETAPI_BASE_URL) must not contain a user name or password"
    ],
    [
      "a query in the base URL",
      { apiKey: key, baseUrl: "https://api.cometapi.com?x=1" },
      "baseUrl (COMETAPI_BASE_URL) must not contain a query or a fragment"
    ],
    [
      "the key in the clear to a far host",
      { apiKey: key, baseUrl: "http://api.cometapi.com" },
      "baseUrl (COMETAPI_BASE_URL) must begin with https://, because the key travels with every request; http:// is for mocks on this machine or network"
    ],
    [
      "a version that is none",
      { apiKey: key, version: "latest" },
      "version (COMETAPI_RUNWAY_VERSION) must be a date like 2024-11-06"
    ]
  ]
  for (const [name, options, message] of cases) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const exit = yield* Effect.exit(build(Runway.layer(options)))
        const cause = Exit.isFailure(exit) ? exit.cause : Cause.empty
        expect(inspect(cause, { depth: 20 })).not.toContain(key)
        expect(inspect(cause, { depth: 20 })).not.toContain("me:pw")
        expect(Cause.squash(cause)).toMatchObject({ _tag: "RunwayError", message: saying(message) })
      })
    )
  }
})

describe("the base URL", () => {
  it.effect.each([
    ["https://api.cometapi.com", "https://api.cometapi.com"],
    ["https://api.cometapi.com/", "https://api.cometapi.com"],
    ["https://api.cometapi.com/v1", "https://api.cometapi.com"],
    ["https://api.cometapi.com/v1//", "https://api.cometapi.com"],
    [" https://proxy.example.com/comet/v1/ ", "https://proxy.example.com/comet"],
    ["http://127.0.0.1:4010", "http://127.0.0.1:4010"],
    ["http://localhost:4010/", "http://localhost:4010"],
    ["http://mock:4010", "http://mock:4010"],
    ["http://[::1]:4010", "http://[::1]:4010"]
  ])("%s leads to %s", ([baseUrl, origin]) => {
    const api = provider(accepted())
    return Effect.gen(function* () {
      yield* CharacterPerformance.submit(input)
      expect(api.asked[0]?.url).toBe(`${origin}/runwayml/v1/character_performance`)
    }).pipe(Effect.provide(api.layer({ baseUrl })))
  })
})

describe("the environment", () => {
  it.effect("gives the key and the base URL, and a blank base URL counts as unset", () =>
    Effect.gen(function* () {
      for (const [COMETAPI_BASE_URL, origin] of [
        ["http://127.0.0.1:4010/v1", "http://127.0.0.1:4010"],
        ["  ", "https://api.cometapi.com"]
      ] as const) {
        const api = provider(accepted())
        yield* CharacterPerformance.submit(input).pipe(
          Effect.provide(Layer.provide(Runway.layerConfig(), env({ COMETAPI_KEY: key, COMETAPI_BASE_URL }))),
          Effect.provideService(Fetch, api.fetch)
        )
        expect(api.asked[0]?.url).toContain(`${origin}/runwayml`)
        expect(api.asked[0]?.headers.get("authorization")).toBe(`Bearer ${key}`)
      }
    })
  )

  it.effect("gives the version, the attempt's timeout and the wait's deadline, and blank ones count as unset", () =>
    Effect.gen(function* () {
      const { reply, state } = silence()
      const api = provider(accepted("t-1"), reply)
      const set = {
        COMETAPI_RUNWAY_VERSION: "2025-01-02",
        COMETAPI_ATTEMPT_TIMEOUT: "3 seconds",
        COMETAPI_WAIT_DEADLINE: "20 seconds"
      }
      const error = yield* failure(CharacterPerformance.generate(input)).pipe(
        Effect.provide(Layer.provide(Runway.layerConfig(), env({ COMETAPI_KEY: key, ...set }))),
        Effect.provideService(Fetch, api.fetch)
      )
      expect(api.asked[0]?.headers.get("x-runway-version")).toBe("2025-01-02")
      expect(state.aborted).toBe(true)
      expect(error.reason).toMatchObject({ _tag: "WaitTimedOut", seen: { ConnectionLost: 2 } })
      const blank = { COMETAPI_RUNWAY_VERSION: "", COMETAPI_ATTEMPT_TIMEOUT: " ", COMETAPI_WAIT_DEADLINE: "" }
      yield* build(Layer.provide(Runway.layerConfig(), env({ COMETAPI_KEY: key, ...blank })))
    })
  )

  it.effect("gives what is not given: an option comes before its variable, as a value or as a Config", () =>
    Effect.gen(function* () {
      const api = provider(accepted("t-1"), answer(200, { id: "t-1", status: "RUNNING" }))
      const second = Runway.layerConfig({
        apiKey: Config.Redacted("STUDIO_KEY"),
        version: "2025-03-04",
        attemptTimeout: Config.Duration("STUDIO_TIMEOUT")
      })
      const variables = {
        COMETAPI_KEY: key,
        COMETAPI_BASE_URL: "https://proxy.example.com/v1",
        COMETAPI_RUNWAY_VERSION: "2025-01-02",
        STUDIO_KEY: "sk-of-the-studio",
        STUDIO_TIMEOUT: "3 seconds"
      }
      yield* CharacterPerformance.submit(input).pipe(
        Effect.provide(Layer.provide(second, env(variables))),
        Effect.provideService(Fetch, api.fetch)
      )
      const [asked] = api.asked
      expect(asked?.headers.get("authorization")).toBe("Bearer sk-of-the-studio")
      expect(asked?.headers.get("x-runway-version")).toBe("2025-03-04")
      expect(asked?.url).toBe("https://proxy.example.com/runwayml/v1/character_performance")
    })
  )

  it.effect("names the option whose Config cannot be read, and needs no COMETAPI_KEY where a key is given", () =>
    Effect.gen(function* () {
      yield* build(Layer.provide(Runway.layerConfig({ apiKey: "sk-given" }), env({})))
      const missing = Runway.layerConfig({ apiKey: Config.Redacted("STUDIO_KEY") })
      const error = yield* Effect.flip(build(Layer.provide(missing, env({ COMETAPI_KEY: key }))))
      expect(error).toMatchObject({ reason: { _tag: "InvalidConfig", setting: "apiKey" } })
      expect(String(error)).toContain("STUDIO_KEY")
      const wrong = Runway.layerConfig({ apiKey: "sk-given", attemptTimeout: Config.succeed("never") as never })
      expect(yield* Effect.flip(build(Layer.provide(wrong, env({}))))).toMatchObject({
        reason: { _tag: "InvalidConfig", setting: "attemptTimeout" }
      })
    })
  )

  it.effect.each([
    ["COMETAPI_RUNWAY_VERSION", "newest", "version (COMETAPI_RUNWAY_VERSION) must be a date like 2024-11-06"],
    [
      "COMETAPI_ATTEMPT_TIMEOUT",
      "soon",
      'COMETAPI_ATTEMPT_TIMEOUT must be a time like "1 minute", longer than none and not endless, got "soon"'
    ],
    [
      "COMETAPI_WAIT_DEADLINE",
      "-5 seconds",
      'COMETAPI_WAIT_DEADLINE must be a time like "1 minute", longer than none and not endless, got "-5 seconds"'
    ],
    ["COMETAPI_BASE_URL", "here", "baseUrl (COMETAPI_BASE_URL) must be a URL like https://api.cometapi.com"]
  ] as const)("names %s when it is %j", ([variable, value, problem]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        build(Layer.provide(Runway.layerConfig(), env({ COMETAPI_KEY: key, [variable]: value })))
      )
      expect(error).toMatchObject({ message: saying(problem) })
    })
  )

  it.effect("without a key, or with a blank one, says what to do", () =>
    Effect.gen(function* () {
      for (const variables of [{}, { COMETAPI_KEY: "" }, { COMETAPI_KEY: "  " }] as const) {
        const error = yield* Effect.flip(build(Layer.provide(Runway.layerConfig(), env(variables))))
        expect(error).toMatchObject({
          message: saying(
            "COMETAPI_KEY is not set; get a key from CometAPI and export it, or try the mock, which needs none"
          )
        })
      }
    })
  )
})

/** A span that tells whatever is put on it. */
class TellingSpan extends Tracer.NativeSpan {
  readonly #tell: (value: unknown) => void
  constructor(options: ConstructorParameters<typeof Tracer.NativeSpan>[0], tell: (value: unknown) => void) {
    super(options)
    this.#tell = tell
    tell(options.name)
  }
  override attribute(key: string, value: unknown) {
    this.#tell([key, value])
    super.attribute(key, value)
  }
}

describe("secrets", () => {
  it.effect("the key and signed URLs appear in no error, log, span or inspected value", () => {
    const told: Array<string> = []
    const signed = "https://cdn.example.com/out.mp4?_jwt=SIGNED"
    const tell = (value: unknown) =>
      told.push(inspect(value, { depth: 20, showHidden: true }), JSON.stringify(value) ?? "", String(value))
    const Telling = Layer.mergeAll(
      Logger.layer([Logger.map(Logger.formatJson, tell), Logger.map(Logger.formatLogFmt, tell)]),
      Layer.succeed(References.MinimumLogLevel, "Trace"),
      Layer.succeed(Tracer.Tracer, Tracer.make({ span: (options) => new TellingSpan(options, tell) }))
    )
    const api = provider(
      answer(401, wrapped("invalid_key", `Incorrect API key provided: ${key}, see ${signed}`)),
      accepted("t-1"),
      Response.json({ id: "t-1", status: "SUCCEEDED", output: [signed] }),
      Response.json({ id: "t-1", status: "FAILED", failure: `cannot read ${signed}` })
    )
    return Effect.gen(function* () {
      tell(yield* Runway)
      tell(yield* Effect.flip(CharacterPerformance.submit(input)))
      tell(yield* CharacterPerformance.submit(input))
      const task = yield* Task.get("t-1")
      tell(task)
      expect(task._tag === "Succeeded" && Redacted.value(task.output[0])).toBe(signed)
      tell(yield* Effect.flip(Task.wait("t-1")))
      expect(told.join("\n")).toContain("https://cdn.example.com/out.mp4?…")
      expect(told.join("\n")).not.toContain(key)
      expect(told.join("\n")).not.toContain("SIGNED")
    }).pipe(Effect.provide([api.layer({ apiKey: key }), Telling]))
  })
})

describe("Runway.make", () => {
  it.effect("makes the service itself, one for each account", () =>
    Effect.gen(function* () {
      const api = provider(accepted("t-1"))
      for (const apiKey of ["sk-one-1", "sk-two-2"]) {
        const runway = yield* Runway.make({ apiKey })
        yield* CharacterPerformance.submit(input).pipe(
          Effect.provideService(Runway, runway),
          Effect.provideService(Fetch, api.fetch)
        )
      }
      expect(api.asked.map(({ headers }) => headers.get("authorization"))).toEqual([
        "Bearer sk-one-1",
        "Bearer sk-two-2"
      ])
      expect((yield* failure(Runway.make({ apiKey: "" }))).reason._tag).toBe("InvalidConfig")
    })
  )
})
