/**
 * The beginning of a video on the disk, until it is whole, and the note beside it that allows a later download to continue it.
 *
 * Each download that starts from nothing makes a part with a new name (`<base>.<eight hex digits>.part`), so that two downloads never
 * write into one file. The note (`<base>.part.json`) names the part to continue and the one version of the one output that it belongs
 * to. Within a process a part has one writer. Another process may continue a part that is still written to: both then write the same
 * bytes at the same places, because the host has confirmed the version, and the one that ends second starts over. It asks no host.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { extensions } from "./FileName.ts"
import { type Refusal, strongEtag } from "./Host.ts"
import * as RegularFile from "./RegularFile.ts"

/** What a part is a part of. */
export const Version = Schema.Struct({
  taskId: Schema.String,
  index: Schema.Int,
  /** The host's name for these very bytes. Without one nothing can be taken up again. */
  etag: Schema.optionalKey(Schema.String.check(Schema.isPattern(strongEtag))),
  /** How many bytes there are, where it is known. */
  total: Schema.optionalKey(Schema.Int),
  extension: Schema.Literals(extensions)
})
export type Version = typeof Version.Type

const Note = Schema.Struct({ ...Version.fields, part: Schema.String.check(Schema.isPattern(/^[0-9a-f]{8}$/)) })
const NoteText = Schema.fromJsonString(Note)
const encodeNote = Schema.encodeEffect(NoteText)
const decodeNote = Schema.decodeUnknownOption(NoteText)

/** A part that nobody else in this process writes to while the scope is open. */
export interface Part {
  readonly path: string
  readonly version: Version
  /** How many bytes were there before. */
  readonly size: number
}

/** A part that can be continued. */
export interface Resumable extends Part {
  readonly etag: string
}

/** The parts that this process writes to. */
const taken = new Set<string>()

/** Makes this download the only writer of a part in this process; false when there is another. */
const take = Effect.fnUntraced(function* (part: string): Effect.fn.Return<boolean, never, Path.Path | Scope.Scope> {
  const path = yield* Path.Path
  const name = path.resolve(part)
  return yield* Effect.acquireRelease(
    Effect.sync(() => !taken.has(name) && taken.add(name) !== undefined),
    (isTaken) => Effect.sync(() => isTaken && taken.delete(name))
  )
})

const partOf = (base: string, part: string): string => `${base}.${part}.part`
const noteOf = (base: string): string => `${base}.part.json`

/** The note at a place; one that cannot be read, or is far too long for one, counts as none. */
const note = Effect.fnUntraced(function* (base: string) {
  const fs = yield* FileSystem.FileSystem
  const path = noteOf(base)
  const size = yield* RegularFile.sizeOf(path).pipe(Effect.orElseSucceed(() => undefined))
  if (size === undefined || size > maxNoteBytes) return undefined
  const text = yield* Effect.option(fs.readFileString(path))
  return Option.getOrUndefined(Option.flatMap(text, decodeNote))
})

/** A task's id may be long; the rest of a note is short. */
const maxNoteBytes = 64 * 1024

/** The part to continue, if there is one of this output and no other download of this process writes to it. */
export const find = Effect.fnUntraced(function* (
  base: string,
  taskId: string,
  index: number
): Effect.fn.Return<Resumable | undefined, Refusal, FileSystem.FileSystem | Path.Path | Scope.Scope> {
  yield* RegularFile.sizeOf(noteOf(base))
  const noted = yield* note(base)
  if (noted?.etag === undefined || noted.taskId !== taskId || noted.index !== index) return undefined
  const path = partOf(base, noted.part)
  const size = yield* RegularFile.sizeOf(path)
  if (size === undefined || size === 0 || !(yield* take(path))) return undefined
  return { path, version: noted, etag: noted.etag, size }
})

/**
 * A new, empty part, in place of the one that is there: `resumable`, or one that no download writes to. It stays after the scope only
 * when something of it can be resumed.
 */
export const begin = Effect.fnUntraced(function* (
  base: string,
  version: Version,
  resumable: Part | undefined
): Effect.fn.Return<Part, PlatformError, FileSystem.FileSystem | Path.Path | Scope.Scope> {
  const fs = yield* FileSystem.FileSystem
  const part = crypto.randomUUID().slice(0, 8)
  const path = partOf(base, part)
  yield* take(path)
  yield* Effect.acquireRelease(fs.writeFile(path, new Uint8Array(), { flag: "wx" }), () =>
    Effect.gen(function* () {
      const size = yield* fs.stat(path).pipe(Effect.map(({ size }) => size))
      const kept = yield* note(base)
      if (size === 0n || kept?.part !== part) yield* drop(base, path)
    }).pipe(Effect.ignore)
  )
  const noted = yield* note(base)
  const previous = noted === undefined ? undefined : partOf(base, noted.part)
  // If another download of this process still writes the previous part, that one keeps the note, and this part cannot be resumed.
  if (previous !== undefined && previous !== resumable?.path && !(yield* take(previous))) {
    return { path, version, size: 0 }
  }
  if (previous !== undefined) yield* drop(base, previous)
  if (version.etag !== undefined) {
    // Whole or not at all, as another process may be reading it.
    const draft = `${path}.json`
    const text = yield* Effect.orDie(encodeNote({ ...version, part }))
    yield* Effect.uninterruptible(
      fs.writeFileString(draft, text).pipe(
        Effect.andThen(fs.rename(draft, noteOf(base))),
        Effect.onError(() => Effect.ignore(fs.remove(draft, { force: true })))
      )
    )
  }
  return { path, version, size: 0 }
})

/** Removes a part and its note, unless something else stands in a part's place. */
export const drop = Effect.fnUntraced(function* (
  base: string,
  path: string
): Effect.fn.Return<void, never, FileSystem.FileSystem> {
  const fs = yield* FileSystem.FileSystem
  const noted = yield* note(base)
  if (noted !== undefined && partOf(base, noted.part) === path) yield* Effect.ignore(fs.remove(noteOf(base)))
  yield* RegularFile.sizeOf(path).pipe(Effect.andThen(fs.remove(path, { force: true })), Effect.ignore)
})

/** Gives a whole part its name. */
export const finish = Effect.fnUntraced(function* (
  base: string,
  path: string,
  to: string
): Effect.fn.Return<void, PlatformError, FileSystem.FileSystem> {
  const fs = yield* FileSystem.FileSystem
  yield* fs.rename(path, to)
  yield* drop(base, path)
}, Effect.uninterruptible)
