/**
 * The ledger as a service: what can be asked of it, and told to it.
 *
 * It stands apart from what answers (`Ledger.ts`), so that who only asks loads no rules and no store.
 *
 * @module
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Budget from "./Budget.ts"
import type { Entry, Outcome, Verdict } from "./Entry.ts"
import type { BudgetExceeded, IntentConflict, LedgerFailed } from "./LedgerError.ts"
import type * as Rules from "./Rules.ts"
import type { Filter } from "./Store.ts"

/** What is asked of the ledger before a paid request leaves. */
export interface ClaimRequest {
  /** The key of the intent, see `Intent.key`. */
  readonly intent: string
  /** What the body is, see `Intent.digest`. */
  readonly digest: string
  /** How long the request may take, its answer included. */
  readonly attemptTimeout: Duration.Input
  /** A word for people, shown in lists. */
  readonly label?: string | undefined
  readonly budget?: Budget.Budget | undefined
  /** What the job costs, in dollars. Default: the published price. */
  readonly price?: number | undefined
  /** What one of the provider's credits costs, in dollars: with it, a cost that the provider says in credits replaces the price. */
  readonly creditPrice?: number | undefined
  /** The id of the accepted job that a new, newly paid one is to replace, for example because it failed. */
  readonly replaces?: string | undefined
}

/** What a sweep has found. */
export interface Sweep {
  /** Entries that this sweep has turned from `sending` to `unknown`. */
  readonly expired: number
  /** What needs a person: nobody knows how these ended. */
  readonly unknown: ReadonlyArray<Entry>
  /** Paid jobs to whose end nobody has waited: ids that came late, and waits that were given up. */
  readonly pending: ReadonlyArray<Entry>
}

/** The ledger as a service. Provide `layerMemory`, `LedgerFile.layer` or `LedgerSql.layer`. */
export class Ledger extends Context.Service<
  Ledger,
  {
    /** Asks whether a paid request may leave now. Whoever gets `Claimed` has to `record` how it ended. */
    readonly claim: (
      request: ClaimRequest
    ) => Effect.Effect<Rules.Claim, IntentConflict | BudgetExceeded | LedgerFailed>
    /** Writes down how a claimed attempt ended. */
    readonly record: (claimed: Rules.Claimed, verdict: Verdict) => Effect.Effect<void, LedgerFailed>
    /**
     * Writes down how an accepted job ended, and what it cost where that is known: in dollars, or in the provider's credits. False: the job
     * is not known.
     */
    readonly settle: (
      intent: string,
      taskId: string,
      end: { readonly outcome: Outcome; readonly cost?: number | undefined; readonly credits?: number | undefined }
    ) => Effect.Effect<boolean, LedgerFailed>
    /** An intent's entries, in the order of its attempts. */
    readonly show: (intent: string) => Effect.Effect<ReadonlyArray<Entry>, LedgerFailed>
    /** Entries, oldest first, at most 1000 unless asked otherwise. */
    readonly list: (filter?: Filter) => Effect.Effect<ReadonlyArray<Entry>, LedgerFailed>
    /** A person's word that an `unknown` attempt was not accepted: the intent may be sent again. */
    readonly release: (intent: string, why: string) => Effect.Effect<Rules.Resolved, LedgerFailed>
    /** A person's word that an `unknown` attempt is this job. */
    readonly adopt: (intent: string, taskId: string) => Effect.Effect<Rules.Resolved, LedgerFailed>
    /** Forgets an intent of which nothing is open. Budgets keep what it cost. */
    readonly forget: (intent: string) => Effect.Effect<Rules.Forgotten, LedgerFailed>
    /** Looks for what nobody takes care of any more. */
    readonly sweep: Effect.Effect<Sweep, LedgerFailed>
    /** What is spent, held and left of a budget. */
    readonly budget: (budget?: Budget.Budget) => Effect.Effect<Budget.Report, LedgerFailed>
  }
>()("cometapi-runway/Ledger") {}
