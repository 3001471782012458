/**
 * The submission of a paid request: sent at most once unless it provably was not accepted, and its id is never lost.
 *
 * It is the same for every paid operation and knows none of them. What an answer means is read by a pure function; whether it is sent
 * again is decided in `request/Retry.ts`.
 *
 * @module
 */
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Bindings, paths } from "./Bindings.ts"
import { defined } from "./Defined.ts"
import { OutcomeUnknown, type Reason, RunwayError, Unreachable } from "./RunwayError.ts"
import * as Answer from "./request/Answer.ts"
import type { NoAnswer } from "./request/Attempt.ts"
import type { Exchange } from "./request/Exchange.ts"
import { type Restore, resend, type SubmitOptions } from "./request/Retry.ts"
import * as Telemetry from "./request/Telemetry.ts"
import { TaskId } from "./task/Snapshot.ts"

/** The contract's paid operations, for example `POST /runwayml/v1/image_to_video`: a path that the contract does not have is a type error. */
export type Operation = {
  readonly [Path in keyof paths]: paths[Path] extends { readonly post: object } ? `POST ${Path}` : never
}[keyof paths]

/** A paid request: its operation, its body, and the call of the bindings that writes it. */
export interface Submission {
  readonly operation: Operation
  readonly body: object
  readonly send: (bindings: Bindings) => Promise<unknown>
}

/** What one attempt came to. `Unknown`: the job may have been accepted, and charged. */
type Verdict =
  | { readonly _tag: "Accepted"; readonly id: TaskId }
  | { readonly _tag: "Refused"; readonly reason: Reason }
  | { readonly _tag: "Unknown"; readonly problem: string; readonly sentAt: DateTime.Utc }

/** What an answer to a paid request says: the new task's id, why there certainly is none, or why that cannot be told. */
const readSubmission = (answer: Answer.Answer): Verdict => {
  const id = Answer.isSuccess(answer) ? acceptedId(answer) : Option.none()
  if (Option.isSome(id)) return { _tag: "Accepted", id: id.value }
  return Option.match(Answer.refusal(answer), {
    onSome: (reason): Verdict => ({ _tag: "Refused", reason }),
    onNone: (): Verdict => ({ _tag: "Unknown", problem: Answer.ambiguity(answer), sentAt: answer.sentAt })
  })
}

/** What it means that no answer came. */
const readSilence = ({ _tag, problem, sentAt }: NoAnswer): Verdict =>
  _tag === "NotSent" ? { _tag: "Refused", reason: new Unreachable({ problem }) } : { _tag: "Unknown", problem, sentAt }

/** Money may be involved, so a submission that did not lead to a task is logged as a warning. */
const warn = (error: RunwayError): Effect.Effect<void> =>
  Effect.logWarning("task not submitted").pipe(
    Effect.annotateLogs(defined({ reason: error.reason._tag, status: error.status, requestId: error.requestId }))
  )

/** Sends a paid request and gives the task's id. */
export const submit = Effect.fn("Runway.submit")(function* (
  exchange: Exchange,
  submission: Submission,
  options: SubmitOptions
): Effect.fn.Return<TaskId, RunwayError> {
  const id = yield* resend((attempt) => sendOnce(exchange, submission, attempt), "submit", options)
  yield* Effect.annotateCurrentSpan("runway.task.id", id)
  return id
}, Effect.tapError(warn))

/** One attempt at a paid request. From its answer on nothing may interrupt it: a task that is paid for must be reported. */
const sendOnce = (exchange: Exchange, submission: Submission, attempt: number): Effect.Effect<TaskId, RunwayError> =>
  Effect.uninterruptibleMask((restore) => transact(exchange, submission, attempt, restore))

const transact = Effect.fnUntraced(function* (
  exchange: Exchange,
  { operation, body, send }: Submission,
  attempt: number,
  restore: Restore
): Effect.fn.Return<TaskId, RunwayError> {
  const onCutOff = warnOfInterruption(operation)
  const sent = yield* Effect.result(exchange({ kind: "submit", operation, call: send, attempt, onCutOff, restore }))
  const verdict = Result.match(sent, { onSuccess: readSubmission, onFailure: readSilence })
  if (verdict._tag === "Accepted") {
    yield* Effect.logInfo("task submitted").pipe(Effect.annotateLogs({ taskId: verdict.id }))
    return verdict.id
  }
  const reason =
    verdict._tag === "Refused" ? verdict.reason : yield* outcomeUnknown(verdict.problem, verdict.sentAt, body)
  const known = Result.isSuccess(sent) ? Answer.known(sent.success) : {}
  return yield* new RunwayError({ operation, reason, ...known })
})

const outcomeUnknown = Effect.fnUntraced(function* (
  problem: string,
  sentAt: DateTime.Utc,
  body: object
): Effect.fn.Return<OutcomeUnknown> {
  yield* Telemetry.countUnknownOutcome
  return new OutcomeUnknown({ problem, sentAt, bodyDigest: yield* digest(JSON.stringify(body)) })
})

/** A submission that was cut off on its way: nobody is left to take an error, and there may be a job. */
const warnOfInterruption = (operation: string): Effect.Effect<void> =>
  Telemetry.countUnknownOutcome.pipe(
    Effect.andThen(Effect.logWarning("interrupted while submitting; the job may have been accepted")),
    Effect.annotateLogs({ operation })
  )

const decodeTaskId = Schema.decodeUnknownOption(TaskId)

/** The new task's id. It is also looked for where sibling gateways put it: a paid job's id is never thrown away for standing elsewhere. */
const acceptedId = (answer: Answer.Answer): Option.Option<TaskId> => {
  const body = Option.getOrUndefined(Answer.json(answer))
  const id = [body, field(body, "data")]
    .flatMap((place) => [field(place, "id"), field(place, "task_id"), field(place, "taskId")])
    .find((value) => typeof value === "string" && value.trim() !== "")
  return decodeTaskId(id)
}

const field = (value: unknown, name: string): unknown =>
  Predicate.isObjectOrArray(value) ? Reflect.get(value, name) : undefined

/** SHA-256 of a text, in hex. */
const digest = (text: string): Effect.Effect<string> =>
  Effect.promise(async () => {
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))
    return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("")
  })
