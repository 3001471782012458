/** A preflight that is given to a paid call refuses before the POST, through both doors, and looks at nothing that is paid already. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Fetch } from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { CharacterPerformance, Runway, type RunwayError } from "../../src/index.ts"
import { layerMemory } from "../../src/Ledger.ts"
import * as Preflight from "../../src/Preflight.ts"
import { createRunway } from "../../src/promise.ts"
import { accepted, answer, input, provider } from "../support/Provider.ts"
import { run } from "../support/VirtualTime.ts"
import { png, video } from "./Support.ts"

const done = (id: string) =>
  answer(200, { id, status: "SUCCEEDED", createdAt: "2026-05-01T12:47:47.351Z", output: ["https://example.com/o.mp4"] })

/** A provider, and the hosts of the assets, of which the reference has a length; each keeps what it was asked. */
const world = (seconds: number, api = provider(accepted("t-1"), done("t-1"))) => {
  const asked: Array<Request> = []
  const fetch: typeof globalThis.fetch = async (url, init) => {
    const address = url instanceof Request ? url.url : String(url)
    if (!address.startsWith("https://example.com/")) return api.fetch(url, init)
    const request = new Request(url, init)
    asked.push(request)
    const [bytes, type] = request.url.endsWith(".png") ? [png, "image/png"] : [video(seconds), "video/mp4"]
    const headers = { "content-type": type, "content-length": String(bytes.length) }
    return new Response(request.method === "HEAD" ? null : new Uint8Array(bytes), { headers })
  }
  const layer = Layer.merge(Runway.layer({ apiKey: "sk-test-secret-4242" }), Layer.succeed(Fetch, fetch))
  return { api, asked, fetch, layer }
}

const preflight = Preflight.checkWith({ resolve: async () => ["93.184.216.34"] })

const reasonOf = (error: RunwayError) =>
  error.is("PreflightRefused") ? error.reason.findings.map(({ field, rule }) => `${field} ${rule}`) : error.reason._tag

describe("an asset that breaks a rule", () => {
  it.effect("stops submit and generate before the POST, with an error that names the field", () =>
    Effect.gen(function* () {
      const { submit, generate } = CharacterPerformance
      for (const call of [submit(input, { preflight }), Effect.asVoid(generate(input, { preflight }))]) {
        const { api, layer } = world(31)
        const error = yield* Effect.flip(Effect.provide(Effect.asVoid(call), layer))
        expect(reasonOf(error)).toEqual(["reference.uri duration"])
        expect(error.message).toContain(
          "reference.uri: the video is 31 seconds long; allowed is 3 to 30 seconds. Cut it"
        )
        expect(error.isRetryable).toBe(false)
        expect(api.asked).toEqual([])
      }
    })
  )

  it.effect("stops its own input of many, and no other", () =>
    Effect.gen(function* () {
      const { layer } = world(31, provider(accepted("t-1"), done("t-1")))
      const looks: Array<string> = []
      const onlySecond = (body: Preflight.Input) => {
        looks.push("look")
        return looks.length === 2 ? preflight(body) : Effect.succeed({ findings: [] })
      }
      const results = yield* run(
        CharacterPerformance.generateAll(Stream.make(input, input), { concurrency: 1, preflight: onlySecond }).pipe(
          Stream.runCollect,
          Effect.provide(layer)
        )
      )
      expect(results.map(({ result }) => (Result.isSuccess(result) ? "video" : reasonOf(result.failure)))).toEqual([
        "video",
        ["reference.uri duration"]
      ])
    })
  )

  it("stops a job behind promises too", async () => {
    const { api, fetch } = world(31)
    await using runway = createRunway({ apiKey: "sk-test-secret-4242", fetch, warn: () => {} })
    const assets = { character: "https://example.com/a.png", reference: "https://example.com/b.mp4" }
    const job = runway.characterPerformance(assets, { preflight })
    await expect(job).rejects.toMatchObject({ reason: { _tag: "PreflightRefused" } })
    await expect(runway.characterPerformance.submit(assets, { preflight })).rejects.toMatchObject({
      reason: { findings: [{ field: "reference.uri", rule: "duration" }] }
    })
    for await (const result of runway.characterPerformance.all([assets], { concurrency: 1, preflight })) {
      expect(result.ok ? "video" : reasonOf(result.error)).toEqual(["reference.uri duration"])
    }
    expect(api.asked).toEqual([])
  })
})

describe("assets that keep the rules", () => {
  it.effect("are paid for once, and the hosts of the assets are shown no key", () =>
    Effect.gen(function* () {
      const { api, asked, layer } = world(5)
      yield* run(CharacterPerformance.generate(input, { preflight }).pipe(Effect.provide(layer)))
      expect(api.posts()).toBe(1)
      expect(asked.length).toBeGreaterThan(1)
      for (const request of asked) {
        expect([...request.headers].join()).not.toContain("sk-test-secret-4242")
        expect(request.url).toMatch(/^https:\/\/example\.com\//)
      }
    })
  )

  it.effect("a warning stops nothing", () =>
    Effect.gen(function* () {
      const { api, layer } = world(31)
      const lowered = Preflight.checkWith({ resolve: async () => ["93.184.216.34"], warnOnly: ["duration"] })
      yield* run(CharacterPerformance.generate(input, { preflight: lowered }).pipe(Effect.provide(layer)))
      expect(api.posts()).toBe(1)
    })
  )

  it.effect("without the option nobody is asked", () =>
    Effect.gen(function* () {
      const { asked, layer } = world(31)
      yield* run(CharacterPerformance.generate(input).pipe(Effect.provide(layer)))
      expect(asked).toEqual([])
    })
  )
})

it.effect("a job that the ledger knows as paid is not looked at again, because its assets may be gone by now", () =>
  Effect.gen(function* () {
    const good = world(5, provider(accepted("t-1")))
    const gone = world(31, provider(accepted("t-2")))
    const submit = CharacterPerformance.submit(input, { intent: "job-1", preflight })
    yield* Effect.gen(function* () {
      expect(yield* Effect.provide(submit, good.layer)).toBe("t-1")
      expect(yield* Effect.provide(submit, gone.layer)).toBe("t-1")
    }).pipe(Effect.provide(layerMemory()))
    expect(gone.asked).toEqual([])
    expect(gone.api.asked).toEqual([])
  })
)

it.effect("an input that breaks the contract is refused before anything is looked at", () =>
  Effect.gen(function* () {
    const { asked, layer } = world(5)
    const wrong = { ...input, expressionIntensity: 9 }
    const error = yield* Effect.flip(CharacterPerformance.submit(wrong, { preflight }).pipe(Effect.provide(layer)))
    expect(reasonOf(error)).toBe("InvalidInput")
    expect(asked).toEqual([])
  })
)

it.effect("hosts that do not answer may answer later, so that refusal can be retried", () =>
  Effect.gen(function* () {
    const silent: typeof globalThis.fetch = async () => {
      throw new TypeError("fetch failed")
    }
    const layer = Layer.merge(Runway.layer({ apiKey: "sk-test-secret-4242" }), Layer.succeed(Fetch, silent))
    const error = yield* Effect.flip(CharacterPerformance.submit(input, { preflight }).pipe(Effect.provide(layer)))
    expect(reasonOf(error)).toEqual(["character.uri unanswered", "reference.uri unanswered"])
    expect(error.isRetryable).toBe(true)
  })
)
