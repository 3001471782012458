/**
 * The submission of a paid request: sent at most once unless it provably was not accepted, and its id is never lost.
 *
 * It is the same for every paid operation and knows none of them. What an answer means is read by pure functions, also in an answer that
 * broke off; whether it is sent again is decided in `request/Retry.ts`.
 *
 * @module
 */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Cost } from "../generated/schemas.gen.ts"
import type { Bindings, paths } from "./Bindings.ts"
import { defined } from "./Defined.ts"
import type { Verdict as Entered } from "./ledger/Entry.ts"
import { sha256 } from "./ledger/Intent.ts"
import type { Claimed } from "./ledger/Rules.ts"
import type { Ledger } from "./ledger/Service.ts"
import * as Purchase from "./Purchase.ts"
import { HeldUp, HookFailed, OutcomeUnknown, type Reason, RunwayError, Unreachable } from "./RunwayError.ts"
import * as Answer from "./request/Answer.ts"
import { arrivedId, locatedId } from "./request/ArrivedId.ts"
import type { NoAnswer } from "./request/Attempt.ts"
import type { Exchange } from "./request/Exchange.ts"
import * as Hook from "./request/Hook.ts"
import { ambiguity, refusal } from "./request/Refusal.ts"
import { type Restore, resend, type SubmitPolicy } from "./request/Retry.ts"
import * as Telemetry from "./request/Telemetry.ts"
import * as Shown from "./Shown.ts"
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

/** What one attempt at a paid request came to. */
export type Verdict =
  /** There is a job, and it is paid. */
  | { readonly _tag: "Accepted"; readonly id: TaskId }
  /** The answer proves that there is no job. */
  | { readonly _tag: "Refused"; readonly reason: Reason }
  /** The request never left. `isLate`: because the time in which the ledger had allowed it was over. */
  | { readonly _tag: "NotSent"; readonly problem: string; readonly isLate?: true }
  /** There may be a job, and it may be charged. `id` is one that stood in an answer that is no acceptance. */
  | { readonly _tag: "Unknown"; readonly problem: string; readonly sentAt: DateTime.Utc; readonly id?: TaskId }

/** One attempt at a paid request, as `aroundAttempt` is shown it. */
export interface PaidAttempt {
  readonly operation: Operation
  /** From 1. */
  readonly attempt: number
  /** SHA-256 of the body, in hex. */
  readonly bodyDigest: string
  /** How long the request may take, its answer included. */
  readonly timeout: Duration.Duration
}

/** What is done around each attempt at a paid request, for example to write down the intent before it leaves and its end afterwards. */
export interface AroundAttempt {
  /** Runs when it is the request's turn, right before it leaves. If it fails, nothing is sent and the submission fails with its error. */
  readonly before: (attempt: PaidAttempt) => Effect.Effect<void, RunwayError>
  /**
   * Runs once for each `before` that succeeded, as soon as it is known what the attempt came to, also when it was interrupted. If it fails
   * after an acceptance, the submission fails with its error and the task's id; otherwise its failure is logged.
   */
  readonly after: (attempt: PaidAttempt, verdict: Verdict) => Effect.Effect<void, RunwayError>
}

/** How one paid request is sent, and who is told of it. */
export interface SubmitOptions extends SubmitPolicy, Purchase.PurchaseOptions {
  /**
   * Runs as soon as the job is accepted: the place to store the id. It is not interrupted, but has 30 seconds (`hookTimeout`). If it fails,
   * dies or takes longer, the call fails with the task's id in its error, and the job goes on.
   */
  readonly onSubmitted?: ((id: TaskId) => Effect.Effect<unknown, RunwayError>) | undefined
  /** What is done around each attempt: a `before` that may refuse, and an `after` that is told what the attempt came to. */
  readonly aroundAttempt?: AroundAttempt | undefined
}

/** What an answer to a paid request says: the new task's id, why there certainly is none, or why that cannot be told. */
const readSubmission = (answer: Answer.Answer): Verdict => {
  const succeeded = Answer.isSuccess(answer)
  const located = succeeded || answer.status === 303 ? locatedId(answer.headers.get("location")) : undefined
  const id = Option.getOrUndefined(decodeTaskId(arrivedId(answer.text, succeeded) ?? located))
  if (succeeded && id !== undefined) return { _tag: "Accepted", id }
  // A refusal proves nothing where the answer itself holds a new task's id.
  return Option.match(id === undefined ? refusal(answer) : Option.none(), {
    onSome: (reason): Verdict => ({ _tag: "Refused", reason }),
    onNone: (): Verdict => ({
      _tag: "Unknown",
      problem: ambiguity(answer),
      sentAt: answer.sentAt,
      ...defined({ id })
    })
  })
}

const decodeTaskId = Schema.decodeUnknownOption(TaskId)

/** What it means that no whole answer came. What had arrived of one is read like one. */
const readSilence = ({ _tag, problem, sentAt, arrived, isLate }: NoAnswer): Verdict => {
  if (_tag === "NotSent") return { _tag: "NotSent", problem, ...defined({ isLate }) }
  const verdict = arrived === undefined ? undefined : readSubmission(arrived)
  return verdict === undefined || verdict._tag === "Unknown"
    ? { ...verdict, _tag: "Unknown", problem, sentAt }
    : verdict
}

/** What is the same for all attempts of one submission. */
interface Plan {
  readonly exchange: Exchange
  readonly submission: Submission
  readonly options: SubmitOptions
  readonly attemptTimeout: Duration.Duration
  readonly grace: Duration.Duration
  readonly hookTimeout: Duration.Duration
  /** Absent without a ledger. */
  readonly purchase: Purchase.Purchase | undefined
}

/** Sends a paid request and gives the task's id. */
export const submit: (
  exchange: Exchange,
  attemptTimeout: Duration.Duration,
  submission: Submission,
  options: SubmitOptions,
  layerLedger: typeof Ledger.Service | undefined
) => Effect.Effect<TaskId, RunwayError> = Effect.fnUntraced(
  function* (exchange, attemptTimeout, submission, options, layerLedger) {
    const hookTimeout = Duration.fromInputUnsafe(options.hookTimeout ?? Hook.defaultTimeout)
    const plan: Plan = {
      exchange,
      submission,
      options,
      attemptTimeout,
      // The options were checked before, see `Options.ts`.
      grace:
        options.onInterrupt === "abort"
          ? Duration.zero
          : Duration.fromInputUnsafe(options.interruptGrace ?? "30 seconds"),
      hookTimeout,
      purchase: yield* Purchase.open(submission, options, { attemptTimeout, hookTimeout }, layerLedger)
    }
    return yield* resend((attempt) => sendOnce(plan, attempt), "submit", options)
  },
  Effect.tapError(warn),
  Effect.withSpan("Runway.submit", {}, { captureStackTrace: false })
)

/** One attempt at a paid request. From its answer on nothing may interrupt it: a task that is paid for must be reported. */
const sendOnce = (plan: Plan, attempt: number): Effect.Effect<TaskId, RunwayError> =>
  Effect.uninterruptibleMask((restore) => transact(plan, attempt, restore))

const transact = Effect.fnUntraced(function* (
  plan: Plan,
  attempt: number,
  restore: Restore
): Effect.fn.Return<TaskId, RunwayError> {
  const { operation, send } = plan.submission
  const finish = { grace: plan.grace, restore }
  const around = aroundOf(plan, attempt)
  const sent = yield* Effect.result(
    plan.exchange({ kind: "submit", operation, call: send, attempt, finish }, around.before)
  )
  if (Result.isSuccess(sent)) return yield* conclude(plan, attempt, Result.succeed(sent.success), around)
  const none = sent.failure
  if (none._tag === "RunwayError") return yield* none
  if (none._tag !== "Reused") return yield* conclude(plan, attempt, Result.fail(none), around)
  yield* Purchase.reportReused(none)
  return yield* handOver(plan, none.id, around.after({ _tag: "Accepted", id: none.id }), none.reuse)
})

/** What an attempt that was sent, or tried to be, comes to. */
const conclude = Effect.fnUntraced(function* (
  plan: Plan,
  attempt: number,
  sent: Result.Result<Answer.Answer, NoAnswer>,
  around: Around
): Effect.fn.Return<TaskId, RunwayError> {
  const { operation } = plan.submission
  const answer = Result.isSuccess(sent) ? sent.success : sent.failure.arrived
  const verdict = Result.match(sent, { onSuccess: readSubmission, onFailure: readSilence })
  if (verdict._tag === "Accepted") {
    yield* reportAccepted(verdict.id, answer)
    yield* around.record(verdict)
    return yield* handOver(plan, verdict.id, around.after(verdict))
  }
  const error = new RunwayError({
    operation,
    reason: yield* reasonOf(verdict, plan.submission.body),
    ...(answer === undefined ? {} : Answer.known(answer)),
    ...defined({ taskId: verdict._tag === "Unknown" ? verdict.id : undefined })
  })
  const interrupted = Result.isFailure(sent) && sent.failure._tag === "Interrupted"
  if (verdict._tag === "Unknown") yield* reportUnknown(error, verdict, attempt, interrupted)
  yield* around.record(verdict)
  yield* orLogged(around.after(verdict))
  return yield* error
})

const orLogged = (after: Effect.Effect<void, RunwayError>): Effect.Effect<void> =>
  Effect.catch(after, (failure) => Effect.logError("the end of a paid attempt could not be recorded", failure.message))

/** Tells the hooks of a new task's id, each whatever becomes of the other; if one fails, the submission does, with the id. */
const handOver = Effect.fnUntraced(function* (
  plan: Plan,
  id: TaskId,
  after: Effect.Effect<void, RunwayError>,
  reuse?: Purchase.Reuse
): Effect.fn.Return<TaskId, RunwayError> {
  const recorded = yield* Effect.result(after)
  const { onSubmitted, onReused } = plan.options
  const noticed = yield* Effect.result(
    onReused === undefined || reuse === undefined ? Effect.void : callHook(plan, "onReused", () => onReused(reuse))
  )
  const stored = yield* Effect.result(
    onSubmitted === undefined ? Effect.void : callHook(plan, "onSubmitted", () => onSubmitted(id))
  )
  const failure = [recorded, noticed, stored].find(Result.isFailure)?.failure
  return failure === undefined ? id : yield* failure.with({ taskId: id })
})

/** What is done around one attempt, by the caller's hooks and by a ledger. */
interface Around {
  readonly before: Effect.Effect<number | undefined, RunwayError | Purchase.Reused>
  readonly after: (verdict: Verdict) => Effect.Effect<void, RunwayError>
  readonly record: (verdict: Verdict) => Effect.Effect<void>
}

const nothingAround: Around = { before: Effect.undefined, after: () => Effect.void, record: () => Effect.void }

/** What is done around one attempt. `after` does nothing where the hook `before` was not called or failed, `record` where nothing was claimed. */
const aroundOf = (plan: Plan, attempt: number): Around => {
  const { submission, options, attemptTimeout, purchase } = plan
  const { operation, body } = submission
  const around = options.aroundAttempt
  if (around === undefined && purchase === undefined) return nothingAround
  let begun: PaidAttempt | undefined
  let claimed: Claimed | undefined
  const after = (verdict: Verdict): Effect.Effect<void, RunwayError> =>
    Effect.suspend(() => {
      const shown = begun
      return around === undefined || shown === undefined
        ? Effect.void
        : callHook(plan, "after", () => around.after(shown, verdict))
    })
  const before = Effect.gen(function* () {
    if (around !== undefined) {
      const shown = { operation, attempt, bodyDigest: yield* digest(body), timeout: attemptTimeout }
      yield* callHook(plan, "before", () => around.before(shown))
      begun = shown
    }
    if (purchase === undefined) return undefined
    // The claim comes last: the time in which the request has to leave begins with it, and a hook may take long.
    claimed = yield* Effect.tapError(purchase.claim, (refusal) =>
      refusal._tag === "Reused" ? Effect.void : orLogged(after({ _tag: "NotSent", problem: refusal.message }))
    )
    return claimed.sendBefore
  })
  const record = (verdict: Verdict): Effect.Effect<void> =>
    Effect.suspend(() =>
      purchase === undefined || claimed === undefined ? Effect.void : purchase.record(claimed, entered(verdict))
    )
  return { before, after, record }
}

/** A verdict as it is written into the ledger. */
const entered = (verdict: Verdict): Entered => {
  switch (verdict._tag) {
    case "Accepted":
      return { _tag: "Accepted", taskId: verdict.id }
    case "Refused":
      return { _tag: "Refused", why: `${verdict.reason._tag}: ${verdict.reason.message}` }
    case "NotSent":
      return { _tag: "Refused", why: `not sent: ${verdict.problem}` }
    case "Unknown": {
      const found = verdict.id === undefined ? "" : `; the answer named the task ${verdict.id}`
      return { _tag: "Unknown", why: `${verdict.problem}${found}` }
    }
  }
}

/** Calls a hook. What it declares to fail with is kept; that it broke in another way is a reason of its own. */
const callHook = Effect.fnUntraced(function* (
  { submission, hookTimeout }: Plan,
  hook: HookFailed["hook"],
  call: () => Effect.Effect<unknown, RunwayError>
): Effect.fn.Return<void, RunwayError> {
  const end = yield* Hook.settle(call, hookTimeout)
  if (Result.isSuccess(end)) return
  // A hook that is written in JavaScript can fail with anything.
  if ("failure" in end.failure && end.failure.failure instanceof RunwayError) return yield* end.failure.failure
  const problem = "broken" in end.failure ? end.failure.broken.problem : `failed: ${Shown.thrown(end.failure.failure)}`
  return yield* new RunwayError({ operation: submission.operation, reason: new HookFailed({ hook, problem }) })
})

/** Puts a new task's id where it is found again, before anybody is waited for. */
const reportAccepted = Effect.fnUntraced(function* (id: TaskId, answer: Answer.Answer | undefined) {
  yield* Effect.annotateCurrentSpan("runway.task.id", id)
  const cost = Option.flatMap(Option.flatMap(Option.fromUndefinedOr(answer), Answer.json), decodeCost)
  if (Option.isSome(cost)) {
    yield* Effect.annotateCurrentSpan("runway.estimated_cost.credits", cost.value.estimatedCost.credits)
  }
  yield* Effect.logInfo("task submitted").pipe(Effect.annotateLogs({ taskId: id }))
})

const decodeCost = Schema.decodeUnknownOption(Schema.Struct({ estimatedCost: Cost }))

/** Says all that is needed to look for a job of which nobody knows whether it exists. An interrupted caller takes no error. */
const reportUnknown = Effect.fnUntraced(function* (
  error: RunwayError,
  verdict: Verdict & { readonly _tag: "Unknown" },
  attempt: number,
  interrupted: boolean
) {
  const { operation, reason, status, requestId, taskId } = error
  const digest = reason._tag === "OutcomeUnknown" ? reason.bodyDigest : undefined
  const sentAt = DateTime.formatIso(verdict.sentAt)
  const { problem } = verdict
  yield* Telemetry.countUnknownOutcome
  yield* Effect.logWarning(
    interrupted ? "interrupted while submitting; the job may have been accepted" : "task not submitted"
  ).pipe(
    Effect.annotateLogs(
      defined({
        operation,
        reason: reason._tag,
        problem,
        sentAt,
        bodyDigest: digest,
        attempt,
        status,
        requestId,
        taskId
      })
    )
  )
})

/** Money may be involved, so a submission that did not lead to a task is logged as a warning. */
function warn(error: RunwayError): Effect.Effect<void> {
  // Each attempt whose outcome is not known was logged when that was known; an accepted job was logged as submitted.
  return error.reason._tag === "OutcomeUnknown"
    ? Effect.void
    : Effect.logWarning(
        error.taskId === undefined ? "task not submitted" : "the submitted task could not be reported"
      ).pipe(
        Effect.annotateLogs(
          defined({
            reason: error.reason._tag,
            status: error.status,
            requestId: error.requestId,
            taskId: error.taskId
          })
        )
      )
}

const reasonOf = Effect.fnUntraced(function* (
  verdict: Exclude<Verdict, { readonly _tag: "Accepted" }>,
  body: object
): Effect.fn.Return<Reason> {
  if (verdict._tag === "Refused") return verdict.reason
  const { problem } = verdict
  if (verdict._tag === "NotSent") return verdict.isLate ? new HeldUp({ problem }) : new Unreachable({ problem })
  return new OutcomeUnknown({ problem, sentAt: verdict.sentAt, bodyDigest: yield* digest(body) })
})

/** SHA-256 of a body as it is sent, in hex. */
const digest = (body: object): Effect.Effect<string> => sha256(JSON.stringify(body))
