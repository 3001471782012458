/**
 * What runs the Effect client for programs that do not use Effect: one runtime, one account, one pace.
 *
 * It turns exits into promises: a failure rejects with the `RunwayError`, an abort with the signal's reason. It knows no operation.
 *
 * @module
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { Fetch } from "effect/http/FetchHttpClient"
import type * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Option from "effect/Option"
import { defined } from "../Defined.ts"
import type { Runway } from "../Runway.ts"
import type { RunwayError } from "../RunwayError.ts"
import type { TaskId } from "../task/Snapshot.ts"
import { Flight } from "./Flight.ts"

type Running<A> = Effect.Effect<A, RunwayError, Runway>

export interface EngineOptions {
  readonly layer: Layer.Layer<Runway, RunwayError>
  /** For how many milliseconds a submission that has left is waited for after it was told to stop. */
  readonly grace: number
  /** Is told what nobody else is there to hear. */
  readonly warn: (message: string) => void
}

export class Engine {
  readonly warn: (message: string) => void
  readonly #runtime: ManagedRuntime.ManagedRuntime<Runway, RunwayError>
  readonly #grace: number
  readonly #flights = new Map<Flight, Promise<unknown>>()
  readonly #hooks = new Set<Promise<unknown>>()
  #closed = false

  /** Throws the `RunwayError` of a layer that cannot be made. */
  constructor({ layer, grace, warn }: EngineOptions) {
    this.#runtime = ManagedRuntime.make(layer)
    this.#grace = grace
    this.warn = warn
    resultOf(this.#runtime.runSyncExit(Effect.void))
  }

  /** Runs something that needs no network, and throws its failure. */
  runSync<A>(effect: Effect.Effect<A, RunwayError>): A {
    return resultOf(Effect.runSyncExit(effect))
  }

  /** Runs something that may be stopped at any time, at once. */
  async run<A>(effect: Running<A>, signal?: AbortSignal): Promise<A> {
    this.#requireOpen()
    signal?.throwIfAborted()
    return resultOf(await orAbort(this.#runtime.runPromiseExit(effect, defined({ signal })), signal), signal)
  }

  /** Runs a submission. An abort stops it as `Flight` says: when the id arrives all the same, the promise is fulfilled with it. */
  async submit(submission: Running<TaskId>, signal?: AbortSignal): Promise<TaskId> {
    this.#requireOpen()
    signal?.throwIfAborted()
    const flight = new Flight()
    const stop = () => flight.stop(this.#grace)
    signal?.addEventListener("abort", stop, { once: true })
    const tracked = Effect.flatMap(Fetch, (fetch) => Effect.provideService(submission, Fetch, flight.through(fetch)))
    const running = this.#runtime.runPromiseExit(tracked, { signal: flight.signal })
    this.#flights.set(flight, running)
    const exit = await running
    this.#flights.delete(flight)
    flight.land()
    signal?.removeEventListener("abort", stop)
    if (flight.sent && Exit.hasInterrupts(exit)) {
      this.warn(
        "stopped while a job was being submitted: it may have been accepted and charged; look at the provider's console"
      )
    }
    return resultOf(exit, signal)
  }

  /** Takes note of a hook that `close` has to wait for. */
  async hook(running: Promise<unknown>): Promise<void> {
    this.#hooks.add(running)
    try {
      await running
    } finally {
      this.#hooks.delete(running)
    }
  }

  /** Stops everything. Submissions that have left are waited for, and then the hooks that store their ids, each for the grace. */
  async close(): Promise<void> {
    this.#closed = true
    for (const flight of this.#flights.keys()) flight.stop(this.#grace)
    await Promise.allSettled(this.#flights.values())
    // The hooks begin after the answers have been read.
    await new Promise((resolve) => setTimeout(resolve))
    await atMost(this.#grace, Promise.allSettled(this.#hooks))
    await this.#runtime.dispose()
  }

  #requireOpen(): void {
    if (this.#closed) throw closed()
  }
}

/** Why what was running when its runway was closed is not running any more. A paid job goes on at the provider. */
const closed = (): DOMException =>
  new DOMException("the runway was closed; a job goes on at the provider, and task(id) takes it up again", "AbortError")

const resultOf = <A>(exit: Exit.Exit<A, RunwayError>, signal?: AbortSignal): A => {
  if (Exit.isSuccess(exit)) return exit.value
  const error = Exit.findErrorOption(exit)
  if (Option.isSome(error)) throw error.value
  if (!Cause.hasInterruptsOnly(exit.cause)) throw Cause.squash(exit.cause)
  signal?.throwIfAborted()
  throw closed()
}

/** A promise, or the rejection with the signal's reason, whichever comes first. */
export const orAbort = <A>(promise: Promise<A>, signal: AbortSignal | undefined): Promise<A> =>
  signal === undefined
    ? promise
    : new Promise((resolve, reject) => {
        const abort = () => reject(signal.reason)
        if (signal.aborted) abort()
        signal.addEventListener("abort", abort, { once: true })
        promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort))
      })

const atMost = async (millis: number, promise: Promise<unknown>): Promise<void> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  await Promise.race([promise, new Promise((resolve) => (timer = setTimeout(resolve, millis)))])
  clearTimeout(timer)
}
