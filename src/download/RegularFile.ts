/**
 * What may stand where a download writes or reads: a regular file, or nothing.
 *
 * A device or a pipe would take the video for ever, a link would put it elsewhere. None of them is opened, replaced or removed.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { type Refusal, refused } from "./Host.ts"

const names: Readonly<Record<FileSystem.File.Type, string>> = {
  File: "a file",
  Directory: "a folder",
  SymbolicLink: "a symbolic link",
  BlockDevice: "a device",
  CharacterDevice: "a device",
  FIFO: "a pipe",
  Socket: "a socket",
  Unknown: "something unknown"
}

/** The size of the file at a path; nothing when there is none. Whatever else stands there is refused. */
export const sizeOf = Effect.fnUntraced(function* (
  path: string
): Effect.fn.Return<number | undefined, Refusal, FileSystem.FileSystem> {
  const fs = yield* FileSystem.FileSystem
  // Not found, or not to be looked at: writing there will say why.
  const info = yield* fs.lstat(path).pipe(Effect.orElseSucceed(() => undefined))
  if (info === undefined) return undefined
  if (info.type === "File") return Number(info.size)
  return yield* Effect.fail(
    refused(`cannot write ${path}: it is ${names[info.type]} and no regular file; remove it or choose another path`)
  )
})
