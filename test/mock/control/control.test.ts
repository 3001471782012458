import { assert, describe, it } from "@effect/vitest"
import { RunwayMock, RunwayMockError } from "cometapi-runway-mock"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import { type Fetch, get, headers, performance, post, submit } from "../Support.ts"

const key = "sk-test-0123456789"

const make = (options: Parameters<typeof RunwayMock.make>[0] = {}, of = key) =>
  Effect.map(RunwayMock.make(options), (mock) => ({ fetch: mock.fetch, world: mock.world(of), mock }))

const start = (fetch: Fetch, init?: RequestInit, of = key) =>
  Effect.promise(async () => Reflect.get(Object(await (await post(fetch, undefined, of, init)).json()), "id") as string)

const body = (fetch: Fetch, id: string) =>
  Effect.promise(async (): Promise<unknown> => (await get(fetch, id, undefined, key)).json())

/** Why a call is refused. */
const refusal = (call: () => unknown): RunwayMockError["reason"] => {
  try {
    call()
  } catch (error) {
    assert.instanceOf(error, RunwayMockError)
    return error.reason
  }
  return assert.fail("it was to be refused")
}

describe("a world's scenario", () => {
  it.effect("is what its tasks live from now on, whatever the key's name says", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make({}, "mock-failed-asset-1")
      const of = "mock-failed-asset-1"
      assert.strictEqual(world.describe().scenario, "failed-asset")
      const before = yield* start(fetch, {}, of)
      assert.strictEqual(world.choose("stuck").scenario, "stuck")
      const after = yield* start(fetch, {}, of)
      assert.deepStrictEqual([world.task(before).scenario, world.task(after).scenario], ["failed-asset", "stuck"])
    })
  )

  it.effect("goes after what the POST says itself", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make()
      world.choose("stuck")
      const header = yield* start(fetch, { headers: { ...headers(key), "x-mock-scenario": "row" } })
      const uri = "https://scenario.mock.test/envelope/portrait.png"
      const asset = yield* start(fetch, { body: JSON.stringify({ ...performance, character: { type: "image", uri } }) })
      assert.deepStrictEqual([world.task(header).scenario, world.task(asset).scenario], ["row", "envelope"])
    })
  )

  it.effect("may be one of the caller's own, in words that JSON can carry", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make({ clock: "virtual" })
      world.choose({ name: "mine", timeline: [{ state: "running", for: "7 seconds" }, { state: "cancelled" }] })
      const id = yield* start(fetch)
      assert.strictEqual(world.task(id).state, "running")
      world.advance("7 seconds")
      assert.deepInclude(world.task(id), { state: "cancelled", status: "CANCELLED", ended: true })
    })
  )

  it.effect("that does not exist or cannot be played is refused, and changes nothing", () =>
    Effect.gen(function* () {
      const { world } = yield* make()
      assert.match(refusal(() => world.choose("hapy")).message, /^there is no scenario "hapy"; known: happy, slow, /)
      assert.strictEqual(refusal(() => world.choose({ name: "none", timeline: [] }))._tag, "BrokenScenario")
      assert.strictEqual(world.describe().scenario, "happy")
    })
  )
})

describe("a world's clock", () => {
  for (const clock of ["real", "virtual"] as const) {
    it.effect(`moves its tasks when it is advanced, and no other world's: ${clock}`, () =>
      Effect.gen(function* () {
        const { fetch, world, mock } = yield* make({ clock })
        const id = yield* start(fetch)
        const other = mock.world("sk-other-0123456789")
        const then = other.clock().now
        const now = Date.parse(world.clock().now)
        assert.strictEqual(Date.parse(world.advance("30 seconds").now), now + 30_000)
        assert.deepInclude(world.task(id), { state: "running", age: 30, progress: 0.4 })
        assert.strictEqual(other.clock().now, then)
      })
    )
  }

  it.effect("goes on from where it was put, faster where the mock's time is scaled", () =>
    Effect.gen(function* () {
      const { world } = yield* make({ scale: 20 })
      const begin = Date.parse(world.clock().now)
      world.advance("1 hour")
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(Date.parse(world.clock().now), begin + 3_600_000 + 60_000)
      assert.deepInclude(world.clock(), { clock: "real", scale: 20 })
    })
  )

  it.effect("is not advanced by nonsense, nor back", () =>
    Effect.gen(function* () {
      const { world } = yield* make({ clock: "virtual" })
      const { now } = world.clock()
      for (const by of ["soon", "-3 seconds", Number.NaN, Number.POSITIVE_INFINITY] as const) {
        assert.match(
          refusal(() => world.advance(by)).message,
          /^by must be a duration such as "45 seconds", of thirty years at most; got /
        )
      }
      assert.strictEqual(world.clock().now, now)
    })
  )
})

describe("a task", () => {
  it.effect("can be looked at without being polled", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make({ clock: "virtual" })
      const id = yield* start(fetch)
      world.tasks()
      assert.deepInclude(world.task(id), {
        state: "task-not-exist",
        shape: "other",
        polls: 0,
        collected: false,
        age: 0
      })
      const told = yield* body(fetch, id)
      assert.deepInclude(world.task(id), { state: "pending", shape: "bare", polls: 1, status: "PENDING", age: 5 })
      assert.deepStrictEqual(world.task(id).body, told)
    })
  )

  it.effect("is brought from state to state, and stays in its last one", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make({ clock: "virtual" })
      const id = yield* start(fetch)
      const states = [1, 2, 3, 4].map(() => world.step(id).state)
      assert.deepStrictEqual(states, ["pending", "running", "succeeded", "succeeded"])
      assert.deepInclude(yield* body(fetch, id), { status: "SUCCEEDED" })
      assert.isTrue(world.task(id).collected)
    })
  )

  for (const [scenario, finished, failed] of [
    ["stuck", "succeeded", "failed"],
    ["failed-asset", "succeeded", "failed"],
    ["envelope", "envelope-success", "envelope-failure"],
    ["row", "row-success", "failed"]
  ] as const) {
    it.effect(
      `of the scenario ${scenario} finishes and fails when it is told to, in its own shape, also before anybody sees it`,
      () =>
        Effect.gen(function* () {
          const { fetch, world } = yield* make({ scenario })
          const young = yield* start(fetch)
          assert.deepInclude(world.finish(young), { state: finished, ended: true })
          const video = world.task(young).output ?? assert.fail("it has no output")
          assert.strictEqual((yield* Effect.promise(() => fetch(video))).headers.get("content-type"), "video/mp4")
          const old = yield* start(fetch)
          yield* TestClock.adjust("20 seconds")
          assert.deepInclude(world.fail(old), { state: failed, ended: true })
          yield* TestClock.adjust("1 hour")
          assert.strictEqual(world.task(old).state, failed, "it stays so")
        })
    )
  }

  it.effect("fails as an example of the contract does, and as no other", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make()
      const id = yield* start(fetch)
      assert.match(
        refusal(() => world.fail(id, "running")).message,
        /^as must be an example of a task that is over; "running" is not$/
      )
      assert.match(refusal(() => world.fail(id, "nonsense")).message, /no example "nonsense"/)
      assert.strictEqual(world.task(id).state, "task-not-exist")
      world.fail(id, "failed-safety-output")
      assert.deepInclude(yield* body(fetch, id), { failureCode: "SAFETY.OUTPUT.VIDEO" })
    })
  )

  it.effect("of another key, or of none, is not found", () =>
    Effect.gen(function* () {
      const { fetch, mock } = yield* make()
      const id = yield* start(fetch)
      const other = mock.world("sk-other-0123456789")
      for (const call of [() => other.task(id), () => other.step(id), () => other.finish(id), () => other.fail(id)]) {
        assert.strictEqual(refusal(call).message, `this world has no task "${id}"; it has none`)
      }
    })
  )
})

describe("an account's limits", () => {
  it.effect("let so many jobs be at work, and the others wait as THROTTLED until it is their turn", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make({ account: { concurrency: 2 } })
      const ids = [yield* start(fetch), yield* start(fetch), yield* start(fetch), yield* start(fetch)]
      const states = () => ids.map((id) => world.task(id).state)
      assert.deepStrictEqual(states(), ["task-not-exist", "task-not-exist", "throttled", "throttled"])
      yield* TestClock.adjust("59 seconds")
      assert.deepStrictEqual(states(), ["running", "running", "throttled", "throttled"])
      assert.deepInclude(yield* body(fetch, ids[2] ?? ""), { status: "THROTTLED" })
      yield* TestClock.adjust("6 seconds")
      assert.deepStrictEqual(
        states(),
        ["succeeded", "succeeded", "pending", "pending"],
        "two minutes' work, two at a time"
      )
      yield* TestClock.adjust("55 seconds")
      assert.deepStrictEqual(states(), ["succeeded", "succeeded", "succeeded", "succeeded"])
    })
  )

  it.effect("give the next one its turn at the moment another ends, whether or not anybody looks then", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make({ account: { concurrency: 1 } })
      const ids = [yield* start(fetch), yield* start(fetch), yield* start(fetch)]
      yield* TestClock.adjust("125 seconds")
      assert.deepStrictEqual(
        ids.map((id) => world.task(id).state),
        ["succeeded", "succeeded", "pending"]
      )
      world.fail(ids[2] ?? "")
      const next = yield* start(fetch)
      assert.strictEqual(world.task(next).state, "task-not-exist", "a job that failed makes room as well")
    })
  )

  it.effect("make an envelope's task wait in its own shape", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make({ scenario: "envelope", account: { concurrency: 1 } })
      yield* start(fetch)
      const id = yield* start(fetch)
      assert.deepInclude(world.task(id), { shape: "envelope", status: "THROTTLED", ended: false })
    })
  )

  it.effect("that are lifted let everybody begin", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make({ scenario: "stuck" })
      world.limit({ concurrency: 1 })
      yield* start(fetch)
      const id = yield* start(fetch)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(world.task(id).state, "throttled")
      assert.deepStrictEqual(world.limit({}), {})
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(world.task(id).state, "running")
    })
  )

  it.effect("that are raised make room from then on, and not as if there had always been room", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make({ account: { concurrency: 1 } })
      yield* start(fetch)
      const ids = [yield* start(fetch), yield* start(fetch)]
      yield* TestClock.adjust("50 seconds")
      world.limit({ concurrency: 2 })
      assert.deepStrictEqual(
        ids.map((id) => world.task(id).state),
        ["pending", "throttled"]
      )
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(
        ids.map((id) => world.task(id).state),
        ["running", "pending"]
      )
    })
  )

  it.effect("do not make a task vanish again that has waited: its turn leaves out the time of being invisible", () =>
    Effect.gen(function* () {
      const { fetch } = yield* make({ account: { concurrency: 1 } })
      yield* start(fetch)
      const id = yield* start(fetch)
      assert.deepInclude(yield* body(fetch, id), { status: "THROTTLED" })
      yield* TestClock.adjust("1 minute")
      assert.deepInclude(yield* body(fetch, id), { status: "PENDING" })
    })
  )

  it.effect("are left aside by a step, which is then the task's turn and no more", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make({ account: { concurrency: 1 } })
      yield* start(fetch)
      const id = yield* start(fetch)
      assert.deepStrictEqual(
        [world.task(id).state, world.step(id).state, world.step(id).state],
        ["throttled", "pending", "running"]
      )
    })
  )

  it.effect("turn the next submission of a day into the documented 429, which says when the next day begins", () =>
    Effect.gen(function* () {
      // The client's clock: the world's day has twelve hours left.
      yield* TestClock.setTime(Date.UTC(2027, 1, 3, 4))
      const { fetch, world } = yield* make({ clock: "virtual", account: { daily: 2 } })
      yield* start(fetch)
      yield* start(fetch)
      const refused = yield* Effect.promise(() => post(fetch, undefined, key))
      assert.deepStrictEqual(
        [refused.status, refused.headers.get("retry-after"), yield* Effect.promise(() => refused.json())],
        [429, "Wed, 03 Feb 2027 16:00:00 GMT", { error: "Too many requests." }]
      )
      assert.strictEqual(world.tasks().length, 2)
      world.advance("12 hours")
      assert.strictEqual((yield* Effect.promise(() => post(fetch, undefined, key))).status, 200)
    })
  )

  it.effect("that make no sense are refused, also as options", () =>
    Effect.gen(function* () {
      const { world } = yield* make()
      for (const [account, why] of [
        [{ concurrency: 0 }, "account.concurrency must be a whole number above 0; got 0"],
        [{ concurrency: 1.5 }, "account.concurrency must be a whole number above 0; got 1.5"],
        [{ daily: -1 }, "account.daily must be a whole number, 0 or more; got -1"]
      ] as const) {
        assert.strictEqual(refusal(() => world.limit(account)).message, why)
        assert.strictEqual((yield* Effect.flip(RunwayMock.make({ account }))).message, why)
      }
      assert.deepStrictEqual(world.account(), {})
    })
  )
})

describe("the journal", () => {
  it.effect("has every request with its answer, and can be read from where one left off", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make({ clock: "virtual" })
      const id = yield* start(fetch)
      yield* body(fetch, id)
      world.inject({ on: "poll", kind: "reset", once: true })
      yield* Effect.ignore(Effect.tryPromise(() => get(fetch, id, undefined, key)))
      const { entries, last, dropped } = world.journal()
      assert.deepStrictEqual(
        entries.map(({ number, operation, taskId, answer, fault, at }) => [
          number,
          operation,
          taskId,
          answer?.status,
          fault?.kinds,
          at
        ]),
        [
          [1, "submit", id, 200, undefined, "2026-05-01T12:00:00.000Z"],
          [2, "poll", id, 200, undefined, "2026-05-01T12:00:05.000Z"],
          [3, "poll", id, undefined, ["reset"], "2026-05-01T12:00:10.000Z"]
        ]
      )
      assert.deepStrictEqual([last, dropped], [3, 0])
      assert.deepStrictEqual(entries[0]?.body, performance)
      assert.deepStrictEqual(
        world.journal({ after: 2 }).entries.map(({ number }) => number),
        [3]
      )
      assert.deepStrictEqual(
        world.journal({ operation: "submit" }).entries.map(({ number }) => number),
        [1]
      )
      assert.deepStrictEqual(world.journal({ task: "another" }).entries, [])
    })
  )

  it.effect("is told of as it grows, to whoever wants to know", () =>
    Effect.gen(function* () {
      const told: Array<string> = []
      const { fetch, world } = yield* make({ onRequest: (entry, world) => told.push(`${world} ${entry.operation}`) })
      yield* start(fetch)
      assert.deepStrictEqual(told, [`${world.describe().world} submit`])
    })
  )
})

describe("a mock's worlds", () => {
  it.effect("say where outputs are to be had from a mock that is served", () =>
    Effect.gen(function* () {
      const { url, world: worldOf } = yield* RunwayMock.serve({ port: 0 })
      const world = worldOf(key)
      const id = yield* submit(fetch, url, key)
      const video = world.finish(id).output ?? assert.fail("it has no output")
      assert.strictEqual(new URL(video).origin, url)
      assert.strictEqual((yield* Effect.promise(() => fetch(video))).status, 200)
    })
  )

  it.effect("are listed with what is in them, the one used last in front, and none tells its key", () =>
    Effect.gen(function* () {
      const { fetch, mock, world } = yield* make({ clock: "virtual" })
      yield* submit(fetch, undefined, key)
      mock.world("sk-second-0123456789").inject({ on: "poll", kind: "reset" })
      const [second, first] = mock.worlds()
      assert.deepInclude(first, { tasks: 1, requests: 1, findings: 1, faults: 0, scenario: "happy" })
      assert.deepInclude(second, { tasks: 0, requests: 0, findings: 0, faults: 1 })
      assert.notInclude(JSON.stringify(mock.worlds()), "sk-")
      assert.strictEqual(mock.worldAt(first?.world ?? "")?.tasks().length, 1)
      assert.isUndefined(mock.worldAt("000000000000"))
      world.reset()
      assert.strictEqual(mock.worlds().length, 1)
      mock.reset()
      assert.deepStrictEqual(mock.worlds(), [])
    })
  )

  it.effect("that were found by their id are gone after a reset, until their key is used again", () =>
    Effect.gen(function* () {
      const { fetch, mock, world } = yield* make()
      yield* start(fetch)
      const id = world.describe().world
      const found = mock.worldAt(id) ?? assert.fail("it is there")
      assert.lengthOf(found.tasks(), 1)
      found.reset()
      assert.strictEqual(refusal(found.tasks).message, `there is no world "${id}"; there are none`)
      assert.deepStrictEqual(world.tasks(), [])
      assert.deepStrictEqual(found.tasks(), [])
    })
  )

  it.effect("begin anew after a reset, with the same ids, and the functions go on working", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make({ faults: [{ on: "poll", kind: "empty" }] })
      const id = yield* start(fetch)
      world.choose("stuck")
      world.heal()
      world.limit({ daily: 1 })
      world.advance("1 hour")
      world.reset()
      assert.deepInclude(world.describe(), { tasks: 0, requests: 0, faults: 1, scenario: "happy" })
      assert.deepStrictEqual([world.account(), world.journal().entries], [{}, []])
      assert.strictEqual(yield* start(fetch), id)
    })
  )

  it.effect("are no more than the mock keeps", () =>
    Effect.gen(function* () {
      const { fetch, mock } = yield* make({ limits: { worlds: 1 } })
      yield* start(fetch)
      assert.match(
        refusal(() => mock.world("sk-other-0123456789").tasks()).message,
        /^the mock keeps 1 keys and all are in use/
      )
    })
  )
})
