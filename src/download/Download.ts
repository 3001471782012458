/**
 * A finished video, saved to a file: whole or not at all, and continued where an earlier download broke off.
 *
 * This is the one place that knows both what the host answers (`Host.ts`) and what is on the disk (`PartFile.ts`). The output URL is the
 * only credential that is sent; the API key never goes to an asset's host.
 *
 * @module
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { defined } from "../Defined.ts"
import { RunwayError } from "../RunwayError.ts"
import { type RetryOptions, type RetrySchedule, withRetry } from "../request/Retry.ts"
import type { Succeeded } from "../task/Snapshot.ts"
import * as FileName from "./FileName.ts"
import * as Folder from "./Folder.ts"
import * as Host from "./Host.ts"
import * as PartFile from "./PartFile.ts"
import * as Progress from "./Progress.ts"

export interface DownloadOptions extends RetryOptions {
  /**
   * The file to write, or a folder: one that is there, or any path that ends with a separator. In a folder the file is named by the
   * task's id (`<id>.mp4`, or `.webm` or `.mov` when it is one), made safe. Folders that are missing are made.
   */
  readonly to: string
  /** Which of the task's outputs. Default: 0, the first and usually only one. In a folder others are named `<id>.<index>.mp4`. */
  readonly index?: number | undefined
  /** Is told how far it is: at the start and the end of the bytes, and about ten times a second between. The download waits for it. */
  readonly onProgress?: Progress.Listener | undefined
  /** After how long without a byte, or without an answer, the connection is given up and tried again. Default: 30 seconds. */
  readonly stallTimeout?: Duration.Input | undefined
}

/** A video that was saved. */
export interface Downloaded {
  readonly path: string
  readonly bytes: number
}

/** Four more attempts, 0.5 s apart and doubling up to 20 s, each ±20 %; however long the bytes take between them. */
const defaultRetry: RetrySchedule = Schedule.min([
  Schedule.exponential("500 millis"),
  Schedule.spaced("20 seconds")
]).pipe(Schedule.jittered, Schedule.upTo({ times: 4 }))

/**
 * Saves a task's video and says where it is and how many bytes it has.
 *
 * Use it soon after the task has succeeded: output URLs expire within 24 to 48 hours. The file appears under its name only when it is
 * whole. Temporary failures are tried again, and the download continues where it broke off if the host allows; so does a later call with
 * the same `to`, after a failure, an interruption or the end of the process.
 *
 * Errors: `DownloadFailed`; `OutputExpired` when the task must be got again for a fresh URL.
 * Source: https://docs.dev.runwayml.com/assets/outputs/
 *
 * @example
 * ```ts
 * import { NodeServices } from "@effect/platform-node"
 * import { Console, Effect } from "effect"
 * import { Task } from "cometapi-runway"
 *
 * const program = Effect.gen(function*() {
 *   const task = yield* Task.wait("5b91e444-c232-deaf-a4d7-8aef3e57336b")
 *   const { path, bytes } = yield* Task.download(task, {
 *     to: "videos/",
 *     onProgress: ({ received, total }) => Console.log(`${received} of ${total ?? "?"} bytes`)
 *   })
 *   yield* Console.log(`${path}: ${bytes} bytes`)
 * }).pipe(Effect.provide(NodeServices.layer))
 * ```
 */
export const download = Effect.fn("Runway.download")(function* (
  task: Succeeded,
  options: DownloadOptions
): Effect.fn.Return<Downloaded, RunwayError, FileSystem.FileSystem | Path.Path> {
  yield* Effect.annotateCurrentSpan("runway.task.id", task.id)
  const { to, index = 0, retry = defaultRetry } = options
  const fail = ({ reason, status }: Host.Refusal) =>
    new RunwayError({ operation: "download", reason, taskId: task.id, lastTask: task, ...defined({ status }) })

  const output = task.output[index]
  if (output === undefined) {
    return yield* fail(Host.refused(`the task has ${task.output.length} outputs, and no number ${index}`))
  }
  const place = yield* placeOf(to, task.id, index).pipe(Effect.mapError(fail))
  const video: Video = { taskId: task.id, index, url: Redacted.value(output), place }

  const saved = yield* withRetry(
    () => Effect.scoped(saveOnce(video, options)).pipe(Effect.mapError(fail)),
    retry,
    ({ isRetryable }) => isRetryable
  )
  yield* Effect.annotateCurrentSpan("runway.download.bytes", saved.bytes)
  return saved
})

interface Video {
  readonly taskId: string
  readonly index: number
  readonly url: string
  readonly place: Place
}

/** Where a video goes: what its parts are named after, and its name once its kind is known. */
interface Place {
  readonly base: string
  readonly named: (extension: FileName.Extension) => string
}

const placeOf = Effect.fnUntraced(function* (
  to: string,
  taskId: string,
  index: number
): Effect.fn.Return<Place, Host.Refusal, FileSystem.FileSystem | Path.Path> {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  if (to === "") return yield* Effect.fail(Host.refused("`to` is empty"))
  const isFolder =
    to.endsWith("/") ||
    to.endsWith(path.sep) ||
    (yield* fs.stat(to).pipe(
      Effect.map(({ type }) => type === "Directory"),
      Effect.orElseSucceed(() => false)
    ))
  const folder = isFolder ? to : path.dirname(to)
  yield* Folder.make(folder).pipe(
    Effect.mapError((error) => Host.refused(`cannot write to ${folder}: ${error.message}`))
  )
  if (!isFolder) return { base: to, named: () => to }
  const base = path.join(to, `${FileName.fromId(taskId)}${index === 0 ? "" : `.${index}`}`)
  return { base, named: (extension: FileName.Extension) => `${base}.${extension}` }
})

/** One request and its answer, written to a part. It continues the part that is there, unless the answer shows that it is of no use. */
const saveOnce: (
  video: Video,
  options: DownloadOptions,
  startOver?: boolean
) => Effect.Effect<Downloaded, Host.Refusal, Fetching> = Effect.fnUntraced(function* (
  video,
  options,
  startOver = false
) {
  const path = yield* Path.Path
  const { taskId, index, url, place } = video
  const stallTimeout = Duration.fromInputUnsafe(options.stallTimeout ?? "30 seconds")
  const kept = startOver ? undefined : yield* PartFile.find(place.base, taskId, index)
  const range = kept && { from: kept.size, etag: kept.etag }
  const response = yield* Host.open({ url, range, stallTimeout })
  // A 200 is the whole video, whatever was asked for.
  const resumed = response.status === 200 ? undefined : kept
  if (resumed !== undefined && !continues(resumed, response)) {
    yield* PartFile.drop(place.base, resumed.path)
    return yield* saveOnce(video, options, true)
  }

  const version = resumed?.version ?? versionOf(video, response.headers)
  const part =
    resumed ??
    (yield* PartFile.begin(place.base, version, kept).pipe(Effect.mapError(noWrite(path.dirname(place.base)))))
  const total = version.total ?? (resumed && Host.contentRange(response.headers).total)
  // A 416 says what it has to say in its headers.
  const body = response.status === 416 ? null : response.body
  const bytes = yield* write(body, part, Progress.make(options.onProgress, total), stallTimeout)
  yield* requireWhole(bytes, total, PartFile.drop(place.base, part.path))
  const to = place.named(version.extension)
  yield* PartFile.finish(place.base, part.path, to).pipe(Effect.mapError(noWrite(to)))
  return { path: to, bytes }
})

/** Refuses a video of another length than was promised. One that is too long cannot be continued, so its part is dropped. */
const requireWhole = <R>(
  bytes: number,
  total: number | undefined,
  dropPart: Effect.Effect<void, never, R>
): Effect.Effect<void, Host.Refusal, R> => {
  if (bytes === 0) return Effect.fail(Host.refused("the answer was empty"))
  if (total === undefined || bytes === total) return Effect.void
  const brokeOff = Effect.fail(Host.lost(`it broke off after ${bytes} of ${total} bytes`))
  return bytes > total ? Effect.andThen(dropPart, brokeOff) : brokeOff
}

type Fetching = FileSystem.FileSystem | Path.Path | Scope.Scope

/** Whether an answer to a range begins exactly where the part ends, or says that the part is all there is. */
const continues = (part: PartFile.Resumable, { status, headers }: Response): boolean => {
  const { from, total } = Host.contentRange(headers)
  const sameBytes = (headers.get("etag") ?? part.etag) === part.etag && !headers.has("content-encoding")
  const sameTotal = total === undefined || part.version.total === undefined || total === part.version.total
  return sameBytes && sameTotal && (status === 416 ? total === part.size : from === part.size)
}

/** What the answer to a request for the whole video says of it. */
const versionOf = ({ taskId, index, url }: Video, headers: Headers): PartFile.Version => {
  // The length of a compressed body is not the video's, and a part of one cannot be asked for.
  const plain = !headers.has("content-encoding")
  const etag = headers.get("etag") ?? ""
  const length = headers.get("content-length")
  return {
    taskId,
    index,
    extension: FileName.extension(headers.get("content-type"), url),
    ...defined({
      etag: plain && Host.strongEtag.test(etag) ? etag : undefined,
      total: plain && length !== null ? Number(length) : undefined
    })
  }
}

/** Appends a body to a part and brings it to the disk; answers with the part's size. */
const write = Effect.fnUntraced(function* (
  body: Response["body"],
  part: PartFile.Part,
  progress: Progress.Tell,
  stallTimeout: Duration.Duration
) {
  const fs = yield* FileSystem.FileSystem
  const onDisk = Effect.mapError(noWrite(part.path))
  const file = yield* fs.open(part.path, { flag: "r+" }).pipe(onDisk)
  yield* file.seek(BigInt(part.size), "start").pipe(onDisk)
  let received = part.size
  yield* progress(received, "first")
  if (body !== null) {
    yield* Host.forEachChunk(body, stallTimeout, (chunk) =>
      Effect.gen(function* () {
        if (received === 0 && page.test(new TextDecoder().decode(chunk.subarray(0, 100)))) {
          return yield* Effect.fail(Host.refused("the answer is a page and no video"))
        }
        // The file must not be closed under a write that is under way.
        yield* Effect.uninterruptible(file.writeAll(chunk)).pipe(onDisk)
        received += chunk.length
        yield* progress(received)
      })
    )
  }
  yield* Effect.uninterruptible(file.sync).pipe(onDisk)
  if (received > 0) yield* progress(received, "last")
  return received
}, Effect.scoped)

/** How pages and error documents begin; no video begins so. */
const page = /^\s*(<!doctype|<html|<\?xml|<error|\{\s*")/i

/** A part that is gone was finished or replaced by another process, so starting over can help. Other problems of a disk are permanent. */
const noWrite =
  (where: string) =>
  (error: PlatformError): Host.Refusal =>
    error.reason._tag === "NotFound"
      ? Host.lost(`${where} is gone: ${error.message}`)
      : Host.refused(`cannot write ${where}: ${error.message}`)
