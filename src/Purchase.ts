/**
 * The ledger's part in one paid submission: it is asked before each attempt, and told afterwards what the attempt came to.
 *
 * Without a ledger there is no purchase, and nothing changes. It sends nothing, and it decides nothing itself: what may be sent is decided
 * in `ledger/Rules.ts`. Once a job is accepted, a ledger that fails is only logged: the id is worth more than its line in the ledger.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { defined } from "./Defined.ts"
import type { Budget } from "./ledger/Budget.ts"
import type { Entry, Outcome, Verdict } from "./ledger/Entry.ts"
import * as Intent from "./ledger/Intent.ts"
import { Ledger } from "./ledger/Ledger.ts"
import { IntentUnresolved, LedgerFailed, time } from "./ledger/LedgerError.ts"
import type { Claim, Claimed } from "./ledger/Rules.ts"
import { InvalidInput, type Problem, RunwayError } from "./RunwayError.ts"
import * as Hook from "./request/Hook.ts"
import { TaskId } from "./task/Snapshot.ts"

/** What a submission tells the ledger. All of it needs a `Ledger`. */
export interface PurchaseOptions {
  /**
   * The name of what is to be made, for example the number of your own job: for one name at most one job is paid, in whatever process.
   * Default, where a `Ledger` is provided: a name made of the request's body, so the same input is the same intent.
   */
  readonly intent?: string | undefined
  /** How much may be spent. A job that would exceed it is refused before anything is sent. */
  readonly budget?: Budget | undefined
  /** What one job costs, in dollars. Default: the published price. */
  readonly price?: number | undefined
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
  readonly entry: Entry
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

/** The purchase, if a ledger is provided. Options that need a ledger, or cannot be kept with one, are refused. */
export const open = Effect.fnUntraced(function* (
  ware: Ware,
  options: PurchaseOptions & { readonly onUnknownOutcome?: "fail" | "resend" | undefined },
  times: Times
): Effect.fn.Return<Purchase | undefined, RunwayError> {
  const ledger = Option.getOrUndefined(yield* Effect.serviceOption(Ledger))
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
  (["intent", "budget", "price"] as const)
    .filter((option) => options[option] !== undefined)
    .map((path) => ({
      path,
      message: "needs a Ledger: provide one to the effect (LedgerFile.layer, for example), or leave the option out"
    }))

const unkept = ({ onUnknownOutcome }: { readonly onUnknownOutcome?: string | undefined }): ReadonlyArray<Problem> =>
  onUnknownOutcome === "resend"
    ? [{ path: "onUnknownOutcome", message: `must be "fail" with a Ledger, because "resend" may pay twice` }]
    : []

const make = Effect.fnUntraced(function* (
  ledger: typeof Ledger.Service,
  { operation, body }: Ware,
  options: PurchaseOptions,
  { attemptTimeout, hookTimeout }: Times
): Effect.fn.Return<Purchase> {
  const digest = yield* Intent.digest(operation, body)
  const intent = Intent.key(options.intent, digest)
  const { budget, price } = options
  const request = { intent, digest, attemptTimeout, ...defined({ budget, price }) }

  const claim = Effect.gen(function* () {
    const end = yield* Hook.settle(() => ledger.claim(request), hookTimeout)
    if (Result.isFailure(end)) {
      const reason = "failure" in end.failure ? end.failure.failure : brokenLedger("claim", end.failure.broken.problem)
      return yield* new RunwayError({ operation, reason })
    }
    return yield* allowed(operation, end.success)
  })

  const record = Effect.fnUntraced(function* (claimed: Claimed, verdict: Verdict): Effect.fn.Return<void> {
    const end = yield* Hook.settle(() => ledger.record(claimed, verdict), hookTimeout)
    if (Result.isFailure(end)) yield* complain(end.failure, { intent, ...verdict })
  })

  return { claim, record }
})

/** The claim, or why nothing is sent. */
const allowed = (operation: string, claim: Claim): Effect.Effect<Claimed, RunwayError | Reused> => {
  if (claim._tag === "Claimed") return Effect.succeed(claim)
  const { entry } = claim
  if (claim._tag === "Accepted") {
    const reused: Reused = { _tag: "Reused", id: TaskId.make(claim.entry.taskId), entry }
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

/** Whether the ledger knows a paid job for this intent, which a submission would then answer with. It claims nothing. */
export const isPaid = Effect.fnUntraced(function* (
  { operation, body }: Ware,
  options: PurchaseOptions
): Effect.fn.Return<boolean> {
  const ledger = Option.getOrUndefined(yield* Effect.serviceOption(Ledger))
  if (ledger === undefined) return false
  const intent = Intent.key(options.intent, yield* Intent.digest(operation, body))
  // A ledger that cannot be read says so when it is asked for its claim.
  const end = yield* Hook.settle(() => ledger.show(intent))
  return Result.isSuccess(end) && end.success.at(-1)?.state === "accepted"
})

/** Says that an id came from the ledger, in the log and on the span. */
export const reportReused = Effect.fnUntraced(function* ({ id, entry }: Reused) {
  yield* Effect.annotateCurrentSpan({ "runway.task.id": id, "runway.ledger.reused": true })
  const seconds = Math.round(((yield* Clock.currentTimeMillis) - entry.sentAt) / 1000)
  yield* Effect.logInfo("nothing was sent: the ledger knows the job for this intent").pipe(
    Effect.annotateLogs({ taskId: id, intent: entry.intent, secondsAgo: seconds })
  )
})

/** Writes down how an accepted job ended, if a ledger is provided. What goes wrong is logged. */
export const settle = Effect.fnUntraced(function* (
  { operation, body }: Ware,
  options: PurchaseOptions,
  id: TaskId,
  outcome: Outcome
): Effect.fn.Return<void> {
  const ledger = Option.getOrUndefined(yield* Effect.serviceOption(Ledger))
  if (ledger === undefined) return
  const intent = Intent.key(options.intent, yield* Intent.digest(operation, body))
  const end = yield* Hook.settle(() => ledger.settle(intent, id, { outcome }))
  if (Result.isFailure(end)) yield* complain(end.failure, { intent, taskId: id, outcome })
})
