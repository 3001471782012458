// @ts-check
/**
 * What the page can do: each action turns a person's wish into calls, and answers in words what came of it.
 *
 * It draws nothing. Whoever runs an action says its words, or why it failed, and looks again.
 *
 * @module
 */
import * as Client from "./Client.js"
import { call, wordsOf } from "./Control.js"
import { byId, input } from "./Element.js"
import { short } from "./Meaning.js"
import { worldOf } from "./State.js"
import { leftOf } from "./Time.js"

/** @import { Account, Fault, RequiredFields, ScenarioChoice } from "../../generated/mock-control/types.gen.ts" */
/** @import { ProviderAnswer, State, Submission } from "./Types.ts" */

const pollEvery = 5000

/** So often at most the clock is moved, until every job has ended. */
const mostRounds = 50

/** The key that is typed in lives in its field and in a copied command, and nowhere else. */
const key = () => input("key").value

/** @param {string} text */
export const copy = async (text) => {
  // Only https and this machine have a clipboard; elsewhere it is copied by hand.
  if (navigator.clipboard === undefined) prompt("", text)
  else await navigator.clipboard.writeText(text)
}

/** The same body twice would be one job paid for twice, so the next one gets another seed, where it has one. */
const nextSeed = () => {
  const body = byId("body", HTMLTextAreaElement)
  body.value = body.value.replace(/("seed":\s*)(\d+)/, (_, name, seed) => name + ((Number(seed) + 1) % 2 ** 32))
}

/** @param {Promise<ProviderAnswer>} exchange @param {string} what */
const answerOf = async (exchange, what) => {
  const answer = await exchange.catch(() => {
    throw new Error(`${what} got no whole answer. The list of requests says why.`)
  })
  const { status, body } = answer
  const words = `${what} was answered ${status === 0 ? "with a redirect" : status}`
  return { ...answer, words: status >= 400 ? `${words}: ${wordsOf(body) ?? ""}` : `${words}.` }
}

/**
 * Steering: it is about the world that is shown, or, where there is none yet, about that of the key in the field; which is then
 * shown.
 *
 * @param {State} state
 */
const steering = (state) => {
  const query = async () => {
    state.chosen = state.world?.world ?? (await worldOf(state, key()))
    return { world: state.chosen }
  }
  return {
    /** @param {ScenarioChoice} scenario one that the mock knows by its name, or a new one. */
    chooseScenario: async (scenario) => {
      await call("put", "/_mock/scenario", { query: await query(), body: scenario })
      return `New jobs are “${scenario.name}”.`
    },
    /** @param {string} by */
    advanceClock: async (by) =>
      void (await call("post", "/_mock/clock/advance", { query: await query(), body: { by } })),
    /** Lets so much time pass as the jobs at work still need. */
    toTheEnd: async () => {
      const world = await query()
      for (let round = 0; round < mostRounds; round++) {
        const atWork = (await call("get", "/_mock/tasks", { query: world })).filter(({ ended }) => !ended)
        if (atWork.length === 0) return "Every job has ended."
        const held = state.account.concurrency !== undefined
        const left = atWork.map(({ scenario, age }) => leftOf(state.scenarios.get(scenario)?.timeline, age) ?? 0)
        // Where the account holds jobs back, or the scenario is somebody's own, nothing says how long it takes.
        const unsure = held || atWork.some(({ scenario }) => !state.scenarios.has(scenario))
        const by = Math.max(...left) || (unsure ? 30_000 : 0)
        if (by === 0) break
        await call("post", "/_mock/clock/advance", { query: world, body: { by: `${by} millis` } })
      }
      throw new Error("A job does not end with time alone: it waits for polls, or its scenario never ends.")
    },
    /** @param {RequiredFields} required */
    require: async (required) => {
      await call("put", "/_mock/requirements", { query: await query(), body: { required } })
      return required === "full" ? "A body needs all required fields." : "A body needs few fields only."
    },
    /** @param {Fault} fault */
    inject: async (fault) => {
      await call("post", "/_mock/faults", { query: await query(), body: fault })
      return "The fault is injected."
    },
    /** @param {string} fault */
    removeFault: async (fault) =>
      void (await call("delete", "/_mock/faults/{fault}", { query: await query(), parameters: { fault } })),
    /** @param {Account} limits */
    limit: async (limits) => {
      await call("put", "/_mock/account", { query: await query(), body: limits })
      return Object.keys(limits).length === 0 ? "The account has no limits." : "The account is limited."
    },
    /** @param {string} id */
    advance: async (id) =>
      void (await call("post", "/_mock/tasks/{id}/advance", { query: await query(), parameters: { id } })),
    /** @param {string} id */
    finish: async (id) =>
      void (await call("post", "/_mock/tasks/{id}/finish", { query: await query(), parameters: { id } })),
    /** @param {string} id @param {string} as the name of the example to fail with; the mock's own choice without one. */
    fail: async (id, as) => {
      const body = as === "" ? undefined : { as }
      await call("post", "/_mock/tasks/{id}/fail", { query: await query(), parameters: { id }, body })
    },
    reset: async () => {
      await call("post", "/_mock/reset", { query: await query() })
      return "The world is as new."
    }
  }
}

/**
 * Being a client of the provider's API.
 *
 * @param {State} state
 */
const trying = (state) => {
  /** How long each task's last answer asks to sleep. @type {Map<string, number>} */
  const sleeps = new Map()
  /** @param {string} id */
  const poll = async (id) => {
    if ((await worldOf(state, key())) !== state.world?.world)
      throw new Error("Another key made this task: type it into the field “Key” first.")
    let wait = pollEvery
    try {
      state.pollAt.set(id, Number.POSITIVE_INFINITY)
      const { headers, words } = await answerOf(Client.poll(key(), Client.ofTask(state.poll, id)), "The poll")
      wait = Math.max(wait, Client.waitOf(headers, Date.parse(state.world?.now ?? "")))
      return words
    } finally {
      sleeps.set(id, wait)
      state.pollAt.set(id, performance.now() + wait)
    }
  }
  return {
    poll,
    /** Polls when the time has come. On a manual clock it sleeps as a program would there: by moving the clock. @param {string} id */
    pollInTurn: async (id) => {
      const { world } = state.world ?? {}
      if (state.health?.clock === "manual" && world !== undefined) {
        state.pollAt.set(id, Number.POSITIVE_INFINITY)
        const by = `${sleeps.get(id) ?? pollEvery} millis`
        await call("post", "/_mock/clock/advance", { query: { world }, body: { by } })
      }
      return poll(id)
    },
    /** @param {Submission} submission @param {string} body */
    start: async (submission, body) => {
      state.chosen = await worldOf(state, key())
      const { status, body: answer, words } = await answerOf(Client.submit(key(), submission, body), "The POST")
      const id = typeof answer === "object" && answer !== null && "id" in answer ? String(answer.id) : undefined
      if (status !== 200 || id === undefined) throw new Error(words)
      state.mine.add(id)
      state.pollAt.set(id, performance.now() + pollEvery)
      const next = input("auto").checked ? "" : " Poll it, to collect what becomes of it."
      nextSeed()
      return `The task ${short(id)} is started.${next}`
    },
    /** The tasks that are polled by themselves and whose time has come. What another client started is that client's to poll. */
    due: () => {
      if (!input("auto").checked || state.worldOfKey.get(key()) !== state.world?.world) return []
      return state.tasks.filter(
        ({ id, collected }) => state.mine.has(id) && !collected && (state.pollAt.get(id) ?? 0) <= performance.now()
      )
    },
    pollByItself: async () => void (await worldOf(state, key())),
    /** @param {Submission} submission @param {string} body */
    copySubmit: async (submission, body) => {
      await copy(Client.curlOfSubmit(key(), submission, body))
      return "Copied: the command that starts a task."
    },
    /** @param {string} id */
    copyPoll: async (id) => {
      const known = (await worldOf(state, key())) === state.world?.world
      await copy(Client.curlOfPoll(known ? key() : undefined, Client.ofTask(state.poll, id)))
      return known
        ? "Copied: the command that polls this task."
        : "Copied. Another key made this task: put that into COMETAPI_KEY."
    }
  }
}

/** @param {State} state */
export const actions = (state) => ({ ...steering(state), ...trying(state) })
