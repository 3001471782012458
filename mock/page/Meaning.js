// @ts-check
/**
 * What one request of the journal meant for the client that sent it, in a few words and a tone.
 *
 * It judges by what the client was answered, whatever the operation's name and whatever shape the answer has.
 *
 * @module
 */
import { wordsOf } from "./Control.js"

/** @import { Entry, Task } from "../../generated/mock-control/types.gen.ts" */
/** @import { Meaning, Tone } from "./Types.ts" */

/** An id as people can tell it from others. @param {string} id */
export const short = (id) => id.slice(0, 8)

/** The ids of a path, shortened. @param {string} path */
export const shortPath = (path) =>
  path
    .replace(/\?.*$/, "")
    .split("/")
    .map((part) => (part.length > 24 ? `${short(part)}…` : part))
    .join("/")

/** @param {string} status @returns {Tone} */
export const toneOfStatus = (status) => {
  if (/^SUCC/i.test(status)) return "good"
  if (/^(FAIL|CANCEL)/i.test(status)) return "bad"
  return /RUN|PROGRESS|PROCESS/i.test(status) ? "work" : "wait"
}

/** @param {Task} task @returns {Tone} */
export const toneOfTask = ({ status = "", ended }) => {
  const tone = toneOfStatus(status)
  return tone === "good" && !ended ? "work" : tone
}

/** @param {unknown} value @returns {Record<string, unknown>} */
const fieldsOf = (value) => (typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {})

/** A status in words: `RUNNING` is “running”. @param {string} status */
export const inWords = (status) => status.toLowerCase().replaceAll(/[_-]/g, " ")

/** What an answer to a poll says of the task. @param {unknown} body */
const statusOf = (body) => {
  const outer = fieldsOf(body)
  const inner = fieldsOf(outer["data"])
  const holder = typeof outer["status"] === "string" ? outer : inner
  const { status, progress } = holder
  if (typeof status !== "string") return undefined
  const share = typeof progress === "number" ? `${Math.round(progress * 100)} %` : progress
  const tone = toneOfStatus(status)
  return { tone, words: tone === "work" && typeof share === "string" ? `${inWords(status)} ${share}` : inWords(status) }
}

/** Whether an answer says that the task does not exist. @param {unknown} body */
const saysNotThere = (body) => {
  const { code, error } = fieldsOf(body)
  return [code, fieldsOf(error)["code"], error].includes("task_not_exist")
}

/** An error in a few words, without the id that every one has. @param {number} status @param {unknown} body */
const refusalOf = (status, body) => `${status} ${(wordsOf(body) ?? "").replace(/ \(request id: \w+\)/, "")}`.trim()

/** @param {Entry} entry @returns {Meaning} */
const ofPoll = ({ taskId, fault, answer }) => {
  const { status = 0, body } = answer ?? {}
  if (status < 400) return statusOf(body) ?? { tone: "wait", words: "no status" }
  // The provider itself does not see a task at once, so this is how a young one looks.
  if (saysNotThere(body) && taskId !== undefined && fault === undefined)
    return { tone: "wait", words: "not visible yet" }
  return { tone: "bad", words: refusalOf(status, body) }
}

/** @param {Entry} entry @returns {Meaning} */
export const meaningOf = (entry) => {
  const { operation, taskId, answer, fault } = entry
  if (answer === undefined) {
    const paid = operation === "submit" && taskId !== undefined
    return {
      tone: "bad",
      words: paid ? "accepted, answer lost" : `no answer (${fault?.kinds.join(", ") ?? "cut off"})`
    }
  }
  if (operation === "poll") return ofPoll(entry)
  if (answer.status >= 400) return { tone: "bad", words: refusalOf(answer.status, answer.body) }
  if (operation === "submit")
    return taskId === undefined ? { tone: "bad", words: `${answer.status}` } : { tone: "good", words: "accepted" }
  if (answer.status >= 300) return { tone: "wait", words: `${answer.status}` }
  return operation === "asset" ? { tone: "good", words: "downloaded" } : { tone: "wait", words: `${answer.status}` }
}

/**
 * How long an answer asks to wait, in milliseconds; nothing where it does not.
 *
 * @param {Entry} entry
 */
export const retryAfterOf = ({ answer, at }) => {
  const headers = answer?.headers ?? {}
  const exact = Number(headers["retry-after-ms"] ?? Number.NaN)
  if (!Number.isNaN(exact)) return exact
  const text = headers["retry-after"]
  if (text === undefined) return undefined
  const millis = Number(text) * 1000
  const wait = Number.isNaN(millis) ? Date.parse(text) - Date.parse(at) : millis
  return wait > 0 ? wait : undefined
}
