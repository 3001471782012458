/**
 * The disk that videos are saved to by programs that do not use Effect: Node's, which Bun and Deno have too.
 *
 * It is the only module of the library that knows a platform, and it is loaded only by who saves a video.
 *
 * @module
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Archive } from "../archive/Archive.ts"
import { folder } from "../archive/Folder.ts"
import type { Downloaded } from "../download/Download.ts"
import type { DownloadOptions } from "../download/Options.ts"
import type { DownloadProgress } from "../download/Progress.ts"
import type { RunwayError } from "../RunwayError.ts"
import { download } from "../Task.ts"
import type { Succeeded } from "../task/Snapshot.ts"

interface Options extends Omit<DownloadOptions, "onProgress" | "retry"> {
  readonly onProgress?: (progress: DownloadProgress) => void
}

const disk = Layer.merge(NodeFileSystem.layer, NodePath.layer)

/** The archive that is meant: one in a folder, or the caller's own. */
export const archiveOf = (place: string | Archive): Effect.Effect<Archive> =>
  typeof place === "string" ? Effect.provide(folder(place), disk) : Effect.succeed(place)

/** Saves a task's video. */
export const save = (task: Succeeded, { onProgress, ...options }: Options): Effect.Effect<Downloaded, RunwayError> =>
  download(task, {
    ...options,
    onProgress: onProgress === undefined ? undefined : (progress) => Effect.sync(() => onProgress(progress))
  }).pipe(Effect.provide(disk))
