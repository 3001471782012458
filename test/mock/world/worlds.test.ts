import { assert, describe, it } from "@effect/vitest"
import { RunwayMock, type Scenario } from "cometapi-runway-mock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { TestClock } from "effect/testing"
import { BareTask } from "../../../generated/schemas.gen.ts"
import * as Provider from "../../../mock/src/provider/Provider.ts"
import * as Time from "../../../mock/src/Time.ts"
import { compile } from "../../../mock/src/world/Scenario.ts"
import { Worlds } from "../../../mock/src/world/Worlds.ts"
import { type Fetch, outputOf, poll, post, provider, submit } from "../Support.ts"

const statusOf = (body: unknown) => Schema.decodeUnknownSync(BareTask)(body).status

describe("a virtual clock", () => {
  const untilDone = (fetch: Fetch, key: string) =>
    Effect.gen(function* () {
      const id = yield* submit(fetch, provider, key)
      const seen: Array<string> = []
      while (seen.at(-1) !== "SUCCEEDED" && seen.length < 1000)
        seen.push(statusOf((yield* poll(fetch, id, provider, key)).body))
      return seen
    })

  it.effect("takes a task to its end in as many polls as a real client needs, without any waiting", () =>
    Effect.gen(function* () {
      const { fetch } = yield* RunwayMock.make({ clock: "virtual" })
      const seen = yield* untilDone(fetch, "k")
      assert.deepStrictEqual(seen, ["PENDING", ...Array.from({ length: 10 }, () => "RUNNING"), "SUCCEEDED"])
      assert.lengthOf(yield* untilDone(fetch, "mock-slow"), 181)
    })
  )

  it.effect("starts at the same moment in every run and every world, and nothing but polls moves it", () =>
    Effect.gen(function* () {
      const { fetch } = yield* RunwayMock.make({ clock: "virtual" })
      yield* TestClock.adjust("365 days")
      for (const key of ["one", "other"]) {
        const id = yield* submit(fetch, provider, key)
        yield* TestClock.adjust("365 days")
        const { body } = yield* poll(fetch, id, provider, key)
        assert.deepStrictEqual(body, { id, status: "PENDING", createdAt: "2026-05-01T12:00:00.000Z" })
        const later = yield* submit(fetch, provider, key)
        const second = Schema.decodeUnknownSync(BareTask)((yield* poll(fetch, later, provider, key)).body)
        assert.strictEqual(second.createdAt, "2026-05-01T12:00:05.000Z")
      }
    })
  )

  it.effect("moves once for all tasks of a key that are polled in turn, as the time of one client does", () =>
    Effect.gen(function* () {
      const { fetch } = yield* RunwayMock.make({ clock: "virtual" })
      const ids = yield* Effect.forEach([1, 2, 3], () => submit(fetch))
      const rounds: Array<ReadonlyArray<string>> = []
      for (let round = 0; round < 12; round += 1)
        rounds.push(yield* Effect.forEach(ids, (id) => Effect.map(poll(fetch, id), ({ body }) => statusOf(body))))
      assert.deepStrictEqual(rounds[0], ["PENDING", "PENDING", "PENDING"])
      assert.deepStrictEqual(rounds[10], ["RUNNING", "RUNNING", "RUNNING"])
      assert.deepStrictEqual(rounds[11], ["SUCCEEDED", "SUCCEEDED", "SUCCEEDED"])
    })
  )
})

it.effect("a state that counts polls needs no time at all", () =>
  Effect.gen(function* () {
    const scenario: Scenario = {
      name: "counted",
      timeline: [{ state: "pending", polls: 1 }, { state: "running", polls: 2 }, { state: "succeeded" }]
    }
    const { fetch } = yield* RunwayMock.make({ scenario })
    const id = yield* submit(fetch)
    const other = yield* submit(fetch)
    const seen: Array<string> = []
    for (let polls = 0; polls < 5; polls += 1) seen.push(statusOf((yield* poll(fetch, id)).body))
    assert.deepStrictEqual(seen, ["PENDING", "RUNNING", "RUNNING", "SUCCEEDED", "SUCCEEDED"])
    assert.strictEqual(statusOf((yield* poll(fetch, other)).body), "PENDING", "each task counts its own")
  })
)

describe("a world", () => {
  /** A provider whose real time is a number that the test moves. */
  const aging = () => {
    const script = Result.getOrThrow(compile({ name: "only", timeline: [{ state: "succeeded" }] }))
    let uptime = 0
    const worlds = new Worlds({
      rulesFor: () => ({ script, faults: [], account: {}, required: "full", tasks: [] }),
      ...{ seed: 1, time: () => Time.virtual(() => 0) },
      limits: { worlds: 2, tasks: 2, journal: 100, idle: 1000 },
      uptime: () => uptime
    })
    const handle = Provider.make({ worlds, scripts: new Map(), priceOf: () => undefined, onRequest: () => {} })
    const fetch: Fetch = async (input, init) => (await handle(new Request(input, init))).response
    return {
      fetch,
      pass: (millis: number) => {
        uptime += millis
      }
    }
  }

  it.effect("is forgotten when nobody used it for as long as it may be idle", () =>
    Effect.gen(function* () {
      const { fetch, pass } = aging()
      const id = yield* submit(fetch)
      pass(999)
      const { body } = yield* poll(fetch, id)
      pass(999)
      const output = outputOf(body)
      assert.strictEqual((yield* Effect.promise(() => fetch(output))).status, 200, "a download is a use too")
      pass(999)
      assert.strictEqual((yield* poll(fetch, id)).status, 200)
      pass(1000)
      assert.strictEqual((yield* Effect.promise(() => fetch(output))).status, 404)
      assert.strictEqual((yield* poll(fetch, id)).status, 400)
      assert.strictEqual(yield* submit(fetch), id, "the same key begins again as it began")
    })
  )

  const refused = (response: Response, message: RegExp) =>
    Effect.promise(async () => {
      assert.strictEqual(response.status, 400)
      assert.strictEqual(response.headers.get("content-type"), "application/problem+json")
      assert.match((await response.json()).detail, message)
    })

  it.effect("is not had when all are in use, until one is forgotten", () =>
    Effect.gen(function* () {
      const { fetch, pass } = aging()
      yield* submit(fetch, provider, "one")
      pass(500)
      const other = yield* submit(fetch, provider, "other")
      const third = () => Effect.promise(() => post(fetch, provider, "third"))
      yield* refused(yield* third(), /^The mock keeps 2 keys and all are in use/)
      assert.strictEqual((yield* poll(fetch, other, provider, "other")).status, 200, "those in use are not disturbed")
      pass(500)
      assert.strictEqual((yield* third()).status, 200)
      assert.strictEqual((yield* poll(fetch, other, provider, "other")).status, 200)
    })
  )

  it.effect("takes no more tasks than it may have, and keeps those it has", () =>
    Effect.gen(function* () {
      const { fetch } = yield* RunwayMock.make({ limits: { tasks: 2 } })
      const ids = [yield* submit(fetch), yield* submit(fetch)]
      yield* TestClock.adjust("1 minute")
      yield* refused(yield* Effect.promise(() => post(fetch)), /^This key has 2 tasks, and the mock keeps no more/)
      for (const id of ids) assert.strictEqual(statusOf((yield* poll(fetch, id)).body), "SUCCEEDED")
      yield* submit(fetch, provider, "another key")
    })
  )
})

describe("worlds do not know of each other", () => {
  const scenarios = ["happy", "envelope", "failed-asset", "unknown-status", "stuck"]
  const keyOf = (index: number) => `mock-${scenarios[index % scenarios.length]}-${index}`

  /** Everything that a key is told in a life of its own: two tasks, polled in turn, and a request that is wrong. */
  const told = async (fetch: Fetch, base: string, key: string): Promise<ReadonlyArray<string>> => {
    const heard: Array<string> = []
    const ask = async (path: string, init: RequestInit = {}) => {
      const headers = { authorization: `Bearer ${key}`, "x-runway-version": "2024-11-06" }
      const response = await fetch(base + path, { ...init, headers })
      const text = await response.text()
      heard.push(`${response.status} ${response.headers.get("x-oneapi-request-id")} ${text}`)
      return text
    }
    const submitted = async (): Promise<string> => {
      const response = await post(fetch, base, key)
      const text = await response.text()
      heard.push(`${response.headers.get("x-oneapi-request-id")} ${text}`)
      return JSON.parse(text).id
    }
    const first = await submitted()
    await ask(`/runwayml/v1/tasks/${first}`)
    const ids = [first, await submitted()]
    await ask("/runwayml/v1/character_performance", { method: "POST" })
    for (let round = 0; round < 3; round += 1) for (const id of ids) await ask(`/runwayml/v1/tasks/${id}`)
    return heard
  }
  const strangers = (heards: ReadonlyArray<ReadonlyArray<string>>) => {
    const ids = heards.flatMap((heard) => [heard[0], heard[2]].map((said) => said?.split('"id":')[1]))
    return new Set(ids).size
  }

  it.live("though 200 keys live at once: each is told what it is told when it is alone", () =>
    Effect.gen(function* () {
      const { fetch } = yield* RunwayMock.make({ clock: "virtual" })
      const keys = Array.from({ length: 200 }, (_, index) => keyOf(index))
      const together = yield* Effect.promise(() => Promise.all(keys.map((key) => told(fetch, provider, key))))
      for (const [index, key] of keys.entries()) {
        const alone = yield* RunwayMock.make({ clock: "virtual" })
        assert.deepStrictEqual(
          together[index],
          yield* Effect.promise(() => told(alone.fetch, provider, key)),
          `${key} was told something else among others`
        )
      }
      assert.strictEqual(strangers(together), 400, "every id is one key's alone")
    })
  )

  it.live("nor over HTTP, where 30 keys live at once", () =>
    Effect.gen(function* () {
      const { url } = yield* RunwayMock.serve({ port: 0, clock: "virtual" })
      const keys = Array.from({ length: 30 }, (_, index) => keyOf(index))
      const together = yield* Effect.promise(() => Promise.all(keys.map((key) => told(fetch, url, key))))
      for (const [index, key] of keys.entries()) {
        const alone = yield* RunwayMock.make({ clock: "virtual" })
        assert.deepStrictEqual(together[index], yield* Effect.promise(() => told(alone.fetch, url, key)))
      }
      assert.strictEqual(strangers(together), 60)
    })
  )
})

describe("a world's name", () => {
  const names = (mock: { readonly worlds: () => ReadonlyArray<{ readonly name?: string }> }) =>
    mock.worlds().map(({ name }) => name)

  it.effect("is its key, where that says itself that it is no secret, and no other key's", () =>
    Effect.gen(function* () {
      const mock = yield* RunwayMock.make()
      const long = `mock-${"x".repeat(200)}`
      for (const key of ["sk-test-0123456789", "contest-key", "test-checkout", "mock-failed-asset-1", long])
        mock.world(key).describe()
      const expected = [long.slice(0, 80), "mock-failed-asset-1", "test-checkout", undefined, undefined]
      assert.deepStrictEqual(names(mock), expected)
      assert.notInclude(JSON.stringify(mock.worlds()), "contest-key")
    })
  )

  it.effect("is 'no key' for requests without one, which are listed, read and forgotten like any other's", () =>
    Effect.gen(function* () {
      const mock = yield* RunwayMock.make()
      assert.deepStrictEqual(mock.worlds(), [])
      const keyless = () =>
        Effect.promise(() => mock.fetch("https://api.cometapi.com/runwayml/v1/tasks/some", { method: "GET" }))
      yield* keyless()
      assert.deepInclude(mock.worlds()[0], { world: "nobody", name: "no key", requests: 1, tasks: 0 })
      mock.world("test-later").describe()
      assert.deepStrictEqual(names(mock), ["test-later", "no key"])
      yield* keyless()
      assert.deepStrictEqual(names(mock), ["no key", "test-later"])
      const world = mock.worldAt("nobody")
      assert.strictEqual(world?.journal().entries[0]?.answer?.status, 401)
      world?.reset()
      assert.deepStrictEqual(names(mock), ["test-later"])
      yield* keyless()
      assert.deepInclude(mock.worlds()[0], { name: "no key", requests: 1 })
      mock.reset()
      assert.deepStrictEqual(mock.worlds(), [])
    })
  )
})
