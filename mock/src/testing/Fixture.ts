/**
 * What the fixtures of all test frameworks share: a mock served for tests, started when it is first needed, and the worlds in it.
 *
 * It knows no framework: each framework's adapter says when a test begins, when it ends and whether it passed.
 *
 * @module
 */
import type { FindingKind } from "../../../generated/mock-control/types.gen.ts"
import { ClientMisconduct } from "../MockError.ts"
import { type Running, RunwayMock, type ServeOptions } from "../RunwayMock.ts"
import { open, type TestWorld } from "./TestWorld.ts"

/** What a fixture's tests see of the mock. It is always served. */
export type ServedWorld = TestWorld<string>

/** How the mock of a fixture behaves: as one that is served, but on any free port and with a virtual clock, unless it says otherwise. */
export interface FixtureOptions extends ServeOptions {
  /** Findings that are no failure of any test: `["never-collected"]` where tests submit and do not wait. Default: none. */
  readonly allow?: ReadonlyArray<FindingKind> | undefined
}

/** One test's world, reserved until its end. */
export interface Reservation {
  readonly world: ServedWorld
  /** Ends it, and throws where the client did anything that it should not; not where the test has failed by itself. */
  readonly end: (failed: boolean) => void
}

/** The mocks of one worker: one for each set of options, and those are the same where the object is the same. */
export class Fixture {
  readonly #mocks = new Map<FixtureOptions, Promise<Running>>()

  /** Opens the world of one test, whose key is made of its name. */
  async open(options: FixtureOptions, key: string | undefined): Promise<Reservation> {
    const { allow, ...serve } = options
    // Only a clock that goes by itself can be scaled.
    const clock = options.scale === undefined ? "virtual" : "real"
    const starting = this.#mocks.get(options) ?? RunwayMock.start({ port: 0, clock, ...serve })
    this.#mocks.set(options, starting)
    const { world, close } = open(await starting, { key, allow })
    const end = (failed: boolean): void => {
      try {
        close(!failed)
      } catch (error) {
        // Frameworks print an error's stack, and this one has no line that the test's author could look at.
        if (error instanceof ClientMisconduct) error.stack = `${error.name}: ${error.message}`
        throw error
      }
    }
    return { world, end }
  }

  /** Stops everything that was started. */
  async stop(): Promise<void> {
    const mocks = await Promise.allSettled(this.#mocks.values())
    this.#mocks.clear()
    await Promise.all(mocks.flatMap((mock) => (mock.status === "fulfilled" ? [mock.value.stop()] : [])))
  }
}
