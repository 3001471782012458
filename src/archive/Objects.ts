/**
 * An archive in a store of objects, such as S3: what the store must be able to do, and what is put there.
 *
 * A video is loaded to this machine first, because its length and its hash must be known before it is put. The JSON comes last, so where it is
 * the video is there too. It speaks no store's protocol: that is three functions of yours.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as FileName from "../download/FileName.ts"
import * as Sha256 from "../download/Sha256.ts"
import * as Shown from "../Shown.ts"
import type { TaskId } from "../task/Snapshot.ts"
import type { Archive, ArchiveProblem, Finished, Kept, KeptFile } from "./Archive.ts"
import { diskProblem, type Loading, loaded, mapFiles } from "./Folder.ts"
import * as Sidecar from "./Sidecar.ts"

/** One object that is to be put. */
export interface ObjectToPut {
  /** Its name, made safe: a task's id and an ending. */
  readonly name: string
  /** Where its bytes are on this machine, until the put has ended. */
  readonly path: string
  readonly bytes: number
  /** SHA-256, in hex. Give it to the store, so that it can check what it got and `stat` can say it. */
  readonly sha256: string
  /** For example `video/mp4`. */
  readonly contentType: string
}

/** A store of objects. Whatever its functions fail with becomes an `ArchiveFailed`. */
export interface ObjectStore {
  /** Puts an object, in place of the one of that name if there is one. It succeeds only when the store has all of it. */
  readonly put: (object: ObjectToPut) => Effect.Effect<unknown, unknown>
  /** What the store says of an object; undefined when there is none. */
  readonly stat: (
    name: string
  ) => Effect.Effect<{ readonly bytes: number; readonly sha256?: string | undefined } | undefined, unknown>
  /** The text of an object; undefined when there is none. */
  readonly read: (name: string) => Effect.Effect<string | undefined, unknown>
  /** The address of an object, without any signature. */
  readonly url: (name: string) => string
}

type Disk = FileSystem.FileSystem | Path.Path

const types: Readonly<Record<string, string>> = { mp4: "video/mp4", webm: "video/webm", mov: "video/quicktime" }

const storeProblem = (error: unknown): ArchiveProblem => ({
  problem: Shown.line(`the store failed: ${error instanceof Error ? error.message || error.name : String(error)}`),
  transient: true
})

/** An archive in a store of objects. */
export const objects = Effect.fnUntraced(function* (
  store: ObjectStore,
  loading: Loading = {}
): Effect.fn.Return<Archive, never, Disk> {
  const disk = yield* Effect.context<Disk>()
  const asked = <A>(question: Effect.Effect<A, unknown>) => Effect.mapError(question, storeProblem)

  const stated = Effect.fnUntraced(function* ({ name, bytes, sha256 }: Sidecar.Sidecar["files"][number]) {
    const object = yield* asked(store.stat(name))
    // A store that says no hash is believed as to the length.
    if (object?.bytes !== bytes || (object.sha256 ?? sha256) !== sha256) return undefined
    return { location: name, url: store.url(name), bytes, sha256 } satisfies KeptFile
  })

  const find = Effect.fnUntraced(function* (id: TaskId): Effect.fn.Return<Kept | undefined, ArchiveProblem> {
    const sidecar = sidecarOf(id)
    const text = yield* asked(store.read(sidecar))
    const noted = text === undefined ? undefined : Sidecar.read(text, id)
    if (noted === undefined) return undefined
    const [first, ...rest] = yield* Effect.forEach(noted.files, stated)
    const others = rest.filter((file) => file !== undefined)
    if (first === undefined || others.length < rest.length) return undefined
    return { taskId: id, files: [first, ...others], sidecar, wasKept: true }
  })

  const put = Effect.fnUntraced(function* (path: string, contentType: string) {
    const { basename } = yield* Path.Path
    const { bytes, sha256 } = yield* Effect.mapError(Sha256.ofFile(path), diskProblem(path))
    const name = basename(path)
    yield* asked(store.put({ name, path, bytes, sha256, contentType }))
    const file = yield* stated({ name, bytes, sha256 })
    if (file !== undefined) return file
    const problem = `the store has taken ${name} and does not show it with its ${bytes} bytes and its hash`
    return yield* Effect.fail<ArchiveProblem>({ problem, transient: true })
  })

  const keep = (finished: Finished): Effect.Effect<Kept, ArchiveProblem, Disk> =>
    Effect.gen(function* () {
      const { task } = finished
      const kept = yield* find(task.id)
      if (kept !== undefined) return kept
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const here = yield* Effect.mapError(
        fs.makeTempDirectoryScoped({ prefix: "cometapi-runway-archive-" }),
        diskProblem("a temporary folder")
      )
      const local = yield* loaded(finished, here, loading)
      const [first, ...rest] = local.map(({ location }) => put(location, types[path.extname(location).slice(1)] ?? ""))
      const files = [
        yield* first ?? Effect.die(new Error("a task has an output")),
        ...(yield* Effect.all(rest))
      ] as const
      const names = mapFiles(files, ({ location: name, bytes, sha256 }) => ({ name, bytes, sha256 }))
      const sidecar = path.join(here, sidecarOf(task.id))
      const text = yield* Sidecar.write(finished, names)
      yield* Effect.mapError(fs.writeFileString(sidecar, text), diskProblem(sidecar))
      const { location } = yield* put(sidecar, "application/json")
      return { taskId: task.id, files, sidecar: location, wasKept: false }
    }).pipe(Effect.scoped)

  return { find, keep: (finished) => Effect.provideContext(keep(finished), disk) }
})

const sidecarOf = (id: TaskId): string => `${FileName.fromId(id)}.json`
