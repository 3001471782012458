/**
 * A file with one job on each line, as JSON: the fields of the input, and `intent`, the name under which the job is paid once.
 *
 * The whole file is checked before the first job starts, so that a mistake in its last line costs nothing.
 *
 * @module
 */
import { CharacterPerformance } from "cometapi-runway"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Predicate from "effect/Predicate"
import type { Job } from "../Generate.ts"
import { Complaint } from "./Complaint.ts"

/** The jobs of a file, or all that is wrong with it. */
export const read = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const text = yield* Effect.mapError(
    fs.readFileString(file),
    ({ reason }) => new Complaint({ message: `Cannot read ${file}: ${reason.message}` })
  )
  const lines = text.split("\n").map((text, index) => ({ text: text.replace(/^\uFEFF/, "").trim(), line: index + 1 }))
  const [jobs, problems] = yield* Effect.partition(
    lines.filter(({ text }) => text !== ""),
    ({ text, line }) => Effect.mapError(jobOf(text), (problem) => `${file}, line ${line}: ${problem}`)
  )
  const names = new Set(jobs.map(({ intent }) => intent))
  if (names.size < jobs.length) problems.push(`${file} has an intent on more than one line; each job needs its own.`)
  if (problems.length > 0) return yield* new Complaint({ message: `Nothing was sent.\n${problems.join("\n")}` })
  return jobs
})

const jobOf = Effect.fnUntraced(function* (text: string): Effect.fn.Return<Job, string> {
  const value = yield* Effect.try({
    try: (): unknown => JSON.parse(text),
    catch: (error) => `no JSON: ${error instanceof Error ? error.message : String(error)}`
  })
  if (!Predicate.isObject(value))
    return yield* Effect.fail('must be an object, like {"intent": "order-1", "character": …}')
  const { intent, ...fields } = value as Readonly<Record<string, unknown>>
  if (typeof intent !== "string" || intent.trim() === "") {
    return yield* Effect.fail('needs an intent: the name under which the job is paid once, for example "order-1"')
  }
  // The contract's check follows, and speaks of these fields by the same names.
  const input = fields as unknown as CharacterPerformance.Input
  yield* Effect.mapError(CharacterPerformance.validate(input), ({ message }) => message)
  return { intent, input }
})
