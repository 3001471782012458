import { assert, describe, it } from "@effect/vitest"
import { RunwayMock, type Scenario, scenarioNames } from "cometapi-runway-mock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { BareTask, TaskAccepted } from "../../../generated/schemas.gen.ts"
import * as Contract from "../../../mock/src/contract/Contract.ts"
import { choiceOf } from "../../../mock/src/provider/ScenarioChoice.ts"
import { get, headers, performance, poll, post, provider, submit } from "../Support.ts"

const only = (name: string, state: string): Scenario => ({ name, timeline: [{ state }] })

const scenarios = [
  only("by-character", "pending"),
  only("by-reference", "throttled"),
  only("by-header", "running"),
  only("by-key", "cancelled"),
  only("by-key-more-exactly", "failed")
]
const byOption = only("by-option", "succeeded-without-output")

const assets = (character: string, reference: string) => ({
  body: JSON.stringify({
    ...performance,
    character: { type: "image", uri: `https://${character}/portrait.png` },
    reference: { type: "video", uri: `https://${reference}/clip.mp4` }
  })
})
const plain = assets("example.com", "example.com")
const magic = (name: string) => `scenario.mock.test/${name}`

describe("the scenario of a task is the one that is asked for most specifically:", () => {
  const both = assets(magic("by-character"), magic("by-reference"))
  const reference = assets("example.com", magic("by-reference"))
  for (const [what, init, header, key, status] of [
    ["its character's URL", both, "by-header", "mock-by-key", "PENDING"],
    ["else its reference's URL", reference, "by-header", "mock-by-key", "THROTTLED"],
    ["else the POST's header", plain, "by-header", "mock-by-key", "RUNNING"],
    ["else the key's name", plain, undefined, "mock-by-key", "CANCELLED"],
    ["with anything behind it", plain, undefined, "mock-by-key-worker-3", "CANCELLED"],
    ["the longest name that fits", plain, undefined, "mock-by-key-more-exactly-3", "FAILED"],
    ["else the mock's option", plain, undefined, "any", "SUCCEEDED"],
    ["for a key that names no scenario too", plain, undefined, "mock-by-keys", "SUCCEEDED"],
    [
      "and by a name in another host's URL nothing",
      assets("e.com/by-character", "e.com"),
      undefined,
      "any",
      "SUCCEEDED"
    ]
  ] as const) {
    it.effect(what, () =>
      Effect.gen(function* () {
        const { fetch } = yield* RunwayMock.make({ scenarios, scenario: byOption })
        const named = header === undefined ? {} : { "x-mock-scenario": header }
        const response = yield* Effect.promise(() =>
          post(fetch, provider, key, { ...init, headers: { ...headers(key), ...named } })
        )
        const { id } = Schema.decodeUnknownSync(TaskAccepted)(yield* Effect.promise(() => response.json()))
        const task = Schema.decodeUnknownSync(BareTask)((yield* poll(fetch, id, provider, key)).body)
        assert.strictEqual(task.status, status)
      })
    )
  }

  it.effect("for one POST and not for the key's next one", () =>
    Effect.gen(function* () {
      const { fetch } = yield* RunwayMock.make({ scenarios, scenario: byOption })
      yield* Effect.promise(() => post(fetch, provider, "k", both))
      const id = yield* submit(fetch, provider, "k")
      const task = Schema.decodeUnknownSync(BareTask)((yield* poll(fetch, id, provider, "k")).body)
      assert.strictEqual(task.status, "SUCCEEDED")
    })
  )
})

describe("a scenario that does not exist", () => {
  for (const [where, init] of [
    ["character.uri", assets(magic("hapy"), "example.com")],
    ["reference.uri", assets("example.com", magic("hapy"))],
    ["X-Mock-Scenario", { headers: { ...headers(), "x-mock-scenario": "hapy" } }]
  ] as const) {
    it.effect(`is refused when ${where} asks for it, naming those that do, and makes no task`, () =>
      Effect.gen(function* () {
        const { fetch } = yield* RunwayMock.make()
        const response = yield* Effect.promise(() => post(fetch, provider, "test-key", init))
        assert.strictEqual(response.status, 400)
        assert.strictEqual(response.headers.get("content-type"), "application/problem+json")
        const problem = yield* Effect.promise(() => response.json())
        assert.strictEqual(
          problem.detail,
          `There is no scenario "hapy", which ${where} asks for; known: ${scenarioNames.join(", ")}`
        )
        const untouched = yield* RunwayMock.make()
        assert.strictEqual(yield* submit(fetch), yield* submit(untouched.fetch))
      })
    )
  }

  it.effect("is no matter without a key, which is said first", () =>
    Effect.gen(function* () {
      const { fetch } = yield* RunwayMock.make()
      const { authorization: _, ...keyless } = headers()
      const init = { headers: { ...keyless, "x-mock-scenario": "hapy" } }
      assert.strictEqual((yield* Effect.promise(() => post(fetch, provider, "k", init))).status, 401)
    })
  )
})

it.effect("Prefer is above every scenario, and makes no task of it", () =>
  Effect.gen(function* () {
    const { fetch } = yield* RunwayMock.make({ scenarios })
    const id = yield* submit(fetch, provider, "mock-by-key")
    const prefer = { headers: { ...headers("mock-by-key"), prefer: "code=429, example=native" } }
    const preferred = yield* Effect.promise(() => get(fetch, id, provider, "mock-by-key", prefer))
    assert.strictEqual(preferred.status, 429)
    assert.deepStrictEqual(
      yield* Effect.promise(() => preferred.json()),
      Contract.namedExample("getTask", 429, "native").body
    )
    assert.strictEqual((yield* poll(fetch, id, provider, "mock-by-key")).status, 200)
  })
)

describe("a state that says something else than its example", () => {
  const odd = (fields: Record<string, unknown>, outsideContract?: boolean): Scenario => ({
    name: "odd",
    outsideContract,
    timeline: [{ state: "running", polls: 1, with: fields }, { state: "succeeded" }]
  })
  const first = (scenario: Scenario) =>
    Effect.gen(function* () {
      const { fetch } = yield* RunwayMock.make({ scenario })
      const id = yield* submit(fetch)
      return { id, ...(yield* poll(fetch, id)) }
    })

  it.effect("is a loud 500 where it leaves the contract without saying so", () =>
    Effect.gen(function* () {
      for (const fields of [{ status: 5 }, { id: "" }, { output: [1] }]) {
        const { status, body } = yield* first(odd(fields))
        assert.strictEqual(status, 500)
        assert.match(JSON.stringify(body), /The mock is at fault.*breaks the contract/)
      }
    })
  )

  it.effect("passes where it says so, and keeps everything else", () =>
    Effect.gen(function* () {
      const { status, body, id } = yield* first(odd({ status: 5, extra: { deep: true } }, true))
      assert.strictEqual(status, 200)
      assert.deepStrictEqual(body, {
        id,
        status: 5,
        extra: { deep: true },
        createdAt: "1970-01-01T00:00:00.000Z",
        progress: 0
      })
    })
  )

  it.effect("needs to say nothing for what the contract leaves open, such as another status", () =>
    Effect.gen(function* () {
      const { status, body } = yield* first(odd({ status: "DREAMING" }))
      assert.strictEqual(status, 200)
      assert.strictEqual(Schema.decodeUnknownSync(BareTask)(body).status, "DREAMING")
    })
  )

  it.effect("goes into the objects inside it", () =>
    Effect.gen(function* () {
      const { fetch } = yield* RunwayMock.make({
        scenario: {
          name: "deep",
          timeline: [{ state: "envelope-queued", with: { data: { status: "PAUSED", data: { status: "PAUSING" } } } }]
        }
      })
      const id = yield* submit(fetch)
      const { body } = yield* poll(fetch, id)
      const said = JSON.stringify(body)
      assert.include(said, `"task_id":"${id}"`)
      assert.include(said, `"status":"PAUSED"`)
      assert.include(said, `{"id":"${id}","status":"PAUSING","createdAt":"1970-01-01T08:00:00+08:00"}`)
    })
  )
})

describe("a scenario's URL in a body", () => {
  const none = new Headers()
  const url = (name: string) => `https://scenario.mock.test/${name}/x.png`

  it.each([
    [
      { promptImage: url("stuck"), model: "gen4_turbo" },
      { name: "stuck", from: "promptImage" }
    ],
    [{ promptImage: [{ position: "first", uri: url("stuck") }] }, { name: "stuck", from: "promptImage.0.uri" }],
    [
      { reference: { uri: url("slow") }, character: { uri: url("stuck") } },
      { name: "stuck", from: "character.uri" }
    ],
    [{ promptText: "scenario.mock.test/stuck", promptImage: "https://example.com/a.png" }, undefined]
  ])("is found in any field of any operation's: %j", (body, choice) => {
    assert.deepStrictEqual(choiceOf(body, none), choice)
  })
})
