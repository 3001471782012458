// @ts-check
/**
 * The page: it shows one world, once a second, and turns buttons into calls.
 *
 * The key that is typed in lives in its field and in a copied command, and nowhere else. While nobody looks, nothing is asked for.
 */
import * as Client from "./Client.js"
import * as Control from "./Control.js"
import { answersOf, operationsOf, resolve } from "./Document.js"
import { byId, make, offer, say } from "./Element.js"
import { faultForm, inWords } from "./FaultForm.js"
import { reference } from "./Reference.js"
import { requests as requestList } from "./Requests.js"
import { tasks as taskList } from "./Tasks.js"

/** @import { Account, InjectedFault, Report, Scenario, Task, World } from "../../generated/mock-control/types.gen.ts" */

const second = 1000
const pollEvery = 5 * second
const mostRequests = 200

const button = (/** @type {string} */ id) => byId(id, HTMLButtonElement)
const input = (/** @type {string} */ id) => byId(id, HTMLInputElement)
const select = (/** @type {string} */ id) => byId(id, HTMLSelectElement)
const any = (/** @type {string} */ id) => byId(id, HTMLElement)

// ---- what is known ----------------------------------------------------------------------------------------------------------

/** @type {ReadonlyArray<World>} */
let worlds = []
/** The world that is shown. @type {string | undefined} */
let shown
/** Whether somebody chose it, or did something to it: then it stays. */
let chosen = false
/** Whose world each key tried here is. @type {Map<string, string>} */
const worldOfKey = new Map()
/** @type {ReadonlyMap<string, Scenario>} */
let scenarios = new Map()
/** @type {ReadonlyArray<string>} */
let failures = []
/** @type {ReadonlyArray<Task>} */
let tasks = []
/** @type {Report | undefined} */
let report
/** Tasks that were started here. @type {Set<string>} */
const mine = new Set()
/** When each task may be polled next, as `performance.now()` counts. @type {Map<string, number>} */
const pollAt = new Map()
/** The number of the newest request that is listed. */
let last = 0
/** What the panels were last drawn from. */
let drawn = ""
let loaded = false

const world = () => worlds.find(({ world: id }) => id === shown)
const now = () => Date.parse(world()?.now ?? "")
const key = () => input("key").value
/** The world that is shown; with none yet, the one that the key would have. @returns {Control.Target} */
const target = () => (shown === undefined ? { key: key() } : { world: shown })

// ---- what is said -----------------------------------------------------------------------------------------------------------

/** @param {string} text @param {"good" | "bad"} [tone] */
const tell = (text, tone = "good") => {
  const said = any("said")
  said.dataset["tone"] = tone
  // The same words again are news again.
  said.replaceChildren(
    make("span", {}, text),
    make(
      "button",
      { type: "button", class: "quiet", "aria-label": "Dismiss", click: () => said.replaceChildren() },
      "×"
    )
  )
}

/**
 * Does what a person asked for, and says what came of it.
 *
 * @param {() => Promise<string | undefined>} action
 */
const act = async (action) => {
  try {
    const words = await action()
    if (words !== undefined) tell(words)
  } catch (error) {
    if (error instanceof Control.Silent) setSilent(true)
    tell(error instanceof Error ? error.message : String(error), "bad")
  }
  await refresh()
}

/** @param {string} text */
const copy = async (text) => {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text)
  // Only https and this machine have a clipboard.
  const field = make("textarea", { class: "offscreen" })
  field.value = text
  document.body.append(field)
  field.select()
  const copied = document.execCommand("copy")
  field.remove()
  if (!copied) throw new Error("This browser does not let the page copy.")
}

/** @param {boolean} silent */
const setSilent = (silent) => {
  any("silent").hidden = !silent
  const pulse = any("pulse")
  pulse.dataset["tone"] = silent ? "bad" : "good"
  say(pulse, silent ? "not answering" : "live")
}

// ---- what is shown ----------------------------------------------------------------------------------------------------------

const list = requestList(any("requests"))
const cards = taskList(any("tasks"), {
  poll: (id) => act(() => poll(id)),
  copy: (id) =>
    act(async () => {
      const own = await owns()
      await copy(Client.curlOfPoll(own ? key() : undefined, id))
      return own
        ? "The command that polls this task is copied."
        : "Copied. Another key made this task: the command takes it from COMETAPI_KEY."
    }),
  advance: (id) => act(() => steer(id, "advance")),
  finish: (id) => act(() => steer(id, "finish")),
  fail: (id, as) => act(() => steer(id, "fail", as === "" ? {} : { as })),
  requests: (id) => {
    const filter = select("filter")
    const value = `:${id}`
    filter.querySelector("[value^=':']")?.remove()
    filter.append(make("option", { value }, `of ${id.slice(0, 8)}…`))
    filter.value = value
    list.show(value)
    any("requests-title").scrollIntoView({ block: "nearest" })
  }
})
const form = faultForm(byId("fault", HTMLFormElement), (fault) =>
  act(async () => {
    chosen = true
    await Control.send("POST", "/_mock/faults", target(), fault)
    await adopt()
    return "The fault is injected."
  })
)

const showWorlds = () => {
  const field = select("world")
  field.disabled = worlds.length === 0
  const options = worlds.map(
    ({ world: id, scenario, requests }) =>
      /** @type {const} */ ([
        id,
        `${id.slice(0, 12)} · ${scenario} · ${requests === 1 ? "1 request" : `${requests} requests`}`
      ])
  )
  offer(field, options.length === 0 ? [["", "none yet"]] : options)
  if (shown !== undefined) field.value = shown
  const newest = worlds[0]
  const newer = newest !== undefined && newest.world !== shown && newest.requests > 0 && newest.world !== dismissed
  any("newer").hidden = !newer
  if (newer)
    say(any("newer-text"), `Another world was used since: ${newest.world.slice(0, 12)}, scenario ${newest.scenario}.`)
}
/** A world that was turned away from: it is offered again when another was in front. */
let dismissed = ""

/** @param {World | undefined} current */
const showWorld = (current) => {
  const time = any("now")
  say(time, current === undefined ? "–" : current.now.replace("T", " ").replace(/(\.\d+)?Z$/, ""))
  time.setAttribute("datetime", current?.now ?? "")
  const options = [...scenarios.keys()]
  if (current !== undefined && !scenarios.has(current.scenario)) options.unshift(current.scenario)
  const field = select("scenario")
  offer(
    field,
    options.map((name) => [name, name])
  )
  if (current !== undefined && document.activeElement !== field) field.value = current.scenario
  say(any("about"), scenarios.get(field.value)?.about ?? "")
}

const showTasks = () => {
  cards.show(tasks, { now: now(), scenarios, failures, mine })
  any("no-tasks").hidden = tasks.length > 0
  say(
    any("task-count"),
    tasks.length > 100 ? `the last 100 of ${tasks.length}` : tasks.length === 0 ? "" : String(tasks.length)
  )
}

/** @param {ReadonlyArray<InjectedFault>} faults */
const showFaults = (faults) => {
  const items = faults.map(({ id, fault, seen, hits }) => {
    const words = inWords(fault)
    const remove = () =>
      act(async () => void (await Control.send("DELETE", `/_mock/faults/${encodeURIComponent(id)}`, target())))
    return make(
      "li",
      { class: "fault", "data-fault": id },
      make("span", {}, make("b", {}, words.title), " ", make("span", { class: "hint" }, words.rest)),
      make("span", { class: hits > 0 ? "badge warn" : "badge", title: `${seen} requests seen` }, `${hits} of ${seen}`),
      make("button", { type: "button", class: "quiet", "aria-label": `Remove ${words.title}`, click: remove }, "Remove")
    )
  })
  any("faults").replaceChildren(...items)
  button("remove-faults").hidden = faults.length < 2
  say(any("fault-count"), faults.length === 0 ? "" : String(faults.length))
}

/** @param {Account} account */
const showAccount = ({ concurrency, daily }) => {
  for (const [name, value] of Object.entries({ concurrency, daily })) {
    const field = byId("account", HTMLFormElement).elements.namedItem(name)
    if (field instanceof HTMLInputElement && field !== document.activeElement)
      field.value = value === undefined ? "" : String(value)
  }
  const limits = [
    concurrency === undefined ? undefined : `${concurrency} at a time`,
    daily === undefined ? undefined : `${daily} a day`
  ]
  say(any("limits-now"), limits.filter((limit) => limit !== undefined).join(", "))
}

/** @param {number} count @param {string} one @param {string} [several] */
const counted = (count, one, several = `${one}s`) => `${count} ${count === 1 ? one : several}`

/** @param {Report} judged */
const showReport = (judged) => {
  const { clean, submissions, accepted, polls, downloads, others, findings, dropped } = judged
  report = judged
  const nothing = submissions + polls + downloads + others === 0
  const verdict = any("verdict")
  const found = findings.length + dropped
  say(verdict, nothing ? "nothing yet" : clean ? "clean" : counted(found, "finding"))
  verdict.className = `badge ${nothing ? "none" : clean ? "good" : "bad"}`
  const sums = [
    `${counted(submissions, "submission")}, ${accepted} accepted`,
    counted(polls, "poll"),
    counted(downloads, "download"),
    others === 0 ? undefined : `${others} other`
  ]
  say(any("sums"), nothing ? "Requests are judged as they come." : sums.filter((sum) => sum !== undefined).join(" · "))
  button("copy-report").hidden = nothing
  const items = findings.map(({ kind, message, requests }) => {
    const links = requests
      .slice(0, 12)
      .map((number) => make("button", { type: "button", class: "link", click: () => reveal(number) }, `#${number}`))
    return make("li", { class: "finding", "data-kind": kind }, make("b", {}, kind), " ", message, " ", ...links)
  })
  any("findings").replaceChildren(...items)
}

/** @param {number} number */
const reveal = (number) => {
  if (!list.reveal(number)) tell(`Request #${number} is no longer listed.`, "bad")
}

const forgetShown = () => {
  last = 0
  drawn = ""
  tasks = []
  report = undefined
  list.clear()
  showRequests()
  showTasks()
  showFaults([])
  showAccount({})
  any("findings").replaceChildren()
  any("verdict").className = "badge none"
  say(any("verdict"), "nothing yet")
  say(any("sums"), "Requests are judged as they come.")
}

const showRequests = () => {
  any("no-requests").hidden = last > 0
  say(
    any("request-count"),
    last > mostRequests ? `the last ${mostRequests} of ${last}` : last === 0 ? "" : String(last)
  )
}

/** @param {string | undefined} id */
const turnTo = (id) => {
  if (id === shown) return
  shown = id
  forgetShown()
}

// ---- what is asked for ------------------------------------------------------------------------------------------------------

const look = async () => {
  const found = await Control.get("/_mock/worlds")
  const known = worlds[0]?.world
  worlds = found
  if (known !== worlds[0]?.world) dismissed = ""
  // A world that was used is worth more than one that was only looked at.
  const latest = worlds.find(({ requests }) => requests > 0) ?? worlds[0]
  const current = world()
  if (current === undefined) turnTo(latest?.world)
  else if (!chosen && current.requests === 0 && latest !== undefined) turnTo(latest.world)
  showWorlds()
  showWorld(world())
  const { world: id, requests = 0, ...facts } = world() ?? {}
  if (id === undefined) return
  // Somebody reset it.
  if (requests < last) forgetShown()
  const key = JSON.stringify({ requests, ...facts, now: "" })
  const changed = key !== drawn
  const alive = tasks.some(({ ended }) => !ended)
  const at = { world: id }
  const after = Math.max(last, requests - mostRequests)
  const [journal, allTasks, faults, account, judged] = await Promise.all([
    requests > last ? Control.get("/_mock/journal", { ...at, query: { after } }) : undefined,
    changed || alive ? Control.get("/_mock/tasks", at) : undefined,
    changed ? Control.get("/_mock/faults", at) : undefined,
    changed ? Control.get("/_mock/account", at) : undefined,
    changed ? Control.get("/_mock/report", at) : undefined
  ])
  if (id !== shown) return
  drawn = key
  if (journal !== undefined) {
    list.add(journal.entries.filter(({ number }) => number > last))
    last = Math.max(last, journal.last)
    showRequests()
  }
  if (allTasks !== undefined) tasks = allTasks
  showTasks()
  if (faults !== undefined) showFaults(faults)
  if (account !== undefined) showAccount(account)
  if (judged !== undefined) showReport(judged)
}

const load = async () => {
  const [health, known, contract] = await Promise.all([
    Control.get("/_mock/health"),
    Control.get("/_mock/scenarios"),
    Control.get("/_mock/contract.json")
  ])
  say(any("version"), health.version)
  const speed = health.scale === 1 ? "" : `, ${health.scale} times as fast as real`
  say(
    any("clock-kind"),
    health.clock === "virtual"
      ? "Virtual: it moves when a task is polled, and when it is advanced."
      : `Runs by itself${speed}.`
  )
  scenarios = new Map(known.map((scenario) => [scenario.name, scenario]))
  const failed = answersOf(contract, "getTask").filter(({ value }) =>
    /"status":"(FAIL|CANCEL)/.test(JSON.stringify(value))
  )
  failures = failed.map(({ name }) => name)
  form.know(contract)
  knowExamples(contract)
  any("contract").replaceChildren(...reference(contract, { open: true }))
  loaded = true
}

/** @param {import("./Document.js").ApiDocument} contract */
const knowExamples = (contract) => {
  const found = operationsOf(contract).find(({ operation }) => operation.operationId === "createCharacterPerformance")
  const body = found?.operation.requestBody
  const media = Object.values((body === undefined ? undefined : resolve(contract, body).content) ?? {})[0]
  const examples = Object.entries(media?.examples ?? {})
  offer(
    select("example"),
    examples.map(([name, { summary }]) => [name, summary ?? name])
  )
  const fill = () => {
    const value = examples.find(([name]) => name === select("example").value)?.[1].value
    byId("body", HTMLTextAreaElement).value = JSON.stringify(value, undefined, 2)
  }
  select("example").addEventListener("change", fill)
  if (byId("body", HTMLTextAreaElement).value === "") fill()
  button("start").disabled = false
  button("copy-post").disabled = false
}

/** @type {Promise<void> | undefined} */
let looking
let again = false

/** Looks now; while it is looking already, once more afterwards. */
const refresh = () => {
  again = looking !== undefined
  looking ??= (async () => {
    try {
      do {
        again = false
        if (!loaded) await load()
        await look()
      } while (again)
      setSilent(false)
    } catch (error) {
      if (error instanceof Control.Silent) setSilent(true)
      else tell(error instanceof Error ? error.message : String(error), "bad")
      // Whatever answers again may be another mock.
      if (error instanceof Control.Silent && shown !== undefined) forgetShown()
    } finally {
      looking = undefined
    }
  })()
  return looking
}

// ---- what can be done -------------------------------------------------------------------------------------------------------

/** The world of the key in the field. A key that was never used gets one by being asked about. */
const own = async () => {
  const { world: id } = await Control.get("/_mock/world", { key: key() })
  worldOfKey.set(key(), id)
  return id
}

/** Whether the world that is shown is that of the key in the field. */
const owns = async () => (worldOfKey.get(key()) ?? (await own())) === shown

/** Turns to the key's own world where there was none to turn to. */
const adopt = async () => {
  if (shown === undefined) turnTo(await own())
}

/** @param {string} id @param {"advance" | "finish" | "fail"} how @param {unknown} [body] */
const steer = async (id, how, body) => {
  chosen = true
  await Control.send("POST", `/_mock/tasks/${encodeURIComponent(id)}/${how}`, target(), body)
  drawn = ""
  return undefined
}

/** @param {Promise<Client.Answer>} exchange @param {string} what @returns {Promise<Client.Answer>} */
const heard = (exchange, what) =>
  exchange.catch((cause) => {
    const late = cause instanceof DOMException && cause.name === "TimeoutError"
    throw new Error(
      `${what} got no answer${late ? " in 20 seconds" : ": the connection ended"}. The list of requests says why.`
    )
  })

/** @param {Client.Answer} answer */
const inShort = ({ status, body }) =>
  `${status === 0 ? "a redirect" : status}${status >= 400 ? `: ${Control.wordsOf(body) ?? ""}` : ""}`

/** @param {string} id */
const poll = async (id) => {
  if (!(await owns()))
    throw new Error("Another key made this task. Type that key into the field “Key” to poll as it does.")
  pollAt.set(id, Number.POSITIVE_INFINITY)
  let wait = pollEvery
  try {
    const answer = await heard(Client.poll(key(), id), "The poll")
    wait = Math.max(pollEvery, Client.waitOf(answer.headers, now()))
    return `The poll was answered ${inShort(answer)}`
  } finally {
    pollAt.set(id, performance.now() + wait + 200)
  }
}

const start = async () => {
  chosen = true
  const body = byId("body", HTMLTextAreaElement).value
  /** @type {Client.Answer | undefined} */
  let answer
  try {
    answer = await heard(Client.submit(key(), body), "The POST")
  } finally {
    turnTo(await own())
  }
  const id = typeof answer.body === "object" && answer.body !== null ? Reflect.get(answer.body, "id") : undefined
  if (answer.status !== 200 || typeof id !== "string") throw new Error(`The POST was answered ${inShort(answer)}`)
  mine.add(id)
  pollAt.set(id, performance.now() + pollEvery + 200)
  return `The task ${id.slice(0, 8)}… is started.`
}

const pollDue = async () => {
  if (!input("auto").checked || worldOfKey.get(key()) !== shown) return
  const due = tasks.filter(({ id, collected }) => !collected && (pollAt.get(id) ?? 0) <= performance.now())
  await Promise.all(due.map(({ id }) => act(() => poll(id))))
}

/** @param {string} id @param {string} event @param {(event: Event) => unknown} listener */
const on = (id, event, listener) =>
  any(id).addEventListener(event, (happened) => {
    if (event === "submit") happened.preventDefault()
    listener(happened)
  })

on("try", "submit", () => act(start))
on("copy-post", "click", () => {
  if (!byId("try", HTMLFormElement).reportValidity()) return
  act(async () => {
    await copy(Client.curlOfSubmit(key(), byId("body", HTMLTextAreaElement).value))
    return "The command that starts a task is copied."
  })
})
on("auto", "change", () => {
  if (input("auto").checked) act(async () => void (await owns()))
})
on("world", "change", () => {
  chosen = true
  dismissed = worlds[0]?.world ?? ""
  turnTo(select("world").value)
  refresh()
})
on("newer-show", "click", () => {
  turnTo(worlds[0]?.world)
  refresh()
})
on("retry", "click", () => refresh())
on("scenario", "change", () =>
  act(async () => {
    chosen = true
    const name = select("scenario").value
    await Control.send("PUT", "/_mock/scenario", target(), { name })
    await adopt()
    say(any("about"), scenarios.get(name)?.about ?? "")
    return `Tasks started from now on are “${name}”.`
  })
)
for (const step of any("advance").querySelectorAll("button")) {
  step.addEventListener("click", () =>
    act(async () => {
      chosen = true
      await Control.send("POST", "/_mock/clock/advance", target(), { by: step.dataset["by"] })
      await adopt()
      drawn = ""
      return `The clock is ${step.dataset["by"]} on.`
    })
  )
}
on("remove-faults", "click", () =>
  act(async () => {
    await Control.send("DELETE", "/_mock/faults", target())
    return "There are no faults."
  })
)
on("account", "submit", () =>
  act(async () => {
    chosen = true
    const said = new FormData(byId("account", HTMLFormElement))
    const limits = [...said].filter(([, value]) => value !== "").map(([name, value]) => [name, Number(value)])
    await Control.send("PUT", "/_mock/account", target(), Object.fromEntries(limits))
    await adopt()
    drawn = ""
    return limits.length === 0 ? "The account has no limits." : "The account is limited."
  })
)
on("reset", "click", () =>
  act(async () => {
    await Control.send("POST", "/_mock/reset", target())
    forgetShown()
    return "The world is as new."
  })
)
on("copy-report", "click", () =>
  act(async () => {
    await copy(report?.text ?? "")
    return "The report is copied."
  })
)
on("filter", "change", () => list.show(select("filter").value))
on("control-document", "toggle", () => {
  if (any("controls-reference").childElementCount > 0) return
  act(
    async () => void any("controls-reference").replaceChildren(...reference(await Control.get("/_mock/openapi.json")))
  )
})

// ---- when -------------------------------------------------------------------------------------------------------------------

const showView = () => {
  const wanted = location.hash === "#reference" ? "reference" : "live"
  for (const view of ["live", "reference"]) {
    any(view).hidden = view !== wanted
    const link = document.querySelector(`nav a[href="#${view}"]`)
    if (view === wanted) link?.setAttribute("aria-current", "page")
    else link?.removeAttribute("aria-current")
  }
}

const beat = async () => {
  if (document.hidden) return
  await pollDue()
  await refresh()
}

say(any("origin"), location.origin)
// On a small screen the tasks come sooner than what steers them.
if (matchMedia("(width < 56rem)").matches)
  for (const panel of document.querySelectorAll("details.panel[open]")) panel.removeAttribute("open")
showView()
addEventListener("hashchange", showView)
document.addEventListener("visibilitychange", beat)
const forever = async () => {
  await beat()
  setTimeout(forever, second)
}
forever()
