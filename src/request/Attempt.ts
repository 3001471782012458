/**
 * One HTTP attempt: a request goes out once, and either its whole answer comes back, or a `NoAnswer` that says how far the request got
 * and what had arrived of an answer.
 *
 * It holds the time limit of the attempt, the limit on the answer's size, the abort, and the time that a paid request is given to finish
 * when its caller is interrupted; it knows nothing of retries. The `fetch` is Effect's `FetchHttpClient.Fetch` reference, so proxies,
 * test doubles and the mock are plugged in there.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { Fetch } from "effect/http/FetchHttpClient"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { defined } from "../Defined.ts"
import * as Shown from "../Shown.ts"
import type { Answer } from "./Answer.ts"
import { provesNotSent } from "./NotSent.ts"
import type { Restore } from "./Retry.ts"

/**
 * Why there is no answer. `NotSent` is a proof that nothing reached the provider; `Lost` means that there is no such proof, and
 * `Interrupted` the same of a paid request that was cut off.
 */
export interface NoAnswer {
  readonly _tag: "NotSent" | "Lost" | "Interrupted"
  readonly problem: string
  readonly sentAt: DateTime.Utc
  /** Whether it was not sent because the time in which it had to leave was over. */
  readonly isLate?: true
  /** What had arrived of an answer: its status, its headers, and the beginning of its text. */
  readonly arrived?: Answer
}

export interface Limits {
  readonly timeout: Duration.Duration
  readonly maxBytes: number
  /** The request leaves before this time, in milliseconds since 1970, or not at all. */
  readonly sendBefore?: number | undefined
}

/** What an interruption means to a request that must not be lost: it is let finish for this long once it has left, and then cut off. */
export interface Finish {
  readonly grace: Duration.Duration
  /** What makes the waiting for the answer interruptible. */
  readonly restore: Restore
}

/** How far one attempt has come. */
interface Progress {
  readonly sentAt: DateTime.Utc
  /** The request that was handed over. It is held until the end, because the platform forgets to abort a request that nobody holds. */
  request?: Request
  response?: Response
  text: string
}

/** Writes a request and sends it once. Interrupting it aborts the request at once. */
export const attempt = (write: () => Promise<Request>, limits: Limits): Effect.Effect<Answer, NoAnswer> =>
  Effect.flatMap(begin, (progress) => send(write, limits, progress))

/**
 * Writes a request and sends it once, and always says what became of it, even if its caller is interrupted: before it has left it is not
 * sent, and afterwards it may finish within its grace. To be called where nothing else is interruptible.
 */
export const attemptToTheEnd = Effect.fnUntraced(function* (
  write: () => Promise<Request>,
  limits: Limits,
  { grace, restore }: Finish
): Effect.fn.Return<Answer, NoAnswer> {
  const progress = yield* begin
  const sending = yield* Effect.forkDetach(send(write, limits, progress), { startImmediately: true })
  const exit = yield* Effect.exit(restore(Fiber.await(sending)))
  if (Exit.isSuccess(exit)) return yield* exit.value
  if (progress.request !== undefined && Duration.isPositive(grace)) {
    const end = yield* Effect.timeoutOption(Fiber.await(sending), grace)
    if (Option.isSome(end)) return yield* end.value
  }
  yield* Fiber.interrupt(sending)
  return yield* Effect.fail(noAnswer(progress, "Interrupted", "the submission was interrupted before its answer came"))
})

const now = Effect.map(Clock.currentTimeMillis, DateTime.makeUnsafe)

const begin: Effect.Effect<Progress> = Effect.map(now, (sentAt): Progress => ({ sentAt, text: "" }))

const send = Effect.fnUntraced(function* (
  write: () => Promise<Request>,
  { timeout, maxBytes, sendBefore = Number.POSITIVE_INFINITY }: Limits,
  progress: Progress
): Effect.fn.Return<Answer, NoAnswer> {
  const fetch = yield* Fetch
  const clock = yield* Clock.Clock
  yield* Effect.tryPromise({
    try: async (signal) => {
      const request = await readableOnce(await write(), signal)
      // An attempt that was interrupted while its request was written, or by a signal aborted before the call, sends nothing.
      signal.throwIfAborted()
      // This process may have been frozen since it was allowed to send; meanwhile others may have been allowed.
      if (clock.currentTimeMillisUnsafe() >= sendBefore) throw new TooLate()
      progress.request = request
      progress.response = await fetch(request)
      await readText(progress.response, maxBytes, (text) => {
        progress.text += text
      })
    },
    catch: (cause) => failed(progress, cause)
  }).pipe(
    Effect.timeoutOrElse({
      duration: timeout,
      orElse: () => Effect.fail(noAnswer(progress, "Lost", `no complete answer within ${Duration.format(timeout)}`))
    })
  )
  return arrivedAnswer(progress, yield* now) ?? (yield* Effect.fail(noAnswer(progress, "Lost", "no answer")))
})

class TooLate extends Error {
  constructor() {
    super("this program was held up until the time in which the request had to leave was over")
  }
}

/** What an error of `fetch` means. One that cannot be read proves nothing. */
const failed = (progress: Progress, cause: unknown): NoAnswer => {
  try {
    const answer = noAnswer(progress, provesNotSent(cause) ? "NotSent" : "Lost", describe(cause))
    return cause instanceof TooLate ? { ...answer, isLate: true } : answer
  } catch {
    return noAnswer(progress, "Lost", "fetch failed with an error that cannot be read")
  }
}

/** What is known of an attempt that ended without a whole answer. Whatever the reason, a request that was not handed over was not sent. */
const noAnswer = (progress: Progress, tag: NoAnswer["_tag"], problem: string): NoAnswer => ({
  _tag: progress.request === undefined ? "NotSent" : tag,
  problem,
  sentAt: progress.sentAt,
  ...defined({ arrived: arrivedAnswer(progress, progress.sentAt) })
})

const arrivedAnswer = ({ response, text, sentAt }: Progress, receivedAt: DateTime.Utc): Answer | undefined =>
  response === undefined ? undefined : { status: response.status, headers: response.headers, text, sentAt, receivedAt }

/**
 * The request with a body that can be read only once: a platform that sends a request again by itself (Node after a 421, Deno when a
 * connection breaks) cannot do so then. Its answer is asked for unpacked, because of a packed one that arrives damaged nothing can be read.
 *
 * Browsers get the request as it is: they refuse such bodies over HTTP/1.1.
 */
const readableOnce = async (written: Request, signal: AbortSignal): Promise<Request> => {
  if (written.body === null || !isServer()) return new Request(written, { signal })
  const bytes = new Uint8Array(await written.arrayBuffer())
  const headers = new Headers(written.headers)
  headers.set("content-length", String(bytes.byteLength))
  headers.set("accept-encoding", "identity")
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      controller.enqueue(bytes)
      controller.close()
    }
  })
  // The types of `fetch` do not know `duplex` yet, which every platform wants beside a stream.
  const init: RequestInit & { readonly duplex: "half" } = { headers, body, duplex: "half", signal }
  return new Request(written, init)
}

/** Whether this is Node, Deno or Bun, and not a page in a browser-like window. */
const isServer = (): boolean => {
  const platform: unknown = Reflect.get(globalThis, "process")
  return (
    Predicate.hasProperty(platform, "versions") &&
    Predicate.hasProperty(platform.versions, "node") &&
    !("document" in globalThis)
  )
}

/** Reads a text and hands over each part as it arrives. A leading byte order mark is dropped, bytes that are no UTF-8 are replaced. */
const readText = async (response: Response, maxBytes: number, onText: (text: string) => void): Promise<void> => {
  if (response.body === null) return
  const decoder = new TextDecoder()
  let bytes = 0
  for await (const chunk of chunks(response.body)) {
    const room = maxBytes - bytes
    bytes += chunk.byteLength
    onText(decoder.decode(chunk.byteLength > room ? chunk.subarray(0, room) : chunk, { stream: true }))
    if (bytes > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`)
  }
  onText(decoder.decode())
}

/** The chunks of a body, which is cancelled when reading stops early. (Not every browser iterates streams yet.) */
async function* chunks(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    // Not waited for: where a `fetch` keeps a clone of its answers, it lasts until the clone is let go too.
    reader.cancel().catch(() => {})
  }
}

/** The innermost cause in words; it is the one that says what happened. Chains have been seen to loop, so eight links are followed. */
export const describe = (error: unknown): string => {
  let last = error
  for (let links = 0; links < 8 && Predicate.hasProperty(last, "cause"); links++) {
    if (last.cause === undefined || last.cause === null) break
    last = last.cause
  }
  const code = Predicate.hasProperty(last, "code") && typeof last.code === "string" ? last.code : ""
  const message = Shown.thrown(last)
  return code !== "" && !message.includes(code) ? `${message} (${code})` : message
}
