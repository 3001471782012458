/**
 * `cometapi-runway/promise`: CometAPI's Runway character performance (Act-Two) for programs that do not use Effect.
 *
 * A thin skin over the Effect client, with its promises: one paid request per call, ids first, waiting that survives. It decides nothing
 * itself about what is sent, when, and how often.
 *
 * @module
 */
import type { CharacterPerformanceRequest } from "../generated/schemas.gen.ts"
import { operation, submit, validate } from "./CharacterPerformance.ts"
import { type Check, must } from "./Options.ts"
import { type Input, writtenOut } from "./promise/Assets.ts"
import * as Checks from "./promise/Checks.ts"
import { Engine } from "./promise/Engine.ts"
import { type RunwayLedger, runwayLedger } from "./promise/Ledger.ts"
import { type Origin, PaidJob, type WaitOptions } from "./promise/PaidJob.ts"
import { type PaidOperation, paidOperation } from "./promise/PaidOperation.ts"
import { layerOf, type RunwayOptions } from "./promise/Settings.ts"
import * as Task from "./Task.ts"

export type { Archive, Kept, KeptFile } from "./archive/Archive.ts"
export type { Category, NewJob } from "./FailureCode.ts"
export type { Input } from "./promise/Assets.ts"
export type { KeepOptions } from "./promise/Keeping.ts"
export type { LedgerPlace, RunwayLedger } from "./promise/Ledger.ts"
export type { PaidJob, WaitOptions } from "./promise/PaidJob.ts"
export type { AllOptions, JobOptions, PaidOperation, Place, Result, SubmitOptions } from "./promise/PaidOperation.ts"
export type { PurchaseOptions, Reused } from "./promise/Purchase.ts"
export type { PollOptions, RunwayOptions, Time } from "./promise/Settings.ts"
export type { Saved, SaveOptions, Video } from "./promise/Video.ts"
export { type Problem, type Reason, RunwayError } from "./RunwayError.ts"
export type { Task, Terminal } from "./task/Snapshot.ts"

/** How a task is taken up again. */
export interface ResumeOptions extends WaitOptions {
  /** When the job was submitted: a young task may not be visible yet. Default: now. */
  readonly submittedAt?: Date | undefined
}

/** One account at one origin, with one pace. */
export interface Runway extends AsyncDisposable {
  /** A reference clip's performance, transferred to a character. Paid. */
  readonly characterPerformance: PaidOperation<Input, CharacterPerformanceRequest>
  /** Takes a submitted job up again by its id, from any process; costs nothing. Awaited, it is the video. */
  readonly task: (id: string, options?: ResumeOptions) => PaidJob
  /** Looks at a task once. */
  readonly get: (id: string, options?: { readonly signal?: AbortSignal | undefined }) => Promise<Task.Task>
  /** What an operator asks the ledger, and tells it; undefined where the runway was given none. */
  readonly ledger: RunwayLedger | undefined
  /**
   * Stops everything: waits end at once, and submissions that have left are waited for, for the `grace`, so that no id is lost. `await
   * using` calls it.
   */
  readonly close: () => Promise<void>
}

/**
 * Makes a runway. Make one for the whole program: its requests share one pace.
 *
 * The key comes from `COMETAPI_KEY` unless it is given. Throws a `RunwayError` with the reason `InvalidConfig` when an option cannot be used.
 *
 * @example
 * ```ts
 * import { createRunway } from "cometapi-runway/promise"
 *
 * await using runway = createRunway()
 * const video = await runway.characterPerformance({
 *   character: "https://example.com/portrait.png",
 *   reference: "https://example.com/performance.mp4"
 * })
 * const { path } = await video.save("videos/")
 * ```
 */
export const createRunway = (options: RunwayOptions = {}): Runway => {
  const { warn = console.warn } = options
  const engine = new Engine({ layer: layerOf(options), warn })
  const close = () => engine.close()
  return {
    // One line for each operation that `Job.make` makes.
    characterPerformance: paidOperation(engine, { operation, submit, validate }, "characterPerformance", writtenOut),
    task: (id, options = {}) => resumed(engine, id, options),
    ledger: options.ledger === undefined ? undefined : runwayLedger(engine, options.budget),
    get: async (id, options = {}) => {
      const refusal = Checks.refusal("get", options, Checks.stoppable)
      if (refusal !== undefined) throw refusal
      return engine.run(Task.get(id), options.signal)
    },
    close,
    [Symbol.asyncDispose]: close
  }
}

const resumed = (engine: Engine, id: string, options: ResumeOptions): PaidJob => {
  const refusal = Checks.refusal("task", options, { ...Checks.wait, submittedAt: date })
  if (refusal !== undefined) return new PaidJob(engine, { task: () => Promise.reject(refusal), about: "task" }, {})
  const { submittedAt, ...wait } = options
  return new PaidJob(engine, originOf(engine, id, submittedAt), wait)
}

const date: Check = (value) =>
  value instanceof Date && !Number.isNaN(value.getTime()) ? undefined : must("a Date", value)

/** A job that was submitted before. */
const originOf = (engine: Engine, id: string, submittedAt: Date | undefined): Origin => ({
  task: async () =>
    submittedAt === undefined ? id : engine.runSync(Task.restore({ id, submittedAt: submittedAt.toJSON() })),
  about: "task"
})
