// @ts-check
/**
 * What the page knows: one value, and how it comes from the mock.
 *
 * It shows nothing. What of it was read last decides what is asked for next, so that nothing is asked for twice.
 */
import { failuresOf, pollOf, submissionsOf } from "./Contract.js"
import { call, documentOf } from "./Control.js"
import { most } from "./Requests.js"

/** @import { World } from "../../generated/mock-control/types.gen.ts" */
/** @import { Api, News, State } from "./Types.ts" */

/** @returns {State} */
export const empty = () => ({
  worlds: [],
  world: undefined,
  chosen: "",
  worldOfKey: new Map(),
  scenarios: new Map(),
  contract: {},
  submissions: [],
  poll: { path: "", headers: {} },
  failures: [],
  tasks: [],
  mine: new Set(),
  pollAt: new Map(),
  last: 0,
  drawn: "",
  loaded: false
})

/** @param {Api} contract @returns {Pick<State, "contract" | "submissions" | "poll" | "failures">} */
const readOf = (contract) => ({
  contract,
  submissions: submissionsOf(contract),
  poll: pollOf(contract),
  failures: failuresOf(contract)
})

/**
 * Asks for what stays as it is for as long as the mock runs, and answers what it says of itself.
 *
 * @param {State} state
 */
export const load = async (state) => {
  const [health, scenarios, contract] = await Promise.all([
    call("get", "/_mock/health"),
    call("get", "/_mock/scenarios"),
    documentOf("contract")
  ])
  state.scenarios = new Map(scenarios.map((scenario) => [scenario.name, scenario]))
  Object.assign(state, readOf(contract))
  state.loaded = true
  return health
}

/**
 * Turns to a world, and forgets what was known of another one, or of the same before it was reset.
 *
 * @param {State} state @param {World | undefined} next @returns {boolean} whether something was forgotten.
 */
export const turnTo = (state, next) => {
  const another = next?.world !== state.world?.world || (next?.requests ?? 0) < state.last
  if (another) {
    state.last = 0
    state.drawn = ""
    state.tasks = []
  }
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
 * @param {State} state @returns {Promise<News>}
 */
export const look = async (state) => {
  if (state.world === undefined) return { entries: [], panels: undefined }
  const { world, now: _, ...facts } = state.world
  const drawn = JSON.stringify(facts)
  const changed = drawn !== state.drawn
  const query = { world }
  const after = Math.max(state.last, facts.requests - most)
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
  state.drawn = drawn
  state.last = journal?.last ?? state.last
  state.tasks = tasks ?? state.tasks
  if (panels === undefined) return { entries: journal?.entries ?? [], panels }
  const [faults, account, report] = panels
  return { entries: journal?.entries ?? [], panels: { faults, account, report } }
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
