/**
 * The beginning of a video on the disk, until it is whole, and the note beside it by which it is taken up again.
 *
 * A part has a name of its own (`<base>.<eight hex digits>.part`), made new for each download that starts from nothing, so that two never
 * write into one file. The note (`<base>.part.json`) names the part to go on with and the one version of the one output that it belongs
 * to. Within a process a part has one writer. Another process may take up a part that is still written to; it then writes the same bytes
 * at the same places, because the host has confirmed the version, and who comes second to the end starts over.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import { extensions } from "./FileName.ts"
import { strongEtag } from "./Host.ts"

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

/** A part that can be gone on with. */
export interface Found extends Part {
  readonly etag: string
}

/** The parts that this process writes to. */
const taken = new Set<string>()

const take = Effect.fnUntraced(function* (part: string) {
  const path = yield* Path.Path
  const name = path.resolve(part)
  return yield* Effect.acquireRelease(
    Effect.sync(() => !taken.has(name) && taken.add(name) !== undefined),
    (mine) => Effect.sync(() => mine && taken.delete(name))
  )
})

const partOf = (base: string, part: string): string => `${base}.${part}.part`
const noteOf = (base: string): string => `${base}.part.json`

/** The note at a place; one that cannot be read counts as none. */
const note = Effect.fnUntraced(function* (base: string) {
  const fs = yield* FileSystem.FileSystem
  const text = yield* Effect.option(fs.readFileString(noteOf(base)))
  return Option.getOrUndefined(Option.flatMap(text, decodeNote))
})

/** The part to go on with, if there is one of this output and nobody is at it. */
export const find = Effect.fnUntraced(function* (base: string, taskId: string, index: number) {
  const fs = yield* FileSystem.FileSystem
  const found = yield* note(base)
  if (found?.etag === undefined || found.taskId !== taskId || found.index !== index) return undefined
  const path = partOf(base, found.part)
  const info = yield* Effect.option(fs.stat(path))
  if (Option.isNone(info) || info.value.type !== "File" || info.value.size === 0n) return undefined
  if (!(yield* take(path))) return undefined
  return { path, version: found, etag: found.etag, size: Number(info.value.size) }
})

/**
 * A new, empty part, in place of the one that is there: `found`, or another's that nobody is at. It stays after the scope only when there
 * is something to take up again.
 */
export const begin = Effect.fnUntraced(function* (base: string, version: Version, found: Part | undefined) {
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
  const former = noted === undefined ? undefined : partOf(base, noted.part)
  // Who is at the former part keeps the note, and this one is not taken up again.
  if (former !== undefined && former !== found?.path && !(yield* take(former))) return { path, version, size: 0 }
  if (former !== undefined) yield* drop(base, former)
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

/** Removes a part and its note. */
export const drop = Effect.fnUntraced(function* (base: string, path: string) {
  const fs = yield* FileSystem.FileSystem
  const noted = yield* note(base)
  if (noted !== undefined && partOf(base, noted.part) === path) yield* Effect.ignore(fs.remove(noteOf(base)))
  yield* Effect.ignore(fs.remove(path, { force: true }))
})

/** Gives a whole part its name. */
export const finish = Effect.fnUntraced(function* (base: string, path: string, to: string) {
  const fs = yield* FileSystem.FileSystem
  yield* fs.rename(path, to)
  yield* drop(base, path)
}, Effect.uninterruptible)
