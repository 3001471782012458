/**
 * A finished video, saved to a file: whole or not at all.
 *
 * The output URL is the only credential that is sent; the API key never goes to an asset's host. Redirects are followed to https only.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { Fetch } from "effect/http/FetchHttpClient"
import * as Path from "effect/Path"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as Folder from "./Folder.ts"
import { DownloadFailed, RunwayError } from "./RunwayError.ts"
import { type Succeeded, withoutQuery } from "./TaskSnapshot.ts"

export interface DownloadOptions {
  /** The file to write; its folder is made when it is missing. Until the video is whole it is named `<to>.part`. */
  readonly to: string
  /** Which of the task's outputs. Default: 0, the first and usually only one. */
  readonly index?: number
}

/**
 * Saves a task's video to a file and answers with its size in bytes.
 *
 * Use it soon after the task has succeeded: output URLs are temporary. The file appears under its name only when it is whole.
 *
 * Errors: `DownloadFailed`.
 *
 * @example
 * ```ts
 * import { NodeServices } from "@effect/platform-node"
 * import { Effect } from "effect"
 * import { Task } from "cometapi-runway"
 *
 * const program = Effect.gen(function*() {
 *   const task = yield* Task.wait("5b91e444-c232-deaf-a4d7-8aef3e57336b")
 *   return yield* Task.download(task, { to: `out/${task.id}.mp4` })
 * }).pipe(Effect.provide(NodeServices.layer))
 * ```
 */
export const download = Effect.fn("Task.download")(function* (task: Succeeded, { to, index = 0 }: DownloadOptions) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const failed = (problem: string) =>
    new RunwayError({ operation: "download", reason: new DownloadFailed({ problem }), taskId: task.id, lastTask: task })

  const output = task.output[index]
  if (output === undefined) return yield* failed(`the task has ${task.output.length} outputs, and no number ${index}`)
  const part = `${to}.part`

  const save = Effect.gen(function* () {
    yield* Folder.make(path.dirname(to)).pipe(
      Effect.mapError((error) => failed(`cannot write to ${path.dirname(to)}: ${error.message}`))
    )
    const response = yield* open(Redacted.value(output), 5).pipe(Effect.mapError(failed))
    const { body } = response
    if (body === null) return yield* failed("the answer was empty")
    yield* Stream.fromReadableStream({
      evaluate: () => body,
      onError: (error) => failed(`the connection was lost: ${error}`)
    }).pipe(
      Stream.run(fs.sink(part)),
      Effect.catchTag("PlatformError", (error) => Effect.fail(failed(`cannot write ${part}: ${error.message}`)))
    )
    const { size } = yield* fs.stat(part).pipe(Effect.mapError((error) => failed(error.message)))
    const promised = response.headers.get("content-length")
    if (size === 0n) return yield* failed("the answer was empty")
    if (promised !== null && response.headers.get("content-encoding") === null && size !== BigInt(promised)) {
      return yield* failed(`it broke off after ${size} of ${promised} bytes`)
    }
    yield* fs.rename(part, to).pipe(Effect.mapError((error) => failed(`cannot write ${to}: ${error.message}`)))
    return Number(size)
  })
  return yield* save.pipe(Effect.onError(() => Effect.ignore(fs.remove(part, { force: true }))))
})

/** A video behind a URL, after as many redirects as are allowed; fails with what is wrong in words. */
const open = (url: string, redirects: number): Effect.Effect<Response, string> =>
  Effect.gen(function* () {
    if (!isSafe(url)) return yield* Effect.fail(`${withoutQuery(url)} is not an https:// URL`)
    const fetch = yield* Fetch
    const response = yield* Effect.tryPromise({
      try: (signal) => fetch(url, { redirect: "manual", signal }),
      catch: (error) => `no answer from ${withoutQuery(url)}: ${error}`
    })
    const { status, headers } = response
    const location = headers.get("location")
    const type = headers.get("content-type") ?? ""
    if (status === 200 && !/^text\/|json/i.test(type)) return response

    yield* discard(response)
    if (status >= 300 && status < 400 && location !== null) {
      const target = URL.parse(location, url)
      if (target === null) return yield* Effect.fail(`redirected to ${withoutQuery(location)}, which is no URL`)
      // What began with TLS stays with it: a host elsewhere has no say in what is read on this machine.
      if (URL.parse(url)?.protocol === "https:" && target.protocol !== "https:") {
        return yield* Effect.fail(`redirected to ${withoutQuery(target.href)}, which is not an https:// URL`)
      }
      if (redirects === 0) return yield* Effect.fail("too many redirects")
      return yield* open(target.href, redirects - 1)
    }
    if (status === 403 || status === 404 || status === 410) {
      return yield* Effect.fail(
        `answered with ${status}; the URL has probably expired, so get the task again for a fresh one`
      )
    }
    return yield* Effect.fail(status === 200 ? `the answer is ${type} and no video` : `answered with ${status}`)
  })

/** Lets go of an answer, so that what is left of it does not hold its connection. */
const discard = ({ body }: Response): Effect.Effect<void> =>
  Effect.promise(() => body?.cancel().catch(() => {}) ?? Promise.resolve())

/** https, or this machine, which is where a mock is. */
const isSafe = (url: string): boolean => {
  const parsed = URL.parse(url)
  return (
    parsed?.protocol === "https:" ||
    (parsed?.protocol === "http:" && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(parsed.hostname))
  )
}
