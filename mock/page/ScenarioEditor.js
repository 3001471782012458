// @ts-check
/**
 * Scenarios as timelines: chosen, changed state by state, used for new tasks, and copied as JSON.
 *
 * It judges nothing: the mock says what is wrong with a scenario.
 *
 * @module
 */
import { answersOf } from "./Contract.js"
import { at, button, code, input, make, offer, reconcile, say } from "./Element.js"
import { icon } from "./Icons.js"
import { inWords, toneOfStatus } from "./Meaning.js"
import { lasting, millisOf } from "./Time.js"

/** @import { Scenario, State as Step } from "../../generated/mock-control/types.gen.ts" */
/** @import { Change, Handlers, State } from "./Types.ts" */

/** How wide a state that counts polls, or that stays, is drawn. */
const usual = 8000

/** @param {Step} step */
const widthOf = ({ for: time, polls }) => Math.sqrt(millisOf(time) ?? (polls === undefined ? usual : polls * 5000))

/** @param {string} state */
const toneOf = (state) => (/not-exist|null/.test(state) ? "none" : toneOfStatus(state.replace(/^(envelope|row)-/, "")))

/** The timeline of a scenario as a bar. @param {ReadonlyArray<Step>} timeline */
export const barOf = (timeline) => {
  const bar = make("span", { class: "scenario-bar", "aria-hidden": "true" })
  for (const step of timeline) {
    const part = make("span", { "data-tone": toneOf(step.state) })
    const isEnd = step === timeline.at(-1) && /good|bad/.test(toneOf(step.state))
    if (!isEnd) part.style.setProperty("flex-grow", String(widthOf(step)))
    bar.append(part)
  }
  return bar
}

/** @param {Step} step */
const lengthOf = ({ for: time, polls }, last = false) =>
  last ? "stays" : polls === undefined ? lasting(millisOf(time) ?? 0) : `${polls} ${polls === 1 ? "poll" : "polls"}`

/** The fields that say how long a state lasts. @param {Step} step @param {(step: Step) => void} change @param {number} index */
const lengthFields = (step, change, index) => {
  const { for: time, polls, ...rest } = step
  const [, amount = String(polls ?? 5), unit = polls === undefined ? "second" : "poll"] =
    /^(\S+) (\w+?)s?$/.exec(time ?? "") ?? []
  const number = make("input", {
    type: "number",
    min: 1,
    step: "any",
    value: amount,
    "aria-label": `How long state ${index + 1} lasts`
  })
  const units = make("select", { "aria-label": `Unit of state ${index + 1}` })
  offer(units, [
    ["second", "seconds"],
    ["minute", "minutes"],
    ["hour", "hours"],
    ["poll", "polls"]
  ])
  units.value = unit
  const apply = () => {
    const count = Number(number.value)
    const words = `${count} ${units.value}${count === 1 ? "" : "s"}`
    change(units.value === "poll" ? { ...rest, polls: count } : { ...rest, for: words })
  }
  number.onchange = apply
  units.onchange = apply
  return make("span", { class: "length" }, number, units)
}

/** A timeline as the mock takes it: the last state stays, and every other one says how long it lasts. @param {ReadonlyArray<Step>} timeline @returns {Array<Step>} */
const normalised = (timeline) =>
  timeline.map((step, index) => {
    const { for: time, polls, ...rest } = step
    if (index === timeline.length - 1) return rest
    return time === undefined && polls === undefined ? { ...rest, for: "5 seconds" } : step
  })

/** @param {ReadonlyArray<Step>} timeline @param {number} index @param {number} other */
const swapped = (timeline, index, other) => {
  const [a, b] = [timeline[index], timeline[other]]
  return a === undefined || b === undefined ? timeline : timeline.with(index, b).with(other, a)
}

/** The buttons that move and remove a state. @param {ReadonlyArray<Step>} timeline @param {number} index @param {Change} change */
const toolsOf = (timeline, index, change) => {
  const number = index + 1
  /** @param {Parameters<typeof icon>[0]} name @param {string} label @param {boolean} disabled @param {() => void} click */
  const tool = (name, label, disabled, click) =>
    button([icon(name)], click, { "aria-label": label, title: label, disabled, class: "quiet" })
  /** @param {number} by */
  const move = (by) => change(swapped(timeline, index, index + by), `step-${index + by}`)
  return make(
    "span",
    { class: "tools" },
    tool("up", `Move state ${number} up`, index === 0, () => move(-1)),
    tool("down", `Move state ${number} down`, index === timeline.length - 1, () => move(1)),
    tool("bin", `Remove state ${number}`, timeline.length === 1, () =>
      change(timeline.toSpliced(index, 1), `step-${Math.max(0, index - 1)}`)
    )
  )
}

/** One state of the timeline, to be changed. @param {State} state @param {ReadonlyArray<Step>} timeline @param {number} index @param {Change} change */
const rowOf = ({ contract }, timeline, index, change) => {
  const step = timeline[index] ?? { state: "" }
  const states = make("select", { "aria-label": `State ${index + 1}`, id: `step-${index}` })
  const names = answersOf(contract, "poll").flatMap(({ status, name }) =>
    status === "200" || name === "task-not-exist" ? [name] : []
  )
  offer(
    states,
    [...new Set([step.state, ...names])].map((name) => /** @type {const} */ ([name, name]))
  )
  states.value = step.state
  /** @param {Step} changed */
  const put = (changed) => change(timeline.with(index, changed), `step-${index}`)
  states.onchange = () => put({ ...step, state: states.value })
  const last = index === timeline.length - 1
  const length = last ? make("span", { class: "hint" }, "stays") : lengthFields(step, put, index)
  return make("li", { "data-tone": toneOf(step.state) }, states, length, toolsOf(timeline, index, change))
}

/** @param {Step} step @param {number} index @param {boolean} last */
const segmentOf = (step, index, last) => {
  const length = lengthOf(step, last)
  const segment = button(
    [make("b", {}, inWords(step.state)), make("small", {}, length)],
    () => document.getElementById(`step-${index}`)?.focus(),
    { class: "segment", "data-tone": toneOf(step.state), title: `${step.state}, ${length}` }
  )
  segment.style.setProperty("flex-grow", String(widthOf(step)))
  return segment
}

/** @param {State} state @param {string} chosen @param {(name: string) => void} choose */
const showList = (state, chosen, choose) =>
  reconcile(
    at("scenario-list"),
    [...state.scenarios.values()],
    ({ name }) => name,
    ({ name, about = "", timeline, recorded = false }) => {
      const title = make(
        "b",
        {},
        name,
        ...(recorded ? [" ", make("span", { class: "badge", "data-tone": "work" }, "recorded")] : [])
      )
      const parts = [title, barOf(timeline), make("span", { class: "hint" }, about)]
      return make(
        "li",
        {},
        button(parts, () => choose(name), { class: "choice" })
      )
    },
    (item, { name }) => item.querySelector("button")?.setAttribute("aria-pressed", String(name === chosen))
  )

/** What the mock is asked for: a scenario that it knows by its name, another one whole. @param {Scenario} draft @param {State} state */
const choiceOf = (draft, { scenarios }) =>
  JSON.stringify(scenarios.get(draft.name)) === JSON.stringify(draft) ? { name: draft.name } : draft

/** @param {State} state @param {Handlers} handlers */
export const scenarioEditor = (state, handlers) => {
  /** @type {Scenario} */
  let draft = { name: "", timeline: [] }
  let chosen = ""
  const shown = code("", "The scenario as JSON")
  at("scenario-json").replaceChildren(shown)
  const json = () => JSON.stringify(draft, undefined, 2)

  /** @type {Change} */
  const change = (timeline, focus) => {
    // A scenario that comes with the mock stays as it is; what is changed is a new one.
    const name = state.scenarios.has(draft.name) ? `my-${draft.name}` : draft.name
    draft = { ...draft, name, timeline: normalised(timeline) }
    draw()
    document.getElementById(focus)?.focus()
  }
  const draw = () => {
    const { name, about = "", timeline } = draft
    input("scenario-name").value = name
    input("scenario-about").value = about
    at("segments").replaceChildren(
      ...timeline.map((step, index) => segmentOf(step, index, index === timeline.length - 1))
    )
    const known = state.scenarios.get(name)
    // It is played as it was: its states are answers of its own.
    const recorded = known?.recorded === true
    at("scenario-recorded").hidden = !recorded
    at("add-step").hidden = recorded
    input("scenario-name").readOnly = recorded
    input("scenario-about").readOnly = recorded
    at("steps").replaceChildren(...(recorded ? [] : timeline.map((_, index) => rowOf(state, timeline, index, change))))
    say(shown, json())
  }
  /** @param {string} name */
  const choose = (name) => {
    chosen = name
    draft = structuredClone(state.scenarios.get(name) ?? { name, timeline: [] })
    draw()
    showList(state, chosen, choose)
  }
  const rename = () => {
    const { about: _, ...rest } = draft
    const about = input("scenario-about").value
    draft = { ...rest, name: input("scenario-name").value, ...(about === "" ? {} : { about }) }
    say(shown, json())
  }
  input("scenario-name").addEventListener("input", rename)
  input("scenario-about").addEventListener("input", rename)
  at("add-step").addEventListener("click", () => {
    const place = Math.max(0, draft.timeline.length - 1)
    change(draft.timeline.toSpliced(place, 0, { state: "running", for: "20 seconds" }), `step-${place}`)
  })
  at("copy-scenario").addEventListener("click", () => handlers.copy(json(), "the scenario as JSON"))
  at("scenario-form").addEventListener("submit", (event) => {
    event.preventDefault()
    handlers.useScenario(choiceOf(draft, state))
  })
  return () => {
    showList(state, chosen, choose)
    if (chosen === "" && state.scenarios.size > 0) choose([...state.scenarios.keys()][0] ?? "")
  }
}
