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
import { costOf, countsOf, dollars } from "./Money.js"
import { standingFindings } from "./State.js"

/** @import { Entry, Finding, Report, Task } from "../../generated/mock-control/types.gen.ts" */
/** @import { Reveal, State } from "./Types.ts" */

/** Findings that cost money, the worst first, with what each is called and how many jobs it cost. @type {Record<string, { title: string, jobs: (finding: Finding) => number }>} */
const expensive = {
  "duplicate-submission": { title: "Paid twice", jobs: ({ requests }) => requests.length },
  "paid-orphan": { title: "Paid, and the answer lost", jobs: () => 1 },
  "never-collected": { title: "Paid for, never collected", jobs: () => 1 }
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

/** @param {Finding} finding */
const rank = ({ kind }) => (order.includes(kind) ? order.indexOf(kind) : order.length)
/** @param {Finding} finding */
const titleOf = ({ kind }) => expensive[kind]?.title ?? manners[kind] ?? kind.replaceAll("-", " ")
/** @param {Finding} finding */
const isExpensive = ({ kind }) => kind in expensive

/** @param {ReadonlyArray<Finding>} findings of one kind. @param {number | undefined} price */
const headlineOf = (findings, price) => {
  const [first] = findings
  if (first === undefined) return ""
  const jobs = findings.reduce((sum, finding) => sum + (expensive[finding.kind]?.jobs(finding) ?? 0), 0)
  const title = titleOf(first)
  if (first.kind === "duplicate-submission" && findings.length === 1 && jobs > 2)
    return `Paid ${jobs} times: ${costOf(jobs, price)}`
  if (jobs > 0) return `${title}: ${costOf(jobs, price)}`
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

/** @param {Report} report @param {number | undefined} price @param {ReadonlyArray<Task>} tasks @param {ReadonlyArray<Entry>} entries */
const figures = (report, price, tasks, entries) => {
  const { accepted, collected, running, orphaned, again } = countsOf(report, tasks, entries)
  /** @param {string} name @param {number} jobs @param {string} tone @param {boolean} [money] */
  const figure = (name, jobs, tone, money = true) => {
    const cost = money && price !== undefined ? make("span", { class: "cost" }, dollars(jobs * price)) : ""
    return make(
      "div",
      { class: `figure ${jobs > 0 ? tone : ""}` },
      make("dt", {}, name),
      make("dd", {}, String(jobs), cost)
    )
  }
  const shown = [figure("Accepted", accepted, ""), figure("Collected", collected, "good", false)]
  if (running > 0) shown.push(figure("At work", running, "work", false))
  if (again > 0) shown.push(figure("Paid again", again, "bad"))
  if (orphaned > 0) shown.push(figure("Answer lost", orphaned, "bad"))
  shown.push(figure("Polls", report.polls, "", false))
  if (report.downloads > 0) shown.push(figure("Downloads", report.downloads, "", false))
  return shown
}

/** @param {ReadonlyArray<Finding>} findings @param {number} dropped */
const stateOf = (findings, dropped) => {
  if (findings.length + dropped === 0) return "good"
  return findings.some(isExpensive) || dropped > 0 ? "bad" : "warn"
}

/** A finding's message with the ids in it shortened, which are whole in the timeline. @param {Finding} finding @param {ReadonlyArray<Task>} tasks */
const messageOf = ({ message }, tasks) => {
  const ids = tasks.map(({ id }) => id).filter((id) => message.includes(id))
  return ids.reduce((text, id) => text.replaceAll(id, short(id)), message)
}

/** The findings after the first. @param {ReadonlyArray<Finding>} findings @param {number} dropped @param {State} state @param {Reveal} reveal */
const showMore = (findings, dropped, { tasks }, reveal) => {
  const items = findings.map((finding, index) =>
    make(
      "li",
      { class: isExpensive(finding) ? "bad" : "warn" },
      make("b", {}, titleOf(finding)),
      make("span", {}, ` ${messageOf(finding, tasks)} `, ...linksOf(finding, String(index + 1), reveal))
    )
  )
  if (dropped > 0) items.push(make("li", {}, `and ${dropped} more`))
  at("findings").replaceChildren(...items)
  at("more").hidden = items.length === 0
  say(at("more-title"), items.length === 1 ? "1 more finding" : `${items.length} more findings`)
}

/** @param {State} state @param {Report} report @param {number | undefined} price @param {Reveal} reveal */
export const showReport = (state, report, price, reveal) => {
  const { dropped } = report
  const sorted = standingFindings(state).toSorted((a, b) => rank(a) - rank(b))
  const [first, ...others] = sorted
  const tone = stateOf(sorted, dropped)
  at("report").dataset["state"] = tone
  const alike = sorted.filter(({ kind }) => kind === first?.kind)
  say(at("verdict"), first === undefined ? "Nothing to complain about" : headlineOf(alike, price))
  at("report")
    .querySelector(".verdict-icon")
    ?.replaceChildren(icon(tone === "good" ? "check" : "alert"))
  const lead =
    first === undefined
      ? ["Your client paid once for each job, and has kept to the rules so far."]
      : [`${messageOf(first, state.tasks)} `, ...linksOf(first, "0", reveal)]
  at("lead").replaceChildren(...lead)
  showMore(others, dropped, state, reveal)
  at("figures").replaceChildren(...figures(report, price, state.tasks, state.entries))
}
