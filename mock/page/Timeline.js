// @ts-check
/**
 * The life of each task as the client saw it: the POST, the sleeps, the polls and the end, as data.
 *
 * It draws nothing. What it says comes from the journal; what the mock alone knows is the task's own state.
 *
 * @module
 */
import { inWords, meaningOf, retryAfterOf, toneOfTask } from "./Meaning.js"
import { scaleOf } from "./Scale.js"
import { standingFindings } from "./State.js"
import { lasting } from "./Time.js"

/** @import { Entry, Finding, Task } from "../../generated/mock-control/types.gen.ts" */
/** @import { TimelineEvent, Lane, State } from "./Types.ts" */

export const mostLanes = 12

/** The findings about each request, by its number. @param {ReadonlyArray<Finding>} findings */
export const findingsByRequest = (findings) => {
  /** @type {Map<number, Finding>} */
  const found = new Map()
  for (const finding of findings.toReversed()) {
    // What was never done, and what never arrived, is no request's fault.
    if (finding.kind === "never-collected" || finding.kind === "paid-orphan") continue
    // The first request of a pair is the one that was right.
    const blamed = finding.requests.length > 1 ? finding.requests.slice(1) : finding.requests
    for (const number of blamed) found.set(number, finding)
  }
  return found
}

/** What a POST that was accepted cost. @param {Entry | undefined} entry @param {State} state */
const priceOf = (entry, { submissions }) =>
  entry?.operation === "submit" && entry.taskId !== undefined
    ? submissions.find(({ path }) => path === entry.path)?.price
    : undefined

/** @param {Entry} entry @param {Finding | undefined} finding @param {number | undefined} price @returns {TimelineEvent} */
const markOf = (entry, finding, price) => {
  const { tone, words } = meaningOf(entry)
  const at = Date.parse(entry.at)
  return {
    key: `mark-${entry.number}`,
    type: entry.operation,
    from: at,
    to: at,
    number: entry.number,
    tone: finding === undefined ? tone : "bad",
    fault: entry.fault?.kinds.join(", "),
    lost: entry.answer === undefined,
    finding: finding?.kind,
    price,
    words
  }
}

/** What an answer asked for, as a bar that begins when it was given. @param {Entry} entry @param {Entry | undefined} next @returns {Array<TimelineEvent>} */
const askedWait = (entry, next) => {
  const wait = retryAfterOf(entry)
  if (wait === undefined) return []
  const from = Date.parse(entry.at)
  const early = next !== undefined && Date.parse(next.at) < from + wait
  const words = `Retry-After ${lasting(wait)}${early ? ", ignored" : ""}`
  return [{ key: `retry-${entry.number}`, type: "retry", from, to: from + wait, tone: early ? "bad" : "warn", words }]
}

/** What the client did between two requests: it slept. @param {Entry} entry @param {number} to @param {boolean} open @returns {TimelineEvent} */
const sleepOf = (entry, to, open) => {
  const from = Date.parse(entry.at)
  const { tone } =
    entry.operation === "submit" && entry.answer !== undefined
      ? { tone: /** @type {const} */ ("wait") }
      : meaningOf(entry)
  const told = tone === "bad" || tone === "good" ? "wait" : tone
  const words = `${open ? "waiting" : "slept"} ${lasting(to - from)}`
  return { key: `sleep-${entry.number}`, type: "sleep", from, to, tone: told, open, words }
}

/** Whether an answer told how the task ended. @param {Entry} entry */
const tellsEnd = (entry) =>
  entry.operation === "poll" && entry.answer?.status === 200 && ["good", "bad"].includes(meaningOf(entry).tone)

/** @param {Task} task @param {ReadonlyArray<Entry>} entries @param {number} now */
const sleepsOf = ({ collected }, entries, now) =>
  entries.flatMap((entry, index) => {
    const next = entries[index + 1]
    if (Date.parse(entry.at) === (next === undefined ? now : Date.parse(next.at))) return []
    if (next === undefined && (collected || entry.answer === undefined)) return []
    // Once the client knows how it ended, nothing is waited for.
    if (tellsEnd(entry)) return []
    return [sleepOf(entry, next === undefined ? now : Date.parse(next.at), next === undefined)]
  })

/** @param {Task} task @param {ReadonlyArray<Entry>} entries @param {ReadonlyArray<Finding>} findings @param {State} state @param {number} now @returns {Lane} */
const laneOf = (task, entries, findings, state, now) => {
  const found = findingsByRequest(findings)
  const life = entries.filter(({ operation }) => operation !== "asset")
  const post = life.find(({ operation }) => operation === "submit")
  const orphan = findings.some(({ kind, taskId }) => kind === "paid-orphan" && taskId === task.id)
  const events = [
    ...sleepsOf(task, life, now),
    ...life.flatMap((entry, index) => askedWait(entry, life[index + 1])),
    ...entries.map((entry) => markOf(entry, found.get(entry.number), priceOf(entry, state)))
  ]
  return {
    id: task.id,
    task,
    price: priceOf(post, state),
    tone: orphan ? "bad" : toneOfTask(task),
    words: orphan ? "answer lost" : inWords(task.status ?? task.state),
    events: events.sort(
      (a, b) => a.from - b.from || (a.number ?? Number.MAX_SAFE_INTEGER) - (b.number ?? Number.MAX_SAFE_INTEGER)
    )
  }
}

/** The requests that are about no task: refused POSTs, wrong paths. @param {ReadonlyArray<Entry>} entries @param {ReadonlyMap<number, Finding>} found @returns {Array<Lane>} */
const laneWithoutTask = (entries, found) => {
  if (entries.length === 0) return []
  const events = [
    ...entries.flatMap((entry, index) => askedWait(entry, entries[index + 1])),
    ...entries.map((entry) => markOf(entry, found.get(entry.number), undefined))
  ]
  return [
    {
      id: "",
      task: undefined,
      tone: "wait",
      words: "",
      events: events.sort((a, b) => a.from - b.from)
    }
  ]
}

/** @param {TimelineEvent} event */
const momentsOf = ({ from, to, type }) => (type === "retry" ? [from] : [from, to])

/**
 * The lanes to draw, newest task first, and the scale that they share.
 *
 * @param {State} state @param {number} most
 */
export const timelineOf = (state, most = mostLanes) => {
  const { tasks, entries, world } = state
  const findings = standingFindings(state)
  const now = Date.parse(world?.now ?? "") || 0
  const ofTask = Map.groupBy(entries, ({ taskId = "" }) => taskId)
  const recent = tasks.slice(-most)
  const lanes = recent.toReversed().map((task) => laneOf(task, ofTask.get(task.id) ?? [], findings, state, now))
  const first = Date.parse(recent[0]?.createdAt ?? "") || 0
  const without = (ofTask.get("") ?? []).filter(({ at }) => tasks.length <= most || Date.parse(at) >= first)
  const all = [...lanes, ...laneWithoutTask(without.slice(-50), findingsByRequest(findings))]
  const moments = all.flatMap(({ events }) => events.flatMap(momentsOf))
  // Once nothing is waited for, the line ends with what happened last.
  const open = all.some(({ events }) => events.some(({ open }) => open))
  return { lanes: all, scale: scaleOf(moments), now: open ? now : undefined, hidden: tasks.length - recent.length }
}
