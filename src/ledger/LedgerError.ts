/**
 * What the ledger refuses, and how it fails. Each is a reason of `RunwayError`.
 *
 * The texts say what to do now. Nothing here holds a key, a URL or a body.
 *
 * @module
 */
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"

const short = (digest: string): string => `${digest.slice(0, 12)}…`

const dollars = (amount: number): string => `$${amount.toFixed(2)}`

/** What a reason says on one line. */
export const sentences = ({ why, advice }: { readonly why: string; readonly advice: string }): string =>
  `${why}. ${advice}`

/** The intent is known with another body. Nothing was sent. */
export class IntentConflict extends Schema.TaggedError<IntentConflict>("cometapi-runway/IntentConflict")(
  "IntentConflict",
  {
    intent: Schema.String,
    /** SHA-256 of the canonical body of this call, in hex. */
    bodyDigest: Schema.String,
    /** The same of the body that the ledger knows. */
    knownDigest: Schema.String,
    /** When the known body was sent last. */
    sentAt: Schema.DateTimeUtcFromString
  }
) {
  get isRetryable() {
    return false
  }
  get why() {
    return (
      `nothing was sent, because the ledger knows the intent "${this.intent}" with another body ` +
      `(sha256 ${short(this.knownDigest)}, sent ${this.sentAt.toJSON()}; this one is ${short(this.bodyDigest)})`
    )
  }
  get advice() {
    return "Use another intent for another video, or forget this one in the ledger"
  }
  override get message() {
    return sentences(this)
  }
}

/** An earlier request for the same intent is still on its way, or nobody knows how it ended. Nothing was sent. */
export class IntentUnresolved extends Schema.TaggedError<IntentUnresolved>("cometapi-runway/IntentUnresolved")(
  "IntentUnresolved",
  {
    intent: Schema.String,
    /** `sending`: another process or call is at it. `unknown`: a person has to look. */
    state: Schema.Literals(["sending", "unknown"]),
    attempt: Schema.Int,
    /** When the earlier request was sent. */
    sentAt: Schema.DateTimeUtcFromString,
    /** Until then its sender may still say how it ended; only afterwards can it be released. */
    answerBy: Schema.DateTimeUtcFromString,
    /** SHA-256 of the canonical body, in hex. */
    bodyDigest: Schema.String,
    /** Why it is not known how it ended. */
    evidence: Schema.optionalKey(Schema.String)
  }
) {
  /** Only while somebody is at it: an unknown outcome does not pass by itself. */
  get isRetryable() {
    return this.state === "sending"
  }
  get why() {
    const earlier = `attempt ${this.attempt} for the intent "${this.intent}" was sent ${this.sentAt.toJSON()}`
    if (this.state === "sending") {
      return `nothing was sent, because ${earlier} and may still be answered until ${this.answerBy.toJSON()}`
    }
    const evidence = this.evidence === undefined ? "" : ` (${this.evidence})`
    return `nothing was sent, because ${earlier} and it is not known whether it was accepted and charged${evidence}`
  }
  get advice() {
    if (this.state === "sending") return "Try again then"
    return (
      `Look for it in the provider's console (body sha256 ${short(this.bodyDigest)}), then tell the ledger: ` +
      "adopt the id that you found, or release the intent so that it may be sent again"
    )
  }
  override get message() {
    return sentences(this)
  }
}

/** It is not known which bytes stand behind an asset's URL, so it is not known whether this intent is paid already. Nothing was sent. */
export class AssetUnidentified extends Schema.TaggedError<AssetUnidentified>("cometapi-runway/AssetUnidentified")(
  "AssetUnidentified",
  {
    /** The asset's URL without its query. */
    url: Schema.String,
    problem: Schema.String
  }
) {
  get isRetryable() {
    return true
  }
  get why() {
    return `nothing was sent, because it is not known which bytes stand behind ${this.url}: ${this.problem}`
  }
  get advice() {
    return "Try again, or leave AssetIdentity out and name the intent yourself"
  }
  override get message() {
    return sentences(this)
  }
}

const Amount = Schema.Struct({ jobs: Schema.Int, dollars: Schema.Finite })

/** One job more would exceed the budget. Nothing was sent. */
export class BudgetExceeded extends Schema.TaggedError<BudgetExceeded>("cometapi-runway/BudgetExceeded")(
  "BudgetExceeded",
  {
    budget: Schema.String,
    /** What is allowed; a limit that is absent does not hold. */
    limit: Schema.Struct({ jobs: Schema.optionalKey(Schema.Int), dollars: Schema.optionalKey(Schema.Finite) }),
    /** Accepted jobs. */
    spent: Amount,
    /** Jobs of which nobody knows whether they were accepted. */
    held: Amount,
    /** Requests that are on their way. */
    reserved: Amount,
    /** What the refused job would have cost, in dollars. */
    price: Schema.Finite
  }
) {
  get isRetryable() {
    return false
  }
  get why() {
    const { limit, spent, held, reserved } = this
    const allowed = [
      ...(limit.jobs === undefined ? [] : [`${limit.jobs} jobs`]),
      ...(limit.dollars === undefined ? [] : [dollars(limit.dollars)])
    ].join(" and ")
    const show = (amount: typeof Amount.Type) => `${amount.jobs} jobs for ${dollars(amount.dollars)}`
    return (
      `nothing was sent, because the budget "${this.budget}" allows ${allowed}, and one more job costs ${dollars(this.price)} ` +
      `(spent: ${show(spent)}; held for unknown outcomes: ${show(held)}; on their way: ${show(reserved)})`
    )
  }
  get advice() {
    return `Raise the budget${this.held.jobs === 0 ? "" : ", or resolve the jobs with an unknown outcome"}`
  }
  override get message() {
    return sentences(this)
  }
}

const consequence = {
  open: "Nothing was sent",
  claim: "Nothing was sent",
  record: "The intent stays as it was in the ledger, so it is not sent again",
  read: "Nothing was changed"
} as const

/** The ledger itself cannot be used. Without its word nothing is sent. */
export class LedgerFailed extends Schema.TaggedError<LedgerFailed>("cometapi-runway/LedgerFailed")("LedgerFailed", {
  /** What was being done: `open` it, `claim` an intent, `record` how an attempt ended, or `read`. */
  doing: Schema.Literals(["open", "claim", "record", "read"]),
  /** Which ledger: a file's path, or the name of a database driver. */
  store: Schema.String,
  /** What is wrong, and what to do about it. */
  problem: Schema.String,
  /** Whether it may pass by itself, as a lock does and a full disk does not. */
  transient: Schema.Boolean
}) {
  get isRetryable() {
    return this.transient
  }
  get why() {
    return `the ledger ${this.store} ${this.problem}`
  }
  get advice() {
    return `${consequence[this.doing]}. Try again once the ledger can be used`
  }
  override get message() {
    return sentences(this)
  }
}

/** A time of the ledger as the errors carry it. */
export const time = (millis: number): DateTime.Utc => DateTime.makeUnsafe(millis)
