import { assert, describe, it } from "@effect/vitest"
import {
  type Entry,
  type Fault,
  type Mock,
  mswResolver,
  type Options,
  RunwayMock,
  type RunwayMockError,
  scenarioNames
} from "cometapi-runway-mock"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type * as Scope from "effect/Scope"
import { http } from "msw"
import { setupServer } from "msw/node"
import { type Fetch, get, type Outcome, outcomeOf, post, provider, served } from "../Support.ts"

/** A way to a mock: a `fetch`, and the origin that it is called with. */
interface Door {
  readonly fetch: Fetch
  readonly base: string
  readonly mock: Mock
  /** Whether it has one word for every connection that breaks, wherever it does. */
  readonly plain?: boolean
}

const options: Options = { clock: "virtual", seed: 7 }

/** Every door there is. A new one is one more line. */
const doors: Readonly<Record<string, Effect.Effect<Door, RunwayMockError, Scope.Scope>>> = {
  "fetch in process": Effect.map(RunwayMock.make(options), (mock) => ({ fetch: mock.fetch, base: provider, mock })),
  "the Effect layer": Effect.gen(function* () {
    const mock = yield* RunwayMock
    // What Effect's own HTTP client calls.
    return { fetch: yield* FetchHttpClient.Fetch, base: provider, mock }
  }).pipe(Effect.provide(RunwayMock.layer(options))),
  HTTP: Effect.map(RunwayMock.serve({ ...options, port: 0 }), (mock) => ({ fetch, base: mock.url, mock })),
  MSW: Effect.gen(function* () {
    const mock = yield* RunwayMock.make(options)
    const network = setupServer(http.all(`${provider}/*`, mswResolver(mock)))
    network.listen()
    yield* Effect.addFinalizer(() => Effect.sync(() => network.close()))
    return { fetch, base: provider, mock, plain: true }
  })
}

/** What a caller comes to know whose door does not tell how a connection broke. */
const plainly = (told: ReadonlyArray<Outcome>) =>
  told.map((outcome) => ("failed" in outcome || "broken" in outcome ? "failed" : outcome))

/** All that a world can tell of itself but what differs from door to door: the headers that a client adds, and real time. */
const kept = ({ base, mock }: Pick<Door, "base" | "mock">, key: string) => {
  const world = mock.world(key)
  const { entries, ...counts } = world.journal()
  const comparable = ({ headers: _, took: __, ...entry }: Entry) => entry
  const all = {
    ...{ journal: entries.map(comparable), counts, report: world.report(), about: world.describe() },
    ...{ tasks: world.tasks(), faults: world.faults(), clock: world.clock() }
  }
  return JSON.stringify(all).replaceAll(base, "ORIGIN").replaceAll(provider, "ORIGIN")
}

/** A task from its POST to its output, polled at most so often, and what the caller was told at each step. */
const life = async ({ fetch, base, mock }: Door, key: string, polls: number, downloads: ReadonlyArray<RequestInit>) => {
  const told = [await outcomeOf(post(fetch, base, key), base)]
  // Where a fault kept the id back.
  const id = mock.world(key).tasks()[0]?.id ?? "unknown"
  for (let count = 0; count < polls; count += 1) told.push(await outcomeOf(get(fetch, id, base, key), base))
  mock.world(key).advance("20 minutes")
  told.push(await outcomeOf(get(fetch, id, base, key), base))
  const [task] = mock.world(key).tasks()
  const output = task?.output?.replace(/^https?:\/\/[^/]+/, base)
  for (const init of downloads) {
    if (output !== undefined) told.push(await outcomeOf(fetch(output, init), base))
  }
  return told
}

const suite: Readonly<Record<string, ReadonlyArray<Fault>>> = {
  ...Object.fromEntries(scenarioNames.map((name) => [`mock-${name}-doors`, []])),
  "mock-happy-rate-limited": [{ on: "poll", kind: "status", status: 429, retryAfter: 7, first: 2 }],
  "mock-happy-flaky": [{ on: "poll", kind: "reset", rate: 0.3 }],
  "mock-happy-lost": [{ on: "submit", kind: "lost", once: true }],
  "mock-envelope-damaged": [
    { on: "poll", kind: "truncated", nth: 2 },
    { on: "poll", kind: "cut", nth: 3 },
    { on: "poll", kind: "html", nth: 4 },
    { on: "poll", kind: "empty", nth: 5 },
    { on: "poll", kind: "drip", nth: 6, every: "1 millis" },
    { on: "asset", kind: "truncated", first: 3 }
  ],
  "mock-happy-redirected": [{ on: "submit", kind: "redirect" }]
}

describe("every door tells the same", () => {
  const [[, reference] = [], ...others] = Object.entries(doors)

  it.live.each(Object.entries(suite))("of %s", ([key, faults]) =>
    Effect.gen(function* () {
      const through = (open: Effect.Effect<Door, RunwayMockError, Scope.Scope>) =>
        Effect.gen(function* () {
          const door = yield* open
          for (const fault of faults) door.mock.world(key).inject(fault)
          return {
            told: yield* Effect.promise(() =>
              life(door, key, 14, [{}, { method: "HEAD" }, { headers: { range: "bytes=4-7" } }])
            ),
            kept: kept(door, key),
            plain: door.plain === true
          }
        })
      const expected = yield* through(reference ?? assert.fail("no door"))
      assert.isAtLeast(expected.told.length, 16)
      for (const [name, open] of others) {
        const actual = yield* Effect.scoped(through(open))
        if (actual.plain) assert.deepStrictEqual(plainly(actual.told), plainly(expected.told), name)
        else assert.deepStrictEqual(actual.told, expected.told, name)
        assert.strictEqual(actual.kept, expected.kept, name)
      }
    })
  )
})

describe("two hundred worlds at once over HTTP", () => {
  const mock = served(options)
  const faults: ReadonlyArray<Fault> = [
    { on: "poll", kind: "status", status: 503, rate: 0.4 },
    { on: "poll", kind: "reset", rate: 0.4 },
    { on: "submit", kind: "lost", once: true },
    { on: "poll", kind: "truncated", nth: 2 },
    { on: "poll", kind: "cut", rate: 0.4 },
    { on: "poll", kind: "latency", median: "1 millis", p99: "5 millis" },
    { on: "poll", kind: "drip", every: "1 millis", bytes: 100 }
  ]
  const keyOf = (index: number) => `mock-${scenarioNames[index % scenarioNames.length]}-${index}`
  const live = async (door: Door, index: number) => {
    const fault = faults[index % faults.length]
    if (fault !== undefined) door.mock.world(keyOf(index)).inject(fault)
    if (index % 5 === 0) door.mock.world(keyOf(index)).limit({ concurrency: 1, daily: 1 })
    return {
      told: await life(door, keyOf(index), 2, [{ headers: { range: `bytes=${index}-` } }]),
      kept: kept(door, keyOf(index))
    }
  }

  it("each is told, and keeps, what it would if it were alone", async () => {
    const together = await Promise.all(
      Array.from({ length: 200 }, (_, index) => live({ fetch, base: mock().url, mock: mock() }, index))
    )
    for (const [index, one] of together.entries()) {
      const alone = Effect.runSync(RunwayMock.make(options))
      const expected = await live({ fetch: alone.fetch, base: mock().url, mock: alone }, index)
      assert.deepStrictEqual(one.told, expected.told, keyOf(index))
      assert.strictEqual(one.kept, expected.kept, keyOf(index))
    }
    assert.strictEqual(
      new Set(
        mock()
          .worlds()
          .map(({ world }) => world)
      ).size,
      200
    )
    const seen = together.flatMap(({ told }) => told.map((outcome) => ("status" in outcome ? outcome.status : 0)))
    for (const status of [0, 200, 206, 400, 503]) assert.include(seen, status)
  })
})
