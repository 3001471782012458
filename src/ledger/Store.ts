/**
 * Where a ledger is kept: what every store has to be able to do, and the one that is this process's memory.
 *
 * A store knows no rules. It shows a rule what is known and writes what the rule decides, as one transaction that nobody else's comes
 * between, and keeps the budgets' totals in step with the entries.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Budget from "./Budget.ts"
import type { Entry, State } from "./Entry.ts"
import type { Decision, Known } from "./Rules.ts"

/** Which entries are looked for, oldest first. What is left out does not matter. */
export interface Filter {
  readonly intent?: string | undefined
  readonly state?: State | undefined
  /** Only the entry of this job. */
  readonly taskId?: string | undefined
  /** Only accepted jobs whose end nobody has recorded. */
  readonly unsettled?: boolean | undefined
  /** Only entries whose sender's time was over at this time. */
  readonly answerDue?: number | undefined
  readonly limit?: number | undefined
  readonly offset?: number | undefined
}

/** A store that cannot do its work, in words that continue "the ledger at such a place …". */
export interface StoreProblem {
  readonly problem: string
  readonly transient: boolean
}

export interface Store {
  /** The store as an error names it. */
  readonly name: string
  /** Lets a rule decide about an intent, with the totals of a budget if one is named. */
  readonly transact: <A>(
    intent: string,
    budget: string | undefined,
    decide: (known: Known) => Decision<A>
  ) => Effect.Effect<A, StoreProblem>
  readonly entries: (filter: Filter) => Effect.Effect<ReadonlyArray<Entry>, StoreProblem>
  readonly totals: (budget: string) => Effect.Effect<Budget.Totals, StoreProblem>
}

export const defaultLimit = 1000

/** How a store waits for another writer: for ten seconds, at most a tenth of a second at a time. */
export const patience = Schedule.min([Schedule.exponential("5 millis"), Schedule.spaced("100 millis")]).pipe(
  Schedule.jittered,
  Schedule.upTo({ duration: "10 seconds" })
)

/** A store in this process's memory: for tests, and where one process is all there is. What it knows dies with the process. */
export const memory = (): Store => {
  const intents = new Map<string, ReadonlyArray<Entry>>()
  const budgets = new Map<string, Budget.Totals>()
  const totals = (budget: string) => budgets.get(budget) ?? Budget.empty

  const write = (entry: Entry) => {
    const entries = intents.get(entry.intent) ?? []
    const before = entries.find(({ attempt }) => attempt === entry.attempt)
    for (const [name, change] of Budget.changes(before, entry)) budgets.set(name, Budget.add(totals(name), change))
    const others = entries.filter(({ attempt }) => attempt !== entry.attempt)
    const next = [...others, entry].sort((a, b) => a.attempt - b.attempt)
    intents.set(entry.intent, next)
  }
  return {
    name: "in memory",
    transact: (intent, budget, decide) =>
      Effect.sync(() => {
        const known: Known = {
          entries: intents.get(intent) ?? [],
          totals: budget === undefined ? Budget.empty : totals(budget)
        }
        const decision = decide(known)
        for (const entry of decision.write) write(entry)
        if (decision.forget === true) intents.delete(intent)
        return decision.answer
      }),
    entries: (filter) =>
      Effect.sync(() => {
        const found = [...intents.values()].flat().filter((entry) => matches(entry, filter))
        const from = filter.offset ?? 0
        return found.sort(oldestFirst).slice(from, from + (filter.limit ?? defaultLimit))
      }),
    totals: (budget) => Effect.sync(() => totals(budget))
  }
}

const matches = (entry: Entry, { intent, state, taskId, unsettled, answerDue }: Filter): boolean =>
  (intent === undefined || entry.intent === intent) &&
  (taskId === undefined || entry.taskId === taskId) &&
  (state === undefined || entry.state === state) &&
  (unsettled !== true || (entry.state === "accepted" && entry.outcome === undefined)) &&
  (answerDue === undefined || entry.answerBy <= answerDue)

const oldestFirst = (a: Entry, b: Entry): number => {
  if (a.sentAt !== b.sentAt) return a.sentAt - b.sentAt
  if (a.intent !== b.intent) return a.intent < b.intent ? -1 : 1
  return a.attempt - b.attempt
}
