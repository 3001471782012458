/**
 * Where a video is saved: a file or a folder, found out to be writable before anything is paid for.
 *
 * @module
 */
import { Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as Folder from "../download/Folder.ts"
import { Complaint } from "./Complaint.ts"

export const flag = Flag.String("out").pipe(
  Flag.withAlias("o"),
  Flag.withDefault("out"),
  Flag.withMetavar("file.mp4 | folder"),
  Flag.withDescription(
    "Where the video is saved: a file that ends in .mp4, .webm or .mov, or a folder, as <task id>.mp4"
  )
)

/** Whether a file is named, and not a folder. */
export const isFile = (out: string): boolean => /\.(mp4|webm|mov)$/i.test(out)

/** The path for `Task.download`: a folder ends with a separator. */
export const pathOf = Effect.fnUntraced(function* (out: string) {
  const path = yield* Path.Path
  return isFile(out) ? path.resolve(out) : path.resolve(out) + path.sep
})

/** Makes the folder, and fails where nothing can be written to it. */
export const writable = Effect.fnUntraced(function* (out: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const folder = isFile(out) ? path.dirname(path.resolve(out)) : out
  const failed = (why: string) => new Complaint({ text: `Cannot write to ${out}, so nothing was sent: ${why}` })
  yield* Folder.make(folder).pipe(
    Effect.andThen(Effect.scoped(fs.makeTempFileScoped({ directory: folder }))),
    Effect.mapError(({ reason }) => failed(reason.message))
  )
  const taken = isFile(out) && (yield* Effect.option(fs.stat(out)))
  if (taken !== false && taken._tag === "Some" && taken.value.type === "Directory")
    return yield* failed("it is a folder")
})

/** Refuses a file where there are many videos: each would take the place of the one before. */
export const folderOnly = (out: string): Effect.Effect<void, Complaint> =>
  isFile(out)
    ? Effect.fail(new Complaint({ text: `--out must be a folder here, got ${out}: there is more than one video.` }))
    : Effect.void
