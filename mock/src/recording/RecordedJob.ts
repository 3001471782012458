/**
 * One real job while it is recorded, and the recording that can be made of it at any moment.
 *
 * What is kept here still has its secrets, because more of them may become known with a later answer. They leave it only through
 * `recordingOf`, which takes them out. It sends and writes nothing.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util"
import * as Arr from "effect/Array"
import * as Predicate from "effect/Predicate"
import * as Contract from "../contract/Contract.ts"
import * as TaskShape from "../contract/TaskShape.ts"
import { field } from "../Unknown.ts"
import * as Drift from "./Drift.ts"
import type { Examples, RecordedAnswer, RecordedDeviation, Recording } from "./RecordingFile.ts"
import { type RedactedHosts, type Redactor, redactor } from "./Redaction.ts"

/** An answer as it came. */
export interface RawAnswer {
  readonly status: number
  readonly mediaType: string
  readonly headers: Readonly<Record<string, string>>
  /** The value of JSON, else the text; nothing where the body was empty. */
  readonly body: unknown
}

/** One request of the job. Times are milliseconds of the recorder's clock. */
export interface RawExchange {
  readonly operationId: string
  readonly askedAt: number
  readonly answeredAt: number
  readonly answer?: RawAnswer
  readonly failure?: string
}

/** The paid request itself. */
interface RawSubmission extends RawExchange {
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
  readonly violations: ReadonlyArray<string>
}

/** A job that is being recorded. */
export interface RecordedJob {
  readonly name: string
  readonly key: string | undefined
  readonly recordedAt: string
  taskId: string | undefined
  readonly submit: RawSubmission | undefined
  readonly polls: Array<RawExchange>
  video: Recording["video"]
}

/** The id that every task has in the contract's examples. */
export const placeholder: string = (() => {
  const [route] = Contract.routesOf("submit")
  const id = route === undefined ? undefined : field(Contract.successOf(route.operationId).body, "id")
  return Predicate.isString(id) ? id : "00000000-0000-0000-0000-000000000000"
})()

/** The id that a POST was answered, where the answer has the documented form. */
export const idIn = (answer: RawAnswer | undefined): string | undefined => {
  const id = answer === undefined ? undefined : field(answer.body, "id")
  return Predicate.isString(id) && id !== "" ? id : undefined
}

const word = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "") || "answer"

/** What an answer is called, before it is told apart from others. */
const nameOf = ({ status, body }: RawAnswer, isSubmission: boolean): string => {
  if (status !== 200) {
    const code = field(body, "code") ?? field(field(body, "error"), "code")
    return Predicate.isString(code) && code !== "" ? word(code) : `status-${status}`
  }
  return isSubmission ? "accepted" : word(TaskShape.statusOf(body) ?? "answer")
}

interface NamedExample {
  readonly operationId: string
  readonly name: string
  readonly answer: RawAnswer
}

/** Collects the answers of a job as named examples; the same answer is one example, however often it came. */
const exampleBook = (prefix: string, redact: Redactor) => {
  const examples: Array<NamedExample> = []
  const add = (operationId: string, raw: RawAnswer, isSubmission: boolean): string | undefined => {
    if (raw.body === undefined) return undefined
    const answer = { ...raw, body: redact(raw.body) }
    const same = examples.find(
      (each) =>
        each.operationId === operationId &&
        each.answer.status === answer.status &&
        each.answer.mediaType === answer.mediaType &&
        isDeepStrictEqual(each.answer.body, answer.body)
    )
    if (same !== undefined) return same.name
    const base = `${prefix}-${nameOf(answer, isSubmission)}`
    const isTaken = (name: string) => examples.some((each) => each.name === name)
    let name = base
    for (let number = 2; isTaken(name); number++) name = `${base}-${number}`
    examples.push({ operationId, name, answer })
    return name
  }
  return { examples, add }
}

/** What is made of each group of values that have the same key, by that key. */
const grouped = <A, B>(
  all: ReadonlyArray<A>,
  keyOf: (each: A) => string,
  made: (group: ReadonlyArray<A>) => B
): Record<string, B> =>
  Object.fromEntries(Object.entries(Arr.groupBy(all, keyOf)).map(([key, group]) => [key, made(group)] as const))

/** The examples on the contract's own levels: operation, status, media type, name. */
const tree = (examples: ReadonlyArray<NamedExample>, recordedAt: string): Examples => {
  const summary = `Recorded on ${recordedAt.slice(0, 10)}`
  const byName = (group: ReadonlyArray<NamedExample>) =>
    Object.fromEntries(group.map(({ name, answer }) => [name, { summary, value: answer.body }] as const))
  const byType = (group: ReadonlyArray<NamedExample>) => grouped(group, ({ answer }) => answer.mediaType, byName)
  const byStatus = (group: ReadonlyArray<NamedExample>) => grouped(group, ({ answer }) => String(answer.status), byType)
  return grouped(examples, ({ operationId }) => operationId, byStatus)
}

/** Headers of an answer that a client acts on. No other is kept. */
const keptHeaders = ["retry-after", "retry-after-ms"]

const headersOf = ({ headers }: RawAnswer, redact: Redactor): Pick<RecordedAnswer, "headers"> => {
  const kept = keptHeaders.flatMap((name) =>
    headers[name] === undefined ? [] : [[name, String(redact(headers[name]))] as const]
  )
  return kept.length === 0 ? {} : { headers: Object.fromEntries(kept) }
}

const deviationsOf = (example: NamedExample): ReadonlyArray<RecordedDeviation> =>
  Drift.deviationsOf(example.operationId, example.answer).map((deviation) => ({ ...deviation, answer: example.name }))

/** What is written down of a job as it is now, without its secrets. */
export const recordingOf = (job: RecordedJob, from: string, hosts: RedactedHosts): Recording => {
  const { submit, polls, recordedAt, video } = job
  const redact = redactor({ key: job.key, taskId: job.taskId, placeholder, hosts })
  const text = (value: string) => String(redact(value))
  const book = exampleBook(job.name, redact)
  const outcomeOf = ({ operationId, askedAt, answeredAt, answer, failure }: RawExchange, isSubmission: boolean) => {
    const example = answer && book.add(operationId, answer, isSubmission)
    return {
      took: answeredAt - askedAt,
      ...(answer === undefined
        ? {}
        : {
            answer: {
              status: answer.status,
              mediaType: text(answer.mediaType),
              ...(example === undefined ? {} : { example }),
              ...headersOf(answer, redact)
            }
          }),
      ...(failure === undefined ? {} : { failure: text(failure) })
    }
  }
  const start = submit?.answeredAt ?? polls[0]?.askedAt ?? 0
  const submitted = submit && {
    operation: submit.operationId,
    headers: Object.fromEntries(Object.entries(submit.headers).map(([name, value]) => [name, text(value)])),
    body: redact(submit.body) ?? null,
    violations: submit.violations.map(text),
    ...outcomeOf(submit, true)
  }
  const polled = polls.map((poll) => ({
    operation: poll.operationId,
    after: poll.askedAt - start,
    ...outcomeOf(poll, false)
  }))
  return {
    format: 1,
    recordedAt,
    from: hosts === "all" ? "https://redacted.example" : text(from),
    contract: Contract.version,
    redacted: ["keys", "credentials", "queries of URLs", "the task's id", ...(hosts.length > 0 ? ["hosts"] : [])],
    ...(submitted === undefined ? {} : { submit: submitted }),
    polls: polled,
    ...(video === undefined ? {} : { video }),
    deviations: book.examples.flatMap(deviationsOf),
    examples: tree(book.examples, recordedAt)
  }
}
