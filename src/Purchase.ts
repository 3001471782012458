/**
 * The ledger's part in one paid submission: it is asked before each attempt, and told afterwards what the attempt came to.
 *
 * Without a ledger there is no purchase, and nothing changes. It sends nothing, and it decides nothing itself: what may be sent is decided
 * in `ledger/Rules.ts`. Once a job is accepted, a ledger that fails is only logged: the id is worth more than its line in the ledger.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { defined } from "./Defined.ts"
import * as AssetIdentity from "./ledger/AssetIdentity.ts"
import type { Budget } from "./ledger/Budget.ts"
import type { Outcome, Verdict } from "./ledger/Entry.ts"
import * as Intent from "./ledger/Intent.ts"
import { IntentUnresolved, LedgerFailed, time } from "./ledger/LedgerError.ts"
import type { Claim, Claimed } from "./ledger/Rules.ts"
import { Ledger } from "./ledger/Service.ts"
import { InvalidInput, type Problem, RunwayError } from "./RunwayError.ts"
import * as Hook from "./request/Hook.ts"
import { TaskId, type Terminal } from "./task/Snapshot.ts"

/** How jobs are paid for; what a call leaves out comes from the layer. All of it needs a `Ledger`. */
export interface PurchasePolicy {
  /** How much may be spent. A job that would exceed it is refused before anything is sent. */
  readonly budget?: Budget | undefined
  /** What one job costs, in dollars. Default: the published price. */
  readonly price?: number | undefined
  /**
   * What one of the provider's credits costs, in dollars. With it, a finished job counts with the `cost` that the provider says, where it says
   * one, in place of the price. Default: none, and the price stays, because CometAPI charges by its own price list.
   */
  readonly creditPrice?: number | undefined
  /**
   * When a new job is paid for an intent whose job has ended: `"never"`; when it has `"failed"` or was cancelled; or `"always"`. A job that has not
   * ended is waited for in any case. Default: `"never"`.
   */
  readonly again?: "never" | "failed" | "always" | undefined
}

/** What a submission tells the ledger. */
export interface PurchaseOptions extends PurchasePolicy {
  /**
   * The name of what is to be made, for example the number of your own job: for one name at most one job is paid, in whatever process.
   * Default, where a `Ledger` is provided: a name made of the request's body, so the same input is the same intent.
   */
  readonly intent?: string | undefined
  /** Runs before `onSubmitted` when nothing was sent, because the intent has a job already. If it breaks, the call fails with the task's id. */
  readonly onReused?: ((reuse: Reuse) => Effect.Effect<unknown, RunwayError>) | undefined
}

/** Why nothing was sent: the intent has a job already. */
export interface Reuse {
  readonly intent: string
  readonly taskId: TaskId
  /** How far the job was, as far as the ledger knows. `submitted`: nobody has waited to its end yet. */
  readonly because: "submitted" | Outcome
  /** When it was submitted. */
  readonly submittedAt: DateTime.Utc
}

/** What is bought. */
interface Ware {
  readonly operation: string
  readonly body: object
}

/** The job is paid already: nothing is sent, and its id is the answer. */
export interface Reused {
  readonly _tag: "Reused"
  readonly id: TaskId
  readonly reuse: Reuse
}

/** One submission as the ledger sees it. */
export interface Purchase {
  /** Asks whether an attempt may be sent now. */
  readonly claim: Effect.Effect<Claimed, RunwayError | Reused>
  /** Writes down what an attempt came to. It cannot fail: what goes wrong is logged. */
  readonly record: (claimed: Claimed, verdict: Verdict) => Effect.Effect<void>
}

/** How long things may take. */
interface Times {
  readonly attemptTimeout: Duration.Duration
  /** How long the ledger may take for an answer. */
  readonly hookTimeout: Duration.Duration
}

type LedgerService = typeof Ledger.Service

/** The ledger that is provided to the call, or else the layer's. */
const provided = (layerLedger: LedgerService | undefined): Effect.Effect<LedgerService | undefined> =>
  Effect.map(Effect.serviceOption(Ledger), (own) => Option.getOrElse(own, () => layerLedger))

/** The purchase, if there is a ledger. Options that need a ledger, or cannot be kept with one, are refused. */
export const open = Effect.fnUntraced(function* (
  ware: Ware,
  options: PurchaseOptions & { readonly onUnknownOutcome?: "fail" | "resend" | undefined },
  times: Times,
  layerLedger: LedgerService | undefined
): Effect.fn.Return<Purchase | undefined, RunwayError> {
  const ledger = yield* provided(layerLedger)
  const [first, ...rest] = ledger === undefined ? needless(options) : unkept(options)
  if (first !== undefined) {
    return yield* new RunwayError({
      operation: ware.operation,
      reason: new InvalidInput({ problems: [first, ...rest] })
    })
  }
  return ledger === undefined ? undefined : yield* make(ledger, ware, options, times)
})

const needless = (options: PurchaseOptions): ReadonlyArray<Problem> =>
  (["intent", "budget", "price", "creditPrice", "again"] as const)
    .filter((option) => options[option] !== undefined)
    .map((path) => ({
      path,
      message:
        "needs a Ledger: provide one to the call or to the layer (LedgerFile.layer, for example), or leave the option out"
    }))

const unkept = ({ onUnknownOutcome }: { readonly onUnknownOutcome?: string | undefined }): ReadonlyArray<Problem> =>
  onUnknownOutcome === "resend"
    ? [{ path: "onUnknownOutcome", message: `must be "fail" with a Ledger, because "resend" may pay twice` }]
    : []

const make = Effect.fnUntraced(function* (
  ledger: LedgerService,
  { operation, body }: Ware,
  options: PurchaseOptions,
  { attemptTimeout, hookTimeout }: Times
): Effect.fn.Return<Purchase, RunwayError> {
  const { intent, digest } = yield* identify({ operation, body }, options)
  const { budget, price, creditPrice, again = "never" } = options
  const request = { intent, digest, attemptTimeout, ...defined({ budget, price, creditPrice }) }
  /** The job that has ended and is not good enough; it stays so for all attempts of this submission. */
  let replaces: string | undefined

  const ask = Effect.gen(function* () {
    const end = yield* Hook.settle(() => ledger.claim({ ...request, ...defined({ replaces }) }), hookTimeout)
    if (Result.isSuccess(end)) return end.success
    const reason = "failure" in end.failure ? end.failure.failure : brokenLedger("claim", end.failure.broken.problem)
    return yield* new RunwayError({ operation, reason })
  })

  const claim = Effect.gen(function* () {
    const answer = yield* ask
    if (answer._tag !== "Accepted" || !isPaidAgain(again, answer.entry.outcome))
      return yield* allowed(operation, answer)
    replaces = answer.entry.taskId
    return yield* allowed(operation, yield* ask)
  })

  const record = Effect.fnUntraced(function* (claimed: Claimed, verdict: Verdict): Effect.fn.Return<void> {
    const end = yield* Hook.settle(() => ledger.record(claimed, verdict), hookTimeout)
    if (Result.isFailure(end)) yield* complain(end.failure, { intent, ...verdict })
    if (budget !== undefined) yield* reportBudget(ledger, budget, hookTimeout)
  })

  return { claim, record }
})

/** Which intent a submission is for, and which body. */
const identify = Effect.fnUntraced(function* (
  { operation, body }: Ware,
  options: PurchaseOptions
): Effect.fn.Return<{ readonly intent: string; readonly digest: string }, RunwayError> {
  const assets = yield* Effect.mapError(AssetIdentity.ofBody(body), (reason) => new RunwayError({ operation, reason }))
  // Where the caller says which intent it is, a URL that was signed anew is no other body.
  const compared = options.intent === undefined ? body : Intent.withoutUnknownQueries(body, assets)
  const digest = yield* Intent.digest(operation, compared, assets)
  return { intent: Intent.key(options.intent, digest), digest }
})

/** Whether a submission would be answered with a job that the ledger knows as paid. It claims nothing. */
export const isPaid = Effect.fnUntraced(function* (
  ware: Ware,
  options: PurchaseOptions,
  layerLedger: LedgerService | undefined
): Effect.fn.Return<boolean, RunwayError> {
  const ledger = yield* provided(layerLedger)
  if (ledger === undefined) return false
  const { intent } = yield* identify(ware, options)
  const end = yield* Hook.settle(() => ledger.show(intent))
  // A ledger that cannot be read says so when it is asked for its claim.
  if (Result.isFailure(end)) return false
  const latest = end.success.at(-1)
  return latest?.state === "accepted" && !isPaidAgain(options.again, latest.outcome)
})

/** Whether a new job is paid for an intent whose job came to this end. */
export const isPaidAgain = (again: PurchasePolicy["again"], outcome: Outcome | undefined): boolean =>
  (again === "always" && outcome !== undefined) ||
  (again === "failed" && (outcome === "failed" || outcome === "cancelled"))

/** Puts what is spent, held and left of a budget on the span. It is only shown, so a ledger that cannot say it is passed over. */
const reportBudget = Effect.fnUntraced(function* (ledger: LedgerService, budget: Budget, timeout: Duration.Duration) {
  const end = yield* Hook.settle(() => ledger.budget(budget), timeout)
  if (Result.isFailure(end)) return
  const { name, spent, held, left } = end.success
  yield* Effect.annotateCurrentSpan(
    defined({
      "runway.budget.name": name,
      "runway.budget.spent.jobs": spent.jobs,
      "runway.budget.spent.dollars": spent.dollars,
      "runway.budget.held.jobs": held.jobs,
      "runway.budget.held.dollars": held.dollars,
      "runway.budget.left.jobs": left.jobs,
      "runway.budget.left.dollars": left.dollars
    })
  )
})

/** The claim, or why nothing is sent. */
const allowed = (operation: string, claim: Claim): Effect.Effect<Claimed, RunwayError | Reused> => {
  if (claim._tag === "Claimed") return Effect.succeed(claim)
  const { entry } = claim
  if (claim._tag === "Accepted") {
    const taskId = TaskId.make(claim.entry.taskId)
    const { intent, outcome = "submitted", sentAt } = entry
    const reuse: Reuse = { intent, taskId, because: outcome, submittedAt: time(sentAt) }
    const reused: Reused = { _tag: "Reused", id: taskId, reuse }
    return Effect.fail(reused)
  }
  const reason = new IntentUnresolved({
    intent: entry.intent,
    state: claim._tag === "Unknown" ? "unknown" : "sending",
    attempt: entry.attempt,
    sentAt: time(entry.sentAt),
    answerBy: time(entry.answerBy),
    bodyDigest: entry.digest,
    ...defined({ evidence: entry.why })
  })
  return Effect.fail(new RunwayError({ operation, reason }))
}

/** A ledger that breaks in a way of which it does not speak itself. */
const brokenLedger = (doing: LedgerFailed["doing"], problem: string): LedgerFailed =>
  new LedgerFailed({ doing, store: "that was provided", problem, transient: false })

/** Logs that the ledger could not be written, with what should stand in it. */
const complain = (
  failure: { readonly failure: LedgerFailed } | { readonly broken: { readonly problem: string } },
  unwritten: object
): Effect.Effect<void> => {
  const { message } = "failure" in failure ? failure.failure : brokenLedger("record", failure.broken.problem)
  return Effect.logError("the ledger could not be written", message).pipe(Effect.annotateLogs({ ...unwritten }))
}

/** Says that an id came from the ledger, in the log and on the span. */
export const reportReused = Effect.fnUntraced(function* ({ id, reuse }: Reused) {
  const { intent, because, submittedAt } = reuse
  yield* Effect.annotateCurrentSpan({
    "runway.task.id": id,
    "runway.ledger.reused": true,
    "runway.ledger.reused.because": because
  })
  const seconds = Math.round(((yield* Clock.currentTimeMillis) - DateTime.toEpochMillis(submittedAt)) / 1000)
  yield* Effect.logInfo("nothing was sent: the ledger knows the job for this intent").pipe(
    Effect.annotateLogs({ taskId: id, intent, because, secondsAgo: seconds })
  )
})

/**
 * Writes down how a job ended and what it cost, if there is a ledger and it knows the job, whoever has waited for it. What goes wrong is
 * logged.
 */
export const settle = Effect.fnUntraced(function* (
  task: Terminal,
  layerLedger: LedgerService | undefined
): Effect.fn.Return<void> {
  const ledger = yield* provided(layerLedger)
  if (ledger === undefined) return
  const outcome = outcomes[task._tag]
  const credits = task.cost?.credits
  const end = yield* Hook.settle(() =>
    Effect.flatMap(ledger.list({ taskId: task.id, limit: 1 }), ([entry]) =>
      entry === undefined || (entry.outcome === outcome && (credits === undefined || credits === entry.credits))
        ? Effect.void
        : ledger.settle(entry.intent, task.id, { outcome, ...defined({ credits }) })
    )
  )
  if (Result.isFailure(end)) yield* complain(end.failure, { taskId: task.id, outcome })
})

const outcomes: Readonly<Record<Terminal["_tag"], Outcome>> = {
  Succeeded: "succeeded",
  Failed: "failed",
  Cancelled: "cancelled"
}
