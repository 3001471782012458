import { describe, expect, it } from "@effect/vitest"
import { type Fault, RunwayMock, scenarioNames } from "cometapi-runway-mock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { CharacterPerformance, Runway } from "../../src/index.ts"
import { input } from "../support/Provider.ts"
import { exitOf } from "../support/VirtualTime.ts"

const apiKey = "sk-conduct"

/** The client against the mock, in process, on virtual time; the mock then says how the client behaved. */
const conduct = (options: Parameters<typeof RunwayMock.layer>[0]) =>
  Effect.gen(function* () {
    const mock = yield* RunwayMock
    const exit = yield* exitOf(CharacterPerformance.generate(input, { deadline: "20 minutes" }))
    return { exit, world: mock.world(apiKey) }
  }).pipe(Effect.provide(Layer.mergeAll(Runway.layer({ apiKey }), RunwayMock.layer(options))))

describe("this client gives the mock nothing to complain of", () => {
  it.effect.each(scenarioNames.map((scenario) => ({ scenario })))("in the scenario $scenario", ({ scenario }) =>
    Effect.gen(function* () {
      const { world } = yield* conduct({ scenario })
      expect(world.report()).toMatchObject({ submissions: 1, accepted: 1 })
      world.expectClean()
    })
  )

  const retryAfter = { kind: "status", status: 429, retryAfter: 11 } as const
  const passing: ReadonlyArray<Fault> = [
    { on: "submit", first: 2, ...retryAfter },
    { on: "submit", first: 2, ...retryAfter, retryAfterAs: "date" },
    { on: "submit", first: 2, ...retryAfter, retryAfterAs: "millis" },
    { on: "submit", first: 1, kind: "status", status: 503 },
    { on: "submit", kind: "latency", median: "2 seconds", p99: "9 seconds" },
    { on: "poll", first: 3, ...retryAfter },
    { on: "poll", first: 3, ...retryAfter, retryAfterAs: "date" },
    { on: "poll", first: 3, ...retryAfter, retryAfterAs: "millis" },
    { on: "poll", rate: 0.3, kind: "reset" },
    { on: "poll", rate: 0.3, kind: "lost" },
    { on: "poll", nth: 3, kind: "stall" },
    { on: "poll", rate: 0.3, kind: "truncated" },
    { on: "poll", rate: 0.3, kind: "cut" },
    { on: "poll", rate: 0.3, kind: "html" },
    { on: "poll", rate: 0.3, kind: "empty" },
    { on: "poll", rate: 0.3, kind: "status", status: 502, example: "page" },
    { on: "poll", kind: "drip", every: "200 millis", bytes: 64 },
    { on: "poll", kind: "latency", median: "1 second", p99: "5 seconds" }
  ]
  it.effect.each(passing.map((fault) => ({ fault })))(
    "under $fault.kind on $fault.on, which passes: $fault",
    ({ fault }) =>
      Effect.gen(function* () {
        const { exit, world } = yield* conduct({ faults: [fault] })
        expect(exit).toMatchObject({ _tag: "Success", value: { status: "SUCCEEDED" } })
        expect(world.faults()[0]?.hits).toBeGreaterThan(0)
        world.expectClean()
      })
  )

  it.effect.each(
    (["lost", "stall", "truncated", "cut", "empty", "html", "redirect", "oversized"] as const).map((kind) => ({ kind }))
  )("when its POST meets $kind: it is not sent again", ({ kind }) =>
    Effect.gen(function* () {
      const { exit, world } = yield* conduct({ faults: [{ on: "submit", kind }] })
      expect(exit._tag).toBe("Failure")
      expect(world.report().submissions).toBe(1)
      world.expectClean()
    })
  )
})
