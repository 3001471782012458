/**
 * `cometapi-runway-mock/jest`: the mock through a test framework's hooks, which are Jest's global ones unless it is given others.
 *
 * It imports no framework: it only needs to be called before and after each test, and after the last.
 *
 * @module
 */
import { relative, sep } from "node:path"
import { Fixture, type FixtureOptions, type Reservation, type ServedWorld } from "./testing/Fixture.ts"
import { field } from "./Unknown.ts"

export type { FixtureOptions } from "./testing/Fixture.ts"
export type { TestWorld } from "./testing/TestWorld.ts"

type Register = (hook: (...context: ReadonlyArray<unknown>) => Promise<void>) => unknown

/** The hooks of a test framework: Jest's and Vitest's have `afterAll`, those of `node:test` and Mocha `after`. */
export interface Hooks {
  readonly beforeEach: Register
  readonly afterEach: Register
  readonly afterAll?: Register
  readonly after?: Register
}

const isRegister = (value: unknown): value is Register => typeof value === "function"

const globalHooks = (): Hooks => {
  const beforeEach = field(globalThis, "beforeEach")
  const afterEach = field(globalThis, "afterEach")
  const afterAll = field(globalThis, "afterAll")
  if (isRegister(beforeEach) && isRegister(afterEach) && isRegister(afterAll))
    return { beforeEach, afterEach, afterAll }
  throw new Error(
    "useRunwayMock found no global hooks: pass your framework's, as in useRunwayMock({}, { beforeEach, afterEach, after })"
  )
}

/** The running test's full name: Jest has it in its global `expect`, other frameworks pass it to their hooks. */
const nameOf = (context: unknown): string | undefined => {
  const getState = field(field(globalThis, "expect"), "getState")
  const state: unknown = typeof getState === "function" ? getState() : undefined
  const name =
    field(state, "currentTestName") ?? field(context, "fullName") ?? field(field(context, "task"), "fullName")
  const path = field(state, "testPath") ?? field(context, "filePath")
  if (typeof name !== "string") return undefined
  // The folder of the project is no part of the test's name.
  return typeof path === "string" ? `${relative(process.cwd(), path).replaceAll(sep, "/")} > ${name}` : name
}

/**
 * A world of the mock for each test of a file or a `describe`: a key of its own, the mock's `url` and `fetch`, and everything that can
 * be done to it. The result is the world of the test that runs, so tests that run at the same time in one file cannot use it.
 *
 * After each test its client is judged, and what it did that it should not fails the test; `mock.allow("never-collected")` lets such
 * findings pass. Jest shows a test's own failure first. The key is made of the file and the test's full name, so that tasks have the
 * same ids in every run. The server is started before the first test, on any free port, with a virtual clock, and stopped after the
 * last. Throws where there are no global hooks and none were passed, and where `mock` is used while no test runs.
 *
 * @example
 * ```ts
 * import { after, afterEach, beforeEach, test } from "node:test"
 * import { useRunwayMock } from "cometapi-runway-mock/jest"
 *
 * const mock = useRunwayMock({}, { beforeEach, afterEach, after }) // in Jest: useRunwayMock()
 *
 * test("a task that nobody made is not there", async () => {
 *   await fetch(`${mock.url}/runwayml/v1/tasks/unknown`, { headers: { authorization: `Bearer ${mock.key}` } }) // 400
 * })
 * ```
 */
export const useRunwayMock = (options: FixtureOptions = {}, hooks: Hooks = globalHooks()): ServedWorld => {
  const fixture = new Fixture()
  let reservation: Reservation | undefined
  // Jest waits for a callback where a function has a declared parameter.
  hooks.beforeEach(async (...[context]) => {
    reservation = await fixture.open(options, nameOf(context))
  })
  hooks.afterEach(async () => {
    const ending = reservation
    reservation = undefined
    ending?.end(false)
  })
  const afterAll = hooks.afterAll ?? hooks.after
  afterAll?.(() => fixture.stop())
  return new Proxy<ServedWorld>(Object.create(null), {
    get: (_, name) => {
      if (reservation === undefined) throw new Error(`mock.${String(name)} is only there while a test runs`)
      return Reflect.get(reservation.world, name)
    }
  })
}
