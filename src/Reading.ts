/**
 * The reading of a task by its id: free of charge, so safe to repeat.
 *
 * It is the one place that knows the tasks' route. What an answer shows is read by a pure function; it follows no task over time.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { ConnectionLost, type Reason, RunwayError, Unreachable } from "./RunwayError.ts"
import * as Answer from "./request/Answer.ts"
import type { NoAnswer } from "./request/Attempt.ts"
import type { Exchange } from "./request/Exchange.ts"
import { type RetryOptions, resend } from "./request/Retry.ts"
import type { Task, TaskId } from "./task/Snapshot.ts"
import * as WireTask from "./task/WireTask.ts"

const operation = "GET /runwayml/v1/tasks/{id}"

/** What an answer to a read shows: the task, or why there is none. */
const readTask = (id: TaskId, answer: Answer.Answer): Result.Result<Task, Reason> => {
  const task = Answer.isSuccess(answer)
    ? Option.flatMap(Answer.enclosedJson(answer), (body) => WireTask.fromBody(id, body))
    : Option.none()
  return Result.fromOption(task, () => Answer.missing(answer))
}

/** What it means that no answer came. */
const readSilence = ({ _tag, problem }: NoAnswer): Reason =>
  _tag === "NotSent" ? new Unreachable({ problem }) : new ConnectionLost({ problem })

/** Reads a task with a single request. */
export const readOnce = Effect.fnUntraced(function* (
  exchange: Exchange,
  id: TaskId,
  attempt = 1
): Effect.fn.Return<Task, RunwayError> {
  const answer = yield* exchange({
    kind: "read",
    operation,
    call: (bindings) => bindings.GET("/runwayml/v1/tasks/{id}", { params: { path: { id } } }),
    attempt,
    taskId: id
  }).pipe(Effect.mapError((none) => new RunwayError({ operation, reason: readSilence(none), taskId: id })))
  const failed = (reason: Reason) => new RunwayError({ operation, reason, taskId: id, ...Answer.known(answer) })
  return yield* Effect.fromResult(Result.mapError(readTask(id, answer), failed))
})

/** Reads a task, again and again if need be. */
export const read = (exchange: Exchange, id: TaskId, options: RetryOptions): Effect.Effect<Task, RunwayError> =>
  resend((attempt) => readOnce(exchange, id, attempt), "read", options)
