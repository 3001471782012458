/**
 * The host of a finished video: it is asked without a key, and never trusted.
 *
 * The output URL is the only credential that is sent. Where it and redirects may lead is decided in `Access.ts`; an answer that is no
 * video is refused. It knows nothing of files and of retries.
 *
 * @module
 */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { Fetch } from "effect/http/FetchHttpClient"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { defined } from "../Defined.ts"
import { DownloadFailed, OutputExpired } from "../RunwayError.ts"
import { retryAfter } from "../request/Answer.ts"
import * as Telemetry from "../request/Telemetry.ts"
import * as Shown from "../Shown.ts"
import type { Access } from "./Access.ts"

/** Why there is no video, or no more of it. */
export interface Refusal {
  readonly reason: DownloadFailed | OutputExpired
  readonly status?: number
}

/** A refusal that is temporary: the same download may succeed later. */
export const lost = (problem: string): Refusal => ({ reason: new DownloadFailed({ problem }) })

/** A refusal that the same download would meet again. */
export const refused = (problem: string): Refusal => ({ reason: new DownloadFailed({ problem, transient: false }) })

/** A part of a video: the bytes from `from` on, of the version that the tag names. */
interface Range {
  readonly from: number
  readonly etag: string
}

export interface Ask {
  readonly url: string
  /** What is asked for; all of it, when absent. */
  readonly range: Range | undefined
  /** For how long the host may be silent. */
  readonly stallTimeout: Duration.Duration
  readonly access: Access
}

/**
 * The host's answer: 200 with a video, or 206 or 416 to a range that was asked for.
 *
 * Its connection is given up with the scope, in whatever state it is.
 */
export const open = Effect.fnUntraced(function* (ask: Ask): Effect.fn.Return<Response, Refusal, Scope.Scope> {
  const controller = yield* Effect.acquireRelease(
    Effect.sync(() => new AbortController()),
    (controller) => Effect.sync(() => controller.abort())
  )
  return yield* follow(ask, controller.signal, 5)
})

/** Asks for a video, also where redirects lead, as often as they may. */
const follow: (ask: Ask, signal: AbortSignal, redirects: number) => Effect.Effect<Response, Refusal> =
  Effect.fnUntraced(function* (ask, signal, redirects) {
    const { url, range, access } = ask
    const problem = access(url)
    if (problem !== undefined) return yield* Effect.fail(refused(`${Shown.withoutQuery(url)} ${problem}`))
    const response = yield* request(ask, signal)
    const { status, headers } = response
    if (range !== undefined && status === 416) return response
    if (status === 200 || (range !== undefined && status === 206)) {
      const type = headers.get("content-type") ?? ""
      return textual.test(type)
        ? yield* Effect.fail(refused(`the answer is ${Shown.word(type)} and no video`))
        : response
    }
    const location = headers.get("location")
    if (status >= 300 && status < 400 && location !== null) {
      const target = yield* Effect.fromResult(redirectTarget(url, location, redirects))
      return yield* follow({ ...ask, url: target }, signal, redirects - 1)
    }
    return yield* Effect.fail(refusalOf(response, yield* DateTime.now))
  })

/** Where a redirect leads, if it may be followed. */
const redirectTarget = (url: string, location: string, redirects: number): Result.Result<string, Refusal> => {
  const target = URL.parse(location, url)
  if (target === null) return Result.fail(refused(`redirected to ${Shown.withoutQuery(location)}, which is no URL`))
  // What began with TLS stays with it: a host elsewhere has no say in what is read on this machine.
  if (URL.parse(url)?.protocol === "https:" && target.protocol !== "https:") {
    return Result.fail(refused(`redirected to ${Shown.withoutQuery(target.href)}, which is not an https:// URL`))
  }
  return redirects === 0 ? Result.fail(refused("too many redirects")) : Result.succeed(target.href)
}

/** What an answer that is no video means. */
const refusalOf = ({ status, headers }: Response, now: DateTime.Utc): Refusal => {
  if (expired.has(status)) return { reason: new OutputExpired({}), status }
  const reason = new DownloadFailed({
    problem: `answered with ${status}`,
    transient: status >= 500 || temporary.has(status),
    ...defined({ retryAfter: retryAfter({ status, headers, text: "", sentAt: now, receivedAt: now }) })
  })
  return { reason, status }
}

const request = Effect.fnUntraced(function* (
  { url, range, stallTimeout }: Ask,
  signal: AbortSignal
): Effect.fn.Return<Response, Refusal> {
  const fetch = yield* Fetch
  // A compressed answer could not be resumed, and its length would say nothing.
  const headers = new Headers({
    accept: "video/*, application/octet-stream;q=0.9, */*;q=0.1",
    "accept-encoding": "identity"
  })
  if (range !== undefined) {
    headers.set("range", `bytes=${range.from}-`)
    headers.set("if-range", range.etag)
  }
  const noAnswer = (why: string) => ({ _tag: "Lost", problem: `no answer from ${Shown.withoutQuery(url)}${why}` })
  const attempt = Effect.tryPromise({
    try: () => fetch(url, { redirect: "manual", credentials: "omit", headers, signal }),
    catch: (error) => noAnswer(`: ${Shown.line(String(error))}`)
  }).pipe(
    Effect.timeoutOrElse({
      duration: stallTimeout,
      orElse: () => Effect.fail(noAnswer(` within ${Duration.format(stallTimeout)}`))
    })
  )
  const { origin, pathname } = new URL(url)
  const baseUrl = Shown.withoutQuery(`${origin}${pathname}`)
  const about = { operation: "GET", baseUrl, server: Telemetry.serverOf(origin), resendCount: 0 }
  return yield* Telemetry.attemptSpan(attempt, about).pipe(Effect.mapError(({ problem }) => lost(problem)))
})

/** Gives a body to `use` chunk by chunk; each chunk must come within the stall timeout. */
export const forEachChunk = <R>(
  body: ReadableStream<Uint8Array>,
  stallTimeout: Duration.Duration,
  use: (chunk: Uint8Array) => Effect.Effect<unknown, Refusal, R>
): Effect.Effect<void, Refusal, R> =>
  Effect.acquireUseRelease(
    Effect.sync(() => body.getReader()),
    Effect.fnUntraced(function* (reader) {
      const next = Effect.tryPromise({
        try: () => reader.read(),
        catch: (error) => lost(`the connection was lost: ${Shown.line(String(error))}`)
      }).pipe(
        Effect.timeoutOrElse({
          duration: stallTimeout,
          orElse: () => Effect.fail(lost(`nothing came for ${Duration.format(stallTimeout)}`))
        })
      )
      for (let read = yield* next; !read.done; read = yield* next) yield* use(read.value)
    }),
    // Not waited for: a host that does not let go must not hold up an interruption.
    (reader) => Effect.sync(() => void reader.cancel().catch(() => {}))
  )

/** How many bytes a header names; nothing where that is no number. It may be more than can be counted, so it is only compared. */
export const byteCount = (text: string | null | undefined): number | undefined =>
  text !== null && text !== undefined && /^\d+$/.test(text.trim()) ? Number(text) : undefined

/** Where the bytes of a 206, or the missing bytes of a 416, stand in the whole: `bytes 5-9/10`, `bytes 5-9/*`, `bytes *\/10`. */
export const contentRange = (headers: Headers): { readonly from?: number; readonly total?: number } => {
  const [, from, total] = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(headers.get("content-range")?.trim() ?? "") ?? []
  return defined({
    from: byteCount(from),
    total: byteCount(total)
  })
}

/** A tag that promises the same bytes, not only as good ones. */
export const strongEtag = /^"[\x21\x23-\x7e\x80-\xff]*"$/

const textual = /^text\/|json|html|xml/i

/** The answers of storage hosts to a signed URL that is not valid any more, or whose object is gone. */
const expired: ReadonlySet<number> = new Set([401, 403, 404, 410])

/** Below 500: too slow, too early, too many. */
const temporary: ReadonlySet<number> = new Set([408, 425, 429])
