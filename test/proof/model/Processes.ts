/**
 * Processes of one program, one after the other: each has a client and the same ledger, and dies as a process dies, in the middle of whatever it does.
 *
 * A dead process is told nothing any more: what it awaits never comes, what it writes does not arrive, and nobody hears what it says.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import { Fetch } from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { Ledger, Runway, type RunwayError } from "../../../src/index.ts"
import { make } from "../../../src/ledger/Ledger.ts"
import type { Store } from "../../../src/ledger/Store.ts"

/** How a call ended, as far as its caller came to know. */
export interface End {
  readonly about: string
  readonly intent: number | undefined
  readonly exit: Exit.Exit<unknown, unknown>
  readonly interrupted: boolean
}

interface Call {
  readonly about: string
  readonly intent: number | undefined
  readonly fiber: Fiber.Fiber<unknown, unknown>
  interrupted: boolean
}

export class Process {
  readonly #context: Layer.Layer<Runway, RunwayError>
  readonly #ends: Array<End>
  readonly #calls: Array<Call> = []
  #alive = true

  constructor(apiKey: string, fetch: typeof globalThis.fetch, store: Store | undefined, ends: Array<End>) {
    const mortal = <A>(value: A | PromiseLike<A>): Promise<A> =>
      this.#alive ? Promise.resolve(value).then((value) => (this.#alive ? value : never())) : never()
    const own: typeof globalThis.fetch = async (input, init) => {
      await mortal(undefined)
      return mortal(fetch(input, init))
    }
    const ledger = store === undefined ? Layer.empty : Layer.succeed(Ledger, make(this.#mortalStore(store)))
    this.#context = Layer.mergeAll(Runway.layer({ apiKey }), Layer.succeed(Fetch, own), ledger, Logger.layer([]))
    this.#ends = ends
  }

  get alive(): boolean {
    return this.#alive
  }

  /** Begins a call. */
  start(about: string, intent: number | undefined, effect: Effect.Effect<unknown, unknown, Runway>): void {
    const fiber = Effect.runFork(Effect.provide(effect, this.#context))
    const call: Call = { about, intent, fiber, interrupted: false }
    this.#calls.push(call)
    fiber.addObserver((exit) => {
      this.#calls.splice(this.#calls.indexOf(call), 1)
      if (this.#alive) this.#ends.push({ about, intent, exit, interrupted: call.interrupted })
    })
  }

  /** Interrupts the n-th of the calls that are under way, and waits for nothing. */
  interrupt(index: number): void {
    const call = this.#calls[index % Math.max(1, this.#calls.length)]
    if (call === undefined) return
    call.interrupted = true
    call.fiber.interruptUnsafe()
  }

  get running(): ReadonlyArray<string> {
    return this.#calls.map(({ about }) => about)
  }

  die(): void {
    this.#alive = false
  }

  /** Ends in order: what is under way is interrupted, and may finish. */
  async stop(pass: () => Promise<void>): Promise<void> {
    for (const call of [...this.#calls]) {
      call.interrupted = true
      call.fiber.interruptUnsafe()
    }
    await pass()
    this.die()
  }

  /** The same store, to which a dead process cannot write. */
  #mortalStore(store: Store): Store {
    const mortal = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
      Effect.suspend(() => (this.#alive ? effect : Effect.never))
    return {
      name: store.name,
      transact: (intent, budget, decide) => mortal(store.transact(intent, budget, decide)),
      entries: (filter) => mortal(store.entries(filter)),
      totals: (budget) => mortal(store.totals(budget))
    }
  }
}

const never = <A>(): Promise<A> => new Promise(() => {})
