/**
 * A recording as a file: one real job, its answers as named examples in the contract's own form, and when each was asked for.
 *
 * A folder holds one such file for each job, with the video beside it. People may read, rename and edit them, so what is read is checked.
 * It knows nothing of secrets: what comes here to be written has none any more.
 *
 * @module
 */
import { readdirSync, readFileSync, statSync } from "node:fs"
import { mkdir, rename, writeFile } from "node:fs/promises"
import { basename, join } from "node:path"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

/** One answer: which of the file's examples it is. */
const Answer = Schema.Struct({
  status: Schema.Int,
  mediaType: Schema.String,
  /** Absent where the body was empty. */
  example: Schema.optionalKey(Schema.String),
  headers: Schema.optionalKey(Schema.Record(Schema.String, Schema.String))
})

/** Milliseconds: `after` since the POST was answered, `took` until the answer was there. */
const outcome = {
  took: Schema.Finite,
  answer: Schema.optionalKey(Answer),
  /** Why there is no answer, where the connection failed. */
  failure: Schema.optionalKey(Schema.String)
}

const Submission = Schema.Struct({
  operation: Schema.String,
  headers: Schema.Record(Schema.String, Schema.String),
  body: Schema.Unknown,
  /** What the contract has against the request. */
  violations: Schema.Array(Schema.String),
  ...outcome
})

const Poll = Schema.Struct({ operation: Schema.String, after: Schema.Finite, ...outcome })

const Video = Schema.Struct({
  file: Schema.optionalKey(Schema.String.check(Schema.isPattern(/^[\w-][\w.-]*$/))),
  bytes: Schema.optionalKey(Schema.Int),
  /** Why it was not saved. */
  missing: Schema.optionalKey(Schema.String)
})

const Deviation = Schema.Struct({
  severity: Schema.Literals(["wrong", "new"]),
  /** The answer it is found in: an example's name, or what it was an answer to. */
  answer: Schema.String,
  at: Schema.String,
  problem: Schema.String
})

const Example = Schema.Struct({ summary: Schema.String, value: Schema.Unknown })

const Recording = Schema.Struct({
  format: Schema.Literal(1),
  /** By the machine's clock. */
  recordedAt: Schema.String,
  from: Schema.String,
  /** The version of the contract that it was checked against. */
  contract: Schema.String,
  redacted: Schema.Array(Schema.String),
  submit: Schema.optionalKey(Submission),
  polls: Schema.Array(Poll),
  video: Schema.optionalKey(Video),
  deviations: Schema.Array(Deviation),
  /** By operation, status, media type and name: each can be moved to that place in the contract. */
  examples: Schema.Record(
    Schema.String,
    Schema.Record(Schema.String, Schema.Record(Schema.String, Schema.Record(Schema.String, Example)))
  )
})

export type Recording = typeof Recording.Type
export type RecordedAnswer = typeof Answer.Type
export type RecordedDeviation = typeof Deviation.Type
export type Examples = Recording["examples"]

/** A recording and the name of its file, which is the name of its scenario. */
export interface NamedRecording {
  readonly name: string
  readonly recording: Recording
}

const decode = Schema.decodeUnknownResult(Schema.fromJsonString(Recording), {
  onExcessProperty: "error",
  errors: "first"
})

/** The recording in a text, or what is wrong with it. */
const parse = (text: string): Result.Result<Recording, string> =>
  Result.mapError(decode(text), (issue) => String(issue.message).replaceAll(/\s*\n\s*/g, " "))

/** What of a folder could not be read. */
export interface BrokenFile {
  readonly file: string
  readonly problem: string
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const readOne = (folder: string, file: string): Result.Result<NamedRecording, BrokenFile> => {
  const path = join(folder, file)
  const parsed = Result.flatMap(Result.try({ try: () => readFileSync(path, "utf8"), catch: messageOf }), parse)
  return Result.mapBoth(parsed, {
    onFailure: (problem) => ({ file: path, problem }),
    onSuccess: (recording) => ({ name: basename(file, ".json"), recording })
  })
}

/** Every recording of a folder, in the order in which they were made, or the first file that cannot be read. */
export const readFolder = (folder: string): Result.Result<ReadonlyArray<NamedRecording>, BrokenFile> =>
  Result.gen(function* () {
    const names = yield* Result.try({
      try: () => readdirSync(folder),
      catch: (error): BrokenFile => ({ file: folder, problem: messageOf(error) })
    })
    const files = names.filter((file) => file.endsWith(".json"))
    if (files.length === 0) return yield* Result.fail({ file: folder, problem: "there is no recording in this folder" })
    const recordings = yield* Result.all(files.map((file) => readOne(folder, file)))
    return [...recordings].sort(
      (a, b) => Date.parse(a.recording.recordedAt) - Date.parse(b.recording.recordedAt) || (a.name < b.name ? -1 : 1)
    )
  })

/** The path of a recording's video, where it was saved and is still there. */
export const videoPath = (folder: string, { recording }: NamedRecording): string | undefined => {
  const file = recording.video?.file
  const path = file === undefined ? undefined : join(folder, file)
  return path !== undefined && statSync(path, { throwIfNoEntry: false })?.isFile() === true ? path : undefined
}

/** A name that no file of the folder has yet: `character-performance-3`. The file is made at once, so that nobody else takes it. */
export const claimName = async (folder: string, kind: string): Promise<string> => {
  await mkdir(folder, { recursive: true })
  for (let number = 1; ; number++) {
    const name = `${kind}-${number}`
    const isMine = await writeFile(join(folder, `${name}.json`), "", { flag: "wx" }).then(
      () => true,
      (error: NodeJS.ErrnoException) => (error.code === "EEXIST" ? false : Promise.reject(error))
    )
    if (isMine) return name
  }
}

/** Writes a file so that a reader finds all of it or its former content. */
const writeWhole = async (path: string, content: string | Uint8Array): Promise<void> => {
  const draft = `${path}.part`
  await writeFile(draft, content)
  await rename(draft, path)
}

/** Writes a recording. */
export const write = (folder: string, { name, recording }: NamedRecording): Promise<void> =>
  writeWhole(join(folder, `${name}.json`), `${JSON.stringify(recording, undefined, 2)}\n`)

/** Writes a recording's video, and gives the name of its file. */
export const writeVideo = async (folder: string, name: string, bytes: Uint8Array): Promise<string> => {
  await writeWhole(join(folder, `${name}.mp4`), bytes)
  return `${name}.mp4`
}
