/**
 * What the jobs of one world cost, and what came of that: sums of jobs and of dollars.
 *
 * A price is the contract's, so a job of an operation without one counts as nothing. It judges no client: the report does.
 *
 * @module
 */
import type * as Api from "../../../generated/mock-control/types.gen.ts"

/** So many jobs, at these prices. */
export const sumOf = (prices: ReadonlyArray<number>): Api.Sum => ({
  jobs: prices.length,
  dollars: rounded(prices.reduce((sum, price) => sum + price, 0))
})

/** A price more. */
export const plus = ({ jobs, dollars }: Api.Sum, price: number): Api.Sum => ({
  jobs: jobs + 1,
  dollars: rounded(dollars + price)
})

/** Sums of tenths are no sums of tenths in a computer. */
const rounded = (dollars: number): number => Math.round(dollars * 10_000) / 10_000

const shown = (what: string, { jobs, dollars }: Api.Sum): ReadonlyArray<string> =>
  jobs === 0 ? [] : [`${what} ${jobs} ${jobs === 1 ? "job" : "jobs"} ($${dollars.toFixed(2)})`]

/** The sums in words, without those that are nothing. */
export const inWords = ({ accepted, collected, orphaned, paidTwice }: Api.Money): string =>
  [
    ...shown("paid for", accepted),
    ...shown("collected", collected),
    ...shown("orphaned", orphaned),
    ...shown("paid twice", paidTwice)
  ].join(", ")
