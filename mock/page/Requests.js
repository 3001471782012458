// @ts-check
/**
 * The list of requests that a world received, newest first, each of which opens to all that is known of it.
 *
 * It shows the last two hundred. What an entry holds was sent by whoever calls the mock, and is shown as text.
 *
 * @module
 */
import { at, button, code, make, reconcile } from "./Element.js"
import { icon } from "./Icons.js"
import { meaningOf, short, shortPath } from "./Meaning.js"
import { clockOf, fullOf } from "./Time.js"

/** @import { Entry, Finding } from "../../generated/mock-control/types.gen.ts" */

export const most = 200

/** @param {Entry} entry */
const isTrouble = ({ answer, fault, violations }) =>
  fault !== undefined || violations.length > 0 || !(Number(answer?.status) < 400)

/** @param {Record<string, string>} headers */
const headersOf = (headers) =>
  make("dl", {}, ...Object.entries(headers).flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]))

/** @param {Entry} entry */
const contentOf = ({ number, method, path, headers, body, violations, answer, fault, at, took }) => {
  /** @type {Array<Node>} */
  const parts = [
    make("p", { class: "hint" }, `${fullOf(Date.parse(at))} · known to the mock after ${took.toFixed(1)} ms`)
  ]
  /** @param {string} title @param {ReadonlyArray<Node | string>} nodes */
  const part = (title, ...nodes) => parts.push(make("h3", {}, title), make("div", {}, ...nodes))
  const broken = violations.map(({ location, message }) =>
    make("li", {}, make("code", {}, location.join(".")), ` ${message}`)
  )
  if (broken.length > 0) part("What breaks the contract", make("ul", {}, ...broken))
  if (fault !== undefined) {
    const late = fault.delay === undefined ? "" : `; the answer was held back for ${Math.round(fault.delay)} ms`
    part("Fault", `${fault.kinds.join(" and ")}, by ${fault.ids.join(" and ")}${late}`)
  }
  part("Request", make("p", { class: "mono" }, `${method} ${path}`), headersOf(headers))
  if (body !== undefined) parts.push(code(body, `Body of request ${number}`))
  if (answer === undefined) part("Answer", "None came: a fault saw to that.")
  else part(`Answer ${answer.status}`, headersOf(answer.headers))
  if (answer?.body !== undefined) parts.push(code(answer.body, `Body of answer ${number}`))
  return parts
}

/** What is wrong with a request, beside its answer. @param {Entry} entry @param {Finding | undefined} finding */
const notesOf = ({ fault, violations }, finding) => {
  const notes = []
  if (finding !== undefined) notes.push(make("span", { class: "badge bad" }, finding.kind.replaceAll("-", " ")))
  if (fault !== undefined) notes.push(make("span", { class: "badge warn" }, `fault: ${fault.kinds.join(", ")}`))
  if (violations.length > 0) notes.push(make("span", { class: "badge bad" }, `violations: ${violations.length}`))
  return notes
}

/** @param {Entry} entry */
const rowOf = (entry) => {
  const { number, at: when, operation, method, path, taskId, answer } = entry
  const { tone, words } = meaningOf(entry)
  const summary = make(
    "summary",
    {},
    icon("chevron"),
    make("span", { class: "number" }, `#${number}`),
    make("time", { datetime: when, title: fullOf(Date.parse(when)) }, clockOf(Date.parse(when))),
    make("span", { class: "operation" }, operation),
    make("span", { class: "path", title: path }, taskId === undefined ? `${method} ${shortPath(path)}` : short(taskId)),
    make("span", { class: `meaning ${tone}` }, words),
    make("span", { class: "notes" }),
    make("span", { class: "status" }, String(answer?.status ?? "none"))
  )
  const content = make("div", { class: "content" })
  const toggle = () => content.hasChildNodes() || content.append(...contentOf(entry))
  return make("li", { class: "request", "data-number": number }, make("details", { toggle }, summary, content))
}

/** The filters there are: one for each operation that was seen. @param {ReadonlyArray<Entry>} entries @param {string} task */
const filtersOf = (entries, task) => {
  const operations = [...new Set(entries.map(({ operation }) => operation))]
  const named = task === "" ? [] : [[task, `of ${short(task)}`]]
  return [["", "all"], ["trouble", "trouble"], ...operations.map((operation) => [operation, operation]), ...named]
}

export const requests = () => {
  let filter = ""
  let task = ""
  /** @type {ReadonlyArray<Entry>} */
  let known = []
  /** @param {Entry} entry */
  const fits = (entry) =>
    filter === "" || [entry.operation, entry.taskId, isTrouble(entry) ? "trouble" : ""].includes(filter)
  const show = () => {
    const fitting = new Set(known.filter(fits).map(({ number }) => String(number)))
    for (const row of at("requests").children)
      row.toggleAttribute("hidden", !fitting.has(row.getAttribute("data-key") ?? ""))
    reconcile(
      at("filters"),
      filtersOf(known, task),
      ([value = ""]) => value,
      ([value = "", label = ""]) => button([label], () => choose(value), { class: "chip" }),
      (element, [value]) => element.setAttribute("aria-pressed", String(value === filter))
    )
  }
  /** @param {string} by an operation, a task's id or `trouble`; nothing for all. */
  const choose = (by) => {
    filter = by
    if (by.length > 10) task = by
    show()
  }
  return {
    choose,
    /** @param {ReadonlyArray<Entry>} entries oldest first. @param {ReadonlyMap<number, Finding>} found */
    show: (entries, found) => {
      known = entries
      reconcile(
        at("requests"),
        entries.slice(-most).toReversed(),
        ({ number }) => String(number),
        rowOf,
        (row, entry) => {
          const finding = found.get(entry.number)
          if (row.dataset["finding"] === (finding?.kind ?? "")) return
          row.dataset["finding"] = finding?.kind ?? ""
          row.querySelector(".notes")?.replaceChildren(...notesOf(entry, finding))
        }
      )
      show()
    },
    clear: () => {
      filter = ""
      task = ""
      known = []
      at("requests").replaceChildren()
    },
    /** Opens a request, and answers whether it is in the list. @param {number} number */
    reveal: (number) => {
      choose("")
      const row = at("requests").querySelector(`[data-number="${number}"]`)
      row?.querySelector("details")?.setAttribute("open", "")
      row?.querySelector("summary")?.focus()
      row?.scrollIntoView({ block: "center" })
      return row !== null
    }
  }
}
