/**
 * The faults of one world, and which requests they hit.
 *
 * Which ones is a pure function of the fault, the mock's seed and the requests counted so far, so a run can be repeated. It changes no
 * answer: it only says what hits a request.
 *
 * @module
 */
import { createHash } from "node:crypto"
import type * as Api from "../../../generated/mock-control/types.gen.ts"
import type { Checked, Kind, Target } from "./Fault.ts"

/** What hits one request. */
export interface FaultHit {
  /** All that hit it, in the order of their injection. */
  readonly faults: ReadonlyArray<{ readonly id: string; readonly kind: Kind }>
  /** The one that decides what is answered, unless only latency hit. */
  readonly fault: Checked | undefined
  /** Milliseconds that the answer is held back. */
  readonly delay: number
}

interface Injected extends Checked {
  readonly id: string
  /** The fault as its injector wrote it. */
  readonly written: Api.Fault
  seen: number
  hit: number
}

/** The standard normal distribution's value that one in a hundred exceeds. */
const z99 = 2.3263

/** A latency with this median and 99th percentile, from two random numbers between 0 and 1. */
const logNormal = ({ median, p99 }: Checked, first: number, second: number): number => {
  if (median === 0 || p99 === median) return median
  const normal = Math.sqrt(-2 * Math.log(1 - first)) * Math.cos(2 * Math.PI * second)
  return median * Math.exp((Math.log(p99 / median) / z99) * normal)
}

const viewOf = ({ id, written, seen, hit }: Injected): Api.InjectedFault => ({ id, fault: written, seen, hits: hit })

/** The faults of one world. */
export class Faults {
  readonly #seed: string
  #list: ReadonlyArray<Injected> = []
  #injected = 0

  constructor(seed: string) {
    this.#seed = seed
  }

  get size(): number {
    return this.#list.length
  }

  /** Adds a fault, which counts requests from now on. */
  inject(fault: Api.Fault, checked: Checked): Api.InjectedFault {
    this.#injected += 1
    const injected: Injected = { ...checked, id: `fault-${this.#injected}`, written: fault, seen: 0, hit: 0 }
    this.#list = [...this.#list, injected]
    return viewOf(injected)
  }

  list(): Array<Api.InjectedFault> {
    return this.#list.map(viewOf)
  }

  /** Removes the fault with this id and says whether there was one. */
  remove(id: string): boolean {
    const before = this.size
    this.#list = this.#list.filter((fault) => fault.id !== id)
    return this.size < before
  }

  clear(): void {
    this.#list = []
  }

  /** What hits the next request of this kind. */
  strike(on: Target): FaultHit | undefined {
    const faults = this.#list.filter((fault) => fault.on === on)
    for (const fault of faults) fault.seen += 1
    const willing = faults.filter((fault) => fault.hits(fault.seen, fault.hit, this.#random(fault, "whether")))
    const first = willing.find(({ kind }) => kind !== "latency")
    // A fault behind the first one has not hit, so that one with `once` still has its hit to come.
    const hitting = willing.filter((fault) => fault.kind === "latency" || fault === first)
    if (hitting.length === 0) return undefined
    for (const fault of hitting) fault.hit += 1
    const slow = hitting.filter(({ kind }) => kind === "latency")
    return {
      faults: hitting.map(({ id, kind }) => ({ id, kind })),
      fault: first,
      delay: slow.reduce(
        (sum, fault) => sum + logNormal(fault, this.#random(fault, "one"), this.#random(fault, "other")),
        0
      )
    }
  }

  /** From 0 to 1, the same in every run. */
  #random({ id, seen }: Injected, purpose: string): number {
    const hash = createHash("sha256").update(`${this.#seed} ${id} ${seen} ${purpose}`).digest()
    return hash.readUInt32BE() / 2 ** 32
  }
}
