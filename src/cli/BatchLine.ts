/**
 * One line of a batch: from what the ledger knows of it to its video.
 *
 * Its end is a value: what goes wrong with one line is said in that line's result, and is nobody else's problem. Only what would go wrong with
 * every line ends the batch.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as CharacterPerformance from "../CharacterPerformance.ts"
import { defined } from "../Defined.ts"
import * as FileName from "../download/FileName.ts"
import type { Budget } from "../ledger/Budget.ts"
import { Ledger } from "../ledger/Ledger.ts"
import type { RunwayError } from "../RunwayError.ts"
import * as Task from "../Task.ts"
import type { Job } from "./JobsFile.ts"
import type { Event } from "./Output.ts"
import * as VideoFile from "./VideoFile.ts"

/** How the lines are made. */
export interface How {
  readonly out: string
  readonly budget: Budget
  /** Whether a new job is paid for a line whose job has failed. */
  readonly again: "never" | "failed"
}

/** What would go wrong with every line: the batch ends, and what was submitted is in the ledger. */
const fatal: ReadonlySet<string> = new Set(["Unauthorized", "Forbidden", "LedgerFailed", "InvalidConfig"])

/** The video that an earlier run has saved. */
const savedBefore = Effect.fnUntraced(function* (id: string, out: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  for (const extension of FileName.extensions) {
    const file = path.join(path.resolve(out), `${FileName.fromId(id)}.${extension}`)
    const found = yield* Effect.option(fs.stat(file))
    if (Option.isSome(found) && found.value.type === "File") return { path: file, bytes: Number(found.value.size) }
  }
  return undefined
})

/** The paid job of a line that is done with, as the ledger and the disk know it. */
const doneBefore = Effect.fnUntraced(function* ({ intent }: Job, out: string) {
  const ledger = Option.getOrUndefined(yield* Effect.serviceOption(Ledger))
  if (ledger === undefined) return undefined
  const entries = yield* ledger.show(intent)
  const id = entries.findLast(({ taskId }) => taskId !== undefined)?.taskId
  const saved = id === undefined ? undefined : yield* savedBefore(id, out)
  return saved === undefined ? undefined : { id, ...saved, reused: true }
})

/** Whether another run, or another line with the same input, is at it: it says soon how that ended. */
const isBusy = ({ reason }: RunwayError): boolean => reason._tag === "IntentUnresolved" && reason.state === "sending"

const make = Effect.fnUntraced(function* (job: Job, { out, budget, again }: How, hasLedger: boolean) {
  let reused = false
  const task = yield* CharacterPerformance.generate(job.input, {
    interruptGrace: "10 seconds",
    onReused: () =>
      Effect.sync(() => {
        reused = true
      }),
    ...(hasLedger ? { intent: job.intent, budget, again } : {})
  }).pipe(Effect.retry({ while: isBusy, schedule: Schedule.spaced("1 second") }))
  const saved = yield* Task.download(task, { to: yield* VideoFile.pathOf(out) })
  return { id: task.id, ...saved, reused }
})

/** The result of a line, as an event. */
export const run = Effect.fnUntraced(function* (job: Job, how: How) {
  const hasLedger = Option.isSome(yield* Effect.serviceOption(Ledger))
  const before = yield* doneBefore(job, how.out)
  const made = before === undefined ? yield* Effect.result(make(job, how, hasLedger)) : Result.succeed(before)
  if (Result.isFailure(made)) {
    const { reason, message, taskId } = made.failure
    if (fatal.has(reason._tag)) return yield* made.failure
    return result(job, { ok: false, reason: reason._tag, message, ...defined({ id: taskId }) })
  }
  return result(job, { ok: true, ...made.success })
})

const result = (
  { line, intent }: Job,
  end: { readonly ok: boolean; readonly [field: string]: unknown }
): Event & { readonly ok: boolean } => ({
  event: "line",
  line,
  ...end,
  intent
})
