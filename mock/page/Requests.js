// @ts-check
/**
 * The list of requests that a world received, newest first, each of which opens to all that is known of it.
 *
 * It keeps the last two hundred. What an entry holds was sent by whoever calls the mock, and is shown as text.
 */
import { code, make } from "./Element.js"

/** @import { Entry } from "../../generated/mock-control/types.gen.ts" */

export const most = 200

/** @param {Entry} entry */
const isTrouble = ({ answer, fault, violations }) =>
  fault !== undefined || violations.length > 0 || !(Number(answer?.status) < 400)

/** @param {Record<string, string>} headers */
const headersOf = (headers) =>
  make("dl", {}, ...Object.entries(headers).flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]))

/** @param {Entry} entry */
const contentOf = ({ headers, body, violations, answer, fault, at }) => {
  /** @type {Array<Node>} */
  const parts = [make("p", { class: "hint" }, at)]
  /** @param {string} title @param {ReadonlyArray<Node | string>} nodes */
  const part = (title, ...nodes) => parts.push(make("h4", {}, title), make("div", {}, ...nodes))
  const broken = violations.map(({ location, message }) =>
    make("li", {}, make("code", {}, location.join(".")), ` ${message}`)
  )
  if (broken.length > 0) part("What breaks the contract", make("ul", {}, ...broken))
  if (fault !== undefined) {
    const late = fault.delay === undefined ? "" : `; the answer was held back for ${Math.round(fault.delay)} ms`
    part("Fault", `${fault.kinds.join(" and ")}, by ${fault.ids.join(" and ")}${late}`)
  }
  part("Request", headersOf(headers))
  if (body !== undefined) parts.push(code(body, "Body of the request"))
  if (answer === undefined) part("Answer", "None came: a fault saw to that.")
  else part(`Answer ${answer.status}`, headersOf(answer.headers))
  if (answer?.body !== undefined) parts.push(code(answer.body, "Body of the answer"))
  return parts
}

/** @param {Entry} entry */
const rowOf = (entry) => {
  const { number, at, operation, method, path, violations, fault, took, answer } = entry
  const status = answer?.status ?? 599
  const tone = status >= 500 ? "bad" : status >= 400 ? "warn" : status >= 300 ? "" : "good"
  const notes = make("span", { class: "notes" })
  /** @param {string} text @param {string} tone */
  const note = (text, tone) => notes.append(make("span", { class: `badge ${tone}` }, text))
  if (fault !== undefined) note(`fault: ${fault.kinds.join(", ")}`, "warn")
  if (violations.length > 0) note(`violations: ${violations.length}`, "bad")
  note(String(answer?.status ?? "no answer"), tone)
  const summary = make(
    "summary",
    {},
    make("span", { class: "soft" }, `#${number}`),
    make("time", { class: "soft", datetime: at, title: at }, at.slice(11, 19)),
    make("span", { class: operation }, operation),
    make("span", { class: "path", title: path }, make("b", {}, method), ` ${path}`),
    notes,
    make("span", { class: "soft took" }, `${took.toFixed(took < 10 ? 1 : 0)} ms`)
  )
  const content = make("div", { class: "content" })
  const toggle = () => content.hasChildNodes() || content.append(...contentOf(entry))
  return make("li", { class: "request" }, make("details", { toggle }, summary, content))
}

/** @param {HTMLElement} list */
export const requests = (list) => {
  /** @type {Array<{ entry: Entry, row: HTMLElement }>} */
  let rows = []
  let filter = ""
  /** @param {Entry} entry */
  const fits = (entry) =>
    filter === "" || [entry.operation, entry.taskId, isTrouble(entry) ? "trouble" : ""].includes(filter)
  return {
    /** @param {ReadonlyArray<Entry>} entries oldest first. */
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
    /** @param {string} by an operation, a task's id or `trouble`; nothing for all. */
    filter(by) {
      filter = by
      for (const { entry, row } of rows) row.hidden = !fits(entry)
    },
    /** @param {number} number */
    reveal(number) {
      const { row } = rows.find(({ entry }) => entry.number === number) ?? {}
      if (row === undefined) return
      row.hidden = false
      row.querySelector("details")?.setAttribute("open", "")
      row.querySelector("summary")?.focus()
    }
  }
}
