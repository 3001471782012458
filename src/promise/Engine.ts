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
import type * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Option from "effect/Option"
import { defined } from "../Defined.ts"
import type { PurchasePolicy } from "../Purchase.ts"
import { Runway } from "../Runway.ts"
import type { RunwayError } from "../RunwayError.ts"
import type { Verdict } from "../Submission.ts"
import type { TaskId } from "../task/Snapshot.ts"

type Running<A> = Effect.Effect<A, RunwayError, Runway>

/** What a submission is to call: with the id as soon as it has it, and with what each attempt came to. */
interface Reports {
  readonly accept: (id: TaskId) => void
  readonly attempted: (verdict: Verdict) => void
}

export interface EngineOptions {
  readonly layer: Layer.Layer<Runway, RunwayError>
  /** Is told what nobody else is there to hear. */
  readonly warn: (message: string) => void
}

export class Engine {
  readonly warn: (message: string) => void
  readonly #runtime: ManagedRuntime.ManagedRuntime<Runway, RunwayError>
  #closed = false

  /** Throws the `RunwayError` of a layer that cannot be made. */
  constructor({ layer, warn }: EngineOptions) {
    this.#runtime = ManagedRuntime.make(layer)
    this.warn = warn
    resultOf(this.#runtime.runSyncExit(Effect.void))
  }

  /** Runs something that needs no network, and throws its failure. */
  runSync<A>(effect: Effect.Effect<A, RunwayError>): A {
    return resultOf(Effect.runSyncExit(effect))
  }

  /** How jobs are paid for unless a call says otherwise. */
  purchasePolicy(): Promise<PurchasePolicy> {
    return this.run(Effect.map(Runway, ({ purchasePolicy }) => purchasePolicy))
  }

  /** Runs something that may be stopped at any time, at once. */
  async run<A>(effect: Running<A>, signal?: AbortSignal): Promise<A> {
    this.#requireOpen()
    signal?.throwIfAborted()
    return resultOf(await orAbort(this.#runtime.runPromiseExit(effect, defined({ signal })), signal), signal)
  }

  /**
   * Runs a submission. An abort interrupts it, and the client lets a request that has left finish: when the job is accepted all the same,
   * the promise is fulfilled with its id.
   */
  async submit(submission: (reports: Reports) => Running<TaskId>, signal?: AbortSignal): Promise<TaskId> {
    this.#requireOpen()
    signal?.throwIfAborted()
    let accepted: TaskId | undefined
    let verdict: Verdict | undefined
    const reports: Reports = {
      accept: (id) => {
        accepted = id
      },
      attempted: (end) => {
        verdict = end
      }
    }
    const exit = await this.#runtime.runPromiseExit(submission(reports), defined({ signal }))
    if (Exit.hasInterrupts(exit) && !Exit.hasFails(exit)) {
      if (accepted !== undefined) return accepted
      // Nobody is left to take an error.
      if (verdict !== undefined) this.#warnOfUnknown(verdict)
    }
    return resultOf(exit, signal)
  }

  /** Stops everything. The client lets submissions that have left finish, and then the hooks that store their ids. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#runtime.dispose()
  }

  #warnOfUnknown(verdict: Verdict): void {
    if (verdict._tag !== "Unknown") return
    const job = verdict.id === undefined ? "" : ` as task ${verdict.id}`
    this.warn(
      `stopped while a job was being submitted (${verdict.problem}): it may have been accepted and charged${job}; look at the provider's console`
    )
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
