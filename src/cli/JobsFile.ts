/**
 * A file with one job on each line, as JSON: read as it is needed, never as a whole.
 *
 * A line is the input's fields, and `intent` where the job has a name of its own. Empty lines are skipped, and the others keep their numbers.
 * Nothing is corrected: what cannot be used is said, with the line's number.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Predicate from "effect/Predicate"
import type * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as CharacterPerformance from "../CharacterPerformance.ts"
import * as Intent from "../ledger/Intent.ts"
import type { Problem, RunwayError } from "../RunwayError.ts"
import * as Shown from "../Shown.ts"
import { Complaint } from "./Complaint.ts"
import { operation, typeOf } from "./Described.ts"
import * as LedgerPlace from "./LedgerPlace.ts"

/** A line that can be sent. */
export interface Job {
  readonly line: number
  readonly input: CharacterPerformance.Input
  /** Its name in the ledger. */
  readonly intent: string
  /** What the ledger compares when the name is used again. */
  readonly digest: string
}

/** A line that cannot. */
export interface BadLine {
  readonly line: number
  readonly problems: ReadonlyArray<Problem>
}

/** The file's lines, each as a job or with what is wrong. */
export const read = (
  file: string,
  baseUrl: string
): Stream.Stream<Result.Result<Job, BadLine>, Complaint, FileSystem.FileSystem> =>
  Stream.unwrap(Effect.map(FileSystem.FileSystem, (fs) => fs.stream(file))).pipe(
    Stream.mapError(({ reason }) => new Complaint({ text: `Cannot read ${file}: ${reason.message}` })),
    Stream.decodeText,
    Stream.splitLines,
    Stream.zipWithIndex,
    Stream.map(([text, index]) => ({ text: text.replace(/^\uFEFF/, "").trim(), line: index + 1 })),
    Stream.filter(({ text }) => text !== ""),
    Stream.mapEffect(({ text, line }) =>
      Effect.result(Effect.mapError(jobOf(text, line, baseUrl), (problems): BadLine => ({ line, problems })))
    )
  )

const problem = (path: string, message: string): Effect.Effect<never, ReadonlyArray<Problem>> =>
  Effect.fail([{ path, message }])

const jobOf = Effect.fnUntraced(function* (text: string, line: number, baseUrl: string) {
  const value = yield* Effect.try({
    try: (): unknown => JSON.parse(text),
    catch: (error): ReadonlyArray<Problem> => [
      { path: "", message: `is no JSON: ${Shown.line(error instanceof Error ? error.message : String(error))}` }
    ]
  })
  if (!Predicate.isObject(value)) return yield* problem("", 'must be an object, like {"character": …, "reference": …}')
  const { intent, ...fields } = value
  if (intent !== undefined && (typeof intent !== "string" || intent.trim() === "")) {
    return yield* problem("intent", `must be a text that is not empty, got ${Shown.value(intent)}`)
  }
  // The contract's check follows, and speaks of these fields by the same names.
  const input = writtenOut(fields) as unknown as CharacterPerformance.Input
  const body = yield* Effect.mapError(CharacterPerformance.validate(input), problemsOf)
  const name = LedgerPlace.intentAt(baseUrl, intent, yield* Intent.digest(operation, body))
  const job: Job = { line, input, intent: name, digest: yield* LedgerPlace.digest(operation, body) }
  return job
})

const problemsOf = ({ reason, message }: RunwayError): ReadonlyArray<Problem> =>
  reason._tag === "InvalidInput" ? reason.problems : [{ path: "", message }]

/** Assets may be plain URLs; what each is, is told as for the flags. */
const writtenOut = (fields: Readonly<Record<string, unknown>>): object => {
  const { character, reference } = fields
  return {
    ...fields,
    ...(typeof character === "string" ? { character: { type: typeOf(character), uri: character } } : {}),
    ...(typeof reference === "string" ? { reference: { type: "video", uri: reference } } : {})
  }
}
