/**
 * `cometapi-runway-mock/vitest`: a `test` whose fixture `mock` is a world of the test's own, on a server that the worker's tests share.
 *
 * It starts nothing itself and judges nothing: `testing/Fixture.ts` does.
 *
 * @module
 */
import { type TestAPI, test as vitest } from "vitest"
import { Fixture, type FixtureOptions, type ServedWorld } from "./testing/Fixture.ts"

export type { FixtureOptions } from "./testing/Fixture.ts"
export type { TestWorld } from "./testing/TestWorld.ts"

/** What a test can ask for. */
export interface RunwayFixtures {
  /** This test's own world of the mock. */
  readonly mock: ServedWorld
  /** How the mock behaves, for the tests below a `test.override({ mockOptions: { … } })`. */
  readonly mockOptions: FixtureOptions
}

interface Fixtures extends RunwayFixtures {
  readonly runwayMocks: Fixture
}

/**
 * Vitest's `test` with a fixture `mock`: a key of this test's own, the mock's `url` and `fetch`, and everything that can be done to it.
 *
 * When a test has passed, its client is judged, and what it did that it should not fails the test; `mock.allow("never-collected")`
 * lets such findings pass. A test that failed by itself keeps its own error alone. The key is made of the file and the test's full name,
 * so that tasks have the same ids in every run. The server is started by the first test that uses `mock`, on any free port, and its
 * clock is virtual: tasks grow as they are polled, by 5 seconds each time. A start that fails is a failure of those tests.
 *
 * @example
 * ```ts
 * import { describe, expect } from "vitest"
 * import { test } from "cometapi-runway-mock/vitest"
 *
 * test("a task that nobody made is not there", async ({ mock }) => {
 *   const headers = { authorization: `Bearer ${mock.key}` }
 *   expect((await fetch(`${mock.url}/runwayml/v1/tasks/unknown`, { headers })).status).toBe(400)
 * })
 *
 * describe("in real time", () => {
 *   test.override({ mockOptions: { scale: 20, allow: ["never-collected"] } })
 *   test("the clock goes by itself", ({ mock }) => expect(mock.clock().clock).toBe("real"))
 * })
 * ```
 */
export const test: TestAPI<RunwayFixtures> = vitest.extend<Fixtures>({
  mockOptions: {},
  runwayMocks: [
    // Vitest reads from the braces which other fixtures this one needs.
    // biome-ignore lint/correctness/noEmptyPattern: it needs none.
    async ({}, use) => {
      const fixture = new Fixture()
      await use(fixture)
      await fixture.stop()
    },
    { scope: "worker" }
  ],
  mock: async ({ mockOptions, runwayMocks, task }, use) => {
    const { world, end } = await runwayMocks.open(mockOptions, task.fullName)
    await use(world)
    end(task.result?.state === "fail")
  }
})
