/**
 * An archive in a folder: each video under its task's id, with a JSON beside it.
 *
 * The JSON is written last and by a rename, so where it is the video is whole. What is found is kept only if its bytes still have the hash
 * that was written down; anything else is loaded anew.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import * as Predicate from "effect/Predicate"
import * as Download from "../download/Download.ts"
import * as FileName from "../download/FileName.ts"
import type { DownloadOptions } from "../download/Options.ts"
import * as Sha256 from "../download/Sha256.ts"
import type { RunwayError } from "../RunwayError.ts"
import type { TaskId } from "../task/Snapshot.ts"
import type { Archive, ArchiveProblem, Finished, Kept, KeptFile } from "./Archive.ts"
import * as Sidecar from "./Sidecar.ts"

/** How videos are loaded on their way into an archive. */
export type Loading = Omit<DownloadOptions, "to" | "index">

type Disk = FileSystem.FileSystem | Path.Path

/**
 * An archive in a folder, which is made if it is not there. Making it touches no disk.
 *
 * @example
 * ```ts
 * import { NodeServices } from "@effect/platform-node"
 * import { Console, Effect } from "effect"
 * import { CharacterPerformance } from "cometapi-runway"
 * import * as Archive from "cometapi-runway/archive"
 *
 * declare const input: CharacterPerformance.Input
 *
 * const program = Effect.gen(function*() {
 *   const archive = yield* Archive.folder("videos")
 *   return yield* CharacterPerformance.generate(input, {
 *     archive,
 *     onKept: ({ files }) => Console.log(files[0].location, files[0].sha256)
 *   })
 * }).pipe(Effect.provide(NodeServices.layer))
 * ```
 */
export const folder = Effect.fnUntraced(function* (
  to: string,
  loading: Loading = {}
): Effect.fn.Return<Archive, never, Disk> {
  const disk = yield* Effect.context<Disk>()
  const find = Effect.fnUntraced(function* (id: TaskId): Effect.fn.Return<Kept | undefined, ArchiveProblem, Disk> {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const sidecar = sidecarOf(path, to, id)
    const text = yield* Effect.orElseSucceed(fs.readFileString(sidecar), () => "")
    const noted = Sidecar.read(text, id)
    if (noted === undefined) return undefined
    const [first, ...rest] = yield* Effect.forEach(noted.files, ({ name, bytes, sha256 }) => {
      // A name is one of this folder, whatever somebody has written into the JSON.
      const location = path.join(to, path.basename(name))
      return Effect.map(
        Effect.orElseSucceed(fileAt(location), () => undefined),
        (file) => (file?.sha256 === sha256 && file.bytes === bytes ? file : undefined)
      )
    })
    const others = rest.filter((file) => file !== undefined)
    if (first === undefined || others.length < rest.length) return undefined
    return { taskId: id, files: [first, ...others], sidecar, wasKept: true }
  })

  const keep = Effect.fnUntraced(function* (finished: Finished): Effect.fn.Return<Kept, ArchiveProblem, Disk> {
    const { task } = finished
    const kept = yield* find(task.id)
    if (kept !== undefined) return kept
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const files = yield* loaded(finished, to, loading)
    const names = mapFiles(files, ({ location, bytes, sha256 }) => ({ name: path.basename(location), bytes, sha256 }))
    const sidecar = sidecarOf(path, to, task.id)
    const draft = `${sidecar}.${crypto.randomUUID().slice(0, 8)}.part`
    const text = yield* Sidecar.write(finished, names)
    yield* Effect.uninterruptible(
      fs.writeFileString(draft, text).pipe(
        Effect.andThen(fs.rename(draft, sidecar)),
        Effect.onError(() => Effect.ignore(fs.remove(draft, { force: true })))
      )
    ).pipe(Effect.mapError(diskProblem(sidecar)))
    return { taskId: task.id, files, sidecar, wasKept: false }
  })

  return {
    find: (id) => Effect.provideContext(find(id), disk),
    keep: (finished) => Effect.provideContext(keep(finished), disk)
  }
})

const sidecarOf = (path: Path.Path, to: string, id: TaskId): string => path.join(to, `${FileName.fromId(id)}.json`)

export const mapFiles = <A, B>(
  [first, ...rest]: readonly [A, ...ReadonlyArray<A>],
  f: (file: A) => B
): readonly [B, ...ReadonlyArray<B>] => [f(first), ...rest.map(f)]

/** All outputs of a task, loaded into a folder and read back from there. */
export const loaded = Effect.fnUntraced(function* (
  { task, apiUrl }: Finished,
  to: string,
  loading: Loading
): Effect.fn.Return<Kept["files"], ArchiveProblem, Disk> {
  const path = yield* Path.Path
  const load = Effect.fnUntraced(function* (index: number) {
    // With a separator at its end it is a folder, also where there is none yet.
    const options = { ...loading, to: path.join(to, path.sep), index }
    const saved = yield* Effect.mapError(Download.download(task, options, apiUrl), loadingProblem)
    const file = yield* Effect.mapError(fileAt(saved.path), diskProblem(saved.path))
    if (file.bytes === saved.bytes) return file
    const problem = `${saved.path} has ${file.bytes} bytes and not the ${saved.bytes} that were written`
    return yield* Effect.fail({ problem, transient: true })
  })
  const [, ...others] = task.output
  return [yield* load(0), ...(yield* Effect.forEach(others, (_, index) => load(index + 1)))]
})

const fileAt = Effect.fnUntraced(function* (location: string): Effect.fn.Return<KeptFile, PlatformError, Disk> {
  const path = yield* Path.Path
  const { bytes, sha256 } = yield* Sha256.ofFile(location)
  const url = yield* Effect.orDie(path.toFileUrl(path.resolve(location)))
  return { location, url: url.href, bytes, sha256 }
})

const loadingProblem = ({ reason }: RunwayError): ArchiveProblem => ({
  problem: reason.message,
  transient: reason.isRetryable || reason._tag === "OutputExpired"
})

/** What is wrong with a disk, in words. A full one does not pass by itself. */
export const diskProblem =
  (where: string) =>
  ({ message, reason }: PlatformError): ArchiveProblem => {
    const code = Predicate.hasProperty(reason.cause, "code") ? reason.cause.code : undefined
    if (code === "ENOSPC" || code === "EDQUOT") {
      return { problem: `the disk is full (${code}): there is no room for ${where}. Make room first`, transient: false }
    }
    return { problem: `cannot write ${where}: ${message}`, transient: false }
  }
