/**
 * Reads the wire's task answers: three shapes in, one `Task` out. The only place that tells the shapes apart; it remembers nothing.
 *
 * Each answer is read for itself, because one task may answer in an envelope while queued and bare when finished (task page). The
 * envelope's status is the platform's decision and billing follows it, so a terminal status holds, whatever the provider's copy inside
 * says. Before that, the copy is believed when it says that the task got further.
 *
 * @module
 */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { BareTask, TaskRow } from "../../generated/schemas.gen.ts"
import * as Wire from "../../generated/schemas.gen.ts"
import { defined } from "../Defined.ts"
import * as Shown from "../Shown.ts"
import {
  Cancelled,
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

const decode = Schema.decodeUnknownOption(Wire.TaskAnswer)
const isEnvelope = Schema.is(Wire.TaskEnvelope)
const isRow = Schema.is(Wire.TaskRow)
const isBare = Schema.is(Wire.BareTask)

/** The task that an answer's body shows, or nothing when the body is none of the contract's task answers. */
export const fromBody = (id: TaskId, body: unknown): Option.Option<Task> =>
  Option.map(decode(body), (answer) => {
    if (isEnvelope(answer))
      return answer.data === null ? new Unrecognised({ id, status: "" }) : fromRow(id, answer.data)
    return isRow(answer) ? fromRow(id, answer) : fromBare(id, answer)
  })

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

/** What either shape says, in one form. */
interface Reading {
  readonly id: TaskId
  readonly phase: Phase
  readonly status: string
  readonly createdAt: DateTime.Utc | undefined
  readonly progress: number | undefined
  readonly output: ReadonlyArray<string>
  readonly failure: string
  readonly failureCode: string | undefined
}

const fromBare = (id: TaskId, bare: BareTask): Task => toTask(readBare(id, bare))

const readBare = (id: TaskId, bare: BareTask): Reading => ({
  id,
  phase: phaseOf(bare.status),
  status: bare.status,
  createdAt: Option.getOrUndefined(DateTime.make(bare.createdAt ?? "")),
  progress: readProgress(bare.progress),
  output: (typeof bare.output === "string" ? [bare.output] : (bare.output ?? [])).filter(isUrl),
  failure: bare.failure ?? "",
  failureCode: bare.failureCode || undefined
})

const fromRow = (id: TaskId, row: TaskRow): Task => {
  const inner = isBare(row.data) ? readBare(id, row.data) : undefined
  const outer = phaseOf(row.status)
  const believed = inner !== undefined && isFurther(inner.phase, outer) ? inner : undefined
  const submitted = row.submit_time ? DateTime.make(row.submit_time * 1000) : Option.none()
  return toTask({
    id,
    phase: believed?.phase ?? outer,
    status: believed?.status ?? row.status,
    createdAt: inner?.createdAt ?? Option.getOrUndefined(submitted),
    progress: inner?.progress ?? readProgress(row.progress),
    // Some gateway versions keep the output's URL in `fail_reason`; after a failure it is only a text that may name a URL.
    output: inner?.output.length
      ? inner.output
      : [row.result_url, row.video_url, outer === "Succeeded" ? row.fail_reason : undefined].filter(isUrl).slice(0, 1),
    failure: row.fail_reason || inner?.failure || "",
    failureCode: inner?.failureCode
  })
}

/** Whether the provider's copy may speak before the platform's verdict: to say that the task got further, never that it failed. */
const isFurther = (inner: Phase, outer: Phase): boolean =>
  order.includes(inner) && order.includes(outer) && order.indexOf(inner) > order.indexOf(outer)

const order: ReadonlyArray<Phase> = ["Unrecognised", "Queued", "Running", "Succeeded"]

const toTask = ({ id, phase, status, createdAt, progress, output, failure, failureCode }: Reading): Task => {
  const common = defined({ id, status: Shown.word(status), createdAt, progress })
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

/** `0.275`, `"0.275"` or `"30%"` as a share of one. A bare number above 1 can only be a percentage. */
const readProgress = (progress: number | string | null | undefined): number | undefined => {
  if (progress === null || progress === undefined || progress === "") return undefined
  const text = String(progress).trim()
  const number = Number(text.replace(/%$/, ""))
  const share = text.endsWith("%") || number > 1 ? number / 100 : number
  return Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : undefined
}

const isUrl = (text: string | null | undefined): text is string =>
  typeof text === "string" && /^https?:\/\/\S+$/i.test(text)
