/**
 * SHA-256 of a file, read as a stream: a video may be larger than the memory.
 *
 * The platform's web cryptography hashes only what is in memory, so this is Node's, which every runtime with a disk has. It is looked for when it
 * is needed and imported by name only then, so that the library also loads where there is none.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type { PlatformError } from "effect/PlatformError"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"

/** What is used of it. */
interface Hash {
  readonly update: (bytes: Uint8Array) => unknown
  readonly digest: (encoding: "hex") => string
}

const createHash: Effect.Effect<Hash> = Effect.promise(async () => {
  // A name in a variable: a bundler for the browser must not look for it.
  const name = "node:crypto"
  const found: unknown = await import(/* @vite-ignore */ name)
  if (!Predicate.hasProperty(found, "createHash") || typeof found.createHash !== "function")
    throw new Error("this runtime has no node:crypto, which hashing a file needs")
  return found.createHash("sha256")
})

/** The bytes of a file and their hash, in hex. */
export const ofFile = Effect.fnUntraced(function* (
  path: string
): Effect.fn.Return<{ readonly bytes: number; readonly sha256: string }, PlatformError, FileSystem.FileSystem> {
  const fs = yield* FileSystem.FileSystem
  const hash = yield* createHash
  let bytes = 0
  yield* Stream.runForEach(fs.stream(path), (chunk) =>
    Effect.sync(() => {
      bytes += chunk.length
      hash.update(chunk)
    })
  )
  return { bytes, sha256: hash.digest("hex") }
})
