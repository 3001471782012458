/**
 * One attempt to have an intent made: one line of the ledger.
 *
 * An intent has one entry for each request that was about to leave for it, so nothing that happened is overwritten. An entry holds no key,
 * no URL and no body: the body is known by its digest only. What may be written when is decided in `Rules.ts`, not here.
 *
 * @module
 */

/**
 * How far an attempt got.
 *
 * | state | |
 * | --- | --- |
 * | `sending` | claimed; its request is about to leave, or on its way |
 * | `accepted` | the provider gave an id: the job is paid |
 * | `refused` | proven not to be accepted, or released by a person |
 * | `unknown` | nobody can say; a person has to look |
 */
export type State = "sending" | "accepted" | "refused" | "unknown"

/** How an accepted job ended. */
export type Outcome = "succeeded" | "failed" | "cancelled"

export interface Entry {
  /** The key of the intent. */
  readonly intent: string
  /** From 1. */
  readonly attempt: number
  readonly state: State
  /** A random id of the claim: it says who may write how this attempt ended. */
  readonly incarnation: string
  /** SHA-256 of the canonical body, see `Intent.digest`. */
  readonly digest: string
  /** A word for people. */
  readonly label: string | undefined
  /** The budget that pays. */
  readonly budget: string
  /** What the job costs, in millionths of a dollar: the price, until the provider says the cost. */
  readonly micros: number
  /** What one of the provider's credits costs, in millionths of a dollar, where the caller has said so. */
  readonly creditMicros: number | undefined
  /** What the provider says the job has cost, in its credits. */
  readonly credits: number | undefined
  /** When it was claimed. All times are milliseconds since 1970. */
  readonly sentAt: number
  /** By then its sender has said how it ended, or never will. */
  readonly answerBy: number
  /** When this entry was written last. */
  readonly changedAt: number
  /** The paid job's id. */
  readonly taskId: string | undefined
  /** Why it was refused, or why its outcome is (or was) not known. */
  readonly why: string | undefined
  /** How the job ended; undefined as long as nobody has waited to its end. */
  readonly outcome: Outcome | undefined
}

/** What a sender has to say of its attempt. */
export type Verdict =
  | { readonly _tag: "Accepted"; readonly taskId: string }
  /** Proven: no job exists. */
  | { readonly _tag: "Refused"; readonly why: string }
  | { readonly _tag: "Unknown"; readonly why: string }
