/**
 * Everything that can go wrong, as one error with a closed union of reasons.
 *
 * The error says where it happened and carries what must not be lost (task id, last task seen, request id); the reason says what went
 * wrong (`why`) and what to do about it (`advice`). Each reason can be made by a test or a stub. Nothing here decides whether something is sent again; no text here holds a key or the query of a URL.
 *
 * @module
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { NodeInspectSymbol } from "effect/Inspectable"
import * as Schema from "effect/Schema"
import { defined } from "./Defined.ts"
import { type Category, classify, type NewJob } from "./FailureCode.ts"
import { PreflightRefused } from "./Finding.ts"
import {
  AssetUnidentified,
  BudgetExceeded,
  IntentConflict,
  IntentUnresolved,
  LedgerFailed,
  sentences
} from "./ledger/LedgerError.ts"
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
  get why() {
    return `nothing was sent, because the input is not valid: ${lines(this.problems)}`
  }
  get advice() {
    return "Correct the input and call again"
  }
  override get message() {
    return sentences(this)
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
  get why() {
    return `${this.setting} ${this.problem}`
  }
  get advice() {
    return "Correct the setting; nothing was sent"
  }
  override get message() {
    return sentences(this)
  }
}

/** The request provably never reached the provider: no connection could be made. */
export class Unreachable extends Schema.TaggedError<Unreachable>("cometapi-runway/Unreachable")("Unreachable", {
  problem: Schema.String
}) {
  get isRetryable() {
    return true
  }
  get why() {
    return `no connection could be made (${this.problem}); the request was not sent`
  }
  get advice() {
    return "Check the network, the proxy and the base URL"
  }
  override get message() {
    return sentences(this)
  }
}

/** This program was frozen, or the machine too busy, between the ledger's word and the request: it did not leave in the time that it had. */
export class HeldUp extends Schema.TaggedError<HeldUp>("cometapi-runway/HeldUp")("HeldUp", { problem: Schema.String }) {
  get isRetryable() {
    return true
  }
  get why() {
    return `nothing was sent, because ${this.problem}. Others may have been allowed to send since then`
  }
  get advice() {
    return "Submit again: the ledger is asked anew"
  }
  override get message() {
    return sentences(this)
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
  get why() {
    return `${this.problem}, so it is not known whether the job was accepted and charged. It was not sent again`
  }
  get advice() {
    const sent = `sent ${this.sentAt.toJSON()}, body sha256 ${this.bodyDigest.slice(0, 12)}…`
    return `Look for it in the provider's console (${sent}) before you submit it anew`
  }
  override get message() {
    return sentences(this)
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
  get why() {
    return `the hook ${this.hook} ${this.problem}`
  }
  get advice() {
    return this.hook === "before"
      ? "Nothing was sent"
      : "The job is accepted and goes on: store its id, and wait for it with Task.wait"
  }
  override get message() {
    return sentences(this)
  }
}

const words = Schema.String.pipe(Schema.withConstructorDefault(Effect.succeed("")))

const answered = {
  /** The provider's own code, for example `invalid_request`; an open list. */
  code: Schema.optionalKey(Schema.String),
  /** The provider's own words. Default: none. */
  said: words
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
  get why() {
    return `the key was not accepted${quote(this.said)}`
  }
  get advice() {
    return "Check COMETAPI_KEY and the key's balance"
  }
  override get message() {
    return sentences(this)
  }
}

/** The key may not do this, or the balance is used up (403). */
export class Forbidden extends Schema.TaggedError<Forbidden>("cometapi-runway/Forbidden")("Forbidden", answered) {
  get isRetryable() {
    return false
  }
  get why() {
    return `not allowed${quote(this.said)}`
  }
  get advice() {
    return "Check the account's balance and the key's models"
  }
  override get message() {
    return sentences(this)
  }
}

/** The provider refused the request for good: sending the same again cannot help. */
export class Rejected extends Schema.TaggedError<Rejected>("cometapi-runway/Rejected")("Rejected", {
  ...answered,
  /** The fields at fault, where the provider names them. Default: none. */
  problems: Schema.Array(Problem).pipe(Schema.withConstructorDefault(Effect.succeed([])))
}) {
  get isRetryable() {
    return false
  }
  get why() {
    const fields = this.problems.length === 0 ? "" : ` (${lines(this.problems)})`
    return `refused${quote(this.said)}${fields}`
  }
  get advice() {
    return "Change the request: sending the same again will not help"
  }
  override get message() {
    return sentences(this)
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
  get why() {
    return `rate limited${quote(this.said)}`
  }
  get advice() {
    return `Try again ${this.retryAfter === undefined ? "later" : `after ${Duration.format(this.retryAfter)}`}`
  }
  override get message() {
    return sentences(this)
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
  get why() {
    return `not available now${quote(this.said)}`
  }
  get advice() {
    return "Try again later"
  }
  override get message() {
    return sentences(this)
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
  get why() {
    return `the answer was lost: ${this.problem}`
  }
  get advice() {
    return "Try again: a read costs nothing"
  }
  override get message() {
    return sentences(this)
  }
}

/** An answer that this API is not known to give: a page, a redirect, a body that is no task. */
export class UnexpectedAnswer extends Schema.TaggedError<UnexpectedAnswer>("cometapi-runway/UnexpectedAnswer")(
  "UnexpectedAnswer",
  {
    problem: Schema.String,
    /** The body's beginning. Default: none. */
    excerpt: words
  }
) {
  get isRetryable() {
    return true
  }
  get why() {
    return `${this.problem}${quote(this.excerpt)}`
  }
  get advice() {
    return "Try again; if this stays, check the base URL"
  }
  override get message() {
    return sentences(this)
  }
}

/**
 * The provider knows no such task: the id is wrong, or another key's, or the task has expired. Right after a submission it means only
 * that the task is not visible yet, which waiting allows for.
 */
export class TaskNotFound extends Schema.TaggedError<TaskNotFound>("cometapi-runway/TaskNotFound")("TaskNotFound", {
  said: words
}) {
  get isRetryable() {
    return true
  }
  get why() {
    return `no such task${quote(this.said)}`
  }
  get advice() {
    return "Check the id: it may be wrong, belong to another key, have expired, or be too young to be visible (a handle, or submittedAt, gives it time)"
  }
  override get message() {
    return sentences(this)
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
  get why() {
    const code = this.task.failureCode === undefined ? "" : ` (${this.task.failureCode})`
    return `the task failed${code}${quote(this.task.failure.replace(/\.$/, ""))}`
  }
  get advice() {
    return classify(this.task.failureCode).advice
  }
  override get message() {
    return sentences(this)
  }
}

/** The task was cancelled at the provider. */
export class TaskCancelled extends Schema.TaggedError<TaskCancelled>("cometapi-runway/TaskCancelled")("TaskCancelled", {
  task: Cancelled
}) {
  get isRetryable() {
    return false
  }
  get why() {
    return "the task was cancelled at the provider"
  }
  get advice() {
    return "Submit a new, newly paid job if you still want the video"
  }
  override get message() {
    return sentences(this)
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
  get why() {
    return "the task succeeded, but the provider shows no output"
  }
  get advice() {
    return "Wait for it again, or ask the provider for it by the task's id"
  }
  override get message() {
    return sentences(this)
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
  get why() {
    const seen = Object.entries(this.seen).map(([what, times]) => `${what} ×${times}`)
    return `not finished after ${Duration.format(this.waited)} (seen: ${seen.join(", ") || "nothing"})${lastErrorIn(this.lastError)}`
  }
  get advice() {
    return Object.keys(this.seen).some((what) => !passing.includes(what))
      ? "The task goes on: wait for it again by its id, with a longer deadline if it needs one"
      : "The task was not seen once: check the base URL, the key and the id, then wait for it again by its id"
  }
  override get message() {
    return sentences(this)
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
  get why() {
    return `the video could not be saved: ${this.problem}`
  }
  get advice() {
    return "Download it again: the task is done and stays paid"
  }
  override get message() {
    return sentences(this)
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
  get why() {
    return "the video's URL has expired"
  }
  get advice() {
    return "Get the task again for a fresh one (Task.get), then download that"
  }
  override get message() {
    return sentences(this)
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
  get why() {
    return `the job is done and paid, but its video could not be kept: ${this.problem}`
  }
  get advice() {
    return (
      "Take it up again within a day: wait for the task by its id and keep it, or, with a Ledger, generate it again " +
      "under the same intent. Neither is charged"
    )
  }
  override get message() {
    return sentences(this)
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
 * A task's id in a message. A foreign one could hide anything, so it is shown up to the first character that no id has; the field has all of it.
 * The readers of `Shown.ts` would show more of it, and who only catches errors would load them for nothing else.
 */
const shownId = (id: string): string => {
  const [beginning = ""] = /^[\w.:-]{0,120}/.exec(id) ?? []
  return beginning === id ? id : `${beginning}…`
}

const fields = {
  /** What was being done: method and path of the contract, for example `GET /runwayml/v1/tasks/{id}`, or a step like `wait`. Default: `runway`. */
  operation: Schema.String.pipe(Schema.withConstructorDefault(Effect.succeed("runway"))),
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
}

/**
 * The one error of this package.
 *
 * Catch a single reason with `Effect.catchReason("RunwayError", "RateLimited", …)`, or several with `Effect.catchReasons`. Printed, it is three
 * lines: what failed, why, and what to do now; everything else is in its fields and in its JSON.
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
 *
 * A stub or a test makes one out of any reason:
 *
 * @example
 * ```ts
 * import { RateLimited, RunwayError } from "cometapi-runway"
 *
 * const error = new RunwayError({ reason: new RateLimited({ said: "slow down" }) })
 * ```
 */
export class RunwayError extends Schema.TaggedError<RunwayError>("cometapi-runway/RunwayError")("RunwayError", fields) {
  // It hands everything on as it comes, so decoding is as before.
  // @effect-diagnostics-next-line overriddenSchemaConstructor:off
  constructor(known: Schema.Struct<typeof fields>["~type.make.in"], options?: Schema.MakeOptions) {
    super(known, options)
    // The frames of a stack would all be this package's and Effect's own, whatever the program was doing.
    Object.defineProperty(this, "stack", { configurable: true, get: () => String(this) })
  }

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

  override get name(): "RunwayError" {
    return "RunwayError"
  }

  /** Three lines: what failed, why, and what to do now. */
  override get message(): string {
    const status = this.status === undefined ? "" : `${this.status} `
    const attempts = (this.attempts ?? 1) === 1 ? "" : ` after ${this.attempts} attempts`
    const task = this.taskId === undefined ? "" : ` [task ${shownId(this.taskId)}]`
    const request = this.requestId === undefined ? "" : ` (request id ${this.requestId})`
    const { _tag, why, advice } = this.reason
    return `${this.operation}: ${status}${_tag}${attempts}${task}${request}\n  why: ${why}\n  now: ${advice}`
  }

  override toString(): string {
    return `${this.name}: ${this.message}`
  }

  /** What Node, Deno and Bun print. */
  override [NodeInspectSymbol](): string {
    return this.toString()
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
