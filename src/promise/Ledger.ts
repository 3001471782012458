/**
 * The ledger for programs that do not use Effect: where it is kept, opened when it is first needed, and what an operator asks of it.
 *
 * A runway is made at once and a file is not opened at once, so the ledger stands in front of its store until then. A store that cannot be
 * opened is tried again at the next call. It decides nothing.
 *
 * @module
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Budget, Report } from "../ledger/Budget.ts"
import type { Entry } from "../ledger/Entry.ts"
import { LedgerFailed } from "../ledger/LedgerError.ts"
import type { Forgotten, Resolved } from "../ledger/Rules.ts"
import { Ledger, type Sweep } from "../ledger/Service.ts"
import type { Filter } from "../ledger/Store.ts"
import { Runway } from "../Runway.ts"
import { RunwayError } from "../RunwayError.ts"
import type { Engine } from "./Engine.ts"

/** A file (by the runtime's own sqlite: Node from 22.5 on, Bun), or any layer of `cometapi-runway/ledger`. */
export type LedgerPlace = string | Layer.Layer<Ledger, LedgerFailed>

/** What an operator asks the ledger, and tells it. Each rejects with `LedgerFailed` when the ledger cannot be used. */
export interface RunwayLedger {
  /** Looks for what nobody takes care of any more: what is `unknown` needs a person, what is `pending` is paid and nobody has waited for it. */
  readonly sweep: () => Promise<Sweep>
  /** Entries, oldest first, at most 1000 unless asked otherwise. */
  readonly list: (filter?: Filter) => Promise<ReadonlyArray<Entry>>
  /** An intent's entries, in the order of its attempts. */
  readonly show: (intent: string) => Promise<ReadonlyArray<Entry>>
  /** A person's word that an `unknown` attempt is this job. */
  readonly adopt: (intent: string, taskId: string) => Promise<Resolved>
  /** A person's word that an `unknown` attempt was not accepted: the intent may be sent again. */
  readonly release: (intent: string, why: string) => Promise<Resolved>
  /** Forgets an intent of which nothing is open. Budgets keep what it cost. */
  readonly forget: (intent: string) => Promise<Forgotten>
  /** What is spent, held and left of a budget. Default: the runway's. */
  readonly budget: (budget?: Budget) => Promise<Report>
}

/** A file's store is loaded by those who have one, because it brings Effect's SQL along. */
const inFile = (file: string): Layer.Layer<Ledger, LedgerFailed> =>
  Layer.unwrap(
    Effect.map(
      Effect.tryPromise({
        try: () => import("../ledger/LedgerFile.ts"),
        catch: (cause) => {
          const problem = `cannot be opened, because a module of it cannot be loaded: ${String(cause)}`
          return new LedgerFailed({ doing: "open", store: file, problem, transient: false })
        }
      }),
      ({ layer }) => layer({ file })
    )
  )

/** A ledger that is opened when it is first asked, and closed with the runway. */
export const ledgerLayer = (place: LedgerPlace): Layer.Layer<Ledger> =>
  Layer.effect(
    Ledger,
    Effect.gen(function* () {
      const scope = yield* Effect.scope
      const open = Effect.flatMap(
        Layer.buildWithScope(typeof place === "string" ? inFile(place) : place, scope),
        (context) => Effect.provideContext(Ledger, context)
      )
      const [kept, forget] = yield* Effect.cachedInvalidateWithTTL(open, Duration.infinity)
      const opened = Effect.tapError(kept, () => forget)
      const ask = <A, E>(question: (ledger: typeof Ledger.Service) => Effect.Effect<A, E>) =>
        Effect.flatMap(opened, question)
      return {
        claim: (request) => ask((ledger) => ledger.claim(request)),
        record: (claimed, verdict) => ask((ledger) => ledger.record(claimed, verdict)),
        settle: (intent, taskId, end) => ask((ledger) => ledger.settle(intent, taskId, end)),
        show: (intent) => ask((ledger) => ledger.show(intent)),
        list: (filter) => ask((ledger) => ledger.list(filter)),
        release: (intent, why) => ask((ledger) => ledger.release(intent, why)),
        adopt: (intent, taskId) => ask((ledger) => ledger.adopt(intent, taskId)),
        forget: (intent) => ask((ledger) => ledger.forget(intent)),
        sweep: ask((ledger) => ledger.sweep),
        budget: (budget) => ask((ledger) => ledger.budget(budget))
      }
    })
  )

/** The ledger of a runway that has one, as promises. */
export const runwayLedger = (engine: Engine, budget: Budget | undefined): RunwayLedger => {
  const ask = <A>(question: (ledger: typeof Ledger.Service) => Effect.Effect<A, LedgerFailed>): Promise<A> =>
    engine.run(
      Effect.flatMap(Runway, ({ ledger }) =>
        ledger === undefined ? Effect.die(new Error("this runway has no ledger")) : question(ledger)
      ).pipe(Effect.mapError((reason) => new RunwayError({ operation: "ledger", reason })))
    )
  return {
    sweep: () => ask((ledger) => ledger.sweep),
    list: (filter) => ask((ledger) => ledger.list(filter)),
    show: (intent) => ask((ledger) => ledger.show(intent)),
    adopt: (intent, taskId) => ask((ledger) => ledger.adopt(intent, taskId)),
    release: (intent, why) => ask((ledger) => ledger.release(intent, why)),
    forget: (intent) => ask((ledger) => ledger.forget(intent)),
    budget: (asked = budget) => ask((ledger) => ledger.budget(asked))
  }
}
