// @ts-check
/**
 * The timeline, drawn: one lane per task on a scale that all share. On a narrow screen each lane is a list from top to bottom.
 *
 * It judges nothing: what happened, and in which tone, comes from `Timeline.js`.
 *
 * @module
 */
import { at, button, make, place, reconcile, say } from "./Element.js"
import { icon } from "./Icons.js"
import { short } from "./Meaning.js"
import { dollars } from "./Money.js"
import { taskPanel } from "./TaskPanel.js"
import { clockOf, dayOf, fullOf, lasting } from "./Time.js"

/** @import { Act, TimelineEvent, Lane, LanesShown, Scale, State, Timeline } from "./Types.ts" */

/** Labels nearer to each other than this share of the line would overlap. */
const labelRoom = 0.13

/** @type {Record<string, Parameters<typeof icon>[0]>} */
const glyphs = { good: "check", bad: "cross" }

/** @param {TimelineEvent} event */
const isBar = ({ type }) => type === "sleep" || type === "retry"

/** What stands over a POST: what it cost, or why it came to nothing. @param {TimelineEvent} event */
const labelOfPost = ({ tone, words, lost, finding, price }) => {
  if (finding === "duplicate-submission") return price === undefined ? "paid again" : `${dollars(price)} again`
  if (lost) return price === undefined ? "answer lost" : `${dollars(price)} lost`
  if (tone === "bad") return words.split(" ")[0]
  return price === undefined ? "accepted" : dollars(price)
}

/** The little that stands beside a mark or a bar. @param {TimelineEvent} event */
const labelOf = (event) => {
  const { type, tone, words, fault, lost } = event
  if (type === "retry") return words
  if (type === "submit") return labelOfPost(event)
  if (lost) return fault
  return fault !== undefined || tone === "bad" ? words.split(" ")[0] : undefined
}

/** @param {TimelineEvent} event */
const itemOf = ({ type, number }) => {
  const parts = [
    make("span", { class: "glyph", "aria-hidden": "true" }),
    make("time", { class: "when" }),
    make("span", { class: "what" }),
    make("span", { class: "label" })
  ]
  return make("li", { class: "event", "data-type": type, "data-number": number }, ...parts)
}

/** @param {HTMLElement} element @param {string} selector */
const part = (element, selector) => /** @type {HTMLElement} */ (element.querySelector(selector))

/** @param {HTMLElement} glyph @param {TimelineEvent} event */
const showGlyph = (glyph, event) => {
  const { type, tone, fault } = event
  // An accepted POST is a full dot, a poll that is answered as usual an empty one.
  const plain = isBar(event) || (type === "submit" && tone === "good")
  const name = plain ? undefined : fault === undefined ? glyphs[tone] : "cross"
  if (glyph.dataset["name"] === (name ?? "")) return
  glyph.dataset["name"] = name ?? ""
  glyph.replaceChildren(...(name === undefined ? [] : [icon(name)]))
}

/** All of it in words, for narrow screens and for those who cannot see it. @param {TimelineEvent} event */
const wordsOf = (event) => {
  const { type, number, words, fault, lost } = event
  if (isBar(event)) return words
  const why = fault === undefined || lost ? "" : ` (fault: ${fault})`
  return `#${number} ${type}: ${words}${why}`
}

/** @param {HTMLElement} item @param {TimelineEvent} event @param {Scale} scale @param {string | undefined} label */
const showItem = (item, event, scale, label = "") => {
  const { from, to, tone, type, fault = "", finding = "", lost = false, open = false } = event
  const money = type === "submit" && /^(\$|paid)/.test(label)
  const side = scale.place(from) > 0.85 ? "left" : "right"
  place(item, scale.place(from), scale.place(to))
  for (const [name, value] of Object.entries({ tone, fault, finding, lost, open, money, side }))
    item.dataset[name] = String(value)
  const words = wordsOf(event)
  say(part(item, ".what"), words)
  say(part(item, ".label"), label)
  say(part(item, ".when"), clockOf(from))
  item.title = `${words}\n${fullOf(from)}`
  showGlyph(part(item, ".glyph"), event)
}

/** @param {Element} track @param {Lane} lane @param {Scale} scale */
const showTrack = (track, { events }, scale) => {
  const ends = { above: -1, below: -1 }
  /** @param {TimelineEvent} event */
  const labelFor = (event) => {
    const label = labelOf(event)
    const side = event.type === "retry" ? "below" : "above"
    const where = scale.place(event.from)
    if (label === undefined || where < ends[side]) return undefined
    ends[side] = where + Math.max(labelRoom, label.length * 0.011)
    return label
  }
  reconcile(
    track,
    events,
    ({ key }) => key,
    itemOf,
    (item, event) => showItem(item, event, scale, labelFor(event))
  )
}

/** The line of times above the lanes. @param {Scale} scale @param {number | undefined} now */
const showAxis = ({ start, ticks, place: placeOf }, now) => {
  const items = ticks.map(({ at: where, after, folded }, index) => {
    const label = folded
      ? `⋯ ${lasting(after)}`
      : index === 0
        ? `${dayOf(start)}, ${clockOf(start)}`
        : `+${lasting(after)}`
    const tick = make("li", { class: folded ? "tick folded" : "tick" }, make("span", {}, label))
    place(tick, where)
    return tick
  })
  if (now === undefined) return at("axis").replaceChildren(...items)
  const where = placeOf(now)
  const line = make("li", { class: "tick now" }, make("span", {}, "now"))
  place(line, where)
  // A label that the word “now” would cover is left out.
  const clear = items.filter((_, index) => index === 0 || Math.abs((ticks[index]?.at ?? 0) - where) > 0.05)
  return at("axis").replaceChildren(...clear, line)
}

/** @param {Lane} lane @param {Act} act */
const makeLane = ({ id, task }, act) => {
  const detail = make("div", { class: "detail", id: `detail-${id}`, hidden: true })
  const panel = task === undefined ? undefined : taskPanel(id, act)
  if (panel !== undefined) detail.append(panel.root)
  const state = make("span", { class: "state" })
  const about = make("span", { class: "about" })
  const head =
    task === undefined
      ? make("div", { class: "lane-name" }, "No task")
      : button([icon("chevron"), make("code", { title: id }, short(id)), state], () => open(detail.hidden === true), {
          class: "lane-name",
          "aria-expanded": "false",
          "aria-controls": detail.id
        })
  const track = make("ol", {
    class: "track",
    "aria-label": id === "" ? "Requests without a task" : `Timeline of ${short(id)}`
  })
  track.addEventListener("click", ({ target }) => {
    const number = target instanceof Element ? target.closest("[data-number]")?.getAttribute("data-number") : undefined
    if (number) act("reveal", number, "")
  })
  const root = make(
    "li",
    { class: "lane", "data-task": id },
    make("div", { class: "lane-head" }, head, about),
    track,
    detail
  )
  /** @param {boolean} wanted */
  const open = (wanted) => {
    detail.hidden = !wanted
    head.setAttribute("aria-expanded", String(wanted))
  }
  return {
    root,
    open,
    /** @param {Lane} lane @param {LanesShown} shown */
    show: (lane, { state: known, scale }) => {
      root.dataset["tone"] = lane.tone
      root.dataset["trouble"] = String(lane.events.some(({ finding, lost }) => finding !== undefined || lost))
      say(state, lane.words)
      const { task, price } = lane
      const cost = price === undefined ? [] : [dollars(price)]
      const place = task?.collected ? "collected" : task?.ended ? "not collected" : undefined
      say(
        about,
        task === undefined
          ? "refused, or of no known task"
          : [task.scenario, place, ...cost].filter((word) => word !== undefined).join(" · ")
      )
      showTrack(track, lane, scale)
      if (task !== undefined) panel?.show(task, known)
    }
  }
}

/**
 * @param {Act} act
 */
export const lanes = (act) => {
  /** @type {Map<string, ReturnType<typeof makeLane>>} */
  const made = new Map()
  /** @type {Set<string>} */
  const opened = new Set()
  /** A task that was started here opens by itself, once. @param {ReadonlySet<string>} mine @param {ReadonlySet<string>} shown */
  const openNew = (mine, shown) => {
    for (const id of mine) {
      if (!shown.has(id) || opened.has(id)) continue
      opened.add(id)
      for (const [other, lane] of made) lane.open(other === id)
    }
  }
  return {
    /** @param {State} state @param {Timeline} timeline */
    show: (state, { lanes, scale, now }) => {
      showAxis(scale, now)
      /** @param {Lane} lane */
      const laneFor = (lane) => {
        const known = made.get(lane.id) ?? makeLane(lane, act)
        made.set(lane.id, known)
        return known
      }
      reconcile(
        at("lanes"),
        lanes,
        ({ id }) => id,
        (lane) => laneFor(lane).root,
        (_, lane) => laneFor(lane).show(lane, { state, scale })
      )
      const shown = new Set(lanes.map(({ id }) => id))
      for (const id of made.keys()) if (!shown.has(id)) made.delete(id)
      openNew(state.mine, shown)
    },
    clear: () => {
      made.clear()
      opened.clear()
      at("lanes").replaceChildren()
      at("axis").replaceChildren()
    }
  }
}
