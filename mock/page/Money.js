// @ts-check
/**
 * What the jobs of a world cost. The price comes from the mock; where it tells none, jobs are counted and no dollars are shown.
 *
 * @module
 */

/** @import { Entry, Report, Task, World } from "../../generated/mock-control/types.gen.ts" */

/**
 * What one accepted job costs in dollars, if the mock says so. This is the one place that reads it.
 *
 * @param {World | undefined} world @param {Report | undefined} report
 */
export const priceOf = (world, report) => {
  for (const source of [report, world]) {
    const { price } = /** @type {{ price?: unknown }} */ (source ?? {})
    if (typeof price === "number" && price >= 0) return price
  }
  return undefined
}

/** @param {number} amount */
export const dollars = (amount) => `$${amount.toFixed(2)}`

/**
 * A number of jobs in dollars, or in words where no price is known.
 *
 * @param {number} jobs @param {number | undefined} price
 */
export const costOf = (jobs, price) =>
  price === undefined ? `${jobs} ${jobs === 1 ? "job" : "jobs"}` : dollars(jobs * price)

/**
 * How many jobs were paid for, and what became of them.
 *
 * @param {Report} report @param {ReadonlyArray<Task>} tasks @param {ReadonlyArray<Entry>} entries
 */
export const countsOf = (report, tasks, entries) => {
  const again = report.findings.filter(({ kind }) => kind === "duplicate-submission")
  const unheard = new Set(
    entries.flatMap(({ operation, taskId, answer }) =>
      operation === "submit" && taskId !== undefined && answer === undefined ? [taskId] : []
    )
  )
  return {
    accepted: report.accepted,
    collected: tasks.filter(({ collected }) => collected).length,
    running: tasks.filter(({ ended }) => !ended).length,
    orphaned: tasks.filter(({ id, polls }) => unheard.has(id) && polls === 0).length,
    again: again.reduce((sum, { requests }) => sum + Math.max(0, requests.length - 1), 0)
  }
}
