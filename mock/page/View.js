// @ts-check
/**
 * What the page shows of what it knows, panel by panel.
 *
 * It asks for nothing and changes nothing but the page; what its buttons do is handed in.
 *
 * @module
 */
import { at, byId, input, make, offer, say, select } from "./Element.js"
import { faultForm } from "./FaultForm.js"
import { showFaults } from "./Faults.js"
import { showReport } from "./Findings.js"
import { placeIcons } from "./Icons.js"
import { lanes } from "./Lanes.js"
import { short } from "./Meaning.js"
import { dollars } from "./Money.js"
import * as Requests from "./Requests.js"
import { barOf, scenarioEditor } from "./ScenarioEditor.js"
import { standingFindings } from "./State.js"
import { clockOf, dayOf, zoneOf } from "./Time.js"
import { findingsByRequest, mostLanes, timelineOf } from "./Timeline.js"
import { showWelcome } from "./Welcome.js"

/** @import { Health, World } from "../../generated/mock-control/types.gen.ts" */
/** @import { Act, Handlers, State } from "./Types.ts" */

/** How long good news is of interest. */
const newsFor = 6000
const views = ["live", "scenarios", "reference"]

/** The line in the corner that says what came of an action. */
const notices = () => {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let fading
  return (/** @type {string} */ text, /** @type {"good" | "bad"} */ tone) => {
    const dismiss = () => at("said").replaceChildren()
    clearTimeout(fading)
    if (tone === "good") fading = setTimeout(dismiss, newsFor)
    at("said").className = tone
    const close = make("button", { type: "button", class: "quiet", "aria-label": "Dismiss", click: dismiss }, "×")
    at("said").replaceChildren(make("span", {}, text), close)
  }
}

/** @param {boolean} silent */
const setSilent = (silent) => {
  at("silent").hidden = !silent
  at("pulse").className = silent ? "pulse bad" : "pulse good"
  say(at("pulse"), silent ? "not answering" : "live")
}

/** @param {string | undefined} why absent where the mock lets the page in. */
const setLocked = (why) => {
  const locked = why !== undefined
  say(at("locked-why"), why ?? "")
  if (at("locked").hidden === !locked) return
  at("locked").hidden = !locked
  at("pulse").className = locked ? "pulse bad" : "pulse good"
  say(at("pulse"), locked ? "locked" : "live")
  if (locked) at("token").focus()
}

/** @param {Health | undefined} health */
const showHealth = (health) => {
  const { version = "", clock = "real", scale = 1 } = health ?? {}
  say(at("version"), version)
  const speed = scale === 1 ? "real" : `× ${scale}`
  say(at("clock-name"), clock === "real" ? speed : clock)
  const words = {
    real: scale === 1 ? "The clock runs by itself." : `The clock runs ${scale} times as fast as real.`,
    virtual: "The clock moves when a task is polled, and here.",
    manual:
      "The clock stands still until your program’s sleep moves it, or you do here. A client that waits too little is found."
  }
  say(at("clock-about"), words[clock])
  const pace = clock === "manual" ? "Sleep 5 s on its clock before each poll" : "Poll it every 5 s"
  say(at("auto-about"), `${pace}, until it ends`)
}

/** @param {State} state */
const showWorlds = ({ worlds, world, chosen }) => {
  /** @param {World} world */
  const name = ({ world, scenario, requests, money: { accepted } }) => {
    const paid = accepted.dollars > 0 ? ` · ${dollars(accepted.dollars)}` : ""
    return `${short(world)} · ${requests} ${requests === 1 ? "request" : "requests"} · ${scenario}${paid}`
  }
  const newest = world === undefined ? "none yet" : `latest: ${name(worlds[0] ?? world)}`
  offer(select("world"), [["", newest], ...worlds.map((world) => /** @type {const} */ ([world.world, name(world)]))])
  select("world").value = chosen
  const now = Date.parse(world?.now ?? "")
  say(at("now"), `${dayOf(now)} ${clockOf(now)} ${zoneOf(now)}`.trim())
  at("now").setAttribute("datetime", world?.now ?? "")
}

/** @param {State} state */
const showScenario = ({ scenarios, world }) => {
  const scenario = select("scenario")
  offer(scenario, [...new Set([...scenarios.keys(), ...(world ? [world.scenario] : [])])])
  if (world !== undefined && document.activeElement !== scenario) scenario.value = world.scenario
  const { about = "a scenario of your own", timeline = [] } = scenarios.get(scenario.value) ?? {}
  say(at("about"), about)
  if (at("preview").dataset["of"] === scenario.value) return
  at("preview").dataset["of"] = scenario.value
  at("preview").replaceChildren(barOf(timeline))
}

/** @param {State} state */
const showAccount = ({ account }) => {
  for (const name of /** @type {const} */ (["concurrency", "daily"]))
    if (input(name) !== document.activeElement) input(name).value = String(account[name] ?? "")
  const words = Object.entries(account).map(([name, limit]) => `${name} ${limit}`)
  say(at("limits"), words.join(", "))
}

/** @param {State} state */
const showRequired = ({ world }) => {
  const required = select("required")
  if (world !== undefined && document.activeElement !== required) required.value = world.required
}

/** @param {State} state */
const showExamples = ({ submissions }) => {
  const body = byId("body", HTMLTextAreaElement)
  const examples = submissions.flatMap(({ title, examples }) =>
    examples.map(({ id, summary, value }) => ({
      id,
      label: submissions.length > 1 ? `${title}: ${summary}` : summary,
      value
    }))
  )
  const fill = () => {
    body.value = JSON.stringify(examples.find(({ id }) => id === select("example").value)?.value, undefined, 2)
  }
  offer(
    select("example"),
    examples.map(({ id, label }) => /** @type {const} */ ([id, label]))
  )
  select("example").onchange = fill
  if (body.value === "") fill()
  byId("start", HTMLButtonElement).disabled = false
}

/** The first screen, until something has happened. @param {State} state @param {number} shown @param {number} hidden */
const showWhatThereIs = ({ tasks, last }, shown, hidden) => {
  const idle = last === 0 && tasks.length === 0
  at("welcome").hidden = !idle
  for (const id of ["report", "tasks", "log"]) at(id).hidden = idle
  at("no-tasks").hidden = shown > 0
  say(at("task-count"), tasks.length || "")
  at("all-lanes").hidden = hidden === 0 && tasks.length <= mostLanes
  say(at("all-lanes"), hidden > 0 ? `Show all ${tasks.length} tasks` : `Show the last ${mostLanes}`)
  say(at("request-count"), last > Requests.most ? `the last ${Requests.most} of ${last}` : last || "none yet")
}

/** Which of the page's views the address asks for. */
export const turn = () => {
  const wanted = views.find((view) => location.hash === `#${view}`) ?? "live"
  for (const view of views) {
    at(view).hidden = view !== wanted
    document.querySelector(`nav a[href="#${view}"]`)?.setAttribute("aria-current", view === wanted ? "page" : "false")
  }
  at("skip").setAttribute("href", `#${wanted}`)
  return wanted
}

/** On a narrow screen one part of the view is seen at a time. @param {string} part */
export const turnToPart = (part) => {
  at("live").dataset["part"] = part
  for (const tab of at("live").querySelectorAll(".parts button"))
    tab.setAttribute("aria-pressed", String(tab.getAttribute("value") === part))
}

/**
 * The page's panels.
 *
 * @param {State} state @param {Handlers} handlers
 */
export const view = (state, handlers) => {
  const tell = notices()
  const list = Requests.requests()
  let mostShown = mostLanes
  let drawn = ""
  /** @param {number} number */
  const reveal = (number) => {
    turnToPart("requests")
    if (!list.reveal(number)) tell(`The list shows the last ${Requests.most} requests; #${number} is older.`, "bad")
  }
  /** @param {string} task */
  const showRequestsOf = (task) => {
    turnToPart("requests")
    list.choose(task)
    at("log").scrollIntoView()
  }
  /** @type {Act} */
  const act = (what, about, as) => {
    if (what === "reveal") return reveal(Number(about))
    return what === "requests" ? showRequestsOf(about) : handlers.doToTask(what, about, as)
  }
  const chart = lanes(act)
  const fitFaults = faultForm(byId("fault", HTMLFormElement), handlers.inject)
  const showEditor = scenarioEditor(state, handlers)
  const showTasks = () => {
    const timeline = timelineOf(state, mostShown)
    chart.show(state, timeline)
    showWhatThereIs(state, timeline.lanes.length, timeline.hidden)
    list.show(state.entries, findingsByRequest(standingFindings(state)))
    if (state.report !== undefined) showReport(state, state.report, reveal)
  }
  at("all-lanes").addEventListener("click", () => {
    mostShown = mostShown === mostLanes ? Number.POSITIVE_INFINITY : mostLanes
    showTasks()
  })
  placeIcons(document)
  return {
    tell,
    setSilent,
    setLocked,
    /** Shows what stays as it is. */
    begin: () => {
      showHealth(state.health)
      fitFaults(state.contract)
      showExamples(state)
      showWelcome(state, handlers.copy)
    },
    /** Forgets what was shown of another world. */
    clear: () => {
      drawn = ""
      list.clear()
      chart.clear()
    },
    show: () => {
      showWorlds(state)
      showScenario(state)
      showFaults(state, handlers)
      showAccount(state)
      showRequired(state)
      showEditor()
      // Where everything was collected, time alone changes nothing.
      const wanted = `${state.world?.world} ${state.last} ${state.seen}`
      if (wanted === drawn && state.tasks.every(({ collected }) => collected)) return
      drawn = wanted
      const focused = document.activeElement?.id ?? ""
      showTasks()
      // A button that was made anew keeps the focus of the old one.
      if (focused !== "" && document.activeElement === document.body) document.getElementById(focused)?.focus()
    }
  }
}
