// @ts-check
/**
 * What the client did wrong and what it cost: the first thing that is read.
 *
 * It judges nothing. What was found comes from the mock's report; here it is put in order, money first, and into words.
 *
 * @module
 */
import { at, button, make, say } from "./Element.js"
import { icon } from "./Icons.js"
import { short } from "./Meaning.js"
import { costOf, dollars, jobs } from "./Money.js"
import { standingFindings, standingMoney } from "./State.js"

/** @import { Finding, Money, Report, Sum, Task } from "../../generated/mock-control/types.gen.ts" */
/** @import { Reveal, State } from "./Types.ts" */

/** Findings that cost money, the worst first, with what each is called. @type {Record<string, string>} */
const expensive = {
  "duplicate-submission": "Paid twice",
  "paid-orphan": "Paid, and the answer lost",
  "never-collected": "Paid for, never collected"
}
/** @type {Record<string, string>} */
const manners = {
  "retry-after-ignored": "Retry-After ignored",
  "contract-violation": "A request broke the contract",
  "poll-too-fast": "Polled too fast",
  "poll-after-end": "Polled after the end",
  "version-header-missing": "X-Runway-Version is missing"
}
const order = [...Object.keys(expensive), ...Object.keys(manners)]

/** What the client could not help comes last. @param {Finding} finding */
const rank = ({ kind, byFault }) => (byFault === true || !order.includes(kind) ? order.length : order.indexOf(kind))
/** @param {Finding} finding */
const titleOf = ({ kind }) => expensive[kind] ?? manners[kind] ?? kind.replaceAll("-", " ")
/** @param {Finding} finding */
const toneOf = ({ kind, byFault }) => (kind in expensive && byFault !== true ? "bad" : "warn")

/** @param {ReadonlyArray<Finding>} findings of one kind. @param {Money} money */
const headlineOf = (findings, { orphaned, paidTwice }) => {
  const [first] = findings
  if (first === undefined) return ""
  const title = titleOf(first)
  if (first.kind === "duplicate-submission") return `${title}: ${costOf(paidTwice)}`
  if (first.kind === "paid-orphan") return `${title}: ${costOf(orphaned)}`
  if (first.kind === "never-collected") return `${title}: ${jobs(findings.length)}`
  return findings.length === 1 ? title : `${title}: ${findings.length} times`
}

/** @param {Finding} finding @param {string} key @param {Reveal} reveal */
const linksOf = ({ requests }, key, reveal) =>
  [...new Set(requests)].slice(0, 12).map((number) =>
    button([`#${number}`], () => reveal(number), {
      class: "link",
      id: `finding-${key}-${number}`,
      "aria-label": `Show request ${number}`
    })
  )

/** @param {string} name @param {number} count @param {string} tone @param {number} [cost] in dollars. */
const figure = (name, count, tone, cost = 0) =>
  make(
    "div",
    { class: `figure ${count > 0 ? tone : ""}` },
    make("dt", {}, name),
    make("dd", {}, String(count), cost > 0 ? make("span", { class: "cost" }, dollars(cost)) : "")
  )

/** @param {Report} report @param {Money} money @param {ReadonlyArray<Task>} tasks */
const figures = ({ polls, downloads }, { accepted, collected, orphaned, paidTwice }, tasks) => {
  /** @param {string} name @param {Sum} sum @param {string} tone */
  const sum = (name, { jobs, dollars }, tone) => figure(name, jobs, tone, dollars)
  const running = tasks.filter(({ ended }) => !ended).length
  const shown = [sum("Accepted", accepted, ""), sum("Collected", collected, "good")]
  if (running > 0) shown.push(figure("At work", running, "work"))
  if (paidTwice.jobs > 0) shown.push(sum("Paid twice", paidTwice, "bad"))
  if (orphaned.jobs > 0) shown.push(sum("Orphaned", orphaned, "bad"))
  shown.push(figure("Polls", polls, ""))
  if (downloads > 0) shown.push(figure("Downloads", downloads, ""))
  return shown
}

/** @param {ReadonlyArray<Finding>} findings @param {number} dropped */
const stateOf = (findings, dropped) => {
  if (findings.length + dropped === 0) return "good"
  return dropped > 0 || findings.some((finding) => toneOf(finding) === "bad") ? "bad" : "warn"
}

/** A finding's message with the ids in it shortened, which are whole in the timeline. @param {Finding} finding @param {ReadonlyArray<Task>} tasks */
const messageOf = ({ message, byFault }, tasks) => {
  const ids = tasks.map(({ id }) => id).filter((id) => message.includes(id))
  const text = ids.reduce((text, id) => text.replaceAll(id, short(id)), message)
  return byFault === true ? `${text} A fault that was asked for did it: the client could not help it.` : text
}

/** The findings after the first. @param {ReadonlyArray<Finding>} findings @param {number} dropped @param {State} state @param {Reveal} reveal */
const showMore = (findings, dropped, { tasks }, reveal) => {
  const items = findings.map((finding, index) =>
    make(
      "li",
      { class: toneOf(finding) },
      make("b", {}, titleOf(finding)),
      make("span", {}, ` ${messageOf(finding, tasks)} `, ...linksOf(finding, String(index + 1), reveal))
    )
  )
  if (dropped > 0) items.push(make("li", {}, `and ${dropped} more`))
  at("findings").replaceChildren(...items)
  at("more").hidden = items.length === 0
  say(at("more-title"), items.length === 1 ? "1 more finding" : `${items.length} more findings`)
}

/** @param {State} state @param {Report} report @param {Reveal} reveal */
export const showReport = (state, report, reveal) => {
  const { dropped } = report
  const money = standingMoney(state, report)
  const sorted = standingFindings(state).toSorted((a, b) => rank(a) - rank(b))
  const [first, ...others] = sorted
  const tone = stateOf(sorted, dropped)
  at("report").dataset["state"] = tone
  const alike = sorted.filter(({ kind }) => kind === first?.kind)
  say(at("verdict"), first === undefined ? "Nothing to complain about" : headlineOf(alike, money))
  at("report")
    .querySelector(".verdict-icon")
    ?.replaceChildren(icon(tone === "good" ? "check" : "alert"))
  const lead =
    first === undefined
      ? ["Your client paid once for each job, and has kept to the rules so far."]
      : [`${messageOf(first, state.tasks)} `, ...linksOf(first, "0", reveal)]
  at("lead").replaceChildren(...lead)
  showMore(others, dropped, state, reveal)
  at("figures").replaceChildren(...figures(report, money, state.tasks))
}
