/**
 * Where a job's video is kept, for programs that do not use Effect: a folder, or any archive of `cometapi-runway/archive`.
 *
 * A folder needs a disk, which is loaded by those who keep videos. It decides nothing about what is kept.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { type Archive, find, type Kept, type KeptTask, keep } from "../archive/Archive.ts"
import { Runway } from "../Runway.ts"
import type { RunwayError } from "../RunwayError.ts"
import type { Succeeded, TaskId } from "../task/Snapshot.ts"
import type { Engine } from "./Engine.ts"

/** Where a job's video is kept. */
export interface KeepOptions {
  /**
   * A folder, or an archive of `cometapi-runway/archive`: then the job is fulfilled only when the video's bytes are there, and `video.kept` says
   * where. It rejects with `ArchiveFailed`, which has the task's id, when they cannot be kept.
   */
  readonly archive?: string | Archive | undefined
}

/** The two times at which a job asks its archive. */
export interface Keeping {
  /** What is kept of a job that the ledger knows to have succeeded. */
  readonly find: (signal: AbortSignal | undefined) => Promise<KeptTask | undefined>
  readonly keep: (task: Succeeded, signal: AbortSignal | undefined) => Promise<Kept>
}

/** What is known of a job whose video is to be kept. */
interface About {
  /** The job, if the ledger knows that it has succeeded. */
  readonly before: () => TaskId | undefined
  readonly made: Effect.Effect<{ readonly operation?: string | undefined; readonly body: unknown }, RunwayError>
  readonly intent: string | undefined
}

export const keepingIn = (engine: Engine, place: string | Archive, { before, made, intent }: About): Keeping => {
  const archive = Effect.flatMap(
    Effect.promise(() => import("./Disk.ts")),
    ({ archiveOf }) => archiveOf(place)
  )
  const finish = Effect.fnUntraced(function* (task: Succeeded) {
    const { version, baseUrl } = yield* Runway
    return yield* keep(yield* archive, { task, made: yield* made, intent, version, apiUrl: baseUrl })
  })
  return {
    find: async (signal) => {
      const id = before()
      return id === undefined
        ? undefined
        : engine.run(
            Effect.flatMap(archive, (archive) => find(archive, id)),
            signal
          )
    },
    keep: (task, signal) => engine.run(finish(task), signal)
  }
}
