import * as Result from "effect/Result"
import { describe, expect, it } from "vitest"
import * as Budget from "../../src/ledger/Budget.ts"
import type { Entry } from "../../src/ledger/Entry.ts"
import * as Rules from "../../src/ledger/Rules.ts"
import { type Bounds, check, type Protocol, shipped } from "./Model.ts"

const long = process.env["LEDGER_MODEL"] === "long"

/** Two processes want the same intent made: twins, or a zombie and its successor. */
const twins: Bounds = {
  intents: ["a", "a"],
  jobs: undefined,
  time: long ? 4 : 3,
  crashes: long ? 2 : 1,
  refusals: 1,
  losses: 1,
  words: long ? 2 : 1,
  retries: long ? 1 : 0
}

/** Two processes pay different intents from a budget of one job. */
const purse: Bounds = { ...twins, intents: ["a", "b"], jobs: 1, retries: 0 }

/** The claim with entries as something else would see them. */
const seeing =
  (change: (entry: Entry, now: number) => Entry): Protocol["claim"] =>
  (known, request, now) =>
    Rules.claim({ ...known, entries: known.entries.map((entry) => change(entry, now)) }, request, now)

const counting =
  (change: (totals: Budget.Totals) => Budget.Totals): Protocol["claim"] =>
  (known, request, now) =>
    Rules.claim({ ...known, totals: change(known.totals) }, request, now)

const mutants: ReadonlyArray<readonly [string, Partial<Protocol>, Bounds, string]> = [
  ["sends without a claim", { claimsFirst: false }, twins, "paid, and the ledger does not say so"],
  [
    "takes over what another is sending",
    { claim: seeing((entry) => (entry.state === "sending" ? { ...entry, state: "refused" } : entry)) },
    twins,
    "pays twice"
  ],
  [
    "sends again when the time of another is over",
    {
      claim: seeing((entry, now) =>
        entry.state === "sending" && now >= entry.answerBy ? { ...entry, state: "refused" } : entry
      )
    },
    twins,
    "pays twice"
  ],
  [
    "drops an id that comes late",
    {
      record: (known, claimed, verdict, now) => {
        const entry = known.entries.find(({ attempt }) => attempt === claimed.attempt)
        return entry?.state === "sending"
          ? Rules.record(known, claimed, verdict, now)
          : { answer: undefined, write: [] }
      }
    },
    twins,
    "loses an id"
  ],
  [
    "lets anybody write a refusal",
    {
      record: (known, claimed, verdict, now) => {
        const open = known.entries.findLast(({ state }) => state === "sending" || state === "unknown")
        return Rules.record(known, verdict._tag === "Refused" ? (open ?? claimed) : claimed, verdict, now)
      }
    },
    twins,
    "paid, and the ledger does not say so"
  ],
  ["goes on before the id is recorded", { recordsFirst: false }, twins, "loses an id"],
  [
    "lets a person release at once",
    { release: (known, why) => Rules.release(known, why, Number.POSITIVE_INFINITY) },
    twins,
    "paid, and the ledger does not say so"
  ],
  [
    "sends when its time is over, after a long sleep",
    { looksAtClock: false },
    twins,
    "paid, and the ledger does not say so"
  ],
  [
    "calls a lost answer a refusal",
    {
      record: (known, claimed, verdict, now) =>
        Rules.record(known, claimed, verdict._tag === "Unknown" ? { ...verdict, _tag: "Refused" } : verdict, now)
    },
    twins,
    "paid, and the ledger does not say so"
  ],
  [
    "does not count what is on its way",
    { claim: counting((totals) => ({ ...totals, reserved: Budget.nothing })) },
    purse,
    "pays more than the budget"
  ],
  [
    "does not hold what is unknown",
    { claim: counting((totals) => ({ ...totals, held: Budget.nothing })) },
    purse,
    "pays more than the budget"
  ],
  ["reads the budget before the claim", { budgetInTransaction: false }, purse, "pays more than the budget"],
  [
    "counts an accepted job twice",
    { changes: (before, after) => Budget.changes(after.state === "accepted" ? undefined : before, after) },
    purse,
    "the budget disagrees with the entries"
  ],
  [
    "keeps the money of a refused job",
    { changes: (before, after) => Budget.changes(after.state === "refused" ? undefined : before, after) },
    purse,
    "the budget disagrees with the entries"
  ]
]

describe("in every order of events", () => {
  it.each([
    ["one intent is paid at most once, and no id is lost", twins],
    ["a budget holds", purse]
  ])("%s", { timeout: 600_000 }, (_, bounds) => {
    const { states, steps, violations } = check(shipped, bounds)
    if (process.env["LEDGER_FIGURES"] !== undefined) console.log(`${states} states, ${steps} steps`)
    expect(Object.fromEntries(violations)).toEqual({})
    // The search is not empty by mistake.
    expect(states).toBeGreaterThan(5000)
  })

  it.each(mutants)("a ledger that %s is caught", { timeout: 600_000 }, (_, mutant, bounds, violation) => {
    const { violations } = check({ ...shipped, ...mutant }, bounds, true)
    expect([...violations.keys()]).toContain(violation)
  })

  it("an intent that a claim can open is opened: nothing waits without a reason", () => {
    const claim = Rules.claim({ entries: [], totals: Budget.empty }, request, 0)
    expect(Result.isSuccess(claim.answer) && claim.answer.success._tag).toBe("Claimed")
  })
})

const request: Rules.ClaimRequest = {
  intent: "a",
  digest: "a",
  incarnation: "1",
  label: undefined,
  budget: {},
  micros: 1,
  creditMicros: undefined,
  leaveWithin: 1,
  answerWithin: 2,
  replaces: undefined
}
