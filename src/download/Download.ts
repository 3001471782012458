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
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { defined } from "../Defined.ts"
import { RunwayError } from "../RunwayError.ts"
import { withRetry } from "../request/Retry.ts"
import type { Succeeded } from "../task/Snapshot.ts"
import * as Beginning from "./Beginning.ts"
import * as FileName from "./FileName.ts"
import * as Folder from "./Folder.ts"
import * as Host from "./Host.ts"
import { type Checked, checked, type DownloadOptions } from "./Options.ts"
import * as PartFile from "./PartFile.ts"
import * as Progress from "./Progress.ts"
import * as RegularFile from "./RegularFile.ts"

/** A video that was saved. */
export interface Downloaded {
  readonly path: string
  readonly bytes: number
}

/** Saves a task's video, as `Task.download` describes it. `apiUrl` is where the API is, if that is known. */
export const download = Effect.fnUntraced(function* (
  task: Succeeded,
  options: DownloadOptions,
  apiUrl: string | undefined
): Effect.fn.Return<Downloaded, RunwayError, FileSystem.FileSystem | Path.Path> {
  const { to, index, retry, deadline, ...how } = yield* checked(options, apiUrl).pipe(
    Effect.mapError((error) => error.with({ taskId: task.id, lastTask: task }))
  )
  const fail = ({ reason, status }: Host.Refusal) =>
    new RunwayError({ operation: "download", reason, taskId: task.id, lastTask: task, ...defined({ status }) })

  const output = task.output[index]
  if (output === undefined) {
    return yield* fail(Host.refused(`the task has ${task.output.length} outputs, and no number ${index}`))
  }
  const place = yield* placeOf(to, task.id, index).pipe(Effect.mapError(fail))
  const video: Video = { taskId: task.id, index, url: Redacted.value(output), place, how }

  return yield* withRetry(
    () => Effect.scoped(saveOnce(video)).pipe(Effect.mapError(fail)),
    retry,
    ({ isRetryable }) => isRetryable
  ).pipe(
    Effect.timeoutOrElse({
      duration: deadline,
      orElse: () => Effect.fail(fail(Host.lost(`it was not whole within ${Duration.format(deadline)}`)))
    })
  )
})

interface Video {
  readonly taskId: string
  readonly index: number
  readonly url: string
  readonly place: Place
  readonly how: Omit<Checked, "to" | "index" | "retry" | "deadline">
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
  if (!isFolder) {
    yield* RegularFile.sizeOf(to)
    return { base: to, named: () => to }
  }
  const base = path.join(to, `${FileName.fromId(taskId)}${index === 0 ? "" : `.${index}`}`)
  return { base, named: (extension: FileName.Extension) => `${base}.${extension}` }
})

/** One request and its answer, written to a part. It continues the part that is there, unless the answer shows that it is of no use. */
const saveOnce: (video: Video, startOver?: boolean) => Effect.Effect<Downloaded, Host.Refusal, Fetching> =
  Effect.fnUntraced(function* (video, startOver = false) {
    const path = yield* Path.Path
    const { taskId, index, url, place } = video
    const { stallTimeout, access, maxBytes, onProgress } = video.how
    const kept = startOver ? undefined : yield* PartFile.find(place.base, taskId, index)
    const range = kept && { from: kept.size, etag: kept.etag }
    const response = yield* Host.open({ url, range, stallTimeout, access })
    // A 200 is the whole video, whatever was asked for.
    const resumed = response.status === 200 ? undefined : kept
    if (resumed !== undefined && !continues(resumed, response)) {
      yield* PartFile.drop(place.base, resumed.path)
      return yield* saveOnce(video, true)
    }

    const version = resumed?.version ?? versionOf(video, response.headers)
    const total = version.total ?? (resumed && Host.contentRange(response.headers).total)
    if (total !== undefined && total > maxBytes) return yield* Effect.fail(tooLarge(maxBytes))
    const to = place.named(version.extension)
    yield* RegularFile.sizeOf(to)
    const part =
      resumed ??
      (yield* PartFile.begin(place.base, version, kept).pipe(Effect.mapError(noWrite(path.dirname(place.base)))))
    // A 416 says what it has to say in its headers.
    const body = response.status === 416 ? null : response.body
    const dropPart = PartFile.drop(place.base, part.path)
    const bytes = yield* write(body, part, Progress.make(onProgress, total), { stallTimeout, maxBytes, dropPart })
    yield* requireWhole(bytes, total, dropPart)
    // A rename would replace a link or a pipe that has taken the name in the meantime.
    yield* RegularFile.sizeOf(to)
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
  return {
    taskId,
    index,
    extension: FileName.extension(headers.get("content-type"), url),
    ...defined({
      etag: plain && Host.strongEtag.test(etag) ? etag : undefined,
      total: plain ? Host.byteCount(headers.get("content-length")) : undefined
    })
  }
}

/** The limits of a body. */
interface Limits<R> {
  readonly stallTimeout: Duration.Duration
  readonly maxBytes: number
  /** What is done with a part that can be of no use any more. */
  readonly dropPart: Effect.Effect<void, never, R>
}

/** Appends a body to a part and brings it to the disk; answers with the part's size. */
const write = <R>(
  body: Response["body"],
  part: PartFile.Part,
  progress: Progress.Tell,
  { stallTimeout, maxBytes, dropPart }: Limits<R>
): Effect.Effect<number, Host.Refusal, FileSystem.FileSystem | R> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const onDisk = Effect.mapError(noWrite(part.path))
    const file = yield* fs.open(part.path, { flag: "r+" }).pipe(onDisk)
    yield* file.seek(BigInt(part.size), "start").pipe(onDisk)
    let received = part.size
    yield* progress(received, "first")
    const append = Effect.fnUntraced(function* (bytes: Uint8Array) {
      if (received + bytes.length > maxBytes) {
        yield* dropPart
        return yield* Effect.fail(tooLarge(maxBytes))
      }
      // The file must not be closed under a write that is under way.
      yield* Effect.uninterruptible(file.writeAll(bytes)).pipe(onDisk)
      received += bytes.length
      yield* progress(received)
    })
    // Nothing is written before it is known how the body begins, so that no later download goes on with a page.
    let held: Uint8Array = new Uint8Array()
    const take = (chunk: Uint8Array): Effect.Effect<void, Host.Refusal, R> => {
      if (received > 0) return append(chunk)
      const beginning = Beginning.joined(held, chunk)
      const what = Beginning.of(beginning)
      if (what === "Page") return Effect.fail(Host.refused("the answer is a page and no video"))
      held = what === "Open" ? beginning : new Uint8Array()
      return what === "Open" ? Effect.void : append(beginning)
    }
    if (body !== null) yield* Host.forEachChunk(body, stallTimeout, take)
    if (held.length > 0) yield* append(held)
    yield* Effect.uninterruptible(file.sync).pipe(onDisk)
    if (received > 0) yield* progress(received, "last")
    return received
  }).pipe(Effect.scoped)

/** Whatever a later attempt brings, it is the same video. */
const tooLarge = (maxBytes: number): Host.Refusal =>
  Host.refused(`the video has more than ${maxBytes} bytes; permit more with \`maxBytes\``)

/** A part that is gone was finished or replaced by another process, so starting over can help. Other problems of a disk are permanent. */
const noWrite =
  (where: string) =>
  (error: PlatformError): Host.Refusal => {
    if (error.reason._tag === "NotFound") return Host.lost(`${where} is gone: ${error.message}`)
    const { cause } = error.reason
    const code = Predicate.hasProperty(cause, "code") ? cause.code : undefined
    if (code === "ENOSPC" || code === "EDQUOT") {
      return Host.refused(`the disk is full (${code}): there is no room for ${where}. Make room, then download again`)
    }
    const why = typeof code === "string" && !error.message.includes(code) ? ` (${code})` : ""
    return Host.refused(`cannot write ${where}: ${error.message}${why}`)
  }
