// @ts-check
/**
 * All that can be seen of one task and done to it: its states, its video once there is one, and what a poll says now.
 *
 * Loading a video is a request that the mock counts, so only those of tasks that were started here come by themselves.
 *
 * @module
 */
import { button, code, make, offer, say, written } from "./Element.js"
import { icon } from "./Icons.js"
import { short } from "./Meaning.js"
import { lasting, millisOf } from "./Time.js"

/** @import { Scenario, Task } from "../../generated/mock-control/types.gen.ts" */
/** @import { Act, State } from "./Types.ts" */

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
  const position = states.findLastIndex(({ state }) => state === now)
  const all = position < 0 ? [...states, { state: now }] : states
  const current = position < 0 ? states.length : position
  return all.map(({ state, for: time, polls }, index) => {
    const length = time === undefined ? (polls === undefined ? "" : `${polls} polls`) : lasting(millisOf(time) ?? 0)
    return make("li", index === current ? { "aria-current": "step" } : {}, state, make("small", {}, ` ${length}`))
  })
}

/** The place for the video. @param {() => string} source */
const film = (source) => {
  const root = make("div", { class: "film", hidden: true })
  const play = () => {
    const failed = () =>
      root.replaceChildren(
        make("p", { class: "hint" }, "The video did not load: its URL has expired, or a fault was in the way."),
        start
      )
    const video = make("video", {
      controls: true,
      playsinline: true,
      "aria-label": "The resulting video",
      error: failed
    })
    video.muted = true
    video.autoplay = !matchMedia("(prefers-reduced-motion: reduce)").matches
    video.src = source()
    root.replaceChildren(video)
  }
  const start = button([icon("play"), "Play the video"], play, { title: "A download, which the mock counts" })
  return {
    root,
    play,
    offerToPlay: () => root.replaceChildren(start)
  }
}

/** The buttons, and the ways to fail. @param {string} id @param {Act} act */
const buttonsOf = (id, act) => {
  const failure = make("select", { "aria-label": "How it fails" })
  /** @param {Parameters<Act>[0]} what @param {string} label */
  const doing = (what, label) => button([label], () => act(what, id, failure.value))
  const steer = make(
    "div",
    { class: "row" },
    doing("advance", "Advance"),
    doing("finish", "Finish"),
    make("span", { class: "joined" }, doing("fail", "Fail as"), failure)
  )
  const copy = button([icon("copy"), "Copy curl"], () => act("copy", id, ""))
  const use = make(
    "div",
    { class: "row" },
    doing("poll", "Poll"),
    copy,
    button(["Its requests"], () => act("requests", id, ""), { class: "quiet" })
  )
  return { root: make("div", { class: "buttons" }, use, steer), steer, failure }
}

/** @param {string} id @param {Act} act */
export const taskPanel = (id, act) => {
  /** @type {Task | undefined} */
  let task
  /** @type {string | undefined} */
  let source
  let steps = ""
  const video = film(() => source ?? "")
  const facts = make("p", { class: "hint facts" })
  const line = make("ol", { class: "steps", "aria-label": "States of its scenario" })
  const progress = make("progress", { "aria-label": "Progress" })
  const { root: buttons, steer, failure } = buttonsOf(id, act)
  const answer = code("", `What a poll of ${short(id)} says now`)
  const body = make(
    "details",
    { class: "says", toggle: () => say(answer, written(task?.body)) },
    make("summary", {}, "What a poll says now"),
    answer
  )
  const name = make("p", { class: "full-id" }, make("code", {}, id))
  const root = make(
    "div",
    { class: "task" },
    video.root,
    make("div", { class: "task-facts" }, name, facts, line, progress, buttons, body)
  )

  /** @param {Task} seen @param {boolean} mine */
  const showVideo = (seen, mine) => {
    const had = source !== undefined
    source = videoOf(seen)
    video.root.hidden = source === undefined
    if (source === undefined) video.root.replaceChildren()
    if (had || source === undefined) return
    if (mine) video.play()
    else video.offerToPlay()
  }

  /** @param {Task} seen @param {State} known */
  const show = (seen, { scenarios, failures, mine }) => {
    task = seen
    const { scenario, state, shape, ended, polls, collected, age } = seen
    const outcome = collected ? "collected" : ended ? "not collected" : "at work"
    const since = `started ${lasting(Math.max(0, Math.floor(age)) * 1000)} ago`
    say(facts, [scenario, shape, since, polls === 1 ? "1 poll" : `${polls} polls`, outcome].join(" · "))
    if (steps !== scenario + state) line.replaceChildren(...stepsOf(seen, scenarios.get(scenario)))
    steps = scenario + state
    const share = ended ? undefined : seen.progress
    progress.hidden = share === undefined
    progress.value = share ?? 0
    steer.hidden = ended
    offer(failure, [["", "by default"], ...failures])
    if (body.open) say(answer, written(seen.body))
    showVideo(seen, mine.has(id))
  }
  return { root, show }
}
