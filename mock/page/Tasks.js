// @ts-check
/**
 * The list of tasks, newest first: where each is in its scenario, what can be done to it, and its video once there is one.
 *
 * A task's place in the page lives as long as the task, so that a video plays on and a focus stays. It calls nobody: what a button
 * means is said by whoever makes the list. Loading a video is a request to the mock, so only those of this page's own tasks start by
 * themselves.
 */
import { code, make, offer, say, written } from "./Element.js"

/** @import { Scenario, Task } from "../../generated/mock-control/types.gen.ts" */

/**
 * @typedef {{
 *   poll: (id: string) => unknown, copy: (id: string) => unknown, advance: (id: string) => unknown,
 *   finish: (id: string) => unknown, fail: (id: string, as: string) => unknown, requests: (id: string) => unknown
 * }} Actions
 * @typedef {{ now: number, scenarios: ReadonlyMap<string, Scenario>, failures: ReadonlyArray<string>, mine: ReadonlySet<string> }} Facts
 */

const most = 100

/** @param {number} seconds */
const lasted = (seconds) => {
  const whole = Math.max(0, Math.floor(seconds))
  const [minutes, hours, days] = [Math.floor(whole / 60), Math.floor(whole / 3600), Math.floor(whole / 86_400)]
  if (minutes === 0) return `${whole} s`
  if (hours === 0) return `${minutes} min ${whole % 60} s`
  return days === 0 ? `${hours} h ${minutes % 60} min` : `${days} d ${hours % 24} h`
}

/** @param {Task} task */
const toneOf = ({ status = "", ended }) => {
  if (/^SUCC/i.test(status)) return ended ? "good" : "work"
  if (/^(FAIL|CANCEL)/i.test(status)) return "bad"
  return status === "" ? "none" : "work"
}

/**
 * Where the video is, on this origin and nowhere else.
 *
 * @param {Task} task
 */
const videoOf = ({ output }) => {
  if (output === undefined || !URL.canParse(output, location.origin)) return undefined
  const { pathname, search } = new URL(output, location.origin)
  return pathname.startsWith("/assets/") ? pathname + search : undefined
}

const units = /** @type {Record<string, string>} */ ({ m: "ms", s: "s", h: "h", d: "d" })

/** @param {string} duration */
const short = (duration) => {
  const [count = "", unit = ""] = duration.split(" ")
  return `${count} ${unit.startsWith("minute") ? "min" : (units[unit.charAt(0)] ?? unit)}`
}

/**
 * The states of a task's scenario, with the present one marked.
 *
 * @param {Task} task
 * @param {Scenario | undefined} scenario
 */
const stepsOf = (task, scenario) => {
  const states = (scenario?.timeline ?? []).map(({ state, for: time, polls }) => ({
    state,
    lasts: polls === undefined ? time : polls === 1 ? "1 poll" : `${polls} polls`
  }))
  let current = states.findLastIndex(({ state }) => state === task.state)
  if (current < 0) current = states.push({ state: task.state, lasts: undefined }) - 1
  return states.map(({ state, lasts }, index) => {
    const text = lasts === undefined ? state : `${state} `
    const step = make(
      "li",
      index === current ? { "aria-current": "step" } : { class: index < current ? "past" : "" },
      text
    )
    if (lasts !== undefined) step.append(make("small", {}, lasts.includes("poll") ? lasts : short(String(lasts))))
    return step
  })
}

class Card {
  /** @param {string} id @param {Actions} actions */
  constructor(id, actions) {
    this.status = make("span", { class: "status" })
    this.facts = make("span", { class: "facts" })
    this.steps = make("ol", { class: "steps", "aria-label": "States of its scenario" })
    this.progress = make("progress", { max: 1, "aria-label": "Progress" })
    this.percent = make("span", { class: "mono" })
    this.bar = make("div", { class: "bar" }, this.progress, this.percent)
    this.failure = make("select", { "aria-label": "How it fails" })
    this.poll = make("button", { type: "button", click: () => actions.poll(id) }, "Poll")
    this.steer = make(
      "span",
      { class: "row", role: "group", "aria-label": "Steer this task" },
      make("button", { type: "button", click: () => actions.advance(id) }, "Advance"),
      make("button", { type: "button", click: () => actions.finish(id) }, "Finish"),
      make(
        "span",
        { class: "joined" },
        make("button", { type: "button", click: () => actions.fail(id, this.failure.value) }, "Fail"),
        this.failure
      )
    )
    this.source = make("div")
    this.body = make(
      "details",
      { toggle: () => this.showBody() },
      make("summary", {}, "What a poll says now"),
      this.source
    )
    this.film = make("div", { class: "film" })
    /** @type {HTMLVideoElement | undefined} */
    this.video = undefined
    /** @type {Task | undefined} */
    this.task = undefined
    this.shown = ""
    this.root = make(
      "li",
      { class: "task", "data-task": id },
      make("div", { class: "title" }, this.status, make("code", { class: "id" }, id)),
      this.facts,
      this.steps,
      this.bar,
      make(
        "div",
        { class: "row" },
        this.poll,
        make("button", { type: "button", click: () => actions.copy(id) }, "Copy curl"),
        make("button", { type: "button", class: "quiet", click: () => actions.requests(id) }, "Its requests"),
        this.steer
      ),
      this.film,
      this.body
    )
  }

  showBody() {
    if (!this.body.open || this.task === undefined) return
    const text = written(this.task.body)
    if (this.source.textContent !== text) this.source.replaceChildren(code(text, "What a poll says now"))
  }

  /** @param {Task} task @param {Facts} facts */
  show(task, { now, scenarios, failures, mine }) {
    this.task = task
    const { progress, polls, ended, collected } = task
    const age = Number.isNaN(now) ? task.age : (now - Date.parse(task.createdAt)) / 1000
    this.root.dataset["tone"] = toneOf(task)
    say(this.status, task.status ?? task.state)
    say(
      this.facts,
      [
        task.scenario,
        task.shape === "other" ? "not there yet" : task.shape,
        `started ${lasted(age)} ago`,
        polls === 1 ? "1 poll" : `${polls} polls`,
        collected ? "collected" : ended ? "not collected" : "at work"
      ].join(" · ")
    )
    const shown = JSON.stringify([task.scenario, task.state])
    if (this.shown !== shown) {
      this.shown = shown
      this.steps.replaceChildren(...stepsOf(task, scenarios.get(task.scenario)))
    }
    const share = ended && toneOf(task) === "good" ? 1 : progress
    this.bar.hidden = share === undefined
    this.progress.value = share ?? 0
    say(this.percent, `${Math.floor((share ?? 0) * 100)} %`)
    this.steer.hidden = ended
    offer(this.failure, [["", "as it would"], ...failures.map((name) => /** @type {const} */ ([name, name]))])
    this.showBody()
    this.showVideo(videoOf(task), mine.has(task.id))
  }

  /** @param {string | undefined} source @param {boolean} mine */
  showVideo(source, mine) {
    if (source === undefined) {
      this.video?.pause()
      this.video = undefined
      this.film.replaceChildren()
      return
    }
    if (this.video !== undefined) {
      // A fresh URL is of use only where the old one was not loaded, or failed.
      const unused = this.video.readyState === HTMLMediaElement.HAVE_NOTHING && this.video.paused
      if (unused && this.video.getAttribute("src") !== source) {
        this.film.querySelector("p")?.remove()
        this.video.setAttribute("src", source)
      }
      return
    }
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches
    const plays = mine && !still
    const video = make("video", {
      controls: true,
      playsinline: true,
      preload: plays ? "auto" : "none",
      "aria-label": "The resulting video",
      error: () => {
        const words = "The video did not load: its URL has expired, or a fault was in the way. A poll has a fresh URL."
        if (this.film.querySelector("p") === null) this.film.append(make("p", { class: "hint" }, words))
      }
    })
    video.muted = true
    video.autoplay = plays
    video.src = source
    this.video = video
    this.film.replaceChildren(video)
  }
}

/**
 * @param {HTMLElement} list
 * @param {Actions} actions
 */
export const tasks = (list, actions) => {
  /** @type {Map<string, Card>} */
  const cards = new Map()
  return {
    /** @param {ReadonlyArray<Task>} all @param {Facts} facts */
    show(all, facts) {
      const shown = all.slice(-most)
      const ids = new Set(shown.map(({ id }) => id))
      for (const [id, { root }] of cards) {
        if (ids.has(id)) continue
        root.remove()
        cards.delete(id)
      }
      for (const task of shown) {
        let card = cards.get(task.id)
        if (card === undefined) {
          card = new Card(task.id, actions)
          cards.set(task.id, card)
          list.prepend(card.root)
        }
        card.show(task, facts)
      }
      list.setAttribute("start", String(all.length))
    }
  }
}
