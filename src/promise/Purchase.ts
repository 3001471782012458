/**
 * What a Promise user says of a job to the ledger, in plain values, and what the ledger knew.
 *
 * @module
 */
import * as DateTime from "effect/DateTime"
import type { PurchasePolicy, Reuse } from "../Purchase.ts"

/** What a job tells the ledger. All of it needs a runway with a `ledger`. */
export interface PurchaseOptions extends PurchasePolicy {
  /**
   * The name of what is to be made, for example the number of your own job: for one name at most one job is paid, in whatever process.
   * Default, where the runway has a ledger: a name made of the request's body, so the same input is the same intent.
   */
  readonly intent?: string | undefined
}

/** Why nothing was sent: the intent has a job already. */
export interface Reused {
  readonly intent: string
  readonly id: string
  /** How far the job was, as far as the ledger knows. `submitted`: nobody has waited to its end yet. */
  readonly because: Reuse["because"]
  readonly submittedAt: Date
}

export const reusedOf = ({ intent, taskId, because, submittedAt }: Reuse): Reused => ({
  intent,
  id: taskId,
  because,
  submittedAt: DateTime.toDate(submittedAt)
})
