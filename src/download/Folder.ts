/**
 * A folder that is made together with the missing folders above it, one at a time. It writes no files.
 *
 * Node's own recursive `mkdir` never comes back where the file system refuses a folder as not found (below /proc, for one).
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"

export const make: (folder: string) => Effect.Effect<void, PlatformError, FileSystem.FileSystem | Path.Path> =
  Effect.fnUntraced(function* (folder) {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    if (yield* fs.exists(folder)) return
    const above = path.dirname(folder)
    if (above !== folder) yield* make(above)
    yield* fs.makeDirectory(folder).pipe(
      // Somebody else may have made it since.
      Effect.catchIf(
        ({ reason }) => reason._tag === "AlreadyExists",
        () => Effect.void
      )
    )
  })
