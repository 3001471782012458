/**
 * Time for both doors of the client that jumps to the next timer as soon as nothing else is under way: half an hour of waiting passes in no time.
 *
 * `TestClock` cannot reach the Promise door, which brings its own runtime, so the platform's own timers and clocks are replaced here. It waits for promises by turns of the
 * event loop, and never for a length of real time.
 *
 * @module
 */
import { vi } from "vitest"

/** Where time begins: any moment will do, and the same in each run. */
const beginning = Date.UTC(2026, 0, 1)

/** How many turns of the event loop an answer, a fiber and a hook may need before time may go on. */
const turns = 6

/** So many turns with nothing to wait for are a hang. */
const patience = 50_000

/** How something ended, and how long it took in virtual milliseconds. */
export interface Ended<A> {
  readonly end:
    | { readonly _tag: "Fulfilled"; readonly value: A }
    | { readonly _tag: "Rejected"; readonly error: unknown }
    | { readonly _tag: "Hung" }
  readonly millis: number
}

const hrtime = process.hrtime.bigint
const digest = crypto.subtle.digest.bind(crypto.subtle)

/** Digests that another thread is at work on: turns of the event loop say nothing of it. */
let digests = 0

/** Takes the platform's time away, until `release`. */
export const seize = (): void => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"], now: beginning })
  // Effect's monotonic clock reads this.
  process.hrtime.bigint = () => BigInt(Date.now()) * 1_000_000n
  crypto.subtle.digest = (...given) => {
    digests++
    return digest(...given).finally(() => digests--)
  }
}

/** Gives the platform its time back. */
export const release = (): void => {
  vi.useRealTimers()
  process.hrtime.bigint = hrtime
  crypto.subtle.digest = digest
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** Works something off. `isBusy` says whether something real is still under way, for which time has to wait. */
export const pass = async <A>(work: () => Promise<A>, isBusy: () => boolean = () => false): Promise<Ended<A>> => {
  vi.clearAllTimers()
  const began = Date.now()
  let end: Ended<A>["end"] | undefined
  work().then(
    (value) => {
      end = { _tag: "Fulfilled", value }
    },
    (error: unknown) => {
      end = { _tag: "Rejected", error }
    }
  )
  let idle = 0
  while (end === undefined && idle < patience) {
    for (let count = 0; count < turns && end === undefined; count++) await turn()
    if (end !== undefined) break
    if (isBusy() || digests > 0 || vi.getTimerCount() === 0) idle += digests > 0 ? 0 : turns
    else {
      idle = 0
      vi.advanceTimersToNextTimer()
    }
  }
  return { end: end ?? { _tag: "Hung" }, millis: Date.now() - began }
}

/** Lets so much time pass, in steps in which everything that is due is done. */
export const advance = async (millis: number, step = 1000): Promise<void> => {
  for (let passed = 0; passed < millis; passed += step) {
    vi.advanceTimersByTime(Math.min(step, millis - passed))
    await settle()
  }
  await settle()
}

/** Lets promises and fibers catch up, without any time. */
export const settle = async (): Promise<void> => {
  for (let count = 0; count < 2 * turns || digests > 0; count++) await turn()
}
