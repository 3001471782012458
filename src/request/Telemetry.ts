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
import * as Tracer from "effect/Tracer"
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
  readonly server: Server
  /** How many times the request was sent before. */
  readonly resendCount: number
  readonly taskId?: string | undefined
}

/** Whom a base URL names. */
interface Server {
  readonly address: string
  readonly port: number
}

export const serverOf = (baseUrl: string): Server => {
  const { hostname, port, protocol } = new URL(baseUrl)
  return { address: hostname.replace(/^\[|\]$/g, ""), port: Number(port || (protocol === "https:" ? 443 : 80)) }
}

/**
 * One HTTP attempt as a client span, and counted.
 *
 * The span fails as OpenTelemetry has it: with a status from 400 on too, where the attempt has succeeded in getting an answer. The answer
 * itself is kept from the tracer. No stack is captured: the attempt's place is always the same, and a capture takes as long as all the rest.
 */
export const attemptSpan = <A extends { readonly status: number }, E extends Problem, R>(
  attempt: Effect.Effect<A, E, R>,
  about: About
): Effect.Effect<A, E, R> =>
  Effect.acquireUseRelease(
    Effect.makeSpan(about.operation, { kind: "client", attributes: attributes(about) }),
    (span) => Effect.provideService(attempt, Tracer.ParentSpan, span),
    (span, exit) => end(span, exit, about)
  )

const end = <A extends { readonly status: number }, E extends Problem>(
  span: Tracer.Span,
  exit: Exit.Exit<A, E>,
  { operation, resendCount }: About
): Effect.Effect<void> => {
  const { outcome, status, reported } = read(exit)
  if (status !== undefined) span.attribute("http.response.status_code", status)
  if (Exit.isFailure(reported)) span.attribute("error.type", outcome)
  const counted = Metric.update(requestsOf(operation, outcome), 1)
  return Effect.flatMap(Clock.currentTimeNanos, (now) => {
    span.end(now, reported)
    return resendCount === 0 ? counted : Effect.andThen(counted, Metric.update(retriesOf(operation), 1))
  })
}

/** A metric's series by its attributes' values, each made once. The values are of a few kinds: operations, statuses, tags. */
const seriesOf = <Names extends ReadonlyArray<string>>(metric: Metric.Counter<number>, ...names: Names) => {
  const made = new Map<string, Metric.Counter<number>>()
  return (...values: { [Index in keyof Names]: string }): Metric.Counter<number> => {
    const key = values.join(" ")
    const series =
      made.get(key) ??
      Metric.withAttributes(metric, Object.fromEntries(names.map((name, n) => [name, values[n] ?? ""])))
    made.set(key, series)
    return series
  }
}

const requestsOf = seriesOf(requests, "operation", "outcome")
const retriesOf = seriesOf(retries, "operation")
const pollsOf = seriesOf(polls, "seen")

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

const attributes = ({ operation, baseUrl, server, resendCount, taskId }: About): Record<string, unknown> => {
  const [method, template] = operation.split(" ")
  const path = template?.replace("{id}", encodeURIComponent(taskId?.toWellFormed() ?? "")) ?? ""
  return {
    "http.request.method": method,
    ...(template === undefined ? {} : { "url.template": template }),
    "url.full": baseUrl + path,
    "server.address": server.address,
    "server.port": server.port,
    ...(resendCount > 0 ? { "http.request.resend_count": resendCount } : {}),
    ...(taskId === undefined ? {} : { "runway.task.id": taskId })
  }
}

export const countUnknownOutcome: Effect.Effect<void> = Metric.update(unknownOutcomes, 1)

/** One look at a task, by what it showed: a state's tag, or the reason why it showed nothing. */
export const countPoll = (seen: string): Effect.Effect<void> => Metric.update(pollsOf(seen), 1)

/** A task's end, by its tag. */
export const recordEnd = (outcome: string, taken: Duration.Duration): Effect.Effect<void> =>
  Metric.update(Metric.withAttributes(taskDuration, { outcome }), Duration.toSeconds(taken))
