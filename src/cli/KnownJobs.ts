/**
 * What the ledger knows, as the command needs it: found by what a person types, in the order in which a person reads it.
 *
 * It only reads. An entry is shown without anything that could be secret, because the ledger holds nothing that is.
 *
 * @module
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { defined } from "../Defined.ts"
import type { Entry, State } from "../ledger/Entry.ts"
import { Ledger } from "../ledger/Ledger.ts"
import type { LedgerFailed } from "../ledger/LedgerError.ts"
import { Complaint } from "./Complaint.ts"
import type { Event } from "./Output.ts"
import * as Progress from "./Progress.ts"

const pageSize = 500

/** The ledger's entries, oldest first, as many as there are. */
export const all = (state?: State): Stream.Stream<Entry, LedgerFailed, Ledger> =>
  Stream.paginate(0, (offset) =>
    Effect.gen(function* () {
      const ledger = yield* Ledger
      const entries = yield* ledger.list({ state, offset, limit: pageSize })
      return [entries, entries.length < pageSize ? Option.none() : Option.some(offset + pageSize)] as const
    })
  )

/** The newest entries that are wanted, newest first. */
export const newest = (limit: number, wanted: (entry: Entry) => boolean = () => true) =>
  Stream.runFold(
    all(),
    (): ReadonlyArray<Entry> => [],
    (latest, entry) => (wanted(entry) ? [entry, ...latest].slice(0, limit) : latest)
  )

/** The name of the one intent that is meant: its name, the id of its job, or the beginning of either, with or without `sha256:`. */
export const intentNamed = Effect.fnUntraced(function* (text: string) {
  const names = (entry: Entry) => [entry.intent, entry.taskId ?? ""]
  const beginnings = (entry: Entry) => [...names(entry), entry.intent.replace(/^(.* )?sha256:/, "")]
  const found = yield* Stream.runFold(
    all(),
    () => ({ exact: new Set<string>(), begun: new Set<string>() }),
    ({ exact, begun }, entry) => {
      if (names(entry).includes(text)) exact.add(entry.intent)
      else if (text.length >= 4 && beginnings(entry).some((name) => name.startsWith(text))) begun.add(entry.intent)
      return { exact, begun }
    }
  )
  const [intent, another] = found.exact.size > 0 ? found.exact : found.begun
  if (intent === undefined) {
    return yield* new Complaint({
      text: `The ledger knows no intent and no task "${text}". See them with: npx cometapi-runway ledger list`,
      end: "noSuchTask"
    })
  }
  if (another === undefined) return intent
  return yield* new Complaint({ text: `More than one intent begins with "${text}": write more of it.` })
})

/** How an entry stands, in one word. */
export const standing = (entry: Entry): string =>
  entry.state === "accepted" ? (entry.outcome ?? "accepted") : entry.state

/** A time as people read it, in the machine's zone. */
export const timeOf = (millis: number): string =>
  DateTime.formatLocal(DateTime.setZone(DateTime.makeUnsafe(millis), DateTime.zoneMakeLocal()), {
    dateStyle: "short",
    timeStyle: "medium",
    locale: "sv-SE"
  })

/** What a person has to know about an entry beyond its standing. */
export const remark = (entry: Entry, now: number): string | undefined => {
  if (entry.state === "sending") {
    return `its request is on its way, or its process has died; if nothing is heard of it within ${Progress.time(entry.answerBy - now)}, its outcome is unknown`
  }
  return entry.state === "unknown" || entry.state === "refused" ? entry.why : undefined
}

/** An entry as an event. */
export const event = (entry: Entry): Event => {
  const iso = (millis: number) => new Date(millis).toISOString()
  const { intent, attempt, state, outcome, taskId, why, budget, digest } = entry
  return {
    event: "entry",
    intent,
    attempt,
    state,
    dollars: entry.micros / 1_000_000,
    budget,
    digest,
    sentAt: iso(entry.sentAt),
    answerBy: iso(entry.answerBy),
    changedAt: iso(entry.changedAt),
    ...defined({ id: taskId, outcome, why })
  }
}
