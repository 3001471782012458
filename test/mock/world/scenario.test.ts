import { assert, describe, it } from "@effect/vitest"
import { RunwayMock, type Scenario, scenarioNames } from "cometapi-runway-mock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Contract from "../../../mock/src/contract/Contract.ts"
import * as DynamicFields from "../../../mock/src/contract/DynamicFields.ts"
import * as TaskShape from "../../../mock/src/contract/TaskShape.ts"
import { birth, polled, stateAt } from "../../../mock/src/world/Life.ts"
import { compile } from "../../../mock/src/world/Scenario.ts"

const refusal = (options: Parameters<typeof RunwayMock.make>[0]) =>
  Effect.map(Effect.flip(RunwayMock.make(options)), (error) => {
    assert.strictEqual(error._tag, "RunwayMockError")
    return `${error.reason._tag}: ${error.message}`
  })

const own = (timeline: Scenario["timeline"], shape: Scenario["shape"] = "bare"): Scenario => ({
  name: "own",
  shape,
  timeline
})

describe("a scenario is refused when the mock is made", () => {
  it.effect("when no built-in one has its name, listing those there are", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        yield* refusal({ scenario: "hapy" }),
        `UnknownScenario: there is no scenario "hapy"; known: ${scenarioNames.join(", ")}`
      )
    })
  )

  for (const [why, scenario, message] of [
    [
      "names an example that the contract does not have",
      own([{ state: "exploded" }]),
      /no example "exploded".*200 pending/
    ],
    ["is empty", own([]), /timeline is empty/],
    [
      "has a state without an end before the last",
      own([{ state: "pending" }, { state: "succeeded" }]),
      /"pending" is not the last/
    ],
    // As it would come from a file, where no type checker has looked.
    [
      "lasts something that is no duration",
      own(JSON.parse('[{"state":"pending","for":"soon"},{"state":"succeeded"}]')),
      /"pending" lasts soon, which is no duration/
    ],
    [
      "says both how long and how many polls",
      own([{ state: "pending", for: "1 second", polls: 1 }, { state: "succeeded" }]),
      /"pending" says both "for" and "polls"/
    ],
    ["lasts half a poll", own([{ state: "pending", polls: 0.5 }, { state: "succeeded" }]), /lasts 0.5 polls/],
    ["ends its last state", own([{ state: "pending", for: "1 second" }]), /"pending" is the last state and stays/],
    ["has an output that never works", { ...own([{ state: "succeeded" }]), outputLasts: 0 }, /its output lasts 0/],
    ["mixes the shapes it promised not to mix", own([{ state: "pending" }], "envelope"), /"pending" is bare/],
    ["names an example of several statuses", own([{ state: "native" }]), /404 and 429/],
    [
      "names an example under the wrong status",
      own([{ state: "pending", status: 404 }]),
      /no example "pending" for status 404/
    ]
  ] as const) {
    it.effect(`when it ${why}`, () =>
      Effect.gen(function* () {
        const said = yield* refusal({ scenario })
        assert.match(said, message)
        assert.match(said, /^BrokenScenario: scenario "own" cannot be played/)
      })
    )
  }

  it.effect("and so is an option that makes no sense", () =>
    Effect.gen(function* () {
      for (const [options, message] of [
        [{ clock: "virtual", scale: 20 }, /^InvalidOption: scale has no meaning for a virtual clock/],
        [{ limits: { worlds: 0 } }, /^InvalidOption: limits.worlds must be a whole number above 0; got 0/],
        [{ limits: { tasks: 1.5 } }, /^InvalidOption: limits.tasks must be .*; got 1.5/],
        [{ limits: { idle: 0 } }, /^InvalidOption: limits.idle must be a duration/],
        [{ scenarios: [own([])] }, /^BrokenScenario: scenario "own"/]
      ] as const) {
        assert.match(yield* refusal(options), message)
      }
    })
  )

  it.effect("and so is a scale that is no speed", () =>
    Effect.gen(function* () {
      for (const scale of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
        assert.match(yield* refusal({ scale }), /^InvalidScale: scale must be a number above 0/)
      }
    })
  )
})

describe("a scenario", () => {
  it("of the caller's own takes any state of the contract, errors too", () => {
    const script = Result.getOrThrow(
      compile(
        own([
          { state: "native", status: 429, for: "1 second" },
          { state: "throttled", for: 500 },
          { state: "running", for: "1 second" },
          { state: "throttled", for: "1 second" },
          { state: "running", for: "3 seconds" },
          { state: "failed-asset" }
        ])
      )
    )
    const at = (elapsed: number) => {
      const { example, progress } = stateAt(script, elapsed)
      return `${example.status} ${example.name} ${progress}`
    }
    assert.deepStrictEqual([0, 999, 1000, 1500, 3499, 4250, 6500, 1e12].map(at), [
      "429 native 0",
      "429 native 0",
      "200 throttled 0",
      "200 running 0",
      "200 throttled 0.25",
      "200 running 0.4375",
      "200 failed-asset 1",
      "200 failed-asset 1"
    ])
  })

  it("without an end to its work leaves the progress as documented", () => {
    const script = Result.getOrThrow(compile(own([{ state: "pending", for: "1 second" }, { state: "running" }])))
    assert.isUndefined(stateAt(script, 9000).progress)
  })

  it("skips a state that lasts no time", () => {
    const script = Result.getOrThrow(compile(own([{ state: "pending", for: 0 }, { state: "succeeded" }])))
    assert.strictEqual(stateAt(script, 0).example.name, "succeeded")
  })

  it("counts polls as well as time, and a state that counted begins where the one before it ended", () => {
    const script = Result.getOrThrow(
      compile(
        own([
          { state: "pending", polls: 2 },
          { state: "running", for: "10 seconds" },
          { state: "throttled", polls: 1 },
          { state: "succeeded" }
        ])
      )
    )
    let life = birth
    const seen = [0, 4000, 5000, 13_999, 14_000, 14_000, 14_000].map((elapsed) => {
      const { name } = stateAt(script, elapsed, life).example
      life = polled(script, life, elapsed)
      return name
    })
    assert.deepStrictEqual(seen, ["pending", "pending", "running", "running", "throttled", "succeeded", "succeeded"])
    assert.strictEqual(stateAt(script, 20_000, life).finishedAfter, 14_000)
  })

  it("has a progress that grows with the polls of a state that counts them", () => {
    const script = Result.getOrThrow(compile(own([{ state: "running", polls: 4 }, { state: "succeeded" }])))
    let life = birth
    const seen = [0, 1, 2, 3].map(() => {
      const { progress } = stateAt(script, 0, life)
      life = polled(script, life, 0)
      return progress
    })
    assert.deepStrictEqual(seen, [0, 0.25, 0.5, 0.75])
  })
})

describe("the contract as data", () => {
  it("gives an example by its name, and says which there are when there is none", () => {
    assert.strictEqual(Contract.namedExample("getTask", 503, "page").mediaType, "text/html")
    assert.throws(
      () => Contract.namedExample("getTask", 200, "nope"),
      /"nope" for status 200 of getTask; known: 200 pending, 200/
    )
    assert.throws(
      () => Contract.namedExample("nope", 200, "pending"),
      /no operation "nope"; known: createCharacterPerformance/
    )
  })

  it("has every output of a finished task replaced, wherever its shape keeps it", () => {
    const facts = {
      id: "T",
      createdAt: 0,
      startedAt: 1000,
      finishedAt: 2000,
      progress: 0.5,
      outputUrl: "https://mock/out"
    }
    const finished = Contract.examples
      .filter(({ body }) => TaskShape.hasOutput(body))
      .map(({ name, body }) => ({ name, body }))
    assert.includeMembers(
      finished.map(({ name }) => name),
      ["succeeded", "envelope-success", "envelope-success-result-url", "envelope-success-fail-reason", "row-success"]
    )
    for (const { name, body } of finished) {
      const text = JSON.stringify(DynamicFields.withFacts(body, facts))
      assert.include(text, "https://mock/out", name)
      assert.notInclude(text, "example.com", name)
      assert.notInclude(text, "5b91e444", name)
    }
  })
})
