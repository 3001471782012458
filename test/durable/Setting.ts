/**
 * What the processes of a proof agree on.
 *
 * @module
 */

/** What a worker is told, as JSON in its first argument. */
export interface Task {
  readonly database: string
  readonly port: number
  /** The mock, and how much faster than the clock it is. */
  readonly url: string
  readonly scale: number
}

/** What a process that is killed or frozen may hold up, far shorter than in real life. */
export const haste = {
  entityMessagePollInterval: "200 millis",
  refreshAssignmentsInterval: "500 millis",
  runnerHealthCheckInterval: "1 second",
  shardLockRefreshInterval: "4 seconds",
  shardLockExpiration: "12 seconds",
  // Longer than an attempt may take here.
  entityTerminationTimeout: "6 seconds"
} as const

/** A job is noticed at once. */
export const quick = { entityMessagePollInterval: "50 millis" } as const

/** What a process that shares a pace is told, as JSON in its first argument. */
export interface PaceTask {
  /** The mock. */
  readonly url: string
  readonly redis: string
  /** Which process it is. */
  readonly seed: number
  /** By how many milliseconds its clock is wrong. */
  readonly skew: number
}

/** The pace of the account whose processes share it. */
export const pace = { requests: 20, per: "1 second", burst: 1 } as const
