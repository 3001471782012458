/**
 * How far a batch is: counts, and what was spent, as one line.
 *
 * @module
 */
import type { Report } from "../ledger/Budget.ts"
import type * as Progress from "./Progress.ts"

/** The counts of a batch. They change while it runs. */
export interface Tally {
  readonly total: number
  underWay: number
  saved: number
  failed: number
  /** What the ledger says of the budget; nothing without a ledger. */
  budget: Report | undefined
}

export const make = (total: number): Tally => ({ total, underWay: 0, saved: 0, failed: 0, budget: undefined })

const money = ({ spent, held, left }: Report): string => {
  const parts = [`$${spent.dollars.toFixed(2)} spent`]
  if (held.jobs > 0) parts.push(`$${held.dollars.toFixed(2)} held for ${held.jobs} unknown`)
  if (left.dollars !== undefined) parts.push(`$${left.dollars.toFixed(2)} left`)
  if (left.jobs !== undefined) parts.push(`${left.jobs} jobs left`)
  return parts.join(", ")
}

/** The counts in words. */
export const words = ({ total, underWay, saved, failed, budget }: Tally): string => {
  const counts = [`${saved + failed} of ${total} done`]
  if (failed > 0) counts.push(`${failed} without a video`)
  if (underWay > 0) counts.push(`${underWay} under way`)
  return [...counts, ...(budget === undefined ? [] : [money(budget)])].join(", ")
}

/** What a bar shows. */
export const shown = (tally: Tally): Omit<Progress.Shown, "elapsed"> => ({
  share: (tally.saved + tally.failed) / tally.total,
  words: words(tally)
})
