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
import type { Answer, AnswerAsItCame } from "./Answer.ts"
import { provesNotSent } from "./NotSent.ts"
import type { Restore } from "./Retry.ts"
import type { Written } from "./Written.ts"

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
  /** Whether the request was handed over to the platform. */
  hasLeft: boolean
  response?: Response
  text: string
}

/** Writes a request and sends it once. Interrupting it aborts the request at once. */
export const attempt = (write: () => Promise<Written>, limits: Limits): Effect.Effect<AnswerAsItCame, NoAnswer> =>
  Effect.flatMap(begin, (progress) => send(write, limits, progress))

/**
 * Writes a request and sends it once, and always says what became of it, even if its caller is interrupted: before it has left it is not
 * sent, and afterwards it may finish within its grace. To be called where nothing else is interruptible.
 */
export const attemptToTheEnd = Effect.fnUntraced(function* (
  write: () => Promise<Written>,
  limits: Limits,
  { grace, restore }: Finish
): Effect.fn.Return<AnswerAsItCame, NoAnswer> {
  const progress = yield* begin
  const sending = yield* Effect.forkDetach(send(write, limits, progress), { startImmediately: true })
  const exit = yield* Effect.exit(restore(Fiber.await(sending)))
  if (Exit.isSuccess(exit)) return yield* exit.value
  if (progress.hasLeft && Duration.isPositive(grace)) {
    const end = yield* Effect.timeoutOption(Fiber.await(sending), grace)
    if (Option.isSome(end)) return yield* end.value
  }
  yield* Fiber.interrupt(sending)
  return yield* Effect.fail(noAnswer(progress, "Interrupted", "the submission was interrupted before its answer came"))
})

const now = Effect.map(Clock.currentTimeMillis, DateTime.makeUnsafe)

const begin: Effect.Effect<Progress> = Effect.map(now, (sentAt): Progress => ({ sentAt, hasLeft: false, text: "" }))

const send = (
  write: () => Promise<Written>,
  { timeout, maxBytes, sendBefore = Number.POSITIVE_INFINITY }: Limits,
  progress: Progress
): Effect.Effect<AnswerAsItCame, NoAnswer> =>
  Effect.withFiber((fiber) => {
    const fetch = fiber.getRef(Fetch)
    const clock = fiber.getRef(Clock.Clock)
    const exchange = async (signal: AbortSignal): Promise<AnswerAsItCame> => {
      const { url, init } = await readableOnce(await write())
      // An attempt that was interrupted while its request was written, or by a signal aborted before the call, sends nothing.
      signal.throwIfAborted()
      // This process may have been frozen since it was allowed to send; meanwhile others may have been allowed.
      if (clock.currentTimeMillisUnsafe() >= sendBefore) throw new TooLate()
      progress.hasLeft = true
      const response = await fetch(url, { ...init, signal })
      // It stands for a failure of the network; its status of 0 is not that of a redirect.
      if (response.type === "error") throw new TypeError("fetch gave an error response")
      progress.response = response
      await readText(response, maxBytes, (text) => {
        progress.text += text
      })
      return arrivedAnswer(progress, response, DateTime.makeUnsafe(clock.currentTimeMillisUnsafe()))
    }
    return withinTime(exchange, timeout, {
      onError: (cause) => failed(progress, cause),
      onTimeout: () => noAnswer(progress, "Lost", `no complete answer within ${Duration.format(timeout)}`)
    })
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

/**
 * What a promise comes to, within a time. When the time is over, or the caller is interrupted, its signal is aborted and it is not waited
 * for. A timer beside the promise is all that it takes; two effects that race would be two more fibers for each request.
 */
const withinTime = <A, E>(
  promise: (signal: AbortSignal) => Promise<A>,
  time: Duration.Duration,
  { onError, onTimeout }: { readonly onError: (cause: unknown) => E; readonly onTimeout: () => E }
): Effect.Effect<A, E> =>
  Effect.withFiber((fiber) =>
    Effect.callback((resume) => {
      const controller = new AbortController()
      const timer = Effect.runForkWith(fiber.context)(Effect.sleep(time))
      timer.addObserver((exit) => {
        if (Exit.isFailure(exit)) return
        resume(Effect.fail(onTimeout()))
        controller.abort()
      })
      const settle = (end: Effect.Effect<A, E>) => {
        timer.interruptUnsafe()
        resume(end)
      }
      promise(controller.signal).then(
        (value) => settle(Effect.succeed(value)),
        (cause) => settle(Effect.fail(onError(cause)))
      )
      return Effect.sync(() => {
        timer.interruptUnsafe()
        controller.abort()
      })
    })
  )

/** What is known of an attempt that ended without a whole answer. Whatever the reason, a request that was not handed over was not sent. */
const noAnswer = (progress: Progress, tag: NoAnswer["_tag"], problem: string): NoAnswer => {
  const { hasLeft, sentAt, response } = progress
  const arrived = response === undefined ? undefined : arrivedAnswer(progress, response, sentAt)
  return { _tag: hasLeft ? tag : "NotSent", problem, sentAt, ...defined({ arrived }) }
}

const arrivedAnswer = (
  { text, sentAt }: Progress,
  { status, headers }: Response,
  receivedAt: DateTime.Utc
): AnswerAsItCame => ({ status, headers, text, sentAt, receivedAt })

/**
 * The request with a body that can be read only once: a platform that sends a request again by itself (Node after a 421, Deno when a
 * connection breaks) cannot do so then. Its answer is asked for unpacked, because of a packed one that arrives damaged nothing can be read.
 *
 * Browsers get the request as it is: they refuse such bodies over HTTP/1.1.
 */
const readableOnce = async ({ url, init }: Written): Promise<Written> => {
  if (init.body === undefined || init.body === null || !isServer()) return { url, init }
  // Only the platform knows how a form is written, and under which type.
  const encoded = typeof init.body === "string" ? undefined : new Request(url, init)
  const bytes =
    encoded === undefined ? new TextEncoder().encode(String(init.body)) : new Uint8Array(await encoded.arrayBuffer())
  const headers = new Headers(encoded?.headers ?? init.headers)
  headers.set("content-length", String(bytes.byteLength))
  headers.set("accept-encoding", "identity")
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      controller.enqueue(bytes)
      controller.close()
    }
  })
  // The types of `fetch` do not know `duplex` yet, which every platform wants beside a stream.
  const once: RequestInit & { readonly duplex: "half" } = { ...init, headers, body, duplex: "half" }
  return { url, init: once }
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
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader()
  const decoder = new TextDecoder()
  let bytes = 0
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const room = maxBytes - bytes
    bytes += part.value.byteLength
    onText(decoder.decode(bytes > maxBytes ? part.value.subarray(0, room) : part.value, { stream: true }))
    if (bytes <= maxBytes) continue
    // Not waited for: where a `fetch` keeps a clone of its answers, it lasts until the clone is let go too.
    reader.cancel().catch(() => {})
    throw new Error(`the answer is larger than ${maxBytes} bytes`)
  }
  onText(decoder.decode())
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
