/**
 * A fault: one misbehaviour on the wire, as data, and the check that it makes sense.
 *
 * It does not count requests and hits none: `Faults.ts` says which requests a fault hits, and `Delivery.ts` what it does to an answer.
 *
 * @module
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Schemas from "../../../generated/mock-control/schemas.gen.ts"
import type * as Api from "../../../generated/mock-control/types.gen.ts"
import type { Answer } from "../contract/Answer.ts"
import * as Contract from "../contract/Contract.ts"
import { BrokenFault } from "../MockError.ts"
import { millisOf } from "../Time.ts"

export type Target = Api.Fault["on"]
export type Kind = Api.FaultKind

/** Every field that some kind of fault has. Whether a fault has what its own kind needs, and nothing else, is for `check` to say, in words. */
const Fields = Schema.Struct({
  ...Schemas.CutFault.fields,
  ...Schemas.DripFault.fields,
  ...Schemas.LatencyFault.fields,
  ...Schemas.StatusFault.fields,
  kind: Schemas.FaultKind,
  median: Schema.optionalKey(Schemas.LatencyFault.fields.median),
  status: Schema.optionalKey(Schemas.StatusFault.fields.status)
})
type Fields = typeof Fields.Type

/**
 * A fault as data from outside. What it decodes is still to be checked, as a fault of a caller without a compiler is: its type only says what
 * a fault should be.
 */
export const Written = Fields as unknown as Schema.Codec<Api.Fault, unknown>

/** The fields that only some kinds have. */
const fieldsOf: Readonly<Record<Kind, ReadonlyArray<keyof Fields>>> = {
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
const fieldsOfSomeKinds = new Set(Object.values(fieldsOf).flat())

const targets: ReadonlyArray<Target> = ["submit", "poll", "asset"]

/** The kinds that happen before the provider has done anything. */
const beforeAcceptance: ReadonlySet<Kind> = new Set<Kind>(["status", "reset", "html", "redirect"])

/** The kinds whose answer can be read and says that a task was made. */
const withReadableAnswer: ReadonlySet<Kind> = new Set<Kind>(["drip", "content-type", "latency"])

/** What a `status` is answered with: `dateAfter` says when so many milliseconds will have passed, on the caller's clock, and `operationId` is the contract's operation at hand, if there is one. */
type AnswerAt = (dateAfter: (millis: number) => number, operationId: string | undefined) => Answer

/** A fault that was checked. */
export interface Checked {
  readonly on: Target
  readonly kind: Kind
  /** Whether a POST that it hits makes a task all the same. */
  readonly accepted: boolean
  readonly hits: (seen: number, before: number, random: number) => boolean
  /** What is answered in place of the intended answer, for `status`. */
  readonly answer: AnswerAt | undefined
  readonly bytes: number | undefined
  readonly every: number
  readonly median: number
  readonly p99: number
}

const waitForms: ReadonlySet<string> = new Set(["seconds", "date", "millis"])
/** Thirty years, so that every form of it can be written down. */
const longestWait = 1e9

const waitHeader =
  (seconds: number | undefined, form: Fields["retryAfterAs"]) =>
  (dateAfter: (millis: number) => number): Record<string, string> => {
    if (seconds === undefined) return {}
    if (form === "millis") return { "retry-after-ms": String(Math.round(seconds * 1000)) }
    // A date has whole seconds, and one that is rounded down would let a client come too early.
    if (form === "date")
      return { "retry-after": new Date(Math.ceil(dateAfter(seconds * 1000) / 1000) * 1000).toUTCString() }
    return { "retry-after": String(seconds) }
  }

/** What is wrong with the fields of a `status`, apart from its example. */
const statusProblem = ({ status, retryAfter, retryAfterAs }: Fields): string | undefined => {
  if (status === undefined) return `"status" must say which, for example 503`
  if (!(Number.isInteger(status) && status >= 400 && status <= 599))
    return `"status" must be one of an error, from 400 to 599; got ${status}`
  if (retryAfter !== undefined && !(retryAfter >= 0 && retryAfter <= longestWait))
    return `"retryAfter" must be a number of seconds, from 0 to ${longestWait}; got ${retryAfter}`
  if (retryAfterAs !== undefined && !waitForms.has(retryAfterAs))
    return `"retryAfterAs" must be one of ${[...waitForms].join(", ")}; got "${retryAfterAs}"`
  return retryAfterAs !== undefined && retryAfter === undefined
    ? `"retryAfterAs" says how "retryAfter" is written, and that is missing`
    : undefined
}

/** The documented answer of a `status` on an operation of this kind, for each operation that has one. */
const documentedAnswer = (
  on: "submit" | "poll",
  status: number,
  example: string | undefined,
  wait: (dateAfter: (millis: number) => number) => Record<string, string>
): Result.Result<AnswerAt, string> => {
  const candidates = Contract.routesOf(on).flatMap(({ operationId }) => Contract.examplesWith(operationId, status))
  const [first, ...others] = candidates.filter(({ name }) => example === undefined || name === example)
  if (first === undefined) {
    const names = [...new Set(candidates.map(({ name }) => name))].join(", ")
    return Result.fail(`"example" must be one that the contract has for ${status}: ${names}; got "${example}"`)
  }
  return Result.succeed((dateAfter, operationId) => {
    const { mediaType, body } = [first, ...others].find((candidate) => candidate.operationId === operationId) ?? first
    return { status, headers: { "content-type": mediaType, ...wait(dateAfter) }, body }
  })
}

/** The answer of a `status`, or what is wrong with it. */
const answerOf = (fault: Fields): Result.Result<AnswerAt, string> => {
  const { on, status = 0, example, retryAfter, retryAfterAs } = fault
  const problem = statusProblem(fault)
  if (problem !== undefined) return Result.fail(problem)
  const wait = waitHeader(retryAfter, retryAfterAs)
  if (on !== "asset") return documentedAnswer(on, status, example, wait)
  if (example !== undefined) return Result.fail(`"example" is for the contract's operations, and a download is none`)
  return Result.succeed((dateAfter) => ({
    status,
    headers: { "content-type": "text/plain; charset=utf-8", ...wait(dateAfter) },
    body: `Status ${status}, as a fault has it.\n`
  }))
}

interface Durations {
  readonly every: number
  readonly median: number
  readonly p99: number
}

/** The durations of a fault in milliseconds, with what holds where it says nothing; `NaN` for what is no duration. */
const durationsOf = (fault: Fields): Durations => {
  const millis = (text: string | undefined, otherwise: number) =>
    text === undefined ? otherwise : (millisOf(text) ?? Number.NaN)
  const median = millis(fault.median, Number.NaN)
  return { every: millis(fault.every, 100), median, p99: millis(fault.p99, median) }
}

const isCount = (count: number | undefined) => count === undefined || (Number.isSafeInteger(count) && count >= 1)

/** What is wrong with the fault's kind and target, and with the fields that go with them. */
const formProblem = (fault: Fields): string | undefined => {
  const { on, kind, accepted } = fault
  if (!Object.hasOwn(fieldsOf, kind)) return `"kind" must be one of ${Object.keys(fieldsOf).join(", ")}; got "${kind}"`
  if (!targets.includes(on)) return `"on" must be one of ${targets.join(", ")}; got "${on}"`
  const idle = [...fieldsOfSomeKinds].find((name) => fault[name] !== undefined && !fieldsOf[kind].includes(name))
  if (idle !== undefined) return `"${idle}" means nothing for "${kind}"`
  if (accepted !== undefined && on !== "submit") return `"accepted" is about a POST, and this is on "${on}"`
  return accepted === false && withReadableAnswer.has(kind)
    ? `"accepted" cannot be false for "${kind}", whose answer says that a task was made`
    : undefined
}

/** What is wrong with the fault's numbers. */
const numberProblem = ({ nth, first, bytes, rate }: Fields): string | undefined => {
  const counts = Object.entries({ nth, first, bytes })
  const [name, count] = counts.find(([, value]) => !isCount(value)) ?? []
  if (name !== undefined) return `"${name}" must be a whole number above 0; got ${count}`
  return rate !== undefined && !(rate >= 0 && rate <= 1) ? `"rate" must be a share from 0 to 1; got ${rate}` : undefined
}

/** What is wrong with the fault's durations. */
const durationProblem = (fault: Fields, { every, median, p99 }: Durations): string | undefined => {
  if (!(every > 0 && every < Infinity)) return `"every" must be a duration such as "100 millis"; got "${fault.every}"`
  if (fault.kind !== "latency") return undefined
  if (!(median >= 0 && median < Infinity))
    return `"median" must be a duration such as "80 millis"; got ${fault.median === undefined ? "none" : `"${fault.median}"`}`
  return p99 >= median && p99 < Infinity
    ? undefined
    : `"p99" must be a duration no shorter than the median; got "${fault.p99}"`
}

/** Which of the requests to its target a fault hits. */
const selection =
  ({ nth, first, rate, once = false }: Fields): Checked["hits"] =>
  (seen, before, random) =>
    (nth === undefined || seen === nth) &&
    (first === undefined || seen <= first) &&
    (rate === undefined || random < rate) &&
    (!once || before === 0)

/** Checks a fault. */
export const check = (written: Api.Fault): Result.Result<Checked, BrokenFault> => {
  const fault: Fields = written
  const durations = durationsOf(fault)
  const problem = formProblem(fault) ?? numberProblem(fault) ?? durationProblem(fault, durations)
  if (problem !== undefined) return Result.fail(new BrokenFault({ problem }))
  const answer = fault.kind === "status" ? answerOf(fault) : Result.succeed(undefined)
  return Result.mapBoth(answer, {
    onFailure: (problem) => new BrokenFault({ problem }),
    onSuccess: (answer) => ({
      on: fault.on,
      kind: fault.kind,
      accepted: fault.accepted ?? !beforeAcceptance.has(fault.kind),
      hits: selection(fault),
      answer,
      bytes: fault.bytes,
      every: durations.every,
      median: durations.median,
      p99: durations.p99
    })
  })
}
