/**
 * Whose turn it is among the jobs of one account: those that wait, in their order, and those at work.
 *
 * It keeps what the next turn depends on and no more, so that what a job costs does not grow with the jobs that were there before. It
 * knows nothing of a job but when it was made and when it ends.
 *
 * @module
 */
import { turnOf } from "./Account.ts"

/** A job, as far as turns go. */
export interface Turn {
  readonly createdAt: number
  /** When it ends, if it is at work; `Infinity` where nobody knows yet. */
  endsAt: number
}

/** The jobs of one account. */
export class Turns<Job extends Turn> {
  #concurrency: number
  readonly #waiting = new Set<Job>()
  /** Jobs at work that may still be so; empty where there is no limit, as nobody waits for them. */
  #working = new Set<Job>()
  /** The last ends of jobs that were at work, no more of them than a turn can depend on. */
  #ends: Array<number> = []
  /** When the account was last limited. A job that still waited then gets no turn before that time: the limit did not allow it yet. */
  #limitedAt = 0
  /** When the first of those that wait gets its turn, where nothing has changed since that was found out. */
  #next: number | undefined

  constructor(concurrency: number) {
    this.#concurrency = concurrency
  }

  /** One more job waits. */
  join(job: Job): void {
    this.#waiting.add(job)
  }

  /** A job that waits begins, in its turn or before. */
  begin(job: Job): void {
    this.#waiting.delete(job)
    if (this.#concurrency !== Number.POSITIVE_INFINITY) this.#working.add(job)
    this.#next = undefined
  }

  /** The end of a job has changed. */
  changed(): void {
    this.#next = undefined
  }

  /** So many at a time from now on; `jobs` are all that have begun. */
  limit(concurrency: number, now: number, jobs: Iterable<Job>): void {
    this.#concurrency = concurrency
    this.#limitedAt = now
    this.#ends = []
    this.#next = undefined
    this.#working =
      concurrency === Number.POSITIVE_INFINITY ? new Set() : new Set([...jobs].filter(({ endsAt }) => endsAt > now))
  }

  /** The job whose turn has come, and when it came; to be asked again once that job has begun. */
  due(now: number): { readonly job: Job; readonly at: number } | undefined {
    const [job] = this.#waiting
    if (job === undefined) return undefined
    this.#next ??= this.#turnOf(job, now)
    return this.#next > now ? undefined : { job, at: this.#next }
  }

  #turnOf({ createdAt }: Job, now: number): number {
    const concurrency = this.#concurrency
    if (concurrency === Number.POSITIVE_INFINITY) return Math.max(this.#limitedAt, createdAt)
    const working = [...this.#working].map(({ endsAt }) => endsAt)
    const at = Math.max(this.#limitedAt, turnOf(concurrency, createdAt, [...this.#ends, ...working]))
    // What has not come yet can still come otherwise.
    this.#forget(Math.min(at, now))
    return at
  }

  /** Who ended before a turn has no part in the later ones but by its end, and of those only the last few count. */
  #forget(before: number): void {
    for (const job of this.#working) {
      if (job.endsAt > before) continue
      this.#working.delete(job)
      this.#ends.push(job.endsAt)
    }
    if (this.#ends.length > this.#concurrency) this.#ends = this.#ends.sort((a, b) => b - a).slice(0, this.#concurrency)
  }
}
