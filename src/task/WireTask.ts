/**
 * Reads the wire's task answers: any shape in, one `Task` out. The only place that decides a task's state; it remembers nothing.
 *
 * Nothing but the status decides the state, and a text status is all that is needed: every other field is read if it can be and left out
 * if it cannot. Each answer is read for itself, because one task may answer in an envelope while queued and bare when finished (task page).
 * The gateway's status is the platform's decision and billing follows it, so a terminal one holds, whatever the provider's copy inside
 * says. Before that, the copy is believed when it says that the task got further.
 *
 * What several records say is taken in this order:
 *
 * | field | names, the first that can be read | records |
 * | --- | --- | --- |
 * | output | `output`; `result_url`; `video_url`; `fail_reason`, `data`, `result` of a success | innermost first, wrappers last |
 * | failure | `fail_reason`; `failure` | outermost first |
 * | failure code | `failureCode` | innermost first |
 * | progress, costs | `progress`; `cost`, `estimatedCost` | innermost first |
 * | creation | `createdAt`; `submit_time`; `create_time` | innermost first |
 *
 * @module
 */
import type * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import type * as Wire from "../../generated/schemas.gen.ts"
import { defined } from "../Defined.ts"
import * as Shown from "../Shown.ts"
import * as Field from "./Field.ts"
import {
  Cancelled,
  type Cost,
  Failed,
  Finishing,
  makeOutputUrl,
  Queued,
  Running,
  Succeeded,
  type Task,
  type TaskId,
  Unrecognised
} from "./Snapshot.ts"
import { find, isEmptyWrapper, type TaskRecord, type TaskRecords } from "./TaskRecord.ts"

/** The task that an answer's body shows, or nothing when the body shows none. */
export const fromBody = (id: TaskId, body: unknown): Option.Option<Task> => {
  const found = find(id, body, isTaskWord)
  if (found !== undefined) return saysNotThere(found, body) ? Option.none() : Option.some(toTask(read(id, found)))
  return isEmptyWrapper(body) ? Option.some(new Unrecognised({ id, status: "" })) : Option.none()
}

/** How the gateway says that it knows no such task, as a word. */
export const notThere = /\btask_not_exist\b/i

/** Whether the status is only the word of an answer that knows no such task. A task that mentions it is still a task. */
const saysNotThere = ({ records }: TaskRecords, body: unknown): boolean =>
  !records.some(({ isTaskLike }) => isTaskLike) &&
  verdict(records).phase === "Unrecognised" &&
  notThere.test(JSON.stringify(body))

type Phase = "Queued" | "Running" | "Succeeded" | "Failed" | "Cancelled" | "Unrecognised"

/** The wire's words, upper-cased: both vocabularies, and the lower-case spellings that have been seen. */
const phases: Readonly<Record<string, Phase>> = {
  NOT_START: "Queued",
  SUBMITTED: "Queued",
  QUEUED: "Queued",
  PENDING: "Queued",
  THROTTLED: "Queued",
  IN_PROGRESS: "Running",
  RUNNING: "Running",
  SUCCESS: "Succeeded",
  SUCCEEDED: "Succeeded",
  FAILURE: "Failed",
  FAILED: "Failed",
  CANCELLED: "Cancelled"
} satisfies Record<Exclude<Wire.BareStatus | Wire.RowStatus, "UNKNOWN">, Phase>

const phaseOf = (status: string): Phase => {
  const word = status.toUpperCase()
  return (Object.hasOwn(phases, word) ? phases[word] : undefined) ?? "Unrecognised"
}

/** Whether a word can only be a task's status. "success" in small letters is what wrappers say of a request. */
const isTaskWord = (status: string): boolean =>
  phaseOf(status) !== "Unrecognised" && (status.toUpperCase() !== "SUCCESS" || status === "SUCCESS")

/** What the records say, in one form. */
interface Reading {
  readonly id: TaskId
  readonly phase: Phase
  readonly status: string
  readonly createdAt: DateTime.Utc | undefined
  readonly progress: number | undefined
  readonly estimatedCost: Cost | undefined
  readonly cost: Cost | undefined
  readonly output: ReadonlyArray<string>
  readonly failure: string
  readonly failureCode: string | undefined
}

const read = (id: TaskId, { records, wrappers }: TaskRecords): Reading => {
  const inwards = records
  const outwards = records.toReversed()
  const { phase, status } = verdict(records)
  return {
    id,
    phase,
    status,
    createdAt: readFirst(["createdAt", "submit_time", "create_time"], outwards, Field.time),
    progress: readFirst(["progress"], outwards, Field.share),
    estimatedCost: readFirst(["estimatedCost"], outwards, Field.cost),
    cost: readFirst(["cost"], outwards, Field.cost),
    output: phase === "Succeeded" ? readOutput([...outwards, ...wrappers.toReversed()]) : [],
    failure: readFirst(["fail_reason", "failure"], inwards, Field.words) ?? "",
    failureCode: readFirst(["failureCode"], outwards, Field.code)
  }
}

/** The first value that can be read: by name, and under one name by record. */
const readFirst = <A>(
  names: ReadonlyArray<string>,
  records: ReadonlyArray<TaskRecord>,
  readField: (value: unknown) => A | undefined
): A | undefined => {
  for (const name of names) {
    for (const record of records) {
      const value = readField(record.get(name))
      if (value !== undefined) return value
    }
  }
  return undefined
}

const readOutput = (records: ReadonlyArray<TaskRecord>): ReadonlyArray<string> => {
  const withUrls = (value: unknown): ReadonlyArray<string> | undefined => {
    const found = Field.urls(value)
    return found.length > 0 ? found : undefined
  }
  // Some gateway versions keep the output's URL in `fail_reason`; after a failure it is only a text that may name a URL.
  const successes = records.filter(({ status }) => status !== undefined && phaseOf(status) === "Succeeded")
  return (
    readFirst(["output", "result_url", "video_url"], records, withUrls) ??
    readFirst(["fail_reason", "data", "result"], successes, withUrls) ??
    []
  )
}

/** The state by all statuses together, from the provider's outwards to the platform's. */
const verdict = (records: ReadonlyArray<TaskRecord>): { readonly phase: Phase; readonly status: string } =>
  records
    .flatMap(({ status }) => (status === undefined ? [] : [{ phase: phaseOf(status), status }]))
    .reduceRight((inner, outer) => (isFurther(inner.phase, outer.phase) ? inner : outer))

/** Whether the provider's copy may speak before the platform's verdict: to say that the task got further, never that it failed. */
const isFurther = (inner: Phase, outer: Phase): boolean =>
  order.includes(inner) && order.includes(outer) && order.indexOf(inner) > order.indexOf(outer)

const order: ReadonlyArray<Phase> = ["Unrecognised", "Queued", "Running", "Succeeded"]

const toTask = ({ output, failure, failureCode, phase, ...reading }: Reading): Task => {
  const common = defined({ ...reading, status: Shown.word(reading.status) })
  switch (phase) {
    case "Queued":
      return new Queued(common)
    case "Running":
      return new Running(common)
    case "Unrecognised":
      return new Unrecognised(common)
    case "Cancelled":
      return new Cancelled(common)
    case "Failed":
      return new Failed({
        ...common,
        ...defined({
          failure: Shown.text(failure, 1000),
          failureCode: failureCode === undefined ? undefined : Shown.word(failureCode)
        })
      })
    case "Succeeded": {
      const [first, ...rest] = output
      return first === undefined
        ? new Finishing(common)
        : new Succeeded({ ...common, output: [makeOutputUrl(first), ...rest.map(makeOutputUrl)] })
    }
  }
}
