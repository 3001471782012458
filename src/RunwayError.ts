/**
 * Everything that can go wrong, as one error with a closed union of reasons.
 *
 * The error says where it happened and carries what must not be lost (task id, last task seen, request id); the reason says what went
 * wrong and what to do about it. Nothing here decides whether something is sent again; no text here holds a key or the query of a URL.
 *
 * @module
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { defined } from "./Defined.ts"
import { type Category, classify, type NewJob } from "./FailureCode.ts"
import { PreflightRefused } from "./Finding.ts"
import {
  AssetUnidentified,
  BudgetExceeded,
  IntentConflict,
  IntentUnresolved,
  LedgerFailed
} from "./ledger/LedgerError.ts"
import * as Shown from "./Shown.ts"
import { Cancelled, Failed, Finishing, Task, TaskId } from "./task/Snapshot.ts"

/** One thing that is wrong with an input. */
export const Problem = Schema.Struct({
  /** Where, for example `reference.uri`. */
  path: Schema.String,
  /** What was expected, and what was found. */
  message: Schema.String
})
export type Problem = typeof Problem.Type

const lines = (problems: ReadonlyArray<Problem>): string =>
  problems.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; ")

/** The input breaks the contract. Nothing was sent. */
export class InvalidInput extends Schema.TaggedError<InvalidInput>("cometapi-runway/InvalidInput")("InvalidInput", {
  problems: Schema.NonEmptyArray(Problem)
}) {
  get isRetryable() {
    return false
  }
  override get message() {
    return `nothing was sent, because the input is not valid: ${lines(this.problems)}`
  }
}

/** A setting of the layer cannot be used. Nothing was sent. */
export class InvalidConfig extends Schema.TaggedError<InvalidConfig>("cometapi-runway/InvalidConfig")("InvalidConfig", {
  /** The option or environment variable at fault. */
  setting: Schema.String,
  problem: Schema.String
}) {
  get isRetryable() {
    return false
  }
  override get message() {
    return `${this.setting} ${this.problem}`
  }
}

/** The request provably never reached the provider: no connection could be made. */
export class Unreachable extends Schema.TaggedError<Unreachable>("cometapi-runway/Unreachable")("Unreachable", {
  problem: Schema.String
}) {
  get isRetryable() {
    return true
  }
  override get message() {
    return `no connection could be made (${this.problem}); the request was not sent. Check the network, the proxy and the base URL`
  }
}

/** This program was frozen, or the machine too busy, between the ledger's word and the request: it did not leave in the time that it had. */
export class HeldUp extends Schema.TaggedError<HeldUp>("cometapi-runway/HeldUp")("HeldUp", { problem: Schema.String }) {
  get isRetryable() {
    return true
  }
  override get message() {
    return `nothing was sent, because ${this.problem}. Others may have been allowed to send since then, so submit again: the ledger is asked anew`
  }
}

/**
 * A submission may or may not have been accepted, and charged. It was not sent again.
 *
 * Look the job up in the provider's console by the time it was sent before you submit it anew. Where the error has a `taskId`, an id stood
 * in the answer: look at that task first.
 */
export class OutcomeUnknown extends Schema.TaggedError<OutcomeUnknown>("cometapi-runway/OutcomeUnknown")(
  "OutcomeUnknown",
  {
    problem: Schema.String,
    /** When the ambiguous attempt was sent. */
    sentAt: Schema.DateTimeUtcFromString,
    /** SHA-256 of the body that was sent, in hex: to match a job with its input without keeping the input. */
    bodyDigest: Schema.String
  }
) {
  get isRetryable() {
    return false
  }
  override get message() {
    return (
      `${this.problem}, so it is not known whether the job was accepted and charged. It was not sent again. ` +
      `Look for it in the provider's console (sent ${this.sentAt.toJSON()}, body sha256 ${this.bodyDigest.slice(0, 12)}…) before you submit it anew`
    )
  }
}

/**
 * A hook of a submission broke: it died, took longer than it may, or failed with something that is no `RunwayError`.
 *
 * Where the error has a `taskId`, the job is accepted and paid and goes on: store the id, and wait for it with `Task.wait`.
 */
export class HookFailed extends Schema.TaggedError<HookFailed>("cometapi-runway/HookFailed")("HookFailed", {
  /** `before` and `after` are those of `aroundAttempt`. */
  hook: Schema.Literals(["onSubmitted", "onReused", "before", "after"]),
  /** What happened to it. */
  problem: Schema.String
}) {
  get isRetryable() {
    return false
  }
  override get message() {
    const consequence =
      this.hook === "before"
        ? "Nothing was sent"
        : "The job is accepted and goes on: store its id, and wait for it with Task.wait"
    return `the hook ${this.hook} ${this.problem}. ${consequence}`
  }
}

const answered = {
  /** The provider's own code, for example `invalid_request`; an open list. */
  code: Schema.optionalKey(Schema.String),
  /** The provider's own words. */
  said: Schema.String
}

const quote = (message: string): string => (message === "" ? "" : `: ${message}`)

/** The key is missing, wrong, expired or used up (401). */
export class Unauthorized extends Schema.TaggedError<Unauthorized>("cometapi-runway/Unauthorized")(
  "Unauthorized",
  answered
) {
  get isRetryable() {
    return false
  }
  override get message() {
    return `the key was not accepted${quote(this.said)}. Check COMETAPI_KEY and the key's balance`
  }
}

/** The key may not do this, or the balance is used up (403). */
export class Forbidden extends Schema.TaggedError<Forbidden>("cometapi-runway/Forbidden")("Forbidden", answered) {
  get isRetryable() {
    return false
  }
  override get message() {
    return `not allowed${quote(this.said)}. Check the account's balance and the key's models`
  }
}

/** The provider refused the request for good: sending the same again cannot help. */
export class Rejected extends Schema.TaggedError<Rejected>("cometapi-runway/Rejected")("Rejected", {
  ...answered,
  /** The fields at fault, where the provider names them. */
  problems: Schema.Array(Problem)
}) {
  get isRetryable() {
    return false
  }
  override get message() {
    const fields = this.problems.length === 0 ? "" : ` (${lines(this.problems)})`
    return `refused${quote(this.said)}${fields}. Sending the same again will not help`
  }
}

/** Too many requests, or the provider is saturated (429). */
export class RateLimited extends Schema.TaggedError<RateLimited>("cometapi-runway/RateLimited")("RateLimited", {
  ...answered,
  /** How long the provider asks to wait. */
  retryAfter: Schema.optionalKey(Schema.DurationFromMillis)
}) {
  get isRetryable() {
    return true
  }
  override get message() {
    const after = this.retryAfter === undefined ? "later" : `after ${Duration.format(this.retryAfter)}`
    return `rate limited, retry ${after}${quote(this.said)}`
  }
}

/** The provider or something in front of it cannot answer now, and did not accept anything. */
export class Unavailable extends Schema.TaggedError<Unavailable>("cometapi-runway/Unavailable")("Unavailable", {
  ...answered,
  retryAfter: Schema.optionalKey(Schema.DurationFromMillis)
}) {
  get isRetryable() {
    return true
  }
  override get message() {
    return `not available now${quote(this.said)}. Try again later`
  }
}

/** The answer to a read was lost on the way, or did not come in time. */
export class ConnectionLost extends Schema.TaggedError<ConnectionLost>("cometapi-runway/ConnectionLost")(
  "ConnectionLost",
  { problem: Schema.String }
) {
  get isRetryable() {
    return true
  }
  override get message() {
    return `the answer was lost: ${this.problem}`
  }
}

/** An answer that this API is not known to give: a page, a redirect, a body that is no task. */
export class UnexpectedAnswer extends Schema.TaggedError<UnexpectedAnswer>("cometapi-runway/UnexpectedAnswer")(
  "UnexpectedAnswer",
  {
    problem: Schema.String,
    /** The body's beginning. */
    excerpt: Schema.String
  }
) {
  get isRetryable() {
    return true
  }
  override get message() {
    const body = this.excerpt === "" ? "" : `: ${this.excerpt}`
    return `${this.problem}${body}. If this stays, check the base URL`
  }
}

/**
 * The provider knows no such task: the id is wrong, or another key's, or the task has expired. Right after a submission it means only
 * that the task is not visible yet, which waiting allows for.
 */
export class TaskNotFound extends Schema.TaggedError<TaskNotFound>("cometapi-runway/TaskNotFound")("TaskNotFound", {
  said: Schema.String
}) {
  get isRetryable() {
    return true
  }
  override get message() {
    return `no such task${quote(this.said)}. The id may be wrong, belong to another key, have expired, or be too young to be visible (a handle, or submittedAt, gives it time)`
  }
}

/** The task ended without a video. It is never submitted again unasked: that would be a new job, newly paid. */
export class TaskFailed extends Schema.TaggedError<TaskFailed>("cometapi-runway/TaskFailed")("TaskFailed", {
  task: Failed
}) {
  get isRetryable() {
    return false
  }
  /** Whose fault it was: `safety-input`, `safety-output`, `asset`, `internal`, `third-party` or `unknown`. */
  get category(): Category {
    return classify(this.task.failureCode).category
  }
  /** Whether a new, newly paid job with the same input could help: `no`, `unlikely`, or `later`. */
  get newJob(): NewJob {
    return classify(this.task.failureCode).newJob
  }
  override get message() {
    const code = this.task.failureCode === undefined ? "" : ` (${this.task.failureCode})`
    return `the task failed${code}${quote(this.task.failure.replace(/\.$/, ""))}. ${classify(this.task.failureCode).advice}`
  }
}

/** The task was cancelled at the provider. */
export class TaskCancelled extends Schema.TaggedError<TaskCancelled>("cometapi-runway/TaskCancelled")("TaskCancelled", {
  task: Cancelled
}) {
  get isRetryable() {
    return false
  }
  override get message() {
    return "the task was cancelled at the provider"
  }
}

/**
 * The provider says that the task succeeded and shows no output, for longer than it may take. The task is done and stays paid: wait for it
 * again, or ask the provider for its output by the task's id.
 */
export class OutputMissing extends Schema.TaggedError<OutputMissing>("cometapi-runway/OutputMissing")("OutputMissing", {
  task: Finishing
}) {
  get isRetryable() {
    return true
  }
  override get message() {
    return "the task succeeded, but the provider shows no output. Wait for it again, or ask the provider for it by the task's id"
  }
}

/** The last error that a wait met, as far as another error needs it. */
export const LastError = Schema.Struct({
  /** The tag of its reason, for example `Unavailable`. */
  reason: Schema.String,
  /** The answer's HTTP status, when there was an answer. */
  status: Schema.optionalKey(Schema.Int),
  /** The gateway's id of the request, for support. */
  requestId: Schema.optionalKey(Schema.String),
  /** The provider's words, the body's beginning, or what went wrong on the way. */
  excerpt: Schema.String
})
export type LastError = typeof LastError.Type

/** The reasons for which a look sees no task and the wait goes on. */
const passing: ReadonlyArray<string> = [
  "Unreachable",
  "RateLimited",
  "Unavailable",
  "ConnectionLost",
  "UnexpectedAnswer",
  "TaskNotFound"
]

/** The task had not ended when the wait's time was up. The task itself goes on: wait for it again by its id. */
export class WaitTimedOut extends Schema.TaggedError<WaitTimedOut>("cometapi-runway/WaitTimedOut")("WaitTimedOut", {
  waited: Schema.DurationFromMillis,
  /** How often each status, and each reason for not seeing one, was met. */
  seen: Schema.Record(Schema.String, Schema.Int),
  /** Why the latest of the looks that saw nothing did so; none when every look saw the task. */
  lastError: Schema.optionalKey(LastError)
}) {
  get isRetryable() {
    return true
  }
  override get message() {
    const seen = Object.entries(this.seen).map(([what, times]) => `${what} ×${times}`)
    const wasSeen = Object.keys(this.seen).some((what) => !passing.includes(what))
    const advice = wasSeen
      ? "The task goes on: wait for it again by its id, with a longer deadline if it needs one"
      : "The task was not seen once: check the base URL, the key and the id, then wait for it again by its id"
    return `not finished after ${Duration.format(this.waited)} (seen: ${seen.join(", ") || "nothing"})${lastErrorIn(this.lastError)}. ${advice}`
  }
}

const lastErrorIn = (error: LastError | undefined): string => {
  if (error === undefined) return ""
  const status = error.status === undefined ? "" : ` ${error.status}`
  const request = error.requestId === undefined ? "" : ` (request id ${error.requestId})`
  return `; last error:${status} ${error.reason}${quote(error.excerpt.replace(/\.$/, ""))}${request}`
}

/** The finished video could not be saved. The task is done and stays paid: download it again. */
export class DownloadFailed extends Schema.TaggedError<DownloadFailed>("cometapi-runway/DownloadFailed")(
  "DownloadFailed",
  {
    problem: Schema.String,
    /** Whether it may pass by itself, as a lost connection or a busy host does and a page or a full disk does not. Default: true. */
    transient: Schema.Boolean.pipe(Schema.withConstructorDefault(Effect.succeed(true))),
    /** How long the asset host asks to wait. */
    retryAfter: Schema.optionalKey(Schema.DurationFromMillis)
  }
) {
  get isRetryable() {
    return this.transient
  }
  override get message() {
    return `the video could not be saved: ${this.problem}`
  }
}

/**
 * The video's URL is not valid any more (401, 403, 404 or 410 from the asset host). The task is done and stays paid: get it again for a
 * fresh URL, then download that. Runway gives a fresh one with each look; CometAPI does not say whether it does.
 */
export class OutputExpired extends Schema.TaggedError<OutputExpired>("cometapi-runway/OutputExpired")(
  "OutputExpired",
  {}
) {
  /** No: the same URL stays expired. A fresh one is another download. */
  get isRetryable() {
    return false
  }
  override get message() {
    return "the video's URL has expired: get the task again for a fresh one (Task.get), then download that"
  }
}

/**
 * The job has succeeded and is paid, and its video could not be kept in the archive that was asked for. Nothing is lost: the provider has it for
 * 24 to 48 hours.
 */
export class ArchiveFailed extends Schema.TaggedError<ArchiveFailed>("cometapi-runway/ArchiveFailed")("ArchiveFailed", {
  problem: Schema.String,
  /** Whether it may pass by itself. */
  transient: Schema.Boolean
}) {
  get isRetryable() {
    return this.transient
  }
  override get message() {
    return (
      `the job is done and paid, but its video could not be kept: ${this.problem}. Take it up again within a day: ` +
      "wait for the task by its id and keep it, or, with a Ledger, generate it again under the same intent. Neither is charged"
    )
  }
}

/** What went wrong. Narrow it by `_tag`, or use `Effect.catchReason("RunwayError", tag, …)`. */
export const Reason = Schema.Union([
  InvalidInput,
  InvalidConfig,
  PreflightRefused,
  Unreachable,
  HeldUp,
  OutcomeUnknown,
  HookFailed,
  IntentConflict,
  IntentUnresolved,
  AssetUnidentified,
  BudgetExceeded,
  LedgerFailed,
  Unauthorized,
  Forbidden,
  Rejected,
  RateLimited,
  Unavailable,
  ConnectionLost,
  UnexpectedAnswer,
  TaskNotFound,
  TaskFailed,
  TaskCancelled,
  OutputMissing,
  WaitTimedOut,
  DownloadFailed,
  OutputExpired,
  ArchiveFailed
])
export type Reason = typeof Reason.Type

/**
 * The one error of this package.
 *
 * Catch a single reason with `Effect.catchReason("RunwayError", "RateLimited", …)`, or several with `Effect.catchReasons`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { CharacterPerformance } from "cometapi-runway"
 *
 * declare const input: CharacterPerformance.Input
 *
 * const program = CharacterPerformance.generate(input).pipe(
 *   Effect.catchReason("RunwayError", "WaitTimedOut", (reason, error) =>
 *     Effect.log(`still ${error.lastTask?.status ?? "unseen"}, resume ${error.taskId}: ${reason.message}`)
 *   )
 * )
 * ```
 */
export class RunwayError extends Schema.TaggedError<RunwayError>("cometapi-runway/RunwayError")("RunwayError", {
  /** What was being done: method and path of the contract, for example `GET /runwayml/v1/tasks/{id}`, or a step like `wait`. */
  operation: Schema.String,
  /** What went wrong. */
  reason: Reason,
  /** The answer's HTTP status, when there was an answer. */
  status: Schema.optionalKey(Schema.Int),
  /** The gateway's id of the request, for support. */
  requestId: Schema.optionalKey(Schema.String),
  /** The task this is about, as soon as there is one. With it the work can be taken up again. */
  taskId: Schema.optionalKey(TaskId),
  /** The last state of the task that was seen. */
  lastTask: Schema.optionalKey(Task),
  /** How many times the request was attempted. */
  attempts: Schema.optionalKey(Schema.Int)
}) {
  override readonly cause: Reason = this.reason

  /** Whether doing the same again can help. For a submission: whether it can help and cannot be charged twice. */
  get isRetryable(): boolean {
    return this.reason.isRetryable
  }

  /**
   * Whether this is the reason; narrows the error to it, for programs that catch with `try` and not with Effect.
   *
   * @example
   * ```ts
   * import { RunwayError } from "cometapi-runway"
   *
   * declare const error: unknown
   *
   * if (error instanceof RunwayError && error.is("OutcomeUnknown")) console.error(error.reason.bodyDigest)
   * ```
   */
  is<Tag extends Reason["_tag"]>(
    tag: Tag
  ): this is this & { readonly reason: Extract<Reason, { readonly _tag: Tag }> } {
    return this.reason._tag === tag
  }

  override get message(): string {
    const status = this.status === undefined ? "" : `${this.status} `
    const attempts = (this.attempts ?? 1) === 1 ? "" : ` after ${this.attempts} attempts`
    const task = this.taskId === undefined ? "" : ` [task ${Shown.word(this.taskId)}]`
    const request = this.requestId === undefined ? "" : ` (request id ${this.requestId})`
    return `${this.operation}: ${status}${this.reason.message}${attempts}${task}${request}`
  }

  /** The same error with more of what is known. */
  with(known: {
    readonly taskId?: TaskId
    readonly lastTask?: Task | undefined
    readonly attempts?: number
  }): RunwayError {
    const { operation, reason, status, requestId, taskId, lastTask, attempts } = this
    return new RunwayError({
      ...defined({ operation, reason, status, requestId, taskId, lastTask, attempts }),
      ...defined(known)
    })
  }
}
