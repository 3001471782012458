// @ts-check
/**
 * Money in words. All sums are the mock's own; nothing is counted or priced here.
 *
 * @module
 */

/** @import { Sum } from "../../generated/mock-control/types.gen.ts" */

/** @param {number} amount */
export const dollars = (amount) => `$${amount.toFixed(2)}`

/** @param {number} count */
export const jobs = (count) => `${count} ${count === 1 ? "job" : "jobs"}`

/**
 * A sum in dollars, or in jobs where the contract has no price for them.
 *
 * @param {Sum} sum
 */
export const costOf = (sum) => (sum.dollars > 0 ? dollars(sum.dollars) : jobs(sum.jobs))
