/**
 * What an answer without a task's id means to a paid submission: that it certainly was not accepted, or that this cannot be told.
 *
 * It is an allow-list. What proves that nothing was accepted is named here; the mere form of a body, a text for people, and every status
 * that is not named prove nothing. Sending again is not decided here but in `Retry.ts`.
 *
 * @module
 */
import * as Option from "effect/Option"
import { defined } from "../Defined.ts"
import * as Reasons from "../RunwayError.ts"
import * as Shown from "../Shown.ts"
import {
  type Answer,
  isRedirect,
  json,
  readError,
  redirectProblem,
  rejected,
  retryAfter,
  unavailable,
  words
} from "./Answer.ts"

/** Why a submission certainly was not accepted; nothing when the answer leaves that open, and then `ambiguity` says why. */
export const refusal = (answer: Answer): Option.Option<Reasons.Reason> => {
  if (sentOn.test(answer.text)) return Option.none()
  return Option.fromUndefinedOr(definite(answer) ?? notAccepted(answer))
}

/** Why it cannot be told from an answer whether a submission was accepted. */
export const ambiguity = (answer: Answer): string => {
  const beginning = Shown.excerpt(answer.text)
  return answer.status < 300
    ? `the answer holds no task id (${beginning || "it is empty"})`
    : beginning || "no reason was given"
}

/** The gateway's codes for what happens after it has sent a request on, under any status. A code stands between quotation marks. */
const sentOn =
  /"(do_request_failed|bad_response|bad_response_body|(read|copy|unmarshal)_response_body_failed|insert_task_failed)"/i

/** Statuses of a refusal. The others below 500 are no refusals: 408, 409, 421, 460 and 499 can come after the job was accepted. */
const refusing: ReadonlySet<number> = new Set([
  400, 402, 404, 405, 406, 407, 410, 411, 412, 413, 414, 415, 416, 417, 418, 422, 423, 426, 428, 431, 451
])

/** Refusals that stay. */
const definite = (answer: Answer): Reasons.Reason | undefined => {
  const { status } = answer
  const error = readError(answer)
  // 303 is said after the work was done, by those who keep to the standard.
  if (isRedirect(status) && status !== 303) return new Reasons.Rejected({ said: redirectProblem(answer), problems: [] })
  if (status === 401) return new Reasons.Unauthorized(words(error))
  if (status === 403) return new Reasons.Forbidden(words(error))
  if (refusing.has(status)) return rejected(error)
  // The gateway answers clients' mistakes with 500, and models that it does not have with 503.
  if (status === 500 && error?.code === "invalid_request") return rejected(error)
  return status >= 500 && error?.code === "model_not_found" ? rejected(error) : undefined
}

/** Codes of the gateway that say that no channel was chosen, so that there was nobody to send it on to. */
const noChannel = /^(get_channel_failed|channel:no_available_key|channel_not_found|no_available_channel)$/

/** Cloudflare could not connect to the origin. These statuses are its own. */
const edgeFoundNoOrigin: ReadonlySet<number> = new Set([521, 523, 525, 526])

/** What may pass: nothing was accepted, and the same may be sent again. */
const notAccepted = (answer: Answer): Reasons.Reason | undefined => {
  const { status } = answer
  const error = readError(answer)
  if (status === 429)
    return new Reasons.RateLimited({ ...words(error), ...defined({ retryAfter: retryAfter(answer) }) })
  const isProof =
    status === 425 ||
    (status === 503 && noChannel.test(error?.code ?? "")) ||
    (edgeFoundNoOrigin.has(status) && isFromEdge(answer))
  return isProof ? unavailable(answer, error) : undefined
}

/** Whether an answer is Cloudflare's own. Its pages are no JSON. */
const isFromEdge = (answer: Answer): boolean =>
  /^cloudflare/i.test(answer.headers.get("server") ?? "") || answer.headers.has("cf-ray") || Option.isNone(json(answer))
