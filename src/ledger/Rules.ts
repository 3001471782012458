/**
 * What may be written into the ledger when: the whole protocol, as functions without effects.
 *
 * ```
 * none ─claim→ sending ─the sender→ accepted | refused | unknown
 *              sending ─anybody, once its sender's time is over→ unknown
 *              unknown ─a person→ refused
 *              any state ─an id arrives→ accepted
 * ```
 *
 * 1. A request leaves only after a claim, and a claim is possible only where every attempt before was refused.
 * 2. Another's `sending` is never taken over. It only becomes `unknown`, and only after its sender's time.
 * 3. An id is recorded whatever the entry says, even when the entry was forgotten.
 * 4. `refused` is written only by the sender, which has the proof.
 * 5. A person may release an `unknown`, but only after the sender's time: until then its request may still arrive.
 *
 * One gap stays, because the provider knows no key of an intent: a process that is frozen between its last look at the clock and the request's
 * first byte, and woken up after a person has released its intent, still sends. Before a release, look for processes that hang.
 *
 * Every store runs these very functions inside a transaction, and the model check in the tests runs them through every order of events.
 *
 * @module
 */
import * as Result from "effect/Result"
import * as Budget from "./Budget.ts"
import type { Entry, Outcome, Verdict } from "./Entry.ts"
import { type BudgetExceeded, IntentConflict, time } from "./LedgerError.ts"

/** What is known when a rule is asked: the intent's entries in the order of their attempts, and the state of the budget that pays. */
export interface Known {
  readonly entries: ReadonlyArray<Entry>
  readonly totals: Budget.Totals
}

/** What a rule decides: its answer, and the entries to write. */
export interface Decision<A> {
  readonly answer: A
  readonly write: ReadonlyArray<Entry>
  /** Whether all the intent's entries go. Budgets keep what was spent. */
  readonly forget?: boolean
}

/** The answer to a claim. */
export type Claim = Claimed | Accepted | Unknown | Busy

/** The request may leave now, and only its claimant may send it. */
export interface Claimed {
  readonly _tag: "Claimed"
  readonly entry: Entry
  /** The request must leave before this time, or not at all: later, others may stop waiting for its answer. */
  readonly sendBefore: number
  /** The attempt before, which was refused. */
  readonly previous: Entry | undefined
}

/** There is a paid job for this intent. */
interface Accepted {
  readonly _tag: "Accepted"
  readonly entry: Entry & { readonly taskId: string }
}

/** Nobody knows how an earlier attempt ended; a person has to look. */
interface Unknown {
  readonly _tag: "Unknown"
  readonly entry: Entry
}

/** Another call or process is at it, and has until `entry.answerBy`. */
interface Busy {
  readonly _tag: "Busy"
  readonly entry: Entry
}

export interface ClaimRequest {
  readonly intent: string
  readonly digest: string
  readonly incarnation: string
  readonly label: string | undefined
  readonly budget: Budget.Budget
  readonly micros: number
  readonly creditMicros: number | undefined
  /** How long from the claim the request may take to leave. */
  readonly leaveWithin: number
  /** How long from the claim until nobody waits for its answer any more. */
  readonly answerWithin: number
  /** The accepted job that this one is to replace, for example because it failed. */
  readonly replaces: string | undefined
}

const isAccepted = (entry: Entry): entry is Entry & { readonly taskId: string } =>
  entry.state === "accepted" && entry.taskId !== undefined

const keep = <A>(answer: A): Decision<A> => ({ answer, write: [] })

const noAnswer = "the process that sent it did not say in time how it ended"

/** The entry as it stands at a time: `sending` becomes `unknown` when its sender's time is over. */
const expired = (entry: Entry, now: number): Entry =>
  entry.state === "sending" && now >= entry.answerBy
    ? { ...entry, state: "unknown", why: noAnswer, changedAt: now }
    : entry

/** Whether a request may leave for an intent, now. */
export const claim = (
  { entries, totals }: Known,
  request: ClaimRequest,
  now: number
): Decision<Result.Result<Claim, IntentConflict | BudgetExceeded>> => {
  const latest = entries.at(-1)
  if (latest !== undefined && latest.digest !== request.digest) {
    const { intent, digest, sentAt } = latest
    const known = { intent, bodyDigest: request.digest, knownDigest: digest, sentAt: time(sentAt) }
    return keep(Result.fail(new IntentConflict(known)))
  }
  const claimed = (entry: Entry, previous: Entry | undefined): Claimed => ({
    _tag: "Claimed",
    entry,
    sendBefore: entry.sentAt + request.leaveWithin,
    previous
  })
  // The store was asked again, because the answer to its first try was lost.
  if (latest?.state === "sending" && latest.incarnation === request.incarnation)
    return keep(Result.succeed(claimed(latest, entries.at(-2))))

  const accepted = entries.findLast(isAccepted)
  if (accepted !== undefined && accepted.taskId !== request.replaces)
    return keep(Result.succeed({ _tag: "Accepted", entry: accepted }))
  const open = entries.findLast(({ state }) => state === "sending" || state === "unknown")
  if (open !== undefined) {
    const entry = expired(open, now)
    const answer = Result.succeed<Claim>({ _tag: entry.state === "unknown" ? "Unknown" : "Busy", entry })
    return { answer, write: entry === open ? [] : [entry] }
  }
  const exceeded = Budget.refusal(request.budget, totals, request.micros)
  if (exceeded !== undefined) return keep(Result.fail(exceeded))
  const entry = begin(request, (latest?.attempt ?? 0) + 1, now)
  return { answer: Result.succeed(claimed(entry, latest)), write: [entry] }
}

const begin = (request: ClaimRequest, attempt: number, now: number): Entry => {
  const { intent, digest, incarnation, label, micros, creditMicros } = request
  return {
    intent,
    attempt,
    state: "sending",
    incarnation,
    digest,
    label,
    budget: request.budget.name ?? Budget.defaultName,
    micros,
    creditMicros,
    credits: undefined,
    sentAt: now,
    answerBy: now + request.answerWithin,
    changedAt: now,
    taskId: undefined,
    why: undefined,
    outcome: undefined
  }
}

/** How an attempt ended, by its sender's word. */
export const record = ({ entries }: Known, claimed: Entry, verdict: Verdict, now: number): Decision<void> => {
  const found = entries.find(({ attempt }) => attempt === claimed.attempt)
  const mine = found?.incarnation === claimed.incarnation ? found : undefined
  switch (verdict._tag) {
    case "Accepted": {
      // A paid job's id is never dropped, nor put in the place of another's: an entry that was forgotten, or for which a person has
      // adopted another id, is written anew.
      const { taskId } = verdict
      const free = found === undefined || (mine !== undefined && (mine.taskId ?? taskId) === taskId)
      const entry = { ...(mine ?? claimed), attempt: free ? claimed.attempt : entries.length + 1 }
      return { answer: undefined, write: [{ ...entry, state: "accepted", taskId, changedAt: now }] }
    }
    case "Refused":
      return mine?.state === "sending" || mine?.state === "unknown"
        ? { answer: undefined, write: [{ ...mine, state: "refused", why: verdict.why, changedAt: now }] }
        : keep(undefined)
    case "Unknown":
      return mine?.state === "sending"
        ? { answer: undefined, write: [{ ...mine, state: "unknown", why: verdict.why, changedAt: now }] }
        : keep(undefined)
  }
}

/** Turns what was sent and never answered into `unknown`. The answer says whether there was any. */
export const expire = ({ entries }: Known, now: number): Decision<boolean> => {
  const write = entries.map((entry) => expired(entry, now)).filter((entry, at) => entry !== entries[at])
  return { answer: write.length > 0, write }
}

/** What became of a person's word. */
export type Resolved =
  | { readonly _tag: "Done"; readonly entry: Entry }
  /** The sender's time is not over: its request may still arrive. */
  | { readonly _tag: "TooEarly"; readonly entry: Entry }
  /** The intent is not in the ledger, or nothing about it is unknown. */
  | { readonly _tag: "NothingUnknown" }
  /** The id is the job of another attempt, so it does not say what became of this one. */
  | { readonly _tag: "AlreadyKnown"; readonly entry: Entry }

const resolve = ({ entries }: Known, now: number, change: Partial<Entry>): Decision<Resolved> => {
  const open = entries.findLast(({ state }) => state === "sending" || state === "unknown")
  if (open === undefined) return keep({ _tag: "NothingUnknown" })
  if (now < open.answerBy) return keep({ _tag: "TooEarly", entry: open })
  const entry = { ...open, ...change, changedAt: now }
  return { answer: { _tag: "Done", entry }, write: [entry] }
}

/** A person has looked and says: there is no job. It may be sent again. */
export const release = (known: Known, why: string, now: number): Decision<Resolved> =>
  resolve(known, now, { state: "refused", why })

/** A person has looked and says: this is the job. */
export const adopt = (known: Known, taskId: string, now: number): Decision<Resolved> => {
  const entry = known.entries.find((entry) => entry.taskId === taskId)
  return entry === undefined
    ? resolve(known, now, { state: "accepted", taskId })
    : keep({ _tag: "AlreadyKnown", entry })
}

/** How a job ended, and what it cost where that is known: in credits, as the provider says it, or in money. */
export interface End {
  readonly outcome: Outcome
  readonly credits: number | undefined
  readonly micros: number | undefined
}

/** How an accepted job ended, and what it cost where the provider said so. The answer says whether the job is known. */
export const settle = ({ entries }: Known, taskId: string, end: End, now: number): Decision<boolean> => {
  const entry = entries.find((entry) => entry.taskId === taskId)
  if (entry === undefined) return keep(false)
  const { outcome, credits = entry.credits } = end
  // Credits are money only where the caller has said what one costs.
  const charged =
    credits === undefined || entry.creditMicros === undefined ? undefined : Math.round(credits * entry.creditMicros)
  const micros = end.micros ?? charged ?? entry.micros
  return { answer: true, write: [{ ...entry, outcome, credits, micros, changedAt: now }] }
}

/** What became of the wish to forget an intent. */
export type Forgotten =
  | { readonly _tag: "Done" }
  /** A request is on its way, or nobody knows how it ended, or its job has not ended: forgetting would lose money. */
  | { readonly _tag: "StillOpen"; readonly entry: Entry }
  | { readonly _tag: "NotFound" }

/** Forgets an intent, so that its key may be used for another body. */
export const forget = ({ entries }: Known): Decision<Forgotten> => {
  if (entries.length === 0) return keep({ _tag: "NotFound" })
  const open = entries.find(
    ({ state, outcome }) =>
      state === "sending" || state === "unknown" || (state === "accepted" && outcome === undefined)
  )
  if (open !== undefined) return keep({ _tag: "StillOpen", entry: open })
  return { answer: { _tag: "Done" }, write: [], forget: true }
}
