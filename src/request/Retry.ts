/**
 * When a request may be sent again, and how long to wait before. It reads no answer: `Answer.ts` says what one means.
 *
 * *Whether* is decided by the operation and by proof, and is not configurable: a paid submission is sent again only when it provably was
 * not accepted. *When* is a policy, and any Effect `Schedule` can take its place.
 *
 * | what happened | submit | read |
 * | --- | --- | --- |
 * | no connection was made (`Unreachable`) | again | again |
 * | it left too late for the ledger, so it was not sent (`HeldUp`) | again | |
 * | 429 (`RateLimited`) | again | again |
 * | 425; 521, 523, 525, 526 of Cloudflare's; 503 whose code says that no channel was chosen (`Unavailable`) | again | again |
 * | 408, 409, 421, 460, 499, any other 503 or 5xx, connection lost, no answer in time, 2xx without an id | **never** (`OutcomeUnknown`) | again (`Unavailable`, `ConnectionLost`, `UnexpectedAnswer`) |
 * | 401, 403, other 4xx, 500 with `invalid_request`, 503 with `model_not_found` | never | never |
 *
 * @module
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { Reason, RunwayError } from "../RunwayError.ts"

/** The kinds of request: one that costs money and one that does not. */
export type Kind = "submit" | "read"

/** Makes interruptible what waits within something that is not: what `Effect.uninterruptibleMask` gives. */
export type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** The reasons after which a request of a kind may be sent again. */
export const resendable: Readonly<Record<Kind, ReadonlySet<Reason["_tag"]>>> = {
  submit: new Set(["Unreachable", "HeldUp", "RateLimited", "Unavailable"]),
  read: new Set(["Unreachable", "RateLimited", "Unavailable", "ConnectionLost", "UnexpectedAnswer"])
}

/** When to send again. Its input is the error of the attempt before. */
export type RetrySchedule = Schedule.Schedule<unknown, RunwayError>

/** How one request is retried; what is left out comes from the layer. */
export interface RetryOptions {
  /** When to send again. Whether is not up to it, and a `Retry-After` of up to a minute is waited for whatever it says. */
  readonly retry?: RetrySchedule | undefined
}

/** How paid requests are sent; what a call leaves out comes from the layer. */
export interface SubmitPolicy extends RetryOptions {
  /**
   * What to do when it is not known whether a submission was accepted. Default: `"fail"`, with the reason `OutcomeUnknown`. `"resend"`
   * sends it again as if it had not been, and may pay twice.
   */
  readonly onUnknownOutcome?: "fail" | "resend" | undefined
  /**
   * What an interruption does to a paid request that has left. Default: `"finish"`, which lets it finish for `interruptGrace`, so that the
   * id of an accepted job is not lost, and only then ends. `"abort"` cuts it off at once; whether there is a job is not known then. What has
   * not left yet is never sent after an interruption.
   */
  readonly onInterrupt?: "finish" | "abort" | undefined
  /** How long an interrupted request may take to finish, within its `attemptTimeout`. Default: 30 seconds. */
  readonly interruptGrace?: Duration.Input | undefined
  /** How long each call of a hook may take (`onSubmitted`, `aroundAttempt`). Default: 30 seconds. */
  readonly hookTimeout?: Duration.Input | undefined
}

/** Four more attempts within two minutes, 0.5 s apart and doubling up to 20 s, each ±20 %. */
export const defaultRetry: RetrySchedule = Schedule.min([
  Schedule.exponential("500 millis"),
  Schedule.spaced("20 seconds")
]).pipe(Schedule.jittered, Schedule.upTo({ times: 4, duration: "2 minutes" }))

/** A `Retry-After` as far as it is waited for, which is a minute: a header must not park a program for a day. */
export const patiently = (retryAfter: Duration.Duration): Duration.Duration =>
  Duration.min(retryAfter, Duration.minutes(1))

/** A delay, made at least as long as the error asks for. */
export const notBefore = (delay: Duration.Duration, error: RunwayError): Duration.Duration => {
  const asked = "retryAfter" in error.reason ? error.reason.retryAfter : undefined
  return asked === undefined ? delay : Duration.max(delay, patiently(asked))
}

/** Does something once, and again for as long as its error allows and the schedule goes on. `once` gets the attempt's number, from 1. */
export const withRetry = <A, R>(
  once: (attempt: number) => Effect.Effect<A, RunwayError, R>,
  retry: RetrySchedule,
  allows: (error: RunwayError) => boolean
): Effect.Effect<A, RunwayError, R> =>
  Effect.suspend(() => {
    let attempts = 0
    const schedule = retry.pipe(
      Schedule.setInputType<RunwayError>(),
      Schedule.modifyDelay(({ duration, input }) => Effect.succeed(notBefore(duration, input)))
    )
    return Effect.suspend(() => once(++attempts)).pipe(
      Effect.retry({ schedule, while: allows }),
      Effect.mapError((error) => error.with({ attempts }))
    )
  })

/** Sends a request of a kind, and sends it again for as long as the kind allows. */
export const resend = <A, R>(
  sendOnce: (attempt: number) => Effect.Effect<A, RunwayError, R>,
  kind: Kind,
  { retry = defaultRetry, onUnknownOutcome = "fail" }: SubmitPolicy
): Effect.Effect<A, RunwayError, R> =>
  withRetry(
    sendOnce,
    retry,
    ({ reason }) =>
      resendable[kind].has(reason._tag) || (reason._tag === "OutcomeUnknown" && onUnknownOutcome === "resend")
  )
