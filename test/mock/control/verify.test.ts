import { assert, describe, it } from "@effect/vitest"
import {
  type ExpectedRequests,
  RunwayMock,
  RunwayMockError,
  UnexpectedRequests,
  type WorldControl
} from "cometapi-runway-mock"
import * as Effect from "effect/Effect"
import { type Fetch, performance, poll, post, submit } from "../Support.ts"

const key = "sk-verify-0123456789"

const make = (options: Parameters<typeof RunwayMock.make>[0] = { clock: "virtual" }) =>
  Effect.map(RunwayMock.make(options), (mock) => ({ fetch: mock.fetch, world: mock.world(key) }))

const send = (fetch: Fetch, body: unknown) =>
  Effect.promise(() => post(fetch, undefined, key, { body: JSON.stringify(body) }))

/** What a test that expects this fails with. */
const failure = (world: WorldControl, expected: ExpectedRequests): string => {
  try {
    world.expectRequests(expected)
  } catch (error) {
    assert.instanceOf(error, UnexpectedRequests)
    assert.strictEqual(error.message, error.verification.text)
    return error.message
  }
  return assert.fail("it was to fail")
}

describe("what a test expects of the requests", () => {
  it.effect("is met by those of the operation, the task, the status and the body that it names", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make()
      const id = yield* submit(fetch, undefined, key)
      yield* poll(fetch, id, undefined, key)
      yield* poll(fetch, "no-such-task", undefined, key)
      const expected: ReadonlyArray<ExpectedRequests> = [
        { operation: "submit" },
        { operation: "submit", count: 1, status: 200, task: id },
        { operation: "submit", body: { seed: 1, character: { uri: "https://example.com/*.png" } } },
        { operation: "submit", body: { model: "*", ratio: "12*:7*0" } },
        { operation: "poll", atLeast: 2, atMost: 2 },
        { operation: "poll", task: id, count: 1 },
        { operation: "poll", status: 400, count: 1 },
        { operation: "asset", count: 0 },
        { operation: "other", atMost: 3 }
      ]
      for (const one of expected) world.expectRequests(one)
      assert.deepInclude(world.verify({ operation: "poll" }), { ok: true, count: 2, requests: [2, 3], dropped: 0 })
    })
  )

  it.effect("and was not there is told with the requests that came nearest, and how they differ", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make()
      yield* send(fetch, { ...performance, seed: 7, ratio: "720:1280" })
      yield* send(fetch, { ...performance, seed: 1 })
      const expected = { operation: "submit", count: 1, body: { seed: 2, ratio: "1280:720" } } as const
      assert.strictEqual(
        failure(world, expected),
        [
          'Expected submit once, with a body like {"seed":2,"ratio":"1280:720"}; received never.',
          "Request 2 came near, but:",
          "  body.seed: expected 2, got 1",
          "Request 1 came near, but:",
          "  body.seed: expected 2, got 7",
          '  body.ratio: expected "1280:720", got "720:1280"'
        ].join("\n")
      )
      assert.deepStrictEqual(world.verify(expected).nearMisses[0], {
        request: 2,
        differences: ["body.seed: expected 2, got 1"]
      })
      assert.match(
        failure(world, { operation: "submit", status: 400, task: "x" }),
        /status: expected 400, got 200\n {2}task: expected x, got [0-9a-f-]{36}/
      )
    })
  )

  it.effect("and came too often is told with the numbers of the requests", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make()
      yield* submit(fetch, undefined, key)
      yield* submit(fetch, undefined, key)
      assert.strictEqual(
        failure(world, { operation: "submit", count: 1 }),
        "Expected submit once; received twice (requests 1, 2)."
      )
      assert.match(failure(world, { operation: "submit", atMost: 1 }), /^Expected submit at most once; received twice/)
      assert.match(failure(world, { operation: "submit", count: 0 }), /^Expected submit 0 times; received twice/)
    })
  )

  it.effect("is told from what came otherwise, and from nothing at all", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make()
      assert.match(failure(world, { operation: "submit" }), /received never\.\nThis world has received no request: /)
      yield* submit(fetch, undefined, key)
      assert.strictEqual(
        failure(world, { operation: "poll" }),
        "Expected poll at least once; received never.\nIt received no poll, but 1 submit."
      )
    })
  )

  it.effect("compares lists as a whole, and takes no field from where there is none", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make()
      yield* send(fetch, { ...performance, list: [1, { a: 1, b: 2 }], nothing: null })
      const body = (body: unknown) => world.verify({ operation: "submit", body }).ok
      assert.isTrue(body({ list: [1, { a: 1 }], nothing: null }))
      assert.isFalse(body({ list: [1] }))
      assert.isFalse(body({ list: [1, { a: 2 }] }))
      assert.isFalse(body({ toString: "*" }))
      assert.isFalse(body({ nothing: {} }))
      assert.isFalse(body({ model: "act*x" }))
      assert.isFalse(body("*"))
    })
  )

  it.effect("does not need the query of a URL, which the journal does not have", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make()
      const uri = "https://example.com/portrait.png?token=abcdefgh"
      yield* send(fetch, { ...performance, character: { type: "image", uri } })
      world.expectRequests({ operation: "submit", body: { character: { uri } } })
      assert.notInclude(world.verify({ operation: "submit", body: { seed: 9, character: { uri } } }).text, "abcdefgh")
    })
  )

  it.effect("has no upper bound where the oldest requests are no longer kept", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make({ clock: "virtual", limits: { journal: 2 } })
      const id = yield* submit(fetch, undefined, key)
      for (let times = 0; times < 3; times += 1) yield* poll(fetch, id, undefined, key)
      world.expectRequests({ operation: "poll", atLeast: 1 })
      assert.match(
        failure(world, { operation: "submit", count: 0 }),
        /received never\.\nThe \d oldest requests are no longer kept, so nobody can tell/
      )
    })
  )

  it.effect("is refused where it makes no sense", () =>
    Effect.gen(function* () {
      const { world } = yield* make()
      const refused = (expected: object) => () => world.verify({ operation: "poll", ...expected })
      assert.throws(refused({ count: 1, atLeast: 1 }), RunwayMockError, /^count is the exact number/)
      assert.throws(
        refused({ atLeast: 3, atMost: 2 }),
        RunwayMockError,
        /^atLeast must not be above atMost; got 3 and 2/
      )
      assert.throws(refused({ atMost: -1 }), RunwayMockError, /^atMost must be a whole number, 0 or more; got -1/)
      assert.throws(
        refused({ operation: "upload" }),
        RunwayMockError,
        /^operation must be submit, poll, asset or other/
      )
    })
  )
})
