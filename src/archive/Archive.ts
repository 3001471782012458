/**
 * An archive of finished videos, as the client sees it: what it is given, what it answers, and the step in which a job's video is kept.
 *
 * A job with an archive has succeeded only when its bytes are kept. An archive that fails takes nothing with it: the error names the task, and
 * the step can be done again without paying. Where the bytes go is for `Folder.ts` and `Objects.ts`; nothing here downloads.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { defined } from "../Defined.ts"
import { ArchiveFailed, RunwayError } from "../RunwayError.ts"
import { makeOutputUrl, Succeeded, type TaskId } from "../task/Snapshot.ts"

/** One file that is kept. */
export interface KeptFile {
  /** Where it is, in the archive's own words: a path, or the name of an object. */
  readonly location: string
  /** The same as a URL, without any signature. */
  readonly url: string
  readonly bytes: number
  /** SHA-256 of its bytes, in hex. */
  readonly sha256: string
}

/** What an archive keeps of a job. */
export interface Kept {
  readonly taskId: TaskId
  /** One for each output of the task; usually there is one. */
  readonly files: readonly [KeptFile, ...ReadonlyArray<KeptFile>]
  /** Where the JSON is that says what was made of what. */
  readonly sidecar: string
  /** Whether it was kept before, and found to be whole and unchanged. */
  readonly wasKept: boolean
}

/** A finished job on its way into an archive. */
export interface Finished {
  readonly task: Succeeded
  /** What it was made of, where that is known: the operation and the body that was sent. */
  readonly made?: { readonly operation?: string | undefined; readonly body: unknown } | undefined
  /** The name of what was to be made, where it has one. */
  readonly intent?: string | undefined
  /** The provider's version that was asked for, in `X-Runway-Version`. */
  readonly version?: string | undefined
  /** Where the API is: a mock's own output lies on this machine. */
  readonly apiUrl?: string | undefined
}

/** Why an archive cannot do its work, in words that continue "the video could not be kept: …". */
export interface ArchiveProblem {
  readonly problem: string
  /** Whether it may pass by itself. */
  readonly transient: boolean
}

/** Where finished videos are kept: `Archive.folder`, `Archive.objects`, or your own. */
export interface Archive {
  /** What is kept of a task; nothing unless all of it is there, and is what was written. */
  readonly find: (id: TaskId) => Effect.Effect<Kept | undefined, ArchiveProblem>
  /** Keeps what is not kept yet. When it succeeds, all of it is where it belongs. */
  readonly keep: (finished: Finished) => Effect.Effect<Kept, ArchiveProblem>
}

/**
 * Keeps a task's video: for a job that was submitted and waited for elsewhere, or whose archive has failed before.
 *
 * Errors: `ArchiveFailed`, with the task.
 */
export const keep = (archive: Archive, finished: Finished): Effect.Effect<Kept, RunwayError> =>
  Effect.tap(
    Effect.mapError(archive.keep(finished), (problem) => failed(problem, finished.task.id, finished.task)),
    ({ wasKept, files }) =>
      Effect.logInfo(wasKept ? "the video is kept already" : "the video is kept").pipe(
        Effect.annotateLogs({ taskId: finished.task.id, location: files[0].location })
      )
  )

/** A task that is kept, as its end: its outputs are the kept files. */
export interface KeptTask {
  readonly task: Succeeded
  readonly kept: Kept
}

/** What is kept of a task that is known to have succeeded: then neither the provider nor the video's host is asked. */
export const find = (archive: Archive, id: TaskId): Effect.Effect<KeptTask | undefined, RunwayError> =>
  archive.find(id).pipe(
    Effect.mapError((problem) => failed(problem, id)),
    Effect.map((kept) => {
      if (kept === undefined) return undefined
      const [first, ...rest] = kept.files
      const output = [makeOutputUrl(first.url), ...rest.map(({ url }) => makeOutputUrl(url))] as const
      return { kept, task: new Succeeded({ id, status: "SUCCEEDED", output }) }
    })
  )

const failed = (problem: ArchiveProblem, taskId: TaskId, lastTask?: Succeeded): RunwayError =>
  new RunwayError({ operation: "archive", reason: new ArchiveFailed(problem), taskId, ...defined({ lastTask }) })
