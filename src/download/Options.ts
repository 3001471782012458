/**
 * How a download goes, with the defaults of what callers leave out. What they say of it is checked before anything is asked or written.
 *
 * @module
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Options from "../Options.ts"
import type { RunwayError } from "../RunwayError.ts"
import type { RetryOptions, RetrySchedule } from "../request/Retry.ts"
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
export const checked = (options: DownloadOptions, apiUrl: string | undefined): Effect.Effect<Checked, RunwayError> =>
  Effect.map(Options.check("download", options, Options.download, ["to"]), () => ({
    to: options.to,
    index: options.index ?? 0,
    onProgress: options.onProgress,
    stallTimeout: Duration.fromInputUnsafe(options.stallTimeout ?? "30 seconds"),
    deadline: Duration.fromInputUnsafe(options.deadline ?? "1 hour"),
    maxBytes: options.maxBytes ?? 2 * 1024 ** 3,
    retry: options.retry ?? defaultRetry,
    access: Access.rule(options.allow, apiUrl)
  }))
