// @ts-check
/**
 * The list of requests that a world received, newest first, each of which opens to all that is known of it.
 *
 * It keeps the last two hundred. What an entry holds was sent by whoever calls the mock, and is shown as text.
 */
import { code, make } from "./Element.js"

/** @import { Entry } from "../../generated/mock-control/types.gen.ts" */

const most = 200

/** @param {Entry} entry */
const outcomeOf = ({ answer, fault }) => {
  if (answer === undefined) return { text: "no answer", tone: "bad" }
  const tone = answer.status < 300 ? "good" : answer.status < 400 ? "none" : answer.status < 500 ? "warn" : "bad"
  return { text: String(answer.status), tone: fault === undefined ? tone : tone === "good" ? "warn" : tone }
}

/** @param {Entry} entry */
const isTrouble = ({ answer, fault, violations }) =>
  fault !== undefined || violations.length > 0 || answer === undefined || answer.status >= 400

/** @param {Record<string, string>} headers */
const headersOf = (headers) =>
  make(
    "dl",
    { class: "headers" },
    ...Object.entries(headers).flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)])
  )

/** @param {Entry} entry */
const contentOf = ({ headers, body, violations, answer, fault, at, taskId }) => {
  /** @param {string} title @param {ReadonlyArray<Node | string>} nodes */
  const part = (title, ...nodes) => make("section", {}, make("h4", {}, title), ...nodes)
  const about = `At ${at}${taskId === undefined ? "" : `, about the task ${taskId}`}`
  /** @type {Array<HTMLElement>} */
  const parts = [make("p", { class: "hint" }, about)]
  if (violations.length > 0) {
    const each = violations.map(({ location, message, severity }) =>
      make("li", {}, make("code", {}, location.join(".")), ` ${message} `, make("small", {}, severity))
    )
    parts.push(part("What breaks the contract", make("ul", {}, ...each)))
  }
  if (fault !== undefined) {
    const held = fault.delay === undefined ? "" : `; the answer was held back for ${Math.round(fault.delay)} ms`
    parts.push(part("Fault", make("p", {}, `${fault.kinds.join(" and ")}, by ${fault.ids.join(" and ")}${held}`)))
  }
  parts.push(part("Request", headersOf(headers)))
  if (body !== undefined && body !== null) parts.push(code(body, "Body of the request"))
  if (answer === undefined) parts.push(part("Answer", make("p", {}, "None came: a fault saw to that.")))
  else {
    parts.push(part(`Answer ${answer.status}`, headersOf(answer.headers)))
    if (answer.body !== undefined) parts.push(code(answer.body, "Body of the answer"))
  }
  return parts
}

/** @param {Entry} entry */
const rowOf = (entry) => {
  const { number, at, operation, method, path, violations, fault, took } = entry
  const outcome = outcomeOf(entry)
  const time = at.slice(11, 19) || at
  const notes = make("span", { class: "notes" })
  if (fault !== undefined) notes.append(make("span", { class: "badge warn" }, `fault: ${fault.kinds.join(", ")}`))
  if (violations.length > 0)
    notes.append(
      make("span", { class: "badge bad" }, violations.length === 1 ? "1 violation" : `${violations.length} violations`)
    )
  notes.append(make("span", { class: `badge ${outcome.tone}` }, outcome.text))
  const summary = make(
    "summary",
    {},
    make("span", { class: "number" }, `#${number}`),
    make("time", { datetime: at, title: at }, time),
    make("span", { class: `operation ${operation}` }, operation),
    make("span", { class: "path", title: `${method} ${path}` }, make("b", {}, method), ` ${path}`),
    notes,
    make("span", { class: "took" }, `${took < 10 ? took.toFixed(1) : Math.round(took)} ms`)
  )
  const content = make("div", { class: "content" })
  const details = make(
    "details",
    {
      toggle: () => {
        if (details.open && content.childElementCount === 0) content.append(...contentOf(entry))
      }
    },
    summary,
    content
  )
  return make("li", { class: "request", "data-number": number }, details)
}

/** @param {HTMLElement} list */
export const requests = (list) => {
  /** @type {Array<{ entry: Entry, row: HTMLElement }>} */
  let rows = []
  let filter = ""
  let task = ""
  /** @param {Entry} entry */
  const fits = (entry) =>
    task !== ""
      ? entry.taskId === task
      : filter === "" || (filter === "trouble" ? isTrouble(entry) : entry.operation === filter)
  const sift = () => {
    for (const { entry, row } of rows) row.hidden = !fits(entry)
  }
  return {
    /** @param {ReadonlyArray<Entry>} entries oldest first */
    add(entries) {
      for (const entry of entries.slice(-most)) {
        const row = rowOf(entry)
        row.hidden = !fits(entry)
        rows.push({ entry, row })
        list.prepend(row)
      }
      for (const { row } of rows.splice(0, Math.max(0, rows.length - most))) row.remove()
    },
    clear() {
      rows = []
      list.replaceChildren()
    },
    /** @param {string} by an operation, `trouble`, or a task's id after a colon; nothing for all. */
    show(by) {
      task = by.startsWith(":") ? by.slice(1) : ""
      filter = by
      sift()
    },
    /** @param {number} number @returns {boolean} whether it is still here. */
    reveal(number) {
      const found = rows.find(({ entry }) => entry.number === number)
      if (found === undefined) return false
      found.row.hidden = false
      const details = found.row.querySelector("details")
      if (details !== null) details.open = true
      found.row.querySelector("summary")?.focus()
      found.row.scrollIntoView({ block: "nearest" })
      return true
    }
  }
}
