// @ts-check
/**
 * The page: it shows one world, once a second, and turns buttons into actions.
 *
 * While nobody looks, nothing is asked for.
 *
 * @module
 */
import { actions, copy } from "./Actions.js"
import { documentOf, Locked, Silent, unlock } from "./Control.js"
import { at, byId, select } from "./Element.js"
import { listenToKeys } from "./Shortcuts.js"
import { empty, findWorld, load, look, turnTo } from "./State.js"
import { turn, turnToPart, view } from "./View.js"

/** @import { Handlers } from "./Types.ts" */

const state = empty()
const can = actions(state)

/**
 * Does what a person asked for, says what came of it, and looks.
 *
 * @param {() => Promise<string | void>} action
 */
const act = async (action) => {
  try {
    const words = await action()
    if (words !== undefined) shown.tell(words, "good")
  } catch (error) {
    complain(error)
  }
  state.seen = ""
  await refresh()
}

/** @type {Handlers["doToTask"]} */
const doToTask = (what, id, as) => {
  if (what === "poll") return act(() => can.poll(id))
  if (what === "copy") return act(() => can.copyPoll(id))
  if (what === "fail") return act(() => can.fail(id, as))
  return act(() => (what === "finish" ? can.finish(id) : can.advance(id)))
}

const shown = view(state, {
  doToTask,
  inject: (fault) => act(() => can.inject(fault)),
  replaceFault: (id, fault) =>
    act(async () => {
      await can.removeFault(id)
      return can.inject(fault)
    }),
  removeFault: (id) => act(() => can.removeFault(id)),
  chooseScenario: (name) => act(() => can.chooseScenario({ name })),
  useScenario: (scenario) => act(() => can.chooseScenario(scenario)),
  copy: (text, what) =>
    act(async () => {
      await copy(text)
      return `Copied: ${what}.`
    })
})

/** @param {unknown} error */
const complain = (error) => {
  if (error instanceof Silent) shown.setSilent(true)
  else if (error instanceof Locked) shown.setLocked(error.message)
  else shown.tell(error instanceof Error ? error.message : String(error), "bad")
}

// ---- looking

/** @param {Parameters<typeof turnTo>[1]} next */
const turnToWorld = (next) => {
  if (turnTo(state, next)) shown.clear()
}

const lookOnce = async () => {
  if (!state.loaded) {
    await load(state)
    shown.begin()
    turnToWorld(undefined)
  }
  turnToWorld(await findWorld(state))
  await look(state)
  shown.show()
}

/** Looks now; asked while it looks already, it looks once more afterwards. */
const looker = () => {
  /** @type {Promise<void> | undefined} */
  let looking
  let again = false
  const run = async () => {
    try {
      do {
        again = false
        await lookOnce()
      } while (again)
      shown.setLocked(undefined)
      shown.setSilent(false)
    } catch (error) {
      complain(error)
      // Whatever answers again may be another mock.
      if (error instanceof Silent) state.loaded = false
    }
    looking = undefined
  }
  return () => {
    again = looking !== undefined
    looking ??= run()
    return looking
  }
}
const refresh = looker()

// ---- what the buttons and fields do

/** @param {string} id @param {string} event @param {() => Promise<string | void>} action */
const on = (id, event, action) =>
  at(id).addEventListener(event, (happened) => {
    happened.preventDefault()
    act(action)
  })

const submission = () => {
  const chosen = select("example").value
  const found = state.submissions.find(({ examples }) => examples.some(({ id }) => id === chosen))
  if (found === undefined) throw new Error("The contract has no operation that starts a task.")
  return found
}
const body = () => byId("body", HTMLTextAreaElement).value

on("try", "submit", async () => can.start(submission(), body()))
on("copy-post", "click", async () => can.copySubmit(submission(), body()))
on("auto", "change", can.pollByItself)
on("world", "change", async () => {
  state.chosen = select("world").value
})
on("retry", "click", async () => {})
on("locked", "submit", async () => unlock(byId("token", HTMLInputElement).value))
on("start-here", "click", async () => can.start(submission(), body()))
on("scenario", "change", () => can.chooseScenario({ name: select("scenario").value }))
for (const step of at("advance").querySelectorAll("button"))
  step.onclick = () => act(() => can.advanceClock(step.value))
on("to-the-end", "click", can.toTheEnd)
on("required", "change", () => can.require(select("required").value === "minimal" ? "minimal" : "full"))
on("account", "submit", () => {
  const fields = [...new FormData(byId("account", HTMLFormElement))].filter(([, value]) => value !== "")
  return can.limit(Object.fromEntries(fields.map(([name, value]) => [name, Number(value)])))
})
on("reset", "click", async () => {
  const words = await can.reset()
  turnToWorld(undefined)
  return words
})
// Whoever fills in a form means the world that is there.
at("controls").addEventListener("focusin", () => {
  state.chosen = state.world?.world ?? ""
})

/** @param {string} id where it goes. @param {Parameters<typeof documentOf>[0]} name @param {boolean} open */
const refer = async (id, name, open) => {
  if (at(id).hasChildNodes()) return
  const [{ reference }, api] = await Promise.all([import("./Reference.js"), documentOf(name)])
  at(id).replaceChildren(...reference(api, open))
}
at("control").addEventListener("toggle", () => act(() => refer("control-reference", "openapi", false)))

// ---- when

/** On a narrow screen the header folds. @param {boolean} open */
const unfold = (open) => at("menu").setAttribute("aria-expanded", String(open))

const turnView = () => {
  unfold(false)
  if (turn() === "reference") act(() => refer("contract", "contract", true))
}

const beat = async () => {
  if (document.hidden) return
  for (const { id } of can.due()) act(async () => void (await can.pollInTurn(id)))
  await refresh()
}
const forever = async () => {
  await beat()
  setTimeout(forever, 1000)
}

addEventListener("hashchange", turnView)
document.addEventListener("visibilitychange", beat)
for (const tab of at("live").querySelectorAll(".parts button"))
  tab.addEventListener("click", () => turnToPart(tab.getAttribute("value") ?? ""))
at("menu").addEventListener("click", () => unfold(at("menu").getAttribute("aria-expanded") !== "true"))
listenToKeys()
turnView()
forever()
