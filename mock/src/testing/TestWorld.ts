/**
 * A world for one test: a key of its own, that key's controls, and a judgement of the client when the test ends.
 *
 * It knows no test framework, sends no request and starts no server: it uses a mock that somebody else has made.
 *
 * @module
 */
import { createHash } from "node:crypto"
import type { FindingKind } from "../../../generated/mock-control/types.gen.ts"
import type { WorldControl } from "../control/Control.ts"
import type { Mock } from "../RunwayMock.ts"

/** How a test's world is opened. */
export interface TestWorldOptions {
  /**
   * The key, or any text that tells this test from others, such as its full name: what cannot be sent as a key is made into one, the
   * same in every run. While that key is in use, the next test gets it with a number. Default: `test-1`, `test-2`, …
   */
  readonly key?: string | undefined
  /** Findings that are no failure of this test: `["never-collected"]` where it submits and does not wait. Default: none. */
  readonly allow?: ReadonlyArray<FindingKind> | undefined
}

/** What one test sees of a mock, with everything that can be done to its world. `Url` is a text where the mock is served. */
export interface TestWorld<Url extends string | undefined = string | undefined> extends WorldControl, AsyncDisposable {
  /** What the program under test sends as its key. */
  readonly key: string
  /** Where the mock is served, for the program's base URL. */
  readonly url: Url
  /** The mock in this process, without a socket, for a program that is given its `fetch`. */
  readonly fetch: typeof globalThis.fetch
  /** Lets findings of these kinds pass at the end of this test, beside those of the option `allow`. */
  readonly allow: (...kinds: ReadonlyArray<FindingKind>) => void
}

/** A world, and its end: `judge` says whether the client is judged. */
interface OpenedWorld<Url extends string | undefined> {
  readonly world: TestWorld<Url>
  readonly close: (judge: boolean) => void
}

/** A mock, served or not. */
interface MockOf<Url extends string | undefined> extends Mock {
  readonly url?: Url
}

interface KeyRegister {
  count: number
  readonly open: Set<string>
}

/** Which keys are in use, for each mock. */
const registers = new WeakMap<Mock["world"], KeyRegister>()

/** A text as a key: itself where a header can carry it, else the readable part of it and a checksum of the whole. */
const toKey = (text: string): string => {
  if (/^[\x21-\x7e]{1,200}$/.test(text)) return text
  const readable = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(-60)
    .replace(/^-|-$/g, "")
  return `test-${readable}-${createHash("sha256").update(text).digest("hex").slice(0, 8)}`
}

const free = (key: string, open: ReadonlySet<string>): string => {
  if (!open.has(key)) return key
  let number = 2
  while (open.has(`${key}-${number}`)) number += 1
  return `${key}-${number}`
}

/** Opens a world for a caller that knows when and how its test ends. */
export const open = <Url extends string | undefined>(
  mock: MockOf<Url>,
  { key: wanted, allow = [] }: TestWorldOptions = {}
): OpenedWorld<Url> => {
  const register = registers.get(mock.world) ?? { count: 0, open: new Set() }
  registers.set(mock.world, register)
  if (wanted === undefined) register.count += 1
  const key = free(toKey(wanted ?? `test-${register.count}`), register.open)
  const controls = mock.world(key)
  // Nothing of an earlier test with this key may be left; and describing the new world reserves its place in the mock.
  controls.reset()
  controls.describe()
  register.open.add(key)
  const allowed = new Set(allow)
  let closed = false
  const close = (judge: boolean): void => {
    if (closed) return
    closed = true
    try {
      if (judge) controls.expectClean({ allow: [...allowed] })
    } finally {
      register.open.delete(key)
      controls.reset()
    }
  }
  const world: TestWorld<Url> = {
    ...controls,
    key,
    // A mock that is not served has no URL, and nothing but `undefined` is inferred for it.
    url: mock.url as Url,
    fetch: mock.fetch,
    allow: (...kinds) => {
      for (const kind of kinds) allowed.add(kind)
    },
    [Symbol.asyncDispose]: async () => close(true)
  }
  return { world, close }
}

/**
 * Opens a world of a mock for one test, whose end is the end of an `await using`: then it throws a `ClientMisconduct` if the client
 * did anything that it should not, and the world is as if it had never been used.
 *
 * Use it where your framework has no fixture of ours. Of a test that failed by itself too, JavaScript makes a `SuppressedError` with both
 * errors in it, which not every framework prints: `withWorld` keeps the test's own. Throws a `RunwayMockError` (`TooManyWorlds`) if the
 * mock has no room for another key.
 *
 * @example
 * ```ts
 * import { openWorld, RunwayMock } from "cometapi-runway-mock"
 *
 * await using mock = await RunwayMock.start({ port: 0, clock: "virtual" })
 * {
 *   await using world = openWorld(mock, { key: "a poll is reset", allow: ["never-collected"] })
 *   world.inject({ on: "poll", kind: "reset", first: 2 })
 *   console.log(world.url, world.key) // http://127.0.0.1:…, test-a-poll-is-reset-…
 * }
 * ```
 */
export const openWorld = <Url extends string | undefined = undefined>(
  mock: MockOf<Url>,
  options: TestWorldOptions = {}
): TestWorld<Url> => open(mock, options).world

/**
 * Runs one test in a world of its own, judges the client if the test passed, and gives what the test gave.
 *
 * Use it where `openWorld` would hide a failed test's own error: that one is thrown as it is, and the report is left out. Rejects with a
 * `ClientMisconduct` if the test passed and the client did anything that it should not.
 *
 * @example
 * ```ts
 * import { test } from "node:test"
 * import { RunwayMock, withWorld } from "cometapi-runway-mock"
 *
 * test("a poll is reset", async (t) => {
 *   await using mock = await RunwayMock.start({ port: 0, clock: "virtual" })
 *   await withWorld(mock, { key: t.fullName }, async (world) => {
 *     world.inject({ on: "poll", kind: "reset", first: 2 })
 *     // … your program, with world.url and world.key
 *   })
 * })
 * ```
 */
export async function withWorld<A, Url extends string | undefined = undefined>(
  mock: MockOf<Url>,
  options: TestWorldOptions,
  body: (world: TestWorld<Url>) => A | PromiseLike<A>
): Promise<Awaited<A>> {
  const { world, close } = open(mock, options)
  let passed = false
  try {
    const result = await body(world)
    passed = true
    return result
  } finally {
    close(passed)
  }
}
