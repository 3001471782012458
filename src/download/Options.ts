/**
 * How a download goes, and the check of what callers say of it, made before anything is asked or written.
 *
 * @module
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { InvalidInput, type Problem, RunwayError } from "../RunwayError.ts"
import type { RetryOptions, RetrySchedule } from "../request/Retry.ts"
import * as Shown from "../Shown.ts"
import * as Access from "./Access.ts"
import type * as Progress from "./Progress.ts"

export interface DownloadOptions extends RetryOptions {
  /**
   * The file to write, or a folder: one that is there, or any path that ends with a separator. In a folder the file is named by the
   * task's id (`<id>.mp4`, or `.webm` or `.mov` when it is one), made safe. Folders that are missing are made.
   */
  readonly to: string
  /** Which of the task's outputs. Default: 0, the first and usually only one. In a folder others are named `<id>.<index>.mp4`. */
  readonly index?: number | undefined
  /** Is told how far it is: at the start and the end of the bytes, and about ten times a second between. The download waits for it. */
  readonly onProgress?: Progress.Listener | undefined
  /** After how long without a byte, or without an answer, the connection is given up and tried again. Default: 30 seconds. */
  readonly stallTimeout?: Duration.Input | undefined
  /** How long the whole may take, all its attempts included. What was saved by then is kept to be continued. Default: 1 hour. */
  readonly deadline?: Duration.Input | undefined
  /** How many bytes the video may have, after decompression. Default: 2 GiB. */
  readonly maxBytes?: number | undefined
  /**
   * Decides which URLs may be asked for, the output's and each redirect's, in place of the usual rule: https from public hosts, and what
   * belongs to the API itself. A redirect from https to http is refused in any case.
   */
  readonly allow?: Access.Allow | undefined
}

/** Options that were checked, with the defaults of those that were left out. */
export interface Checked {
  readonly to: string
  readonly index: number
  readonly onProgress: Progress.Listener | undefined
  readonly stallTimeout: Duration.Duration
  readonly deadline: Duration.Duration
  readonly maxBytes: number
  readonly access: Access.Access
  readonly retry: RetrySchedule
}

/** Four more attempts, 0.5 s apart and doubling up to 20 s, each ±20 %; however long the bytes take between them. */
const defaultRetry: RetrySchedule = Schedule.min([
  Schedule.exponential("500 millis"),
  Schedule.spaced("20 seconds")
]).pipe(Schedule.jittered, Schedule.upTo({ times: 4 }))

/** Checks a download's options. `apiUrl` is where the API is, if that is known. */
export const checked = (options: DownloadOptions, apiUrl: string | undefined): Effect.Effect<Checked, RunwayError> => {
  const { to, onProgress, index = 0, maxBytes = 2 * 1024 ** 3, retry = defaultRetry, allow } = options
  const { stallTimeout: silence = "30 seconds", deadline: whole = "1 hour" } = options
  const stallTimeout = time(silence)
  const deadline = time(whole)
  const [first, ...rest] = [
    expected("to", to, "a path", typeof to === "string" && to !== "" && !to.includes("\0")),
    expected("index", index, "0 or a whole number above", Number.isSafeInteger(index) && index >= 0),
    expected("maxBytes", maxBytes, "a whole number, 1 or more", Number.isSafeInteger(maxBytes) && maxBytes > 0),
    expected("stallTimeout", silence, 'a time like "30 seconds"', Option.isSome(stallTimeout)),
    expected("deadline", whole, 'a time like "1 hour"', Option.isSome(deadline)),
    expected("retry", retry, "a Schedule", Schedule.isSchedule(retry)),
    expected("onProgress", onProgress, "a function", onProgress === undefined || typeof onProgress === "function"),
    expected("allow", allow, "a function", allow === undefined || typeof allow === "function")
  ].flat()
  if (first !== undefined || Option.isNone(stallTimeout) || Option.isNone(deadline)) {
    const problems = [first ?? { path: "", message: "cannot be used" }, ...rest] as const
    return Effect.fail(new RunwayError({ operation: "download", reason: new InvalidInput({ problems }) }))
  }
  const access = Access.rule(allow, apiUrl)
  return Effect.succeed({
    to,
    index,
    onProgress,
    maxBytes,
    retry,
    access,
    stallTimeout: stallTimeout.value,
    deadline: deadline.value
  })
}

/** A problem, unless the value is what was expected. */
const expected = (path: string, value: unknown, what: string, isRight: boolean): ReadonlyArray<Problem> =>
  isRight ? [] : [{ path, message: `expected ${what}, got ${Shown.value(value)}` }]

/** A time that can be waited for. */
const time = (input: Duration.Input): Option.Option<Duration.Duration> =>
  Option.filter(Duration.fromInput(input), Duration.isPositive)
