/**
 * One HTTP answer, and what it means: its JSON, its ids, its error in each of the provider's forms.
 *
 * Here is what answers have in common and what they mean to a read. What one means to a paid submission, where an answer that proves
 * nothing (a 500, a 502, a page) is another matter, is `Refusal.ts`. Sending again is not decided here but in `Retry.ts`.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Wire from "../../generated/schemas.gen.ts"
import { type Defined, defined } from "../Defined.ts"
import * as Reasons from "../RunwayError.ts"
import * as Shown from "../Shown.ts"
import { notThere } from "../task/WireTask.ts"

/** An answer, read to its end. */
export interface Answer {
  /** 0 for a redirect that the platform hides (browsers do, under `redirect: "manual"`). */
  readonly status: number
  readonly headers: AnswerHeaders
  readonly text: string
  readonly sentAt: DateTime.Utc
  readonly receivedAt: DateTime.Utc
}

/** An answer before the key was hidden in it. */
export interface AnswerAsItCame extends Answer {
  readonly headers: Headers
}

/** What is asked of an answer's headers. */
export type AnswerHeaders = Pick<Headers, "get" | "has">

/** An answer as it came, for those who need more than a task or an error. */
export interface RawAnswer {
  /** For example `GET /runwayml/v1/tasks/{id}`. */
  readonly operation: string
  readonly status: number
  readonly headers: Headers
  /** The gateway's id of the request, where it gave one. */
  readonly requestId: string | undefined
  /** The untouched body. It may hold signed URLs, and so is kept `Redacted`. */
  readonly body: Redacted.Redacted<string>
}

/**
 * A function that is shown every answer as it came, before it is read. By default there is none.
 *
 * Use it to record what the provider really says, for one effect or for a whole program. It is not interrupted while it is shown a
 * submission's answer, and when it breaks or takes longer than 30 seconds, that is only logged: neither may lose a paid task's id.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { OnAnswer, Task } from "cometapi-runway"
 *
 * const program = Task.get("5b91e444-c232-deaf-a4d7-8aef3e57336b").pipe(
 *   Effect.provideService(OnAnswer, ({ operation, status, requestId }) => Effect.log(operation, status, requestId))
 * )
 * ```
 */
export const OnAnswer = Context.Reference<(answer: RawAnswer) => Effect.Effect<void>>("cometapi-runway/OnAnswer", {
  defaultValue: () => untold
})

/** What stands in the place of an `OnAnswer` that nobody has given. */
export const untold = (): Effect.Effect<void> => Effect.void

/** The body as JSON, or nothing. */
export const json = (answer: Answer): Option.Option<unknown> => parse(answer.text)

/** The same, also where something in between wrote before or behind it: a warning, a prefix against scripts, a comment. A page holds none. */
export const enclosedJson = (answer: Answer): Option.Option<unknown> =>
  Option.orElse(json(answer), () => {
    const { text } = answer
    return pageStart.test(text) ? Option.none() : parse(text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1))
  })

const pageStart = /^\s*<(!doctype|html|head|body|script|\?xml)\b/i

const parse: (text: string) => Option.Option<unknown> = Option.liftThrowable(JSON.parse)

/** The gateway's id of the request: its header, or the suffix of its error messages (new-api). */
export const requestId = (answer: Answer): string | undefined => {
  const id = answer.headers.get("x-oneapi-request-id") ?? idSuffix.exec(answer.text)?.[1]
  return id === undefined ? undefined : Shown.word(id)
}

const idSuffix = /\(request id: ([^)"\s]+)\)/i

/** Whether the provider says that it did what was asked. */
export const isSuccess = ({ status }: Answer): boolean => status >= 200 && status < 300

/** What an error tells of the answer that it was made from. */
export const known = (answer: Answer): Defined<{ status: number; requestId: string | undefined }> =>
  defined({ status: answer.status, requestId: requestId(answer) })

/**
 * What an answer to a read means when it holds no task.
 *
 * Only what leaves no doubt is final. A read costs nothing and its task may be paid for, so any other answer is taken for one that may pass.
 */
export const missing = (answer: Answer): Reasons.Reason => {
  const { status } = answer
  const error = readError(answer)
  const isPage = /^\s*</.test(answer.text)
  if (status === 401) return new Reasons.Unauthorized(words(error))
  if (status === 403 && !isPage) return new Reasons.Forbidden(words(error))
  if (status === 404 || saysNotThere(answer, error))
    return new Reasons.TaskNotFound({ said: error?.said ?? Shown.excerpt(answer.text) })
  if (isRedirect(status)) return unexpected(redirectProblem(answer), "")
  if (status < 300) return unexpected("the answer is no task", answer.text)
  if (status === 403)
    return unexpected("a page says that this is forbidden, which is something in between and not the API", answer.text)
  if (status === 429)
    return new Reasons.RateLimited({ ...words(error), ...defined({ retryAfter: retryAfter(answer) }) })
  const isFinal = finalForReads.has(status) || (status >= 500 && error?.code === "invalid_request")
  return isFinal ? rejected(error) : unavailable(answer, error)
}

/** Statuses after which looking again cannot help. The others from 400 on speak of the moment, the connection or something in between. */
const finalForReads: ReadonlySet<number> = new Set([
  400, 402, 405, 406, 410, 411, 413, 414, 415, 422, 426, 428, 431, 451
])

/** Whether the gateway says that it knows no such task: in a code, a message, or anywhere in a body of an unknown form. */
const saysNotThere = (answer: Answer, error: ProviderError | undefined): boolean =>
  [error?.code, error?.said, answer.text].some((text) => text !== undefined && notThere.test(text))

const unexpected = (problem: string, body: string): Reasons.UnexpectedAnswer =>
  new Reasons.UnexpectedAnswer({ problem, excerpt: Shown.excerpt(body) })

export const rejected = (error: ProviderError | undefined): Reasons.Rejected =>
  new Reasons.Rejected({ ...words(error), problems: error?.problems ?? [] })

export const unavailable = (answer: Answer, error: ProviderError | undefined): Reasons.Unavailable =>
  new Reasons.Unavailable({
    said: error?.said ?? Shown.excerpt(answer.text),
    ...defined({ code: error?.code, retryAfter: retryAfter(answer) })
  })

/** A status from 300 on, or the 0 that a browser puts in its place. */
export const isRedirect = (status: number): boolean => status === 0 || (status >= 300 && status < 400)

export const redirectProblem = (answer: Answer): string => {
  const location = answer.headers.get("location")
  return `answered with a redirect${location === null ? "" : ` to ${Shown.withoutQuery(location)}`}, which is how a wrong path is met; check the base URL`
}

/** What the provider's error bodies have in common. */
interface ProviderError {
  readonly code: string | undefined
  readonly said: string
  readonly problems: ReadonlyArray<Reasons.Problem>
}

/** What every refusal carries of the provider's error. */
export const words = (error: ProviderError | undefined): Defined<{ said: string; code: string | undefined }> =>
  defined({ said: error?.said ?? "", code: error?.code })

const isWrapped = Schema.is(Wire.WrappedError)
const isFlat = Schema.is(Wire.FlatError)
const isNative = Schema.is(Wire.NativeError)

/** The error in one of the contract's three forms, or nothing: then the answer came from something between the provider and us. */
export const readError = (answer: Answer): ProviderError | undefined => {
  const body = Option.getOrUndefined(json(answer))
  if (isWrapped(body)) return providerError(body.error.code, body.error.message)
  if (isFlat(body)) return providerError(body.code, body.message)
  if (isNative(body)) {
    const problems = (body.issues ?? []).map(({ path, message }) => ({
      path: Shown.word((path ?? []).join(".")),
      message: Shown.line(message ?? "")
    }))
    return { code: undefined, said: Shown.line(body.error), problems }
  }
  return undefined
}

const providerError = (code: string | number | null | undefined, message: string): ProviderError => ({
  code: code === null || code === undefined || code === "" ? undefined : Shown.word(String(code)),
  said: Shown.line(message.replace(idSuffix, "")),
  problems: []
})

const decodeRetryAfter = Schema.decodeUnknownOption(Schema.RetryAfterFromString)

/** How long the answer asks to wait: `retry-after-ms`, or `Retry-After` in seconds or as a date. */
export const retryAfter = (answer: Answer): Duration.Duration | undefined => {
  const millis = Number(answer.headers.get("retry-after-ms") ?? "")
  if (millis > 0 && millis < Infinity) return Duration.millis(millis)
  const header = decodeRetryAfter(answer.headers.get("retry-after"))
  if (Option.isNone(header)) return undefined
  return header.value._tag === "Duration"
    ? header.value.duration
    : Duration.millis(Math.max(0, DateTime.toEpochMillis(header.value.dateTime) - sentByServerAt(answer)))
}

/** When the server wrote the answer, by its own clock where it says so: its dates are compared with that, not with this machine's clock. */
const sentByServerAt = (answer: Answer): number => {
  const date = Date.parse(answer.headers.get("date") ?? "")
  return Number.isNaN(date) ? DateTime.toEpochMillis(answer.receivedAt) : date
}
