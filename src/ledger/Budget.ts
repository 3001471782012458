/**
 * How much may be spent, and how much is: a view of the ledger's entries, by jobs and by money.
 *
 * An entry's state says where its price stands: reserved while it is on its way, held while nobody knows, spent once accepted, nothing when
 * refused. So there is no bookkeeping of its own that could disagree with the ledger. Money is counted in millionths of a dollar,
 * because sums of decimal fractions are not exact.
 *
 * @module
 */
import { defined } from "../Defined.ts"
import type { Entry, State } from "./Entry.ts"
import { BudgetExceeded } from "./LedgerError.ts"

/** What may be spent under a name. Without a limit it only counts. */
export interface Budget {
  /** Intents of one ledger that are paid from one purse share its name. Default: `default`. */
  readonly name?: string | undefined
  /** At most so many paid jobs. */
  readonly jobs?: number | undefined
  /** At most so many dollars. */
  readonly dollars?: number | undefined
}

/** The published price of one job, in dollars. */
export const defaultPrice = 0.4

export const defaultName = "default"

export interface Amount {
  readonly jobs: number
  readonly micros: number
}

/** What became of a budget so far. */
export interface Totals {
  readonly reserved: Amount
  readonly held: Amount
  readonly spent: Amount
}

type Part = keyof Totals

export const nothing: Amount = { jobs: 0, micros: 0 }

export const empty: Totals = { reserved: nothing, held: nothing, spent: nothing }

export const micros = (dollars: number): number => Math.round(dollars * 1_000_000)

const dollars = (micros: number): number => micros / 1_000_000

/** Where an entry's price stands in its budget. */
const part: Readonly<Record<State, Part | undefined>> = {
  sending: "reserved",
  unknown: "held",
  accepted: "spent",
  refused: undefined
}

const plus = (a: Amount, b: Amount, sign: 1 | -1 = 1): Amount => ({
  jobs: a.jobs + sign * b.jobs,
  micros: a.micros + sign * b.micros
})

export const add = (totals: Totals, change: Totals): Totals => ({
  reserved: plus(totals.reserved, change.reserved),
  held: plus(totals.held, change.held),
  spent: plus(totals.spent, change.spent)
})

/** What writing `after` in the place of `before` changes in the budgets, by their names. */
export const changes = (before: Entry | undefined, after: Entry): ReadonlyMap<string, Totals> => {
  const found = new Map<string, Totals>()
  const count = (entry: Entry, sign: 1 | -1) => {
    const where = part[entry.state]
    if (where === undefined) return
    const totals = found.get(entry.budget) ?? empty
    found.set(entry.budget, {
      ...totals,
      [where]: plus(totals[where], { jobs: 1, micros: entry.micros }, sign)
    })
  }
  if (before !== undefined) count(before, -1)
  count(after, 1)
  return found
}

/** Refuses when one job more at this price would exceed the budget. What is on its way and what is unknown counts like what is spent. */
export const refusal = (budget: Budget, totals: Totals, price: number): BudgetExceeded | undefined => {
  const { reserved, held, spent } = totals
  const used = plus(plus(reserved, held), spent)
  const overJobs = budget.jobs !== undefined && used.jobs + 1 > budget.jobs
  const overMoney = budget.dollars !== undefined && used.micros + price > micros(budget.dollars)
  if (!overJobs && !overMoney) return undefined
  const shown = (amount: Amount) => ({ jobs: amount.jobs, dollars: dollars(amount.micros) })
  return new BudgetExceeded({
    budget: budget.name ?? defaultName,
    limit: defined({ jobs: budget.jobs, dollars: budget.dollars }),
    spent: shown(spent),
    held: shown(held),
    reserved: shown(reserved),
    price: dollars(price)
  })
}

/** A budget as it is reported, in dollars. */
export interface Report {
  readonly name: string
  readonly spent: { readonly jobs: number; readonly dollars: number }
  readonly held: { readonly jobs: number; readonly dollars: number }
  readonly reserved: { readonly jobs: number; readonly dollars: number }
  /** What may still be spent; a limit that was not given is absent. */
  readonly left: { readonly jobs?: number; readonly dollars?: number }
}

export const report = (budget: Budget, totals: Totals): Report => {
  const shown = (amount: Amount) => ({ jobs: amount.jobs, dollars: dollars(amount.micros) })
  const used = plus(plus(totals.reserved, totals.held), totals.spent)
  return {
    name: budget.name ?? defaultName,
    spent: shown(totals.spent),
    held: shown(totals.held),
    reserved: shown(totals.reserved),
    left: defined({
      jobs: budget.jobs === undefined ? undefined : Math.max(0, budget.jobs - used.jobs),
      dollars: budget.dollars === undefined ? undefined : dollars(Math.max(0, micros(budget.dollars) - used.micros))
    })
  }
}
