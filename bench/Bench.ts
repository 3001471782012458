/**
 * What a benchmark is: workloads, and who does each of them. It measures nothing itself; `Rounds.ts` does.
 *
 * @module
 */

/** What one round came to, by name and unit, for example `{ "µs of CPU per call": 41.2 }`. Less is better. */
export type Figures = Readonly<Record<string, number>>

/** Somebody who is ready to do the work. */
export interface Contestant {
  /** Does the work once, makes sure that it was done, and says what it took. */
  readonly round: () => Promise<Figures>
  readonly stop?: () => unknown
}

/** One piece of work that several do by turns. */
export interface Workload {
  /** Each makes itself ready in a process of its own, so that nobody pays for what another has loaded. */
  readonly contestants: Readonly<Record<string, () => Promise<Contestant>>>
  /** With whom the others are compared. */
  readonly base: string
  readonly rounds: number
  /** A new process for each round, where a process's memory or its start counts. Otherwise one process does all rounds, the first for nothing. */
  readonly fresh?: boolean
  /** All at the same time. Only for work that mostly waits. */
  readonly together?: boolean
}

/** What is wanted of this package. */
export interface Goal {
  readonly workload: string
  readonly figure: string
  /** Whose figure it is, if not this package's as it is by default. */
  readonly who?: string
  /** Whose figure the goal is a multiple of; without it the goal is the figure itself. */
  readonly times?: string
  readonly atMost: number
}

export interface Bench {
  readonly title: string
  /** What has to be there before a contestant starts. */
  readonly prepare?: () => void
  readonly workloads: Readonly<Record<string, Workload>>
  readonly goals: ReadonlyArray<Goal>
  /** The figures that grow with a workload whose name is a number, to be plotted into `docs/images/`. */
  readonly plot?: string
}

/** This package's name in every table. */
export const ours = "cometapi-runway"

/** Microseconds of CPU that a piece of work takes, all threads of this process together, per unit. */
export const cpuOf = async (units: number, work: () => Promise<unknown>): Promise<number> => {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / units
}

/** The claim on which a contestant's round stands or falls. */
export const verify = (isRight: boolean, what: string): void => {
  if (!isRight) throw new Error(`the work was not done right: ${what}`)
}
