// @ts-check
/**
 * The page: it shows one world, once a second, and turns buttons into calls.
 *
 * The key that is typed in lives in its field and in a copied command, and nowhere else. While nobody looks, nothing is asked for.
 */
import * as Client from "./Client.js"
import { call, get, Silent, wordsOf } from "./Control.js"
import { operationOf } from "./Document.js"
import { byId, make, offer, say } from "./Element.js"
import { faultForm, inWords } from "./FaultForm.js"
import * as Requests from "./Requests.js"
import * as Tasks from "./Tasks.js"

/** @import { Account, InjectedFault, Report, Scenario, Task, World } from "../../generated/mock-control/types.gen.ts" */
/** @import { Api, Heard } from "./Types.ts" */

const pollEvery = 5000
/** How long good news is of interest. */
const newsFor = 6000

const at = (/** @type {string} */ id) => byId(id, HTMLElement)
const input = (/** @type {string} */ id) => byId(id, HTMLInputElement)
const select = (/** @type {string} */ id) => byId(id, HTMLSelectElement)
const [body, account] = [byId("body", HTMLTextAreaElement), byId("account", HTMLFormElement)]
const key = () => input("key").value

// ---- what is known

/** @type {Array<World>} */
let worlds = []
/** @type {World | undefined} */
let world
/** The world that somebody chose, or did something to; without one the world used last is shown. */
let chosen = ""
/** Whose world each key tried here is. @type {Map<string, string>} */
const worldOfKey = new Map()
/** @type {Map<string, Scenario>} */
let scenarios = new Map()
/** The examples to fail with. @type {Array<string>} */
let failures = []
/** @type {Array<Task>} */
let tasks = []
/** Tasks that were started here. @type {Set<string>} */
const mine = new Set()
/** When a task may be polled again, as `performance.now()` counts. @type {Map<string, number>} */
const pollAt = new Map()
/** The number of the newest request that is listed. */
let last = 0
/** What the panels were last drawn from. */
let drawn = ""
let loaded = false

// ---- what is said

/** @type {ReturnType<typeof setTimeout> | undefined} */
let fading

/** @param {string} text @param {"good" | "bad"} tone */
const tell = (text, tone) => {
  const dismiss = () => at("said").replaceChildren()
  clearTimeout(fading)
  if (tone === "good") fading = setTimeout(dismiss, newsFor)
  at("said").className = tone
  const button = make("button", { type: "button", class: "quiet", "aria-label": "Dismiss", click: dismiss }, "×")
  at("said").replaceChildren(make("span", {}, text), button)
}

/** @param {boolean} silent */
const setSilent = (silent) => {
  at("silent").hidden = !silent
  at("pulse").className = silent ? "bad" : "good"
  say(at("pulse"), silent ? "not answering" : "live")
}

/** @param {unknown} error */
const complain = (error) => {
  if (error instanceof Silent) setSilent(true)
  else tell(error instanceof Error ? error.message : String(error), "bad")
}

/**
 * Does what a person asked for, says what came of it, and looks.
 *
 * @param {() => Promise<string | void>} action
 */
const act = async (action) => {
  try {
    const words = await action()
    if (words !== undefined) tell(words, "good")
  } catch (error) {
    complain(error)
  }
  drawn = ""
  await refresh()
}

/** @param {string} text */
const copy = async (text) => {
  // Only https and this machine have a clipboard; elsewhere it is copied by hand.
  if (navigator.clipboard === undefined) prompt("", text)
  else await navigator.clipboard.writeText(text)
}

// ---- what is shown

const list = Requests.requests(at("requests"))

const showTasks = Tasks.tasks(at("tasks"), (what, id, as) => {
  if (what === "requests") return filters(id)
  if (what === "poll") return act(() => poll(id))
  if (what === "copy") return act(() => copyPoll(id))
  return act(() =>
    control("POST", `/_mock/tasks/${encodeURIComponent(id)}/${what}`, as === "" || what !== "fail" ? undefined : { as })
  )
})

const filters = (task = "") => {
  const named = task === "" ? [] : [/** @type {const} */ ([task, `of ${task.slice(0, 8)}`])]
  offer(select("filter"), [["", "all"], ["trouble", "trouble only"], "submit", "poll", "asset", "other", ...named])
  select("filter").value = task
  list.filter(task)
}

const showWorlds = () => {
  /** @param {World} one */
  const name = ({ world, scenario, requests }) => `${world.slice(0, 12)} · ${scenario} · requests: ${requests}`
  const newest = world === undefined ? "none yet" : `latest: ${name(worlds[0] ?? world)}`
  offer(select("world"), [["", newest], ...worlds.map((one) => /** @type {const} */ ([one.world, name(one)]))])
  select("world").value = chosen
  say(at("now"), world?.now.slice(0, 19).replace("T", " ") ?? "")
  const scenario = select("scenario")
  offer(scenario, [...new Set([...scenarios.keys(), ...(world ? [world.scenario] : [])])])
  if (world !== undefined && document.activeElement !== scenario) scenario.value = world.scenario
  say(at("about"), scenarios.get(scenario.value)?.about ?? "")
}

/** @param {InjectedFault} injected */
const faultRow = ({ id, fault, seen, hits }) => {
  const { title, rest } = inWords(fault)
  const click = () => act(() => control("DELETE", `/_mock/faults/${encodeURIComponent(id)}`))
  const remove = make(
    "button",
    { type: "button", class: "quiet", "aria-label": `Remove ${title}`, id: `remove-${id}`, click },
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
    const field = /** @type {HTMLInputElement} */ (account.elements.namedItem(name))
    if (field !== document.activeElement) field.value = String(limits[name] ?? "")
  }
  const said = Object.entries(limits).map(([name, limit]) => `${name} ${limit}`)
  say(at("limits"), said.join(", "))
}

/** @param {Report} judged */
const showReport = ({ clean, submissions, accepted, polls, downloads, others, findings, dropped }) => {
  const idle = submissions + polls + downloads + others === 0
  say(at("verdict"), idle ? "nothing yet" : clean ? "clean" : `findings: ${findings.length + dropped}`)
  at("verdict").className = `badge ${idle ? "" : clean ? "good" : "bad"}`
  say(
    at("sums"),
    `submissions ${submissions}, accepted ${accepted} · polls ${polls} · downloads ${downloads} · others ${others}`
  )
  const items = findings.map(({ kind, message, requests }, index) => {
    const links = [...new Set(requests)].slice(0, 12).map((number) => {
      const click = () => {
        filters()
        list.reveal(number)
      }
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

const show = () => {
  showWorlds()
  showTasks(tasks, { now: Date.parse(world?.now ?? ""), scenarios, failures, mine })
  at("no-tasks").hidden = tasks.length > 0
  say(at("task-count"), tasks.length > Tasks.most ? `the last ${Tasks.most} of ${tasks.length}` : tasks.length || "")
  say(at("request-count"), last > Requests.most ? `the last ${Requests.most} of ${last}` : last || "none yet")
}

/** @param {World | undefined} next */
const turnTo = (next) => {
  if (next?.world !== world?.world || (next?.requests ?? 0) < last) {
    // Another world, or the same as new.
    last = 0
    drawn = ""
    tasks = []
    list.clear()
    if (next === undefined) blank()
  }
  world = next
}

// ---- what is asked for

/** Asks for what stays as it is for as long as the mock runs, and forgets what was shown of an earlier one. */
const load = async () => {
  const [{ version, clock, scale }, known, contract] = await Promise.all([
    get("/_mock/health"),
    get("/_mock/scenarios"),
    get("/_mock/contract.json")
  ])
  say(at("version"), version)
  const virtual = "Virtual: it moves when a task is polled, or when it is advanced."
  say(
    at("clock-kind"),
    clock === "virtual" ? virtual : scale === 1 ? "Runs by itself." : `Runs ${scale} times as fast as real.`
  )
  scenarios = new Map(known.map((scenario) => [scenario.name, scenario]))
  const ends = operationOf(contract, "getTask").answers.filter(({ value }) =>
    /"status":"(FAIL|CANCEL)/.test(JSON.stringify(value))
  )
  failures = ends.map(({ name }) => name)
  fitFaults(contract)
  showExamples(contract)
  turnTo(undefined)
  loaded = true
}

/** @param {Api} contract */
const showExamples = (contract) => {
  const { content = {} } = operationOf(contract, "createCharacterPerformance").operation?.requestBody ?? {}
  const examples = Object.values(content)[0]?.examples ?? {}
  const fill = () => {
    body.value = JSON.stringify(examples[select("example").value]?.value, undefined, 2)
  }
  offer(
    select("example"),
    Object.entries(examples).map(([name, { summary = name }]) => [name, summary])
  )
  select("example").onchange = fill
  if (body.value === "") fill()
  byId("start", HTMLButtonElement).disabled = false
}

const look = async () => {
  worlds = await get("/_mock/worlds")
  turnTo(worlds.find((one) => one.world === chosen) ?? worlds[0])
  if (world === undefined) return show()
  const { world: id, now: _, ...facts } = world
  const state = JSON.stringify(facts)
  const changed = state !== drawn
  const here = { world: id }
  const after = Math.max(last, facts.requests - Requests.most)
  const [journal, all, panels] = await Promise.all([
    facts.requests > last ? get("/_mock/journal", { ...here, after }) : undefined,
    changed || tasks.some(({ ended }) => !ended) ? get("/_mock/tasks", here) : undefined,
    changed
      ? Promise.all([get("/_mock/faults", here), get("/_mock/account", here), get("/_mock/report", here)])
      : undefined
  ])
  drawn = state
  if (journal !== undefined) {
    list.add(journal.entries)
    last = journal.last
  }
  tasks = all ?? tasks
  show()
  if (panels === undefined) return
  const focused = document.activeElement?.id ?? ""
  at("faults").replaceChildren(...panels[0].map(faultRow))
  say(at("fault-count"), panels[0].length || "")
  showAccount(panels[1])
  showReport(panels[2])
  // A button that was made anew keeps the focus of the old one.
  if (document.activeElement === document.body) document.getElementById(focused)?.focus()
}

/** @type {Promise<void> | undefined} */
let looking
let again = false

/** Looks now; while it is looking already, once more afterwards. */
const refresh = () => {
  again = looking !== undefined
  const run = async () => {
    try {
      do {
        again = false
        if (!loaded) await load()
        await look()
      } while (again)
      setSilent(false)
    } catch (error) {
      complain(error)
      // Whatever answers again may be another mock.
      if (error instanceof Silent) loaded = false
    }
    looking = undefined
  }
  looking ??= run()
  return looking
}

// ---- what can be done

/** The world of the key in the field, which gets one if it has none. */
const own = async () => {
  const known = worldOfKey.get(key())
  if (known !== undefined && worlds.some((one) => one.world === known)) return known
  const { world: id } = await get("/_mock/world", { key: key() })
  worldOfKey.set(key(), id)
  return id
}

/**
 * Steers the world that is shown, or, where there is none yet, that of the key in the field; which is then shown.
 *
 * @param {string} method @param {string} path @param {unknown} [body]
 */
const control = async (method, path, body) => {
  chosen = world?.world ?? (await own())
  await call(method, path, { world: chosen, body })
}

/** @param {Promise<Heard>} exchange @param {string} what */
const heard = async (exchange, what) => {
  const answer = await exchange.catch(() => {
    throw new Error(`${what} got no whole answer. The list of requests says why.`)
  })
  const { status, body } = answer
  const words = `${what} was answered ${status === 0 ? "with a redirect" : status}`
  return { ...answer, words: status >= 400 ? `${words}: ${wordsOf(body) ?? ""}` : `${words}.` }
}

/** @param {string} id */
const poll = async (id) => {
  if ((await own()) !== world?.world) throw new Error("Another key made this task: type it into the field “Key” first.")
  let wait = pollEvery
  try {
    pollAt.set(id, Number.POSITIVE_INFINITY)
    const { headers, words } = await heard(Client.poll(key(), id), "The poll")
    wait = Math.max(wait, Client.waitOf(headers, Date.parse(world?.now ?? "")))
    return words
  } finally {
    pollAt.set(id, performance.now() + wait)
  }
}

/** @param {string} id */
const copyPoll = async (id) => {
  const known = (await own()) === world?.world
  await copy(Client.curlOfPoll(known ? key() : undefined, id))
  return known
    ? "Copied: the command that polls this task."
    : "Copied. Another key made this task: put that into COMETAPI_KEY."
}

const start = async () => {
  chosen = await own()
  const { status, body: answer, words } = await heard(Client.submit(key(), body.value), "The POST")
  const id = typeof answer === "object" && answer !== null && "id" in answer ? String(answer.id) : undefined
  if (status !== 200 || id === undefined) throw new Error(words)
  mine.add(id)
  pollAt.set(id, performance.now() + pollEvery)
  const next = input("auto").checked ? "" : " Poll it, to collect what becomes of it."
  return `The task ${id.slice(0, 8)} is started.${next}`
}

const pollDue = () => {
  if (!input("auto").checked || worldOfKey.get(key()) !== world?.world) return
  for (const { id, collected } of tasks)
    if (!collected && (pollAt.get(id) ?? 0) <= performance.now()) act(async () => void (await poll(id)))
}

/** @param {string} id @param {string} event @param {() => Promise<string | void>} action */
const on = (id, event, action) =>
  at(id).addEventListener(event, (happened) => {
    happened.preventDefault()
    act(action)
  })

const fitFaults = faultForm(byId("fault", HTMLFormElement), (fault) =>
  act(async () => {
    await control("POST", "/_mock/faults", fault)
    return "The fault is injected."
  })
)
on("try", "submit", start)
on("copy-post", "click", async () => {
  await copy(Client.curlOfSubmit(key(), body.value))
  return "Copied: the command that starts a task."
})
on("auto", "change", async () => void (await own()))
on("world", "change", async () => {
  chosen = select("world").value
})
on("retry", "click", async () => {})
on("scenario", "change", async () => {
  const name = select("scenario").value
  await control("PUT", "/_mock/scenario", { name })
  return `New tasks are “${name}”.`
})
for (const step of at("advance").querySelectorAll("button"))
  step.onclick = () => act(() => control("POST", "/_mock/clock/advance", { by: step.value }))
on("account", "submit", async () => {
  const said = [...new FormData(account)]
    .filter(([, value]) => value !== "")
    .map(([name, value]) => [name, Number(value)])
  await control("PUT", "/_mock/account", Object.fromEntries(said))
  return said.length === 0 ? "The account has no limits." : "The account is limited."
})
on("reset", "click", async () => {
  await control("POST", "/_mock/reset")
  turnTo(undefined)
  return "The world is as new."
})
select("filter").onchange = () => list.filter(select("filter").value)
// Whoever fills in a form means the world that is there.
at("controls").addEventListener("focusin", () => {
  chosen = world?.world ?? ""
})

/** @param {string} id where it goes. @param {"/_mock/contract.json" | "/_mock/openapi.json"} path @param {boolean} open */
const refer = async (id, path, open) => {
  if (at(id).hasChildNodes()) return
  const [{ reference }, api] = await Promise.all([import("./Reference.js"), get(path)])
  at(id).replaceChildren(...reference(api, open))
}
on("control", "toggle", () => refer("control-reference", "/_mock/openapi.json", false))

// ---- when

const turn = () => {
  for (const view of ["live", "reference"]) {
    const wanted = (location.hash === "#reference") === (view === "reference")
    at(view).hidden = !wanted
    document.querySelector(`nav a[href="#${view}"]`)?.setAttribute("aria-current", wanted ? "page" : "false")
  }
  if (!at("reference").hidden) act(() => refer("contract", "/_mock/contract.json", true))
}

const beat = async () => {
  if (document.hidden) return
  pollDue()
  await refresh()
}
const forever = async () => {
  await beat()
  setTimeout(forever, 1000)
}

filters()
say(at("origin"), location.origin)
// On a small screen the tasks come sooner than what steers them.
if (innerWidth < 900) for (const panel of document.querySelectorAll("details.panel")) panel.removeAttribute("open")
addEventListener("hashchange", turn)
document.addEventListener("visibilitychange", beat)
turn()
forever()
