/**
 * The ledger: what is known of each intent, written down before its paid request leaves.
 *
 * With it an intent is paid at most once, whatever dies: a process, a deploy, a connection. Where it is not known how a request ended the
 * ledger says so and waits for a person's word; it never guesses. It sends nothing itself and asks no provider. When what may be written
 * is decided in `Rules.ts`, where it is kept in a store (`Store.memory`, `LedgerFile`, `LedgerSql`).
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Budget from "./Budget.ts"
import type { Verdict } from "./Entry.ts"
import { type BudgetExceeded, type IntentConflict, LedgerFailed } from "./LedgerError.ts"
import * as Rules from "./Rules.ts"
import { type ClaimRequest, Ledger } from "./Service.ts"
import { type Filter, memory, type Store, type StoreProblem } from "./Store.ts"

export { type ClaimRequest, Ledger, type Sweep } from "./Service.ts"

export interface LedgerOptions {
  /**
   * How far the clocks of the machines may differ and a process may be held up, added to an attempt's timeout before others stop waiting for
   * it. Half of it is the time in which a claimed request has to leave. Default: 30 seconds.
   */
  readonly slack?: Duration.Input | undefined
}

/** A ledger in a store. */
export const make = (store: Store, { slack = "30 seconds" }: LedgerOptions = {}): typeof Ledger.Service => {
  /** Applies a rule that knows the time. */
  const apply = <A>(intent: string, rule: Rule<A>, doing: LedgerFailed["doing"] = "record", budget?: string) =>
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      // The time of the transaction, not of the call: a writer may have waited for others.
      const decide = (known: Rules.Known) => rule(known, clock.currentTimeMillisUnsafe())
      return yield* Effect.mapError(store.transact(intent, budget, decide), failed(store, doing))
    })

  const list = (filter: Filter = {}) => Effect.mapError(store.entries(filter), failed(store, "read"))

  const claim = Effect.fn("Ledger.claim")(function* (request: ClaimRequest) {
    const asked = toRule(request, Duration.toMillis(slack))
    const rule = (known: Rules.Known, now: number) => Rules.claim(known, asked, now)
    const answer = yield* apply(request.intent, rule, "claim", asked.budget.name ?? Budget.defaultName)
    return yield* Effect.fromResult(answer)
  })

  const sweep = Effect.gen(function* () {
    const answerDue = yield* Clock.currentTimeMillis
    const due = yield* list({ state: "sending", answerDue })
    const expired = yield* Effect.forEach(due, ({ intent }) => apply(intent, Rules.expire))
    const [unknown, pending] = [yield* list({ state: "unknown" }), yield* list({ unsettled: true })]
    return { expired: expired.filter((any) => any).length, unknown, pending }
  })

  return {
    claim,
    record: Effect.fn("Ledger.record")(({ entry }: Rules.Claimed, verdict: Verdict) =>
      apply(entry.intent, (known, now) => Rules.record(known, entry, verdict, now))
    ),
    settle: (intent, taskId, { outcome, cost, credits }) => {
      const end = { outcome, credits, micros: cost === undefined ? undefined : Budget.micros(cost) }
      return apply(intent, (known, now) => Rules.settle(known, taskId, end, now))
    },
    show: (intent) => list({ intent }),
    list,
    release: (intent, why) => apply(intent, (known, now) => Rules.release(known, why, now)),
    adopt: (intent, taskId) => apply(intent, (known, now) => Rules.adopt(known, taskId, now)),
    forget: (intent) => apply(intent, Rules.forget),
    sweep,
    budget: (budget = {}) =>
      store.totals(budget.name ?? Budget.defaultName).pipe(
        Effect.map((totals) => Budget.report(budget, totals)),
        Effect.mapError(failed(store, "read"))
      )
  }
}

type Rule<A> = (known: Rules.Known, now: number) => Rules.Decision<A>

const failed =
  (store: Store, doing: LedgerFailed["doing"]) =>
  ({ problem, transient }: StoreProblem) =>
    new LedgerFailed({ doing, store: store.name, problem, transient })

/** A request in the rules' units. Its random id makes it the same claim when a store is asked again. */
const toRule = (request: ClaimRequest, slack: number): Rules.ClaimRequest => ({
  intent: request.intent,
  digest: request.digest,
  incarnation: crypto.randomUUID(),
  label: request.label,
  budget: request.budget ?? {},
  micros: Budget.micros(request.price ?? Budget.defaultPrice),
  creditMicros: request.creditPrice === undefined ? undefined : Budget.micros(request.creditPrice),
  leaveWithin: slack / 2,
  answerWithin: slack + Duration.toMillis(request.attemptTimeout),
  replaces: request.replaces
})

/** A ledger in this process's memory. */
export const layerMemory = (options?: LedgerOptions): Layer.Layer<Ledger> =>
  Layer.sync(Ledger, () => make(memory(), options))

/** The request left, and this is what it came to. */
export interface Sent<A> {
  readonly _tag: "Sent"
  readonly value: A
  /** Why the outcome could not be written down. The intent stays `sending`, so nobody sends it again; the value is good. */
  readonly unrecorded: LedgerFailed | undefined
}

/**
 * Claims an intent, sends its request, and writes down how it ended, also when sending fails, dies or is interrupted.
 *
 * `send` must look at `sendBefore` right before its request leaves. `verdictOf` judges by the exit alone: what is no proof of a refusal is
 * `Unknown`.
 */
export const sendOnce = <A, E, R>(
  request: ClaimRequest,
  send: (claimed: Rules.Claimed) => Effect.Effect<A, E, R>,
  verdictOf: (exit: Exit.Exit<A, E>) => Verdict
): Effect.Effect<
  Sent<A> | Exclude<Rules.Claim, Rules.Claimed>,
  E | IntentConflict | BudgetExceeded | LedgerFailed,
  R | Ledger
> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const ledger = yield* Ledger
      const claim = yield* ledger.claim(request)
      if (claim._tag !== "Claimed") return claim
      const exit = yield* Effect.exit(restore(send(claim)))
      const verdict = verdictOf(exit)
      const unrecorded = yield* ledger.record(claim, verdict).pipe(
        Effect.as(undefined),
        Effect.catch((error) =>
          Effect.logError("the ledger could not be written", error).pipe(
            Effect.annotateLogs({ intent: request.intent, ...verdict }),
            Effect.as(error)
          )
        )
      )
      const value = yield* exit
      return { _tag: "Sent" as const, value, unrecorded }
    })
  )
