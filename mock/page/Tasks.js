// @ts-check
/**
 * The list of tasks, newest first: where each is in its scenario, what can be done to it, and its video once there is one.
 *
 * A task's place in the page lives as long as the task, so that a video plays on and a focus stays. Loading a video is a request
 * that the mock counts, so only those of tasks that were started here come by themselves.
 */
import { code, make, offer, say, written } from "./Element.js"

/** @import { Scenario, Task } from "../../generated/mock-control/types.gen.ts" */
/** @import { Act, Facts } from "./Types.ts" */

export const most = 100

/** @param {number} seconds */
const ago = (seconds) => {
  const minutes = Math.floor(seconds / 60)
  if (minutes < 1) return `${Math.max(0, Math.floor(seconds))} s`
  return minutes < 60
    ? `${minutes} min ${Math.floor(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** @param {Task} task */
const toneOf = ({ status = "", ended }) =>
  /^(FAIL|CANCEL)/.test(status) ? "bad" : ended ? "good" : status === "" ? "none" : "work"

/**
 * Where the video is, on this origin and nowhere else.
 *
 * @param {Task} task
 */
const videoOf = ({ output }) => {
  const { pathname, search } = URL.parse(output ?? "", location.origin) ?? location
  return pathname.startsWith("/assets/") ? pathname + search : undefined
}

/**
 * The states of a task's scenario, with the present one marked.
 *
 * @param {Task} task @param {Scenario | undefined} scenario
 */
const stepsOf = ({ state: now }, scenario) => {
  const states = scenario?.timeline ?? []
  const at = states.findLastIndex(({ state }) => state === now)
  const all = at < 0 ? [...states, { state: now }] : states
  const current = at < 0 ? states.length : at
  return all.map(({ state, for: time, polls }, index) =>
    make(
      "li",
      index === current ? { "aria-current": "step" } : {},
      state,
      make("small", {}, ` ${time?.replace(/(sec|min)\w+$/, "$1") ?? (polls === undefined ? "" : `polls: ${polls}`)}`)
    )
  )
}

/** @param {string} id @param {Act} act */
const card = (id, act) => {
  /** @type {Task | undefined} */
  let task
  /** Where the video is. @type {string | undefined} */
  let source
  let steps = ""
  /** @param {Parameters<Act>[0]} what @param {string} label @param {string} [tone] */
  const button = (what, label, tone) =>
    make("button", { type: "button", class: tone, click: () => act(what, id, failure.value) }, label)

  const status = make("span", { class: "status" })
  const facts = make("p", { class: "hint" })
  const line = make("ol", { class: "steps", "aria-label": "States of its scenario" })
  const progress = make("progress", { "aria-label": "Progress" })
  const percent = make("span", { class: "mono" })
  const bar = make("div", { class: "bar" }, progress, percent)
  const failure = make("select", { "aria-label": "How it fails" })
  const steering = [button("advance", "Advance"), button("finish", "Finish"), button("fail", "Fail as"), failure]
  const steer = make("span", { class: "row" }, ...steering)
  const player = make(
    "button",
    { type: "button", click: () => play(), title: "A download, which the mock counts" },
    "Play the video"
  )
  const buttons = [
    button("poll", "Poll"),
    button("copy", "Copy curl"),
    button("requests", "Its requests", "link"),
    player,
    steer
  ]
  const film = make("div")
  const told = code("", "What a poll says now")
  const body = make(
    "details",
    { toggle: () => say(told, written(task?.body)) },
    make("summary", {}, "What a poll says now"),
    told
  )
  const title = make("div", { class: "title" }, status, make("code", { class: "soft" }, id))
  const root = make(
    "li",
    { class: "task", "data-task": id },
    title,
    facts,
    line,
    bar,
    make("div", { class: "row" }, ...buttons),
    film,
    body
  )

  const play = () => {
    const failed = () => {
      film.replaceChildren("The video did not load: its URL has expired, or a fault was in the way.")
      player.hidden = false
    }
    const video = make("video", {
      controls: true,
      playsinline: true,
      "aria-label": "The resulting video",
      error: failed
    })
    video.muted = true
    video.autoplay = !matchMedia("(prefers-reduced-motion: reduce)").matches
    video.src = source ?? ""
    film.replaceChildren(video)
    player.hidden = true
  }

  /** @param {Task} seen @param {Facts} known */
  const show = (seen, { now, scenarios, failures, mine }) => {
    task = seen
    const { scenario, state, shape, ended, polls, collected, createdAt } = seen
    const tone = toneOf(seen)
    root.dataset["tone"] = tone
    say(status, seen.status ?? state)
    const outcome = collected ? "collected" : ended ? "not collected" : "at work"
    const age = `started ${ago((now - Date.parse(createdAt)) / 1000)} ago`
    say(facts, [scenario, shape, age, polls === 1 ? "1 poll" : `${polls} polls`, outcome].join(" · "))
    if (steps !== scenario + state) line.replaceChildren(...stepsOf(seen, scenarios.get(scenario)))
    steps = scenario + state
    const share = tone === "good" ? 1 : ended ? undefined : seen.progress
    bar.hidden = share === undefined
    progress.value = share ?? 0
    say(percent, `${Math.floor((share ?? 0) * 100)} %`)
    steer.hidden = ended
    offer(failure, [["", "by default"], ...failures])
    if (body.open) say(told, written(seen.body))
    const had = source !== undefined
    source = videoOf(seen)
    if (source === undefined) film.replaceChildren()
    if (!had || source === undefined) player.hidden = source === undefined
    if (!had && source !== undefined && mine.has(id)) play()
  }
  return { root, show }
}

/** @param {HTMLElement} list @param {Act} act */
export const tasks = (list, act) => {
  /** @type {Map<string, ReturnType<typeof card>>} */
  const cards = new Map()
  /** @param {ReadonlyArray<Task>} all @param {Facts} facts */
  return (all, facts) => {
    const gone = new Set(cards.keys())
    for (const task of all.slice(-most)) {
      const { id } = task
      const shown = cards.get(id) ?? card(id, act)
      if (!gone.delete(id)) list.prepend(shown.root)
      cards.set(id, shown)
      shown.show(task, facts)
    }
    for (const id of gone) {
      cards.get(id)?.root.remove()
      cards.delete(id)
    }
  }
}
