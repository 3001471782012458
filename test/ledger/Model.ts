/**
 * Every order of events, within bounds: two processes that use the ledger's own rules, a provider, a network, a clock, and a person.
 *
 * A plain breadth-first search over states. Between any two steps a process may be held up for any time (a SIGSTOP), or killed and started
 * again; requests of dead processes may still arrive; answers get lost; a transaction's answer may get lost and the store is asked again.
 * The person is diligent: a look into the provider's console comes before each word.
 *
 * @module
 */
import * as Result from "effect/Result"
import * as Budget from "../../src/ledger/Budget.ts"
import type { Entry, Verdict } from "../../src/ledger/Entry.ts"
import * as Rules from "../../src/ledger/Rules.ts"

/** What is checked: the rules of the ledger and the conduct of a sender. A mutant changes one of them. */
export interface Protocol {
  readonly claim: typeof Rules.claim
  readonly record: typeof Rules.record
  readonly release: typeof Rules.release
  readonly changes: typeof Budget.changes
  /** The sender claims before it sends. */
  readonly claimsFirst: boolean
  /** The sender looks at the clock right before its request leaves. */
  readonly looksAtClock: boolean
  /** The sender records an id before it goes on. */
  readonly recordsFirst: boolean
  /** The budget is read in the transaction of the claim, not before it. */
  readonly budgetInTransaction: boolean
}

export const shipped: Protocol = {
  claim: Rules.claim,
  record: Rules.record,
  release: Rules.release,
  changes: Budget.changes,
  claimsFirst: true,
  looksAtClock: true,
  recordsFirst: true,
  budgetInTransaction: true
}

export interface Bounds {
  /** The intent that each process wants made. */
  readonly intents: ReadonlyArray<string>
  readonly jobs: number | undefined
  readonly time: number
  readonly crashes: number
  readonly refusals: number
  readonly losses: number
  readonly words: number
  /** Claims whose answer is lost, so that the store is asked again. */
  readonly retries: number
}

interface Process {
  step: "start" | "send" | "flying" | "answered" | "refused" | "lost" | "done"
  incarnation: number
  claimed: Entry | null
  id: string
  leftAt: number
  totals: Budget.Totals | null
}

interface State {
  now: number
  ledger: Record<string, ReadonlyArray<Entry>>
  totals: Budget.Totals
  processes: Array<Process>
  /** Requests of killed processes that are still on their way. */
  orphans: Array<{ intent: string; leftAt: number }>
  /** What the provider has accepted. */
  jobs: Array<{ intent: string; id: string }>
  incarnations: number
  crashes: number
  refusals: number
  losses: number
  words: number
  retries: number
}

/** Entries are never changed, so they are shared. */
const clone = (state: State): State => ({
  ...state,
  ledger: { ...state.ledger },
  processes: state.processes.map((process) => ({ ...process })),
  orphans: [...state.orphans],
  jobs: [...state.jobs]
})

const timeout = 1
const leaveWithin = 1
const answerWithin = 2

/** All that may happen next, each with its name. */
const successors = (state: State, protocol: Protocol, bounds: Bounds): Array<readonly [string, State]> => {
  const next: Array<readonly [string, State]> = []
  const go = (name: string, change: (state: State) => void) => {
    const copy = clone(state)
    change(copy)
    next.push([name, copy])
  }
  state.processes.forEach((process, index) => {
    const name = `p${index + 1}.${process.incarnation}`
    const intent = bounds.intents[index] ?? ""
    const step = (what: string, change: (state: State, process: Process) => void) =>
      go(`${name} ${what}`, (copy) => {
        const own = copy.processes[index]
        if (own !== undefined) change(copy, own)
      })
    sender(state, process, intent, protocol, bounds, step)
    network(state, process, intent, bounds, step)
    if (state.crashes < bounds.crashes && process.step !== "done") {
      step("is killed", (copy, own) => {
        copy.crashes++
        if (own.step === "flying") copy.orphans.push({ intent, leftAt: own.leftAt })
        copy.processes[index] = born(++copy.incarnations)
      })
    }
  })
  state.orphans.forEach(({ intent }, index) => {
    go("an orphan is accepted", (copy) => {
      copy.orphans.splice(index, 1)
      accept(copy, intent)
    })
    go("an orphan is dropped", (copy) => {
      copy.orphans.splice(index, 1)
    })
  })
  person(state, protocol, bounds, go)
  // A request that has left arrives within its timeout, or never.
  const leftAt = [...state.processes.filter(({ step }) => step === "flying"), ...state.orphans].map((one) => one.leftAt)
  if (state.now < bounds.time && leftAt.every((left) => left + timeout > state.now)) {
    go("time passes", (copy) => {
      copy.now++
    })
  }
  return next
}

const born = (incarnation: number): Process => ({
  step: "start",
  incarnation,
  claimed: null,
  id: "",
  leftAt: 0,
  totals: null
})

const accept = (state: State, intent: string): string => {
  const id = `job-${state.jobs.length + 1}`
  state.jobs.push({ intent, id })
  return id
}

const write = (state: State, protocol: Protocol, intent: string, decision: Rules.Decision<unknown>) => {
  for (const entry of decision.write) {
    const entries = state.ledger[intent] ?? []
    const before = entries.find(({ attempt }) => attempt === entry.attempt)
    for (const change of protocol.changes(before, entry).values()) state.totals = Budget.add(state.totals, change)
    const others = entries.filter(({ attempt }) => attempt !== entry.attempt)
    state.ledger[intent] = [...others, entry].sort((a, b) => a.attempt - b.attempt)
  }
}

type Step = (what: string, change: (state: State, process: Process) => void) => void

const sender = (
  state: State,
  process: Process,
  intent: string,
  protocol: Protocol,
  bounds: Bounds,
  step: Step
): void => {
  const record = (what: string, verdict: Verdict, then: Process["step"]) =>
    step(what, (copy, own) => {
      if (own.claimed !== null) {
        const known = { entries: copy.ledger[intent] ?? [], totals: copy.totals }
        write(copy, protocol, intent, protocol.record(known, own.claimed, verdict, copy.now))
      }
      own.step = then
      own.claimed = null
    })
  const late = process.claimed !== null && state.now >= process.claimed.sentAt + leaveWithin
  switch (process.step) {
    case "start":
      claim(state, process, intent, protocol, bounds, step)
      return
    case "send":
      if (late && protocol.looksAtClock) {
        record("is too late", { _tag: "Refused", why: "not sent" }, "start")
        return
      }
      step("sends", (copy, own) => {
        own.step = "flying"
        own.leftAt = copy.now
      })
      return
    case "answered":
      record("records the id", { _tag: "Accepted", taskId: process.id }, "done")
      if (!protocol.recordsFirst) {
        step("goes on without recording", (_, own) => {
          own.step = "done"
        })
      }
      return
    case "refused":
      record("records the refusal", { _tag: "Refused", why: "429" }, "start")
      return
    case "lost":
      record("records that it does not know", { _tag: "Unknown", why: "connection lost" }, "start")
  }
}

const requestOf = (intent: string, process: Process, bounds: Bounds): Rules.ClaimRequest => ({
  intent,
  digest: intent,
  incarnation: `${process.incarnation}`,
  label: undefined,
  budget: { jobs: bounds.jobs },
  micros: 400_000,
  creditMicros: undefined,
  leaveWithin,
  answerWithin,
  replaces: undefined
})

/** How a process begins: by a claim, unless it is a mutant. */
const claim = (
  state: State,
  process: Process,
  intent: string,
  protocol: Protocol,
  bounds: Bounds,
  step: Step
): void => {
  if (!protocol.claimsFirst) {
    step("does not claim", (_, own) => {
      own.step = "send"
    })
    return
  }
  if (!protocol.budgetInTransaction && process.totals === null) {
    step("reads the budget", (copy, own) => {
      own.totals = copy.totals
    })
    return
  }
  const known = { entries: state.ledger[intent] ?? [], totals: process.totals ?? state.totals }
  const decision = protocol.claim(known, requestOf(intent, process, bounds), state.now)
  if (Result.isFailure(decision.answer) || decision.answer.success._tag === "Busy") return
  const answer = decision.answer.success
  step(`claims: ${answer._tag}`, (copy, own) => {
    write(copy, protocol, intent, decision)
    own.totals = null
    if (answer._tag === "Accepted") own.step = "done"
    if (answer._tag !== "Claimed") return
    own.claimed = answer.entry
    own.step = "send"
  })
  if (answer._tag === "Claimed" && state.retries < bounds.retries) {
    step("claims, and its answer is lost", (copy) => {
      copy.retries++
      write(copy, protocol, intent, decision)
    })
  }
}

const network = (state: State, process: Process, intent: string, bounds: Bounds, step: Step): void => {
  if (process.step !== "flying") return
  step("is accepted", (copy, own) => {
    own.id = accept(copy, intent)
    own.step = "answered"
  })
  if (state.refusals < bounds.refusals) {
    step("is refused", (copy, own) => {
      copy.refusals++
      own.step = "refused"
    })
  }
  if (state.losses < bounds.losses) {
    step("is accepted, the answer is lost", (copy, own) => {
      copy.losses++
      accept(copy, intent)
      own.step = "lost"
    })
    step("is lost on the way", (copy, own) => {
      copy.losses++
      own.step = "lost"
    })
    step("loses its connection, the request goes on", (copy, own) => {
      copy.losses++
      copy.orphans.push({ intent, leftAt: own.leftAt })
      own.step = "lost"
    })
  }
}

/** Looks into the console, then gives the id that is there, or releases. */
const person = (
  state: State,
  protocol: Protocol,
  bounds: Bounds,
  go: (name: string, change: (state: State) => void) => void
): void => {
  if (state.words >= bounds.words) return
  for (const [intent, entries] of Object.entries(state.ledger)) {
    if (!entries.some((entry) => entry.state === "unknown")) continue
    const known = { entries, totals: state.totals }
    const job = state.jobs.find((job) => job.intent === intent && !entries.some(({ taskId }) => taskId === job.id))
    const decision =
      job === undefined
        ? protocol.release(known, "no job in the console", state.now)
        : Rules.adopt(known, job.id, state.now)
    if (decision.answer._tag !== "Done") continue
    go(job === undefined ? `a person releases ${intent}` : `a person adopts ${job.id}`, (copy) => {
      copy.words++
      write(copy, protocol, intent, decision)
    })
  }
}

/** What must hold in every state, by its name. */
const violations = (state: State, bounds: Bounds): ReadonlyArray<string> => {
  const found: Array<string> = []
  for (const intent of new Set(bounds.intents)) {
    const entries = state.ledger[intent] ?? []
    const jobs = state.jobs.filter((job) => job.intent === intent)
    if (jobs.length > 1) found.push("pays twice")
    const open = entries.some((entry) => entry.state === "sending" || entry.state === "unknown")
    const missing = jobs.some(({ id }) => !entries.some(({ taskId }) => taskId === id))
    if (missing && !open) found.push("paid, and the ledger does not say so")
  }
  for (const { step, id } of state.processes) {
    const known = Object.values(state.ledger).some((entries) => entries.some(({ taskId }) => taskId === id))
    if (step === "done" && id !== "" && !known) found.push("loses an id")
  }
  if (bounds.jobs !== undefined && state.jobs.length > bounds.jobs) found.push("pays more than the budget")
  const counted = { reserved: 0, held: 0, spent: 0 }
  for (const { state: at } of Object.values(state.ledger).flat()) {
    if (at === "sending") counted.reserved++
    if (at === "unknown") counted.held++
    if (at === "accepted") counted.spent++
  }
  const { reserved, held, spent } = state.totals
  if (reserved.jobs !== counted.reserved || held.jobs !== counted.held || spent.jobs !== counted.spent)
    found.push("the budget disagrees with the entries")
  return found
}

/** A state in short: what the rules and the network look at, and nothing that follows from it. */
const keyOf = (state: State): string => {
  const short = (entry: Entry | null) =>
    entry && `${entry.attempt}${entry.state}${entry.incarnation}@${entry.sentAt}${entry.taskId ?? ""}`
  const { ledger, processes, ...rest } = state
  return JSON.stringify([
    rest,
    Object.entries(ledger).map(([intent, entries]) => [intent, entries.map(short)]),
    processes.map(({ claimed, ...process }) => [process, short(claimed)])
  ])
}

export interface Checked {
  readonly states: number
  readonly steps: number
  /** The first way into each violation. */
  readonly violations: ReadonlyMap<string, ReadonlyArray<string>>
}

/** Walks through every state. With `untilFirst` it stops at the first violation, which is all a mutant has to show. */
export const check = (protocol: Protocol, bounds: Bounds, untilFirst = false): Checked => {
  const start: State = {
    now: 0,
    ledger: {},
    totals: Budget.empty,
    processes: bounds.intents.map((_, index) => born(index + 1)),
    orphans: [],
    jobs: [],
    incarnations: bounds.intents.length,
    crashes: 0,
    refusals: 0,
    losses: 0,
    words: 0,
    retries: 0
  }
  const first = keyOf(start)
  const seen = new Map<string, readonly [from: string, name: string] | undefined>([[first, undefined]])
  const found = new Map<string, ReadonlyArray<string>>()
  const way = (key: string): ReadonlyArray<string> => {
    const names: Array<string> = []
    for (let at = seen.get(key); at !== undefined; at = seen.get(at[0])) names.unshift(at[1])
    return names
  }
  let steps = 0
  let frontier: Array<readonly [string, State]> = [[first, start]]
  while (frontier.length > 0) {
    const further: typeof frontier = []
    for (const [key, state] of frontier) {
      for (const violation of violations(state, bounds)) if (!found.has(violation)) found.set(violation, way(key))
      if (untilFirst && found.size > 0) return { states: seen.size, steps, violations: found }
      for (const [name, after] of successors(state, protocol, bounds)) {
        steps++
        const text = keyOf(after)
        if (seen.has(text)) continue
        seen.set(text, [key, name])
        further.push([text, after])
      }
    }
    frontier = further
  }
  return { states: seen.size, steps, violations: found }
}
