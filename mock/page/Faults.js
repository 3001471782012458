// @ts-check
/**
 * Making it go wrong: the four ways that every client meets sooner or later, one click away, and the faults that are in force.
 *
 * @module
 */

import { failuresOf } from "./Contract.js"
import { at, button, make, reconcile, say } from "./Element.js"
import { inWords } from "./FaultForm.js"
import { icon } from "./Icons.js"

/** @import { Fault, InjectedFault, Scenario } from "../../generated/mock-control/types.gen.ts" */
/** @import { Handlers, Preset, State } from "./Types.ts" */

/** @type {ReadonlyArray<Preset>} */
const presets = [
  {
    name: "Answer lost",
    icon: "lost",
    about: "The next POST is accepted and paid, and its answer never arrives.",
    fault: { on: "submit", kind: "lost", once: true }
  },
  {
    name: "Rate limited",
    icon: "limit",
    about: "The next two polls get 429 with Retry-After 7 s.",
    fault: { on: "poll", kind: "status", status: 429, retryAfter: 7, first: 2 }
  },
  {
    name: "Slow",
    icon: "slow",
    about: "Answers to polls take 2 s, one in a hundred more than 10 s.",
    fault: { on: "poll", kind: "latency", median: "2 seconds", p99: "10 seconds" }
  },
  { name: "Moderated", icon: "shield", about: "New jobs fail, because an input was moderated.", fault: undefined }
]

/**
 * The scenario that ends with an input refused by moderation, whatever it is called.
 *
 * @param {State} state
 */
const moderatedOf = ({ scenarios, contract }) => {
  const names = failuresOf(contract, /"failureCode":"SAFETY\.INPUT/)
  return [...scenarios.values()].find(({ timeline }) => names.includes(timeline.at(-1)?.state ?? ""))
}

/** @param {Fault} fault @param {Fault | undefined} other */
const same = (fault, other) => {
  /** @param {Fault | undefined} value */
  const sorted = (value) => JSON.stringify(Object.entries(value ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)))
  return sorted(fault) === sorted(other)
}

/** Whether a fault can still hit. @param {InjectedFault} injected */
const isSpent = ({ fault: { once, first, nth }, hits, seen }) =>
  (once === true && hits > 0) || (first !== undefined && seen >= first) || (nth !== undefined && seen >= nth)

/** @param {State} state @param {Preset} preset */
const inForce = ({ faults, world }, { fault }, /** @type {Scenario | undefined} */ moderated = undefined) =>
  fault === undefined
    ? moderated !== undefined && world?.scenario === moderated.name
    : faults.some((injected) => same(fault, injected.fault) && !isSpent(injected))

/** What a click on a preset does: it is switched on, or off again. @param {State} state @param {Preset} preset @param {Handlers} handlers */
const toggle = (state, preset, handlers) => {
  const { fault } = preset
  const moderated = moderatedOf(state)
  const on = inForce(state, preset, moderated)
  if (fault === undefined) {
    const [usual = ""] = state.scenarios.keys()
    return handlers.chooseScenario(on ? usual : (moderated?.name ?? usual))
  }
  const known = state.faults.find((injected) => same(fault, injected.fault))
  if (known === undefined) return handlers.inject(fault)
  return on ? handlers.removeFault(known.id) : handlers.replaceFault(known.id, fault)
}

/** @param {State} state @param {Handlers} handlers */
const showPresets = (state, handlers) => {
  const moderated = moderatedOf(state)
  reconcile(
    at("presets"),
    presets.filter(({ fault }) => fault !== undefined || moderated !== undefined),
    ({ name }) => name,
    (preset) =>
      make(
        "li",
        {},
        button(
          [icon(preset.icon), make("b", {}, preset.name), make("span", { class: "hint" }, preset.about)],
          () => toggle(state, preset, handlers),
          { class: "preset" }
        )
      ),
    (item, preset) =>
      item.querySelector("button")?.setAttribute("aria-pressed", String(inForce(state, preset, moderated)))
  )
}

/** @param {InjectedFault} injected @param {Handlers} handlers */
const rowOf = ({ id, fault }, { removeFault }) => {
  const { title, rest } = inWords(fault)
  const remove = button(["Remove"], () => removeFault(id), { class: "quiet", "aria-label": `Remove ${title}` })
  const count = make("span", { class: "badge", title: "hits, of the requests seen" })
  return make(
    "li",
    {},
    make("div", { class: "title" }, make("b", {}, title), count, remove),
    make("span", { class: "hint" }, rest)
  )
}

/** @param {State} state @param {Handlers} handlers */
export const showFaults = (state, handlers) => {
  showPresets(state, handlers)
  reconcile(
    at("faults"),
    state.faults,
    ({ id }) => id,
    (injected) => rowOf(injected, handlers),
    (row, { seen, hits }) => {
      const count = row.querySelector(".badge")
      if (count === null) return
      say(count, `${hits} of ${seen}`)
      count.className = hits > 0 ? "badge warn" : "badge"
    }
  )
}
