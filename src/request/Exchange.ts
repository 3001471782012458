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
import { hiding } from "../Shown.ts"
import type { TaskId } from "../task/Snapshot.ts"
import { type Answer, OnAnswer, requestId } from "./Answer.ts"
import { attempt, type Limits, type NoAnswer } from "./Attempt.ts"
import * as Limiter from "./Limiter.ts"
import type { Kind, Restore } from "./Retry.ts"
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
  /** What is to be done when an interruption cuts off the request on its way. */
  readonly onCutOff?: Effect.Effect<void>
  /** Where an answered request must not be interrupted any more, this makes the waiting for it interruptible. */
  readonly restore?: Restore
}

export type Exchange = (question: Question) => Effect.Effect<Answer, NoAnswer>

/** The exchanges of one account, which all keep to one pace. */
export const make = Effect.fnUntraced(function* (account: Account): Effect.fn.Return<Exchange> {
  const apiKey = Redacted.value(account.apiKey)
  const { baseUrl, version } = account
  const limits: Limits = { timeout: account.attemptTimeout, maxBytes: maxAnswerBytes }
  const limiter = yield* Limiter.make(Hash.string(apiKey).toString(36), account.limit)
  const hide = hiding(apiKey)

  return ({ kind, operation, call, attempt: number, taskId, onCutOff, restore = identity }) =>
    restore(attempt(() => written({ apiKey, baseUrl, version }, call), limits, onCutOff)).pipe(
      Effect.mapError((none): NoAnswer => ({ ...none, problem: hide(none.problem) })),
      (sent) => Telemetry.attemptSpan(sent, { operation, baseUrl, resendCount: number - 1, taskId }),
      Effect.tap((answer) => tell(operation, answer)),
      Effect.map((answer) => withoutKey(answer, hide)),
      limiter.inTurn(kind, restore)
    )
})

/** Task answers are far below 10 kB; whatever is larger is not one. */
const maxAnswerBytes = 1024 * 1024

/** Shows an answer as it came to whoever asked to see it. */
const tell = Effect.fnUntraced(function* (operation: string, answer: Answer): Effect.fn.Return<void> {
  const onAnswer = yield* OnAnswer
  const { status, headers, text } = answer
  const raw = { operation, status, headers, requestId: requestId(answer), body: Redacted.make(text) }
  // A recorder that breaks must not take the answer with it: there may be a paid task's id in it.
  yield* Effect.catchDefect(
    Effect.suspend(() => onAnswer(raw)),
    (defect) => Effect.logError("OnAnswer failed", defect)
  )
})

/** An answer with the key removed from its headers and its body. */
const withoutKey = (answer: Answer, hide: (text: string) => string): Answer => ({
  ...answer,
  headers: new Headers(Array.from(answer.headers, ([name, value]): [string, string] => [name, hide(value)])),
  text: hide(answer.text)
})
