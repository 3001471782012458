// @ts-check
/**
 * What the page knows: one value, and how it comes from the mock.
 *
 * It shows nothing. What of it was read last decides what is asked for next, so that nothing is asked for twice.
 *
 * @module
 */
import { failuresOf, pollOf, submissionsOf } from "./Contract.js"
import { call, documentOf } from "./Control.js"

/** @import { Finding, Money, Report, World } from "../../generated/mock-control/types.gen.ts" */
/** @import { Api, State } from "./Types.ts" */

/** So many requests are kept, for the timeline and the list. */
const mostEntries = 500

/** What is known of a world before anything was asked. */
const nothing = () => ({
  tasks: [],
  faults: [],
  account: {},
  /** @type {Report | undefined} */
  report: undefined,
  entries: [],
  last: 0,
  seen: "",
  orphanedAt: new Map()
})

/** @returns {State} */
export const empty = () => ({
  ...nothing(),
  worlds: [],
  world: undefined,
  chosen: "",
  worldOfKey: new Map(),
  health: undefined,
  scenarios: new Map(),
  contract: {},
  submissions: [],
  poll: { path: "", headers: {} },
  failures: [],
  mine: new Set(),
  pollAt: new Map(),
  loaded: false
})

/** What is read from the contract. @param {State} state @param {Api} contract */
const read = (state, contract) => {
  state.contract = contract
  state.submissions = submissionsOf(contract)
  state.poll = pollOf(contract)
  state.failures = failuresOf(contract)
}

/**
 * Asks for what stays as it is for as long as the mock runs.
 *
 * @param {State} state
 */
export const load = async (state) => {
  const [health, scenarios, contract] = await Promise.all([
    call("get", "/_mock/health"),
    call("get", "/_mock/scenarios"),
    documentOf("contract")
  ])
  state.health = health
  state.scenarios = new Map(scenarios.map((scenario) => [scenario.name, scenario]))
  read(state, contract)
  state.loaded = true
}

/**
 * Turns to a world, and forgets what was known of another one, or of the same before it was reset.
 *
 * @param {State} state @param {World | undefined} next @returns {boolean} whether something was forgotten.
 */
export const turnTo = (state, next) => {
  const another = next?.world !== state.world?.world || (next?.requests ?? 0) < state.last
  if (another) Object.assign(state, nothing())
  state.world = next
  return another
}

/**
 * Asks for the worlds, and answers the one to show.
 *
 * @param {State} state
 */
export const findWorld = async (state) => {
  state.worlds = await call("get", "/_mock/worlds")
  return state.worlds.find(({ world }) => world === state.chosen) ?? state.worlds[0]
}

/**
 * Asks for what is new in the world that is shown.
 *
 * @param {State} state
 */
export const look = async (state) => {
  if (state.world === undefined) return
  const { world, now: _, ...facts } = state.world
  const seen = JSON.stringify(facts)
  const changed = seen !== state.seen
  const query = { world }
  const after = Math.max(state.last, facts.requests - mostEntries)
  const [journal, tasks, panels] = await Promise.all([
    facts.requests > state.last ? call("get", "/_mock/journal", { query: { world, after } }) : undefined,
    changed || state.tasks.some(({ ended }) => !ended) ? call("get", "/_mock/tasks", { query }) : undefined,
    changed
      ? Promise.all([
          call("get", "/_mock/faults", { query }),
          call("get", "/_mock/account", { query }),
          call("get", "/_mock/report", { query })
        ])
      : undefined
  ])
  state.seen = seen
  state.last = journal?.last ?? state.last
  if (journal !== undefined) state.entries = [...state.entries, ...journal.entries].slice(-mostEntries)
  state.tasks = tasks ?? state.tasks
  if (panels !== undefined) {
    ;[state.faults, state.account, state.report] = panels
    noteOrphans(state)
  }
}

/** Remembers since when each orphan is known here. @param {State} state */
const noteOrphans = (state) => {
  const ids = (state.report?.findings ?? []).flatMap(({ kind, taskId }) =>
    kind === "paid-orphan" && taskId !== undefined ? [taskId] : []
  )
  state.orphanedAt = new Map(ids.map((id) => [id, state.orphanedAt.get(id) ?? performance.now()]))
}

/** So long after a job has ended a client may still come for it. */
const patience = 30_000

/** So long an answer that is held back by nothing may be on its way. */
const delivery = 2000

/**
 * Whether the answer of a job's POST may still be on its way: until it has arrived, the mock calls the job an orphan.
 *
 * @param {State} state @param {Finding} finding
 */
const isOnItsWay = ({ entries, orphanedAt }, { kind, taskId = "", requests }) => {
  if (kind !== "paid-orphan") return false
  const post = entries.find(({ number }) => requests.includes(number))
  if (post?.answer === undefined || post.fault?.kinds.some((kind) => kind !== "latency" && kind !== "drip"))
    return false
  return performance.now() - (orphanedAt.get(taskId) ?? 0) < (post.fault?.delay ?? 0) + delivery
}

/**
 * What the jobs cost, without the orphans whose answer may still arrive.
 *
 * @param {State} state @param {Report} report @returns {Money}
 */
export const standingMoney = (state, { findings, money }) => {
  const { jobs, dollars } = money.orphaned
  const left = jobs - findings.filter((finding) => isOnItsWay(state, finding)).length
  return { ...money, orphaned: { jobs: left, dollars: jobs === 0 ? 0 : (dollars * left) / jobs } }
}

/**
 * The findings that stand: a job that is still at work, or has only just ended, may well be collected yet, and an answer may be on its
 * way.
 *
 * @param {State} state
 */
export const standingFindings = (state) => {
  const { report, tasks, entries, world } = state
  const now = Date.parse(world?.now ?? "")
  /** @param {string | undefined} id */
  const isAwaited = (id) => {
    const task = tasks.find((task) => task.id === id)
    const lastSeen = Date.parse(entries.findLast(({ taskId }) => taskId === id)?.at ?? "")
    return task !== undefined && (!task.ended || now - lastSeen < patience)
  }
  return (report?.findings ?? []).filter(
    (finding) => !isOnItsWay(state, finding) && (finding.kind !== "never-collected" || !isAwaited(finding.taskId))
  )
}

/**
 * The world of a key, which gets one if it has none.
 *
 * @param {State} state @param {string} key
 */
export const worldOf = async (state, key) => {
  const known = state.worldOfKey.get(key)
  if (known !== undefined && state.worlds.some(({ world }) => world === known)) return known
  const { world } = await call("get", "/_mock/world", { key })
  state.worldOfKey.set(key, world)
  return world
}
