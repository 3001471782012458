/**
 * What the provider lets one account do: so many jobs at work at a time, so many a day.
 *
 * It knows when jobs begin and end and nothing else of them. When a waiting job gets its turn follows from those times alone, so
 * nothing has to run at that moment.
 *
 * @module
 */

/** A limit that is left out is none. */
export interface Account {
  /** Jobs at work at a time; the others wait. */
  readonly concurrency?: number | undefined
  /** Submissions a day, by UTC. */
  readonly daily?: number | undefined
}

/** The limits of an account as the controls answer them: a limit that is not set is left out. */
export const stated = ({ concurrency, daily }: Account): { concurrency?: number; daily?: number } => ({
  ...(concurrency === undefined ? {} : { concurrency }),
  ...(daily === undefined ? {} : { daily })
})

/** What is wrong with an account, if anything is. */
export const problemOf = ({
  concurrency,
  daily
}: Account): { readonly option: string; readonly problem: string } | undefined => {
  if (concurrency !== undefined && !(Number.isInteger(concurrency) && concurrency > 0))
    return { option: "account.concurrency", problem: `must be a whole number above 0; got ${concurrency}` }
  if (daily !== undefined && !(Number.isInteger(daily) && daily >= 0))
    return { option: "account.daily", problem: `must be a whole number, 0 or more; got ${daily}` }
  return undefined
}

/**
 * When a job that was made at `created` gets its turn. `ends` has the end of each job that got its turn before, and `Infinity` for
 * one whose end is not known yet.
 */
export const turnOf = (concurrency: number, created: number, ends: ReadonlyArray<number>): number => {
  const busy = ends.filter((end) => end > created).sort((a, b) => a - b)
  return busy.length < concurrency ? created : (busy[busy.length - concurrency] ?? created)
}

/** The day of a time, in UTC. */
export const dayOf = (time: number): number => Math.floor(time / 86_400_000)

/** When the next day begins. */
export const nextDay = (time: number): number => (dayOf(time) + 1) * 86_400_000
