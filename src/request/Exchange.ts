/**
 * One exchange with the provider: a request is written, waits for its turn, goes out once, and its answer comes back.
 *
 * Everything that holds for all requests of one account happens here and only here: the pace, the span, showing the raw answer to
 * `OnAnswer`, and hiding the key in what the server sent. It reads no answer and sends nothing again.
 *
 * @module
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Hash from "effect/Hash"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { defined } from "../Defined.ts"
import * as Shown from "../Shown.ts"
import type { TaskId } from "../task/Snapshot.ts"
import { type Answer, type AnswerAsItCame, type AnswerHeaders, OnAnswer, requestId, untold } from "./Answer.ts"
import { attempt, attemptToTheEnd, type Finish, type NoAnswer } from "./Attempt.ts"
import * as Hook from "./Hook.ts"
import * as Limiter from "./Limiter.ts"
import type { Kind } from "./Retry.ts"
import * as Telemetry from "./Telemetry.ts"
import { type Call, written } from "./Written.ts"

/** Whose requests they are, and where they go. */
export interface Account {
  readonly apiKey: Redacted.Redacted<string>
  readonly baseUrl: string
  readonly version: string
  readonly attemptTimeout: Duration.Duration
  readonly limit: Limiter.Limit | undefined
}

/** What is asked. */
interface Question {
  readonly kind: Kind
  /** Method and path of the contract, for example `GET /runwayml/v1/tasks/{id}`. */
  readonly operation: string
  readonly call: Call
  /** Which attempt this is, from 1. */
  readonly attempt: number
  readonly taskId?: TaskId
  /** Where nothing else is interruptible, this says what an interruption means; then the exchange always says what became of it. */
  readonly finish?: Finish
}

/**
 * Asks, when it is the question's turn. `before` comes right before the request leaves, and when it fails nothing is sent. It may give a time
 * before which the request has to leave.
 */
export type Exchange = <E = never>(
  question: Question,
  before?: Effect.Effect<number | undefined, E>
) => Effect.Effect<Answer, NoAnswer | E>

/** The exchanges of one account, which all keep to one pace. */
export const make = Effect.fnUntraced(function* (account: Account): Effect.fn.Return<Exchange> {
  const apiKey = Redacted.value(account.apiKey)
  const { baseUrl, version } = account
  const server = Telemetry.serverOf(baseUrl)
  const limits = { timeout: account.attemptTimeout, maxBytes: maxAnswerBytes }
  const limiter = yield* Limiter.make(Hash.string(apiKey).toString(36), account.limit)
  const hide = Shown.hiding(apiKey)

  const once = (question: Question, sendBefore: number | undefined): Effect.Effect<Answer, NoAnswer> => {
    const { operation, call, attempt: number, taskId, finish } = question
    const write = () => written({ apiKey, baseUrl, version }, call)
    const within = { ...limits, sendBefore }
    const sent = finish === undefined ? attempt(write, within) : attemptToTheEnd(write, within, finish)
    return sent.pipe(
      Effect.mapError((none) => noAnswerWithoutKey(none, hide)),
      (hidden) => Telemetry.attemptSpan(hidden, { operation, baseUrl, server, resendCount: number - 1, taskId }),
      Effect.flatMap((answer) => Effect.as(tell(operation, answer), withoutKey(answer, hide)))
    )
  }

  return (question, before = Effect.undefined) =>
    limiter.inTurn(
      question.kind,
      question.finish?.restore ?? identity
    )(Effect.flatMap(before, (sendBefore) => once(question, sendBefore)))
})

/** Task answers are far below 10 kB; whatever is larger is not one. */
const maxAnswerBytes = 1024 * 1024

/** Shows an answer as it came to whoever asked to see it. */
const tell = (operation: string, answer: AnswerAsItCame): Effect.Effect<void> =>
  Effect.flatMap(OnAnswer, (onAnswer) => (onAnswer === untold ? Effect.void : show(onAnswer, operation, answer)))

const show = Effect.fnUntraced(function* (
  onAnswer: typeof OnAnswer.Service,
  operation: string,
  answer: AnswerAsItCame
): Effect.fn.Return<void> {
  const { status, headers, text } = answer
  const raw = { operation, status, headers, requestId: requestId(answer), body: Redacted.make(text) }
  const end = yield* Hook.settle(() => onAnswer(raw))
  // A recorder that breaks must not take the answer with it: there may be a paid task's id in it.
  if (Result.isFailure(end) && "broken" in end.failure) {
    yield* Effect.logError("OnAnswer failed", end.failure.broken.problem)
  }
})

const noAnswerWithoutKey = (none: NoAnswer, hide: (text: string) => string): NoAnswer => ({
  ...none,
  problem: Shown.line(hide(none.problem)),
  ...defined({ arrived: none.arrived && withoutKey(none.arrived, hide) })
})

/** An answer with the key removed from its headers and its body. */
const withoutKey = (answer: Answer, hide: (text: string) => string): Answer => ({
  ...answer,
  headers: headersWithoutKey(answer.headers, hide),
  text: hide(answer.text)
})

/** Hides the key when a header is asked for: most never are. */
const headersWithoutKey = (headers: AnswerHeaders, hide: (text: string) => string): AnswerHeaders => ({
  has: (name) => headers.has(name),
  get: (name) => {
    const value = headers.get(name)
    return value === null ? null : hide(value)
  }
})
