/**
 * Faults: misbehaviour on the wire, as data, and which requests it hits.
 *
 * Which ones is a pure function of the fault, the mock's seed and the requests counted so far, so a run can be had again. What a fault
 * does to an answer is said in `Wire.ts`.
 */
import { createHash } from "node:crypto"
import type * as Api from "../../../generated/mock-control/types.gen.ts"
import type { Answer } from "../contract/Answer.ts"
import * as Contract from "../contract/Contract.ts"
import { BrokenFault } from "../MockError.ts"
import { millisOf } from "../Time.ts"

export type Target = Api.Fault["on"]
export type Kind = Api.FaultKind

/** The fields that only some kinds have. */
const fieldsOf: Readonly<Record<Kind, ReadonlyArray<keyof Api.Fault>>> = {
  status: ["status", "example", "retryAfter", "retryAfterAs"],
  reset: [],
  lost: [],
  stall: [],
  drip: ["bytes", "every"],
  truncated: [],
  cut: ["bytes"],
  html: [],
  redirect: [],
  empty: [],
  "content-type": [],
  oversized: ["bytes"],
  latency: ["median", "p99"]
}
const special = new Set(Object.values(fieldsOf).flat())

/** Those that come before the provider has done anything. */
const early: ReadonlySet<Kind> = new Set<Kind>(["status", "reset", "html", "redirect"])

/** Those whose answer can be read, and says that a task was made. */
const telling: ReadonlySet<Kind> = new Set<Kind>(["drip", "content-type", "latency"])

/** The contract's operation that each is about; a download is none. */
export const operationIds = { submit: "createCharacterPerformance", poll: "getTask", asset: undefined } as const

/** A fault that was checked. */
export interface Checked {
  readonly on: Target
  readonly kind: Kind
  readonly accepted: boolean
  readonly hits: (seen: number, before: number, random: number) => boolean
  /** What is answered in place of the right answer, for `status`; `now` is a time of the world's. */
  readonly answer: ((now: number) => Answer) | undefined
  readonly bytes: number | undefined
  readonly every: number
  readonly median: number
  readonly p99: number
}

const millis = (text: string | undefined, otherwise: number): number =>
  text === undefined ? otherwise : (millisOf(text) ?? Number.NaN)

const waitForms: ReadonlySet<string> = new Set(["seconds", "date", "millis"])
/** Thirty years, so that every form of it can be written down. */
const longestWait = 1e9

const waitHeader =
  (seconds: number | undefined, form: Api.Fault["retryAfterAs"]) =>
  (now: number): Record<string, string> => {
    if (seconds === undefined) return {}
    if (form === "millis") return { "retry-after-ms": String(Math.round(seconds * 1000)) }
    // A date has whole seconds, and one that is rounded down would let a client come too early.
    if (form === "date") return { "retry-after": new Date(Math.ceil(now / 1000 + seconds) * 1000).toUTCString() }
    return { "retry-after": String(seconds) }
  }

/** The documented answer of a `status`, or what is wrong with it. */
const answerOf = ({ on, status, example, retryAfter, retryAfterAs }: Api.Fault): Checked["answer"] | string => {
  if (status === undefined) return `"status" must say which, for example 503`
  if (!(Number.isInteger(status) && status >= 400 && status <= 599))
    return `"status" must be one of an error, from 400 to 599; got ${status}`
  if (retryAfter !== undefined && !(retryAfter >= 0 && retryAfter <= longestWait))
    return `"retryAfter" must be a number of seconds, from 0 to ${longestWait}; got ${retryAfter}`
  if (retryAfterAs !== undefined && !waitForms.has(retryAfterAs))
    return `"retryAfterAs" must be one of ${[...waitForms].join(", ")}; got "${retryAfterAs}"`
  if (retryAfterAs !== undefined && retryAfter === undefined)
    return `"retryAfterAs" says how "retryAfter" is written, and that is missing`
  const wait = waitHeader(retryAfter, retryAfterAs)
  const operationId = operationIds[on]
  if (operationId === undefined) {
    if (example !== undefined) return `"example" is for the contract's operations, and a download is none`
    const headers = { "content-type": "text/plain; charset=utf-8" }
    return (now) => ({ status, headers: { ...headers, ...wait(now) }, body: `Status ${status}, as a fault has it.\n` })
  }
  const ofOperation = Contract.examples.filter((one) => one.operationId === operationId)
  const documented = ofOperation.filter((one) => one.status === String(status))
  // The contract's default answer is for every status that it does not name.
  const candidates = documented.length > 0 ? documented : ofOperation.filter((one) => one.status === "default")
  const found = example === undefined ? candidates[0] : candidates.find((one) => one.name === example)
  if (found === undefined) {
    return `"example" must be one that the contract has for ${status}: ${candidates.map((one) => one.name).join(", ")}; got "${example}"`
  }
  return (now) => ({ status, headers: { "content-type": found.mediaType, ...wait(now) }, body: found.body })
}

const whole = (count: number | undefined, least: number) =>
  count === undefined || (Number.isSafeInteger(count) && count >= least)

/** Checks a fault. */
export const check = (fault: Api.Fault): Checked | BrokenFault => {
  const { on, kind, nth, first, rate, once = false, bytes } = fault
  const broken = (problem: string) => new BrokenFault({ problem })
  if (!Object.hasOwn(fieldsOf, kind))
    return broken(`"kind" must be one of ${Object.keys(fieldsOf).join(", ")}; got "${kind}"`)
  const fields = fieldsOf[kind]
  if (!Object.hasOwn(operationIds, on))
    return broken(`"on" must be one of ${Object.keys(operationIds).join(", ")}; got "${on}"`)
  for (const name of special) {
    if (fault[name] !== undefined && !fields.includes(name)) return broken(`"${name}" means nothing for "${kind}"`)
  }
  if (fault.accepted !== undefined && on !== "submit")
    return broken(`"accepted" is about a POST, and this is on "${on}"`)
  if (fault.accepted === false && telling.has(kind))
    return broken(`"accepted" cannot be false for "${kind}", whose answer says that a task was made`)
  for (const [name, count] of Object.entries({ nth, first, bytes })) {
    if (!whole(count, 1)) return broken(`"${name}" must be a whole number above 0; got ${count}`)
  }
  if (rate !== undefined && !(rate >= 0 && rate <= 1)) return broken(`"rate" must be a share from 0 to 1; got ${rate}`)
  const every = millis(fault.every, 100)
  const median = millis(fault.median, Number.NaN)
  const p99 = millis(fault.p99, median)
  if (!(every > 0 && every < Infinity))
    return broken(`"every" must be a duration such as "100 millis"; got "${fault.every}"`)
  if (kind === "latency" && !(median >= 0 && median < Infinity))
    return broken(
      `"median" must be a duration such as "80 millis"; got ${fault.median === undefined ? "none" : `"${fault.median}"`}`
    )
  if (kind === "latency" && !(p99 >= median && p99 < Infinity))
    return broken(`"p99" must be a duration no shorter than the median; got "${fault.p99}"`)
  const answer = kind === "status" ? answerOf(fault) : undefined
  if (typeof answer === "string") return broken(answer)
  return {
    ...{ on, kind, answer, bytes, every, median, p99 },
    accepted: fault.accepted ?? !early.has(kind),
    hits: (seen, before, random) =>
      (nth === undefined || seen === nth) &&
      (first === undefined || seen <= first) &&
      (rate === undefined || random < rate) &&
      (!once || before === 0)
  }
}

/** The standard normal distribution's value that one in a hundred exceeds. */
const z99 = 2.3263

const logNormal = ({ median, p99 }: Checked, one: number, other: number): number => {
  if (median === 0 || p99 === median) return median
  const normal = Math.sqrt(-2 * Math.log(1 - one)) * Math.cos(2 * Math.PI * other)
  return median * Math.exp((Math.log(p99 / median) / z99) * normal)
}

/** What hits one request. */
export interface Strike {
  /** All that hit it, in the order of their injection. */
  readonly faults: ReadonlyArray<{ readonly id: string; readonly kind: Kind }>
  /** The one that decides what is answered, unless only latency hit. */
  readonly fault: Checked | undefined
  /** Milliseconds that the answer is held back. */
  readonly delay: number
}

interface Injected extends Checked {
  readonly id: string
  readonly given: Api.Fault
  seen: number
  hit: number
}

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

  /** Takes one more fault on. */
  inject(given: Api.Fault, checked: Checked): Api.InjectedFault {
    this.#injected += 1
    const injected: Injected = { ...checked, id: `fault-${this.#injected}`, given, seen: 0, hit: 0 }
    this.#list = [...this.#list, injected]
    return this.#view(injected)
  }

  list(): Array<Api.InjectedFault> {
    return this.#list.map(this.#view)
  }

  /** Whether there was one with this id. */
  remove(id: string): boolean {
    const before = this.size
    this.#list = this.#list.filter((fault) => fault.id !== id)
    return this.size < before
  }

  clear(): void {
    this.#list = []
  }

  /** What hits the next request of this kind. */
  strike(on: Target): Strike | undefined {
    const asked = this.#list.filter((fault) => fault.on === on)
    for (const fault of asked) fault.seen += 1
    const willing = asked.filter((fault) => fault.hits(fault.seen, fault.hit, this.#random(fault, "whether")))
    const first = willing.find(({ kind }) => kind !== "latency")
    // One that another stood in front of has not hit: what happens once is still to come.
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

  readonly #view = ({ id, given, seen, hit }: Injected): Api.InjectedFault => ({ id, fault: given, seen, hits: hit })

  /** From 0 to 1, the same in every run. */
  #random({ id, seen }: Injected, what: string): number {
    const hash = createHash("sha256").update(`${this.#seed} ${id} ${seen} ${what}`).digest()
    return hash.readUInt32BE() / 2 ** 32
  }
}
