/**
 * One HTTP attempt: a request goes out once, and either its whole answer comes back, or a `NoAnswer` that says how far the request got.
 *
 * It holds the time limit of the attempt, the limit on the answer's size and the abort; it knows nothing of retries. The `fetch` is
 * Effect's `FetchHttpClient.Fetch` reference, so proxies, test doubles and the mock are plugged in there.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { Fetch } from "effect/http/FetchHttpClient"
import * as Predicate from "effect/Predicate"
import type { Answer } from "./Answer.ts"

/** Why there is no answer. `NotSent` is a proof that nothing reached the provider; `Lost` means that there is no such proof. */
export interface NoAnswer {
  readonly _tag: "NotSent" | "Lost"
  readonly problem: string
  readonly sentAt: DateTime.Utc
}

export interface Limits {
  readonly timeout: Duration.Duration
  readonly maxBytes: number
}

/**
 * Writes a request and sends it once. Interrupting it aborts the request at once; `onCutOff` is what is to be done when that cuts off a
 * request that was on its way.
 */
export const attempt = Effect.fnUntraced(function* (
  write: () => Promise<Request>,
  limits: Limits,
  onCutOff: Effect.Effect<void> = Effect.void
): Effect.fn.Return<Answer, NoAnswer> {
  const fetch = yield* Fetch
  const clock = yield* Clock.Clock
  const now = () => DateTime.makeUnsafe(clock.currentTimeMillisUnsafe())
  const sentAt = now()
  // The request that was handed over. It is held until the end, because the platform forgets to abort a request that nobody holds.
  let handedOver: Request | undefined
  const send = async (signal: AbortSignal): Promise<Answer> => {
    const request = new Request(await write(), { signal })
    // An attempt that was interrupted while its request was written, or by a signal aborted before the call, sends nothing.
    signal.throwIfAborted()
    handedOver = request
    const response = await fetch(request)
    const text = await readText(response, limits.maxBytes)
    return { status: response.status, headers: response.headers, text, sentAt, receivedAt: now() }
  }
  return yield* Effect.tryPromise({
    try: send,
    catch: (cause): NoAnswer => ({
      _tag: handedOver === undefined || provesNotSent(cause) ? "NotSent" : "Lost",
      problem: describe(cause),
      sentAt
    })
  }).pipe(
    Effect.timeoutOrElse({
      duration: limits.timeout,
      orElse: () =>
        Effect.fail<NoAnswer>({
          _tag: handedOver === undefined ? "NotSent" : "Lost",
          problem: `no complete answer within ${Duration.format(limits.timeout)}`,
          sentAt
        })
    }),
    Effect.onInterrupt(() => (handedOver === undefined ? Effect.void : onCutOff))
  )
})

const readText = async (response: Response, maxBytes: number): Promise<string> => {
  if (response.body === null) return ""
  // A leading byte order mark is dropped, bytes that are no UTF-8 are replaced: an odd answer must not hide its meaning.
  const decoder = new TextDecoder()
  let text = ""
  let bytes = 0
  for await (const chunk of chunks(response.body)) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
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

/** Failures of undici and of Node's sockets that happen before a request can leave: name lookup, connection, TLS. */
const beforeSending =
  /^(ECONNREFUSED|ENOTFOUND|EAI_[A-Z]+|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT|CERT_[A-Z_]+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_[A-Z_]+|ERR_TLS_CERT_ALTNAME_INVALID)$/

/** Walks the chain of causes. Where the platform tells nothing (a browser's bare TypeError), nothing is proven. */
const provesNotSent = (error: unknown): boolean => {
  for (const link of causes(error)) {
    if (link instanceof AggregateError) return link.errors.length > 0 && link.errors.every(provesNotSent)
    if (beforeSending.test(field(link, "code"))) return true
    if (/^(connect|getaddrinfo)$/.test(field(link, "syscall"))) return true
  }
  return false
}

/** An error and what caused it, as far as eight links: chains have been seen to loop. */
const causes = (error: unknown): ReadonlyArray<unknown> => {
  const chain: Array<unknown> = []
  for (let link = error; link !== undefined && link !== null && chain.length < 8; ) {
    chain.push(link)
    link = Predicate.hasProperty(link, "cause") ? link.cause : undefined
  }
  return chain
}

const field = (error: unknown, name: "code" | "syscall"): string => {
  const value = Predicate.hasProperty(error, name) ? error[name] : undefined
  return typeof value === "string" ? value : ""
}

/** The innermost cause in words; it is the one that says what happened. */
const describe = (error: unknown): string => {
  const last = causes(error).at(-1)
  const code = field(last, "code")
  const message = last instanceof Error ? last.message || last.name : String(last)
  return code !== "" && !message.includes(code) ? `${message} (${code})` : message
}
