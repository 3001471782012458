/**
 * What the client reports of itself: spans and metrics. It only makes them; the program's layer decides where they go.
 *
 * Names and attributes follow OpenTelemetry's HTTP conventions. No key, no query string, no header and no body is ever among them.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import { defined } from "../Defined.ts"

/** Every HTTP attempt, by operation and by outcome: a status, `NotSent`, `Lost` or `Interrupted`. */
const requests = Metric.counter("runway.client.requests", { description: "HTTP attempts", incremental: true })

/** Attempts after the first, by operation. */
const retries = Metric.counter("runway.client.retries", {
  description: "HTTP attempts after the first",
  incremental: true
})

/** Submissions of which it is not known whether they were accepted. */
const unknownOutcomes = Metric.counter("runway.client.unknown_outcomes", {
  description: "Submissions that may or may not have been accepted",
  incremental: true
})

/** Looks at tasks while waiting, by what was seen. */
const polls = Metric.counter("runway.client.polls", { description: "Looks at tasks while waiting", incremental: true })

/** Seconds from the beginning of a wait, or from the submission where it is known, to the task's end, by how it ended. */
const taskDuration = Metric.histogram("runway.client.task.duration", {
  description: "Time until a task's end was seen",
  // Effect's exporters take a metric's unit from this attribute.
  attributes: { unit: "s" },
  boundaries: [5, 10, 20, 30, 45, 60, 90, 120, 180, 240, 300, 450, 600, 900, 1800, 3600]
})

/** Why there was no answer. */
interface Problem {
  readonly _tag: string
  readonly problem: string
}

/** What is known of an attempt before it begins. */
export interface About {
  /**
   * Method and route template, for example `GET /runwayml/v1/tasks/{id}`: the span's name, as ids would make too many of them. The method
   * alone where there is no template.
   */
  readonly operation: string
  /** What the template is appended to. It must have no query. */
  readonly baseUrl: string
  /** How many times the request was sent before. */
  readonly resendCount: number
  readonly taskId?: string | undefined
}

/**
 * One HTTP attempt as a client span, and counted.
 *
 * The span fails as OpenTelemetry has it: with a status from 400 on too, where the attempt has succeeded in getting an answer. The answer
 * itself is kept from the tracer.
 */
export const attemptSpan = <A extends { readonly status: number }, E extends Problem, R>(
  attempt: Effect.Effect<A, E, R>,
  about: About
): Effect.Effect<A, E, R> =>
  Effect.acquireUseRelease(
    Effect.makeSpan(about.operation, { kind: "client", attributes: attributes(about) }),
    (span) => Effect.withParentSpan(attempt, span),
    Effect.fnUntraced(function* (span, exit) {
      const { outcome, status, reported } = read(exit)
      if (status !== undefined) span.attribute("http.response.status_code", status)
      if (Exit.isFailure(reported)) span.attribute("error.type", outcome)
      span.end(yield* Clock.currentTimeNanos, reported)
      yield* Metric.update(Metric.withAttributes(requests, { operation: about.operation, outcome }), 1)
      if (about.resendCount === 0) return
      yield* Metric.update(Metric.withAttributes(retries, { operation: about.operation }), 1)
    })
  )

/** What is reported of an attempt's end. */
interface End {
  readonly outcome: string
  readonly status?: number
  readonly reported: Exit.Exit<void, unknown>
}

const read = (exit: Exit.Exit<{ readonly status: number }, Problem>): End => {
  if (Exit.isSuccess(exit)) {
    const { status } = exit.value
    const outcome = String(status)
    // A redirect that a browser hides has the status 0, which is none.
    if (status < 400) return { outcome, reported: Exit.void, ...defined({ status: status > 0 ? status : undefined }) }
    return { outcome, status, reported: Exit.fail({ name: outcome, message: `answered with ${status}` }) }
  }
  const error = Option.getOrUndefined(Exit.findErrorOption(exit))
  if (error === undefined) return { outcome: "Interrupted", reported: Exit.asVoid(exit) }
  return { outcome: error._tag, reported: Exit.fail({ name: error._tag, message: error.problem }) }
}

const attributes = ({ operation, baseUrl, resendCount, taskId }: About): Record<string, unknown> => {
  const [method, template] = operation.split(" ")
  const { hostname, port, protocol } = new URL(baseUrl)
  return defined({
    "http.request.method": method,
    "url.template": template,
    "url.full": `${baseUrl}${template?.replace("{id}", encodeURIComponent(taskId?.toWellFormed() ?? "")) ?? ""}`,
    "server.address": hostname.replace(/^\[|\]$/g, ""),
    "server.port": Number(port || (protocol === "https:" ? 443 : 80)),
    "http.request.resend_count": resendCount > 0 ? resendCount : undefined,
    "runway.task.id": taskId
  })
}

export const countUnknownOutcome: Effect.Effect<void> = Metric.update(unknownOutcomes, 1)

/** One look at a task, by what it showed: a state's tag, or the reason why it showed nothing. */
export const countPoll = (seen: string): Effect.Effect<void> => Metric.update(Metric.withAttributes(polls, { seen }), 1)

/** A task's end, by its tag. */
export const recordEnd = (outcome: string, taken: Duration.Duration): Effect.Effect<void> =>
  Metric.update(Metric.withAttributes(taskDuration, { outcome }), Duration.toSeconds(taken))
