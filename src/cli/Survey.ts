/**
 * A look through a batch's file before anything is paid for: what is wrong with it, and how much of it is paid already.
 *
 * Of each line it keeps two numbers, so a long file needs little memory.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as Intent from "../ledger/Intent.ts"
import { Ledger } from "../ledger/Ledger.ts"
import { isPaidAgain } from "../Purchase.ts"
import { Complaint } from "./Complaint.ts"
import * as JobsFile from "./JobsFile.ts"
import * as Output from "./Output.ts"
import * as Screen from "./Screen.ts"

export interface Survey {
  readonly total: number
  /** Jobs that have to be paid for. */
  readonly toPay: number
  /** Jobs that are paid. */
  readonly paid: number
  /** Lines that say the same as another: they are one job. */
  readonly repeated: number
  /** Jobs of which nobody knows whether they were accepted, or that another run is submitting. */
  readonly open: number
}

/** As much of a digest as a number holds exactly. */
const short = (digest: string): number => Number.parseInt(digest.slice(0, 13), 16)

/** How an intent stands in the ledger. */
const standing = Effect.fnUntraced(function* ({ intent, digest }: JobsFile.Job, retryFailed: boolean) {
  const ledger = Option.getOrUndefined(yield* Effect.serviceOption(Ledger))
  const entries = ledger === undefined ? [] : yield* ledger.show(intent)
  const latest = entries.at(-1)
  if (latest === undefined) return "toPay"
  if (latest.digest !== digest) return "conflict"
  const job = entries.findLast(({ taskId }) => taskId !== undefined)
  if (job !== undefined) return retryFailed && isPaidAgain("failed", job.outcome) ? "toPay" : "paid"
  return latest.state === "refused" ? "toPay" : "open"
})

const conflict = (line: number, where: string): JobsFile.BadLine => ({
  line,
  problems: [{ path: "intent", message: `is ${where} with another input: give it another name` }]
})

/** Looks through the file. Every line that cannot be used is named, and then nothing is sent. */
export const of = Effect.fnUntraced(function* (file: string, baseUrl: string, retryFailed: boolean) {
  const seen = new Map<number, number>()
  const counts = { total: 0, toPay: 0, paid: 0, repeated: 0, open: 0, bad: 0 }

  const complain = Effect.fnUntraced(function* ({ line, problems }: JobsFile.BadLine) {
    counts.bad++
    for (const { path, message } of problems)
      yield* Screen.say(`${file}:${line}: ${path === "" ? "" : `${path}: `}${message}`)
    yield* Output.report({ event: "badLine", line, problems })
  })

  const look = Effect.fnUntraced(function* (job: JobsFile.Job) {
    const name = short(yield* Intent.sha256(job.intent))
    const digest = short(job.digest)
    const before = seen.get(name)
    seen.set(name, digest)
    if (before !== undefined) {
      if (before !== digest) yield* complain(conflict(job.line, "on an earlier line"))
      else counts.repeated++
      return
    }
    const found = yield* standing(job, retryFailed)
    if (found === "conflict") yield* complain(conflict(job.line, "in the ledger"))
    else counts[found]++
  })

  yield* Stream.runForEach(JobsFile.read(file, baseUrl), (read) => {
    counts.total++
    return Result.isSuccess(read) ? look(read.success) : complain(read.failure)
  })
  const { bad, ...survey } = counts
  if (bad > 0) {
    return yield* new Complaint({ text: `${bad} of ${survey.total} lines cannot be used, so nothing was sent.` })
  }
  if (survey.total === 0) return yield* new Complaint({ text: `There is no job in ${file}.` })
  return survey satisfies Survey
})
