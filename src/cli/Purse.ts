/**
 * How much the command may spend, as its flags say it.
 *
 * A budget holds for all that a ledger knows of one provider, earlier calls included: it says what may be spent in the end, not in this call.
 *
 * @module
 */
import { Flag } from "effect/cli"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { Budget } from "../ledger/Budget.ts"
import { scope } from "./LedgerPlace.ts"

/** `20`, `$20` and `12.50` are dollars, `5jobs` and `5 jobs` are jobs. */
const limitOf = (text: string): Result.Result<Limit, string> => {
  const jobs = /^(\d+) ?jobs?$/i.exec(text.trim())?.[1]
  if (jobs !== undefined) return Result.succeed({ jobs: Number(jobs) })
  const dollars = /^\$?(\d+(\.\d+)?)$/.exec(text.trim())?.[1]
  return dollars === undefined
    ? Result.fail(`dollars like 20 or 12.50, or a number of jobs like "5 jobs"; got ${text}`)
    : Result.succeed({ dollars: Number(dollars) })
}

type Limit = Pick<Budget, "jobs" | "dollars">

export const flag = Flag.String("budget").pipe(
  Flag.withMetavar('dollars | "n jobs"'),
  Flag.withDescription("What may be spent in all, earlier jobs in the same ledger included"),
  Flag.mapTryCatch(
    (text) => Result.getOrThrowWith(limitOf(text), (problem) => new Error(problem)),
    (error) => (error instanceof Error ? error.message : String(error))
  ),
  Flag.optional
)

/** The budget that pays for jobs of one provider. */
export const budgetOf = (limit: Option.Option<Limit>, baseUrl: string): Budget => ({
  ...Option.getOrElse(limit, () => ({})),
  // Trials on a mock must not use up what is for the real one.
  ...(scope(baseUrl) === "" ? {} : { name: scope(baseUrl).trim() })
})
