/**
 * What the client promises of any call, whatever it is answered: written from docs/errors-and-retries.md and from nothing in `src`.
 *
 * @module
 */
import { RunwayError } from "../../../src/index.ts"
import type { Ended } from "../JumpingTime.ts"
import { key, type Reply } from "./Reply.ts"

/** What was seen of one call. */
export interface Seen {
  readonly ended: Ended<unknown>
  /** What each POST was answered, in their order. */
  readonly posts: ReadonlyArray<Reply>
  /** The ids that were accepted, and those that the caller was told of in whatever way. */
  readonly accepted: ReadonlyArray<string>
  readonly told: ReadonlyArray<string>
  /** Milliseconds that the call may take. */
  readonly within: number
  /** Everything that was said beside the result. */
  readonly said: ReadonlyArray<string>
  /** Promises that nobody caught. */
  readonly uncaught: ReadonlyArray<unknown>
}

const notSent: ReadonlySet<string> = new Set(["refused", "no such name", "connect timed out"])
const noChannel: ReadonlySet<unknown> = new Set(["get_channel_failed", "channel:no_available_key", "channel_not_found"])

/** Whether a reply can prove that nothing was accepted: only then may a POST follow it. */
const proves = (reply: Reply): boolean => {
  if (reply.kind === "failure") return notSent.has(reply.of)
  if (reply.kind !== "answer") return false
  if ([425, 429, 521, 523, 525, 526].includes(reply.status)) return true
  return reply.status === 503 && reply.body.form === "error" && noChannel.has(reply.body.code)
}

/** What is sure about a POST that has failed, if it is sure that nothing was accepted. */
const certain: ReadonlySet<string> = new Set([
  ...["Rejected", "Unauthorized", "Forbidden"],
  ...["RateLimited", "Unavailable", "Unreachable"]
])
const refusing: ReadonlySet<unknown> = new Set(["invalid_request", "model_not_found"])

/** Whether a reply leaves it open if a job was accepted. A caller who is told that none was will pay again. */
const leavesOpen = (reply: Reply): boolean => {
  if (reply.kind !== "answer") return !proves(reply)
  const { status, body } = reply
  if (proves(reply)) return false
  if (body.form === "error" && status >= 500) return !refusing.has(body.code)
  return status < 300 || status >= 500 || [303, 408, 409, 421, 424, 460, 499].includes(status)
}

/** What was broken of the promises. */
export const judge = ({ ended, posts, accepted, told, within, said, uncaught }: Seen): ReadonlyArray<string> => {
  const wrong: Array<string> = []
  const { end, millis } = ended
  if (end._tag === "Hung") wrong.push("it hangs")
  if (end._tag === "Rejected" && !(end.error instanceof RunwayError))
    wrong.push(`it ends with what is no RunwayError: ${String(end.error)}`)
  if (millis > within) wrong.push(`it takes ${millis} ms of ${within}`)
  const unproven = posts.slice(0, -1).find((reply) => !proves(reply))
  if (unproven !== undefined) wrong.push(`a POST follows ${JSON.stringify(unproven)}`)
  const last = posts.at(-1)
  if (end._tag === "Rejected" && end.error instanceof RunwayError && last !== undefined && leavesOpen(last)) {
    const { operation, reason } = end.error
    if (operation.startsWith("POST ") && certain.has(reason._tag))
      wrong.push(`it is said to be certain (${reason._tag}) after ${JSON.stringify(last)}`)
  }
  const lost = accepted.filter((id) => !told.includes(id))
  if (lost.length > 0) wrong.push(`nobody is told of ${lost}`)
  if (uncaught.length > 0) wrong.push(`nobody catches ${String(uncaught[0])}`)
  const error =
    end._tag === "Rejected" && end.error instanceof RunwayError ? [end.error.message, JSON.stringify(end.error)] : []
  const shown = [...error, ...said].find((text) => text.includes(key) || text.includes("SIGNED"))
  if (shown !== undefined) wrong.push(`it shows a secret: ${shown}`)
  return wrong
}

/** What a call came to, in a word: so that a test can show that its cases come far enough to prove anything. */
export const kindOf = ({ ended: { end } }: Seen): string =>
  end._tag !== "Rejected" ? end._tag : end.error instanceof RunwayError ? end.error.reason._tag : "untyped"
