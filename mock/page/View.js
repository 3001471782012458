// @ts-check
/**
 * What the page shows of what it knows, panel by panel.
 *
 * It asks for nothing and changes nothing but the page; what its buttons do is handed in.
 */
import { byId, make, offer, say } from "./Element.js"
import { faultForm, inWords } from "./FaultForm.js"
import * as Requests from "./Requests.js"
import * as Tasks from "./Tasks.js"

/** @import { Account, Health, InjectedFault, Report, World } from "../../generated/mock-control/types.gen.ts" */
/** @import { Deeds, News, State } from "./Types.ts" */

/** How long good news is of interest. */
const newsFor = 6000

const at = (/** @type {string} */ id) => byId(id, HTMLElement)
const select = (/** @type {string} */ id) => byId(id, HTMLSelectElement)

/** The line in the corner that says what came of an action. */
const notices = () => {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let fading
  return (/** @type {string} */ text, /** @type {"good" | "bad"} */ tone) => {
    const dismiss = () => at("said").replaceChildren()
    clearTimeout(fading)
    if (tone === "good") fading = setTimeout(dismiss, newsFor)
    at("said").className = tone
    const button = make("button", { type: "button", class: "quiet", "aria-label": "Dismiss", click: dismiss }, "×")
    at("said").replaceChildren(make("span", {}, text), button)
  }
}

/** @param {boolean} silent */
const setSilent = (silent) => {
  at("silent").hidden = !silent
  at("pulse").className = silent ? "bad" : "good"
  say(at("pulse"), silent ? "not answering" : "live")
}

/** @param {Health} health */
const showHealth = ({ version, clock, scale }) => {
  say(at("version"), version)
  const virtual = "Virtual: it moves when a task is polled, or when it is advanced."
  say(
    at("clock-kind"),
    clock === "virtual" ? virtual : scale === 1 ? "Runs by itself." : `Runs ${scale} times as fast as real.`
  )
}

/** @param {State} state */
const showWorlds = ({ worlds, world, chosen, scenarios }) => {
  /** @param {World} world */
  const name = ({ world, scenario, requests }) => `${world.slice(0, 12)} · ${scenario} · requests: ${requests}`
  const newest = world === undefined ? "none yet" : `latest: ${name(worlds[0] ?? world)}`
  offer(select("world"), [["", newest], ...worlds.map((world) => /** @type {const} */ ([world.world, name(world)]))])
  select("world").value = chosen
  say(at("now"), world?.now.slice(0, 19).replace("T", " ") ?? "")
  const scenario = select("scenario")
  offer(scenario, [...new Set([...scenarios.keys(), ...(world ? [world.scenario] : [])])])
  if (world !== undefined && document.activeElement !== scenario) scenario.value = world.scenario
  say(at("about"), scenarios.get(scenario.value)?.about ?? "")
}

/** @param {InjectedFault} injected @param {Deeds} deeds */
const faultRow = ({ id, fault, seen, hits }, { removeFault }) => {
  const { title, rest } = inWords(fault)
  const remove = make(
    "button",
    {
      type: "button",
      class: "quiet",
      "aria-label": `Remove ${title}`,
      id: `remove-${id}`,
      click: () => removeFault(id)
    },
    "Remove"
  )
  const count = make(
    "span",
    { class: hits > 0 ? "badge warn" : "badge", title: "hits, of the requests seen" },
    `${hits} of ${seen}`
  )
  return make(
    "li",
    {},
    make("div", { class: "title" }, make("b", {}, title), count, remove),
    make("span", { class: "hint" }, rest)
  )
}

/** @param {Account} limits */
const showAccount = (limits) => {
  for (const name of /** @type {const} */ (["concurrency", "daily"])) {
    const field = byId(name, HTMLInputElement)
    if (field !== document.activeElement) field.value = String(limits[name] ?? "")
  }
  const words = Object.entries(limits).map(([name, limit]) => `${name} ${limit}`)
  say(at("limits"), words.join(", "))
}

/** @param {Report} report @param {(number: number) => void} reveal */
const showReport = ({ clean, submissions, accepted, polls, downloads, others, findings, dropped }, reveal) => {
  const idle = submissions + polls + downloads + others === 0
  say(at("verdict"), idle ? "nothing yet" : clean ? "clean" : `findings: ${findings.length + dropped}`)
  at("verdict").className = `badge ${idle ? "" : clean ? "good" : "bad"}`
  say(
    at("sums"),
    `submissions ${submissions}, accepted ${accepted} · polls ${polls} · downloads ${downloads} · others ${others}`
  )
  const items = findings.map(({ kind, message, requests }, index) => {
    const links = [...new Set(requests)].slice(0, 12).map((number) => {
      const click = () => reveal(number)
      return make("button", { type: "button", class: "link", id: `${index}-${number}`, click }, `#${number}`)
    })
    return make("li", {}, make("b", { class: "bad" }, kind), ` ${message} `, ...links)
  })
  at("findings").replaceChildren(...items)
}

/** What the panels say where there is no world yet. */
const blank = () => {
  at("faults").replaceChildren()
  say(at("fault-count"), "")
  showAccount({})
  at("findings").replaceChildren()
  say(at("sums"), "")
  say(at("verdict"), "nothing yet")
  at("verdict").className = "badge"
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

/** @param {State} state */
const showCounts = ({ tasks, last }) => {
  at("no-tasks").hidden = tasks.length > 0
  say(at("task-count"), tasks.length > Tasks.most ? `the last ${Tasks.most} of ${tasks.length}` : tasks.length || "")
  say(at("request-count"), last > Requests.most ? `the last ${Requests.most} of ${last}` : last || "none yet")
}

/** Which of the page's views the address asks for. @returns {"live" | "reference"} */
export const turn = () => {
  const wanted = location.hash === "#reference" ? "reference" : "live"
  for (const view of ["live", "reference"]) {
    at(view).hidden = view !== wanted
    document.querySelector(`nav a[href="#${view}"]`)?.setAttribute("aria-current", view === wanted ? "page" : "false")
  }
  return wanted
}

/**
 * The page's panels.
 *
 * @param {State} state @param {Deeds} deeds
 */
export const view = (state, deeds) => {
  const list = Requests.requests(at("requests"))
  const filters = (task = "") => {
    const named = task === "" ? [] : [/** @type {const} */ ([task, `of ${task.slice(0, 8)}`])]
    offer(select("filter"), [["", "all"], ["trouble", "trouble only"], "submit", "poll", "asset", "other", ...named])
    select("filter").value = task
    list.filter(task)
  }
  /** @param {number} number */
  const reveal = (number) => {
    filters()
    list.reveal(number)
  }
  const showTasks = Tasks.tasks(at("tasks"), (what, id, as) =>
    what === "requests" ? filters(id) : deeds.doToTask(what, id, as)
  )
  const fitFaults = faultForm(byId("fault", HTMLFormElement), deeds.inject)
  filters()
  select("filter").onchange = () => list.filter(select("filter").value)
  return {
    tell: notices(),
    setSilent,
    /** Shows what stays as it is. @param {Health} health */
    begin: (health) => {
      showHealth(health)
      fitFaults(state.contract)
      showExamples(state)
    },
    /** Forgets what was shown of another world. */
    clear: () => {
      list.clear()
      if (state.world === undefined) blank()
    },
    /** @param {News} news */
    show: ({ entries, panels }) => {
      list.add(entries)
      showWorlds(state)
      showTasks(state.tasks, { ...state, now: Date.parse(state.world?.now ?? "") })
      showCounts(state)
      if (panels === undefined) return
      const focused = document.activeElement?.id ?? ""
      at("faults").replaceChildren(...panels.faults.map((fault) => faultRow(fault, deeds)))
      say(at("fault-count"), panels.faults.length || "")
      showAccount(panels.account)
      showReport(panels.report, reveal)
      // A button that was made anew keeps the focus of the old one.
      if (document.activeElement === document.body) document.getElementById(focused)?.focus()
    }
  }
}
