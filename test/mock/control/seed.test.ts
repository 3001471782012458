import { assert, describe, it } from "@effect/vitest"
import { RunwayMock, RunwayMockError, type Seed, type WorldControl } from "cometapi-runway-mock"
import * as Effect from "effect/Effect"
import { get, outputOf, performance, poll, post, submit } from "../Support.ts"

const key = "sk-seed-0123456789"

const make = (options: Parameters<typeof RunwayMock.make>[0] = { clock: "manual" }) =>
  Effect.map(RunwayMock.make(options), (mock) => ({ mock, fetch: mock.fetch, world: mock.world(key) }))

/** Why a task is not seeded. */
const refusal = (world: WorldControl, seed: Seed): string => {
  try {
    world.seed(seed)
  } catch (error) {
    assert.instanceOf(error, RunwayMockError)
    return `${error.reason._tag}: ${error.message}`
  }
  return assert.fail("it was to be refused")
}

it("no task is seeded where requests without a key are: nobody could ask for it", async () => {
  await using mock = await RunwayMock.start({ port: 0 })
  await (await fetch(`${mock.url}/runwayml/v1/tasks/x`)).text()
  const answer = await fetch(`${mock.url}/_mock/tasks?world=nobody`, { method: "POST", body: "{}" })
  assert.strictEqual(answer.status, 400)
  assert.match((await answer.json()).detail, /requests without a key make no task .*: seed it with the key/)
  assert.strictEqual(mock.worldAt("nobody")?.describe().tasks, 0)
})

describe("a seeded task", () => {
  it.effect("is polled by its id, and is as old as it says", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make()
      const seeded = world.seed({ id: "from-yesterday", scenario: "happy", at: "10 seconds" })
      assert.deepInclude(seeded, { id: "from-yesterday", scenario: "happy", age: 10, polls: 0, ended: false })
      assert.deepInclude((yield* poll(fetch, "from-yesterday", undefined, key)).body, { id: "from-yesterday" })
      world.seed({ id: "old", at: "1 hour" })
      const { body } = yield* poll(fetch, "old", undefined, key)
      assert.deepInclude(body, { id: "old", status: "SUCCEEDED" })
      const { now } = world.clock()
      assert.deepInclude(world.task("old"), { createdAt: new Date(Date.parse(now) - 3_600_000).toISOString() })
    })
  )

  it.effect("lives as the world's tasks do, or as a scenario of one's own", () =>
    Effect.gen(function* () {
      const { world } = yield* make({ clock: "manual", scenario: "stuck" })
      assert.strictEqual(world.seed().scenario, "stuck")
      const own = world.seed({
        scenario: { name: "mine", timeline: [{ state: "running", for: "7 seconds" }, { state: "cancelled" }] },
        at: "8 seconds"
      })
      assert.deepInclude(own, { scenario: "mine", state: "cancelled", ended: true })
    })
  )

  it.effect("gets the same id in every run, and changes no id of a POST", () =>
    Effect.gen(function* () {
      const [one, other, plain] = [yield* make(), yield* make(), yield* make()]
      const ids = [one.world.seed().id, one.world.seed().id]
      assert.deepStrictEqual([other.world.seed().id, other.world.seed().id], ids)
      assert.strictEqual(new Set(ids).size, 2)
      const posted = yield* submit(plain.fetch, undefined, key)
      assert.strictEqual(yield* submit(one.fetch, undefined, key), posted)
      // A test may know the id of a later POST, and seed it.
      const { fetch, world } = yield* make()
      world.seed({ id: posted })
      assert.notStrictEqual(yield* submit(fetch, undefined, key), posted)
      assert.strictEqual(world.tasks().length, 2)
    })
  )

  it.effect("costs nothing and is not missed, but its polls are judged and it can be collected", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make()
      world.seed({ id: "unasked", at: "1 hour" })
      world.seed({ id: "asked", scenario: "happy", at: "0 seconds" })
      world.advance("20 seconds")
      yield* poll(fetch, "asked", undefined, key)
      world.expectClean()
      yield* poll(fetch, "asked", undefined, key)
      assert.deepStrictEqual(
        world.report().findings.map(({ kind, taskId }) => [kind, taskId]),
        [["poll-too-fast", "asked"]]
      )
      world.advance("1 hour")
      yield* poll(fetch, "asked", undefined, key)
      assert.isTrue(world.task("asked").collected)
      const nothing = { jobs: 0, dollars: 0 }
      assert.deepStrictEqual(world.report().money, {
        accepted: nothing,
        collected: nothing,
        orphaned: nothing,
        paidTwice: nothing
      })
    })
  )

  it.effect("is at work from the start and takes up a place; it counts as a submission of its day", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make()
      world.limit({ concurrency: 1, daily: 2 })
      const running = world.seed({ scenario: "stuck", at: "1 minute" })
      assert.strictEqual(running.status, "RUNNING")
      assert.strictEqual(world.seed({ scenario: "stuck", at: "1 minute" }).status, "RUNNING")
      world.limit({ concurrency: 2, daily: 3 })
      const posted = yield* submit(fetch, undefined, key)
      assert.strictEqual(world.task(posted).status, "THROTTLED")
      const refused = yield* Effect.promise(() =>
        post(fetch, undefined, key, { body: JSON.stringify({ ...performance, seed: 2 }) })
      )
      assert.strictEqual(refused.status, 429)
    })
  )

  it.effect("may have the id that another key's task has, and its own output", () =>
    Effect.gen(function* () {
      const { mock, fetch, world } = yield* make()
      const other = mock.world("sk-other-0123456789")
      const outputs: Array<string> = []
      for (const [one, bearer] of [
        [world, key],
        [other, "sk-other-0123456789"]
      ] as const) {
        one.seed({ id: "same", scenario: "happy", at: "1 hour" })
        outputs.push(outputOf(yield* Effect.promise(async () => (await get(fetch, "same", undefined, bearer)).json())))
      }
      for (const output of [...outputs].reverse()) {
        const response = yield* Effect.promise(() => fetch(output))
        assert.strictEqual(response.status, 200)
        assert.isAbove((yield* Effect.promise(() => response.arrayBuffer())).byteLength, 0)
      }
      const downloads = [world, other].map((one) => one.journal({ operation: "asset" }).entries.length)
      assert.deepStrictEqual(downloads, [1, 1])
      const [first = ""] = outputs
      const forged = yield* Effect.promise(() => fetch(first.replace(/_jwt=.*/, "_jwt=a.b.c")))
      assert.strictEqual(forged.status, 403)
    })
  )

  it.effect("that makes no sense is refused, and nothing is made", () =>
    Effect.gen(function* () {
      const { world } = yield* make({ clock: "manual", limits: { tasks: 2 } })
      for (const id of ["", "a/b", "..", "with space", "x".repeat(201)])
        assert.match(
          refusal(world, { id }),
          /^BrokenSeed: this task cannot be seeded: its id must have 1 to 200 letters/
        )
      for (const at of ["soon", "-1 minute", Number.POSITIVE_INFINITY] as const)
        assert.match(refusal(world, { at }), /^BrokenSeed: .*how long ago it was submitted, such as "1 minute"/)
      assert.match(refusal(world, { scenario: "hapy" }), /^UnknownScenario: there is no scenario "hapy"; known: happy/)
      assert.deepStrictEqual(world.tasks(), [])
      world.seed({ id: "one" })
      assert.match(refusal(world, { id: "one" }), /this world has a task "one" already: choose another id/)
      world.seed({ id: "two" })
      assert.match(refusal(world, {}), /the mock keeps 2 tasks of one key: reset the world, or raise the limit/)
      assert.deepStrictEqual(
        world.tasks().map(({ id }) => id),
        ["one", "two"]
      )
    })
  )
})
