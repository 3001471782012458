/**
 * A web-standard function, called as `fetch` is called: with a URL or a Request, options, an AbortSignal and redirects.
 *
 * It is the door for callers in the same process, and sends nothing anywhere, whatever host the URL names. What a fault does to the
 * connection looks here as it does to callers of Node's own `fetch`: a `TypeError` with the socket's error as its cause.
 *
 * @module
 */
import { beforeCut, type Delivery, type Handler } from "../faults/Delivery.ts"

/** Waits so many milliseconds, or until the signal aborts. */
export type Sleep = (millis: number, signal: AbortSignal) => Promise<void>

/** Gives up as soon as the signal does, as `fetch` must. */
const orAborted = <A>(signal: AbortSignal, work: () => Promise<A>): Promise<A> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const abort = () => reject(signal.reason)
    signal.addEventListener("abort", abort, { once: true })
    work()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", abort))
  })

/** The error of a connection, with the fields by which callers of Node's own `fetch` tell one from another. */
class SocketError extends Error {
  readonly code: string
  constructor(message: string, code: string) {
    super(message)
    this.code = code
  }
}

class Reset extends SocketError {
  readonly syscall = "read"
}

const reset = () => new Reset("read ECONNRESET", "ECONNRESET")
const closed = () => {
  const error = new SocketError("other side closed", "UND_ERR_SOCKET")
  error.name = "SocketError"
  return error
}

/** The bytes as a body that comes in parts, a pause before each but the first. At its end comes what `end` throws, if it does. */
const inParts = (
  bytes: Uint8Array,
  size: number,
  pause: () => Promise<void>,
  signal: AbortSignal,
  end: () => void
): ReadableStream<Uint8Array> => {
  let sent = 0
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        if (sent > 0) await pause().catch(() => {})
        if (signal.aborted) return controller.error(signal.reason)
        const part = bytes.slice(sent, sent + size)
        sent += size
        if (part.length > 0) controller.enqueue(part)
        if (sent < bytes.length) return
        end()
        controller.close()
      }
    },
    { highWaterMark: 0 }
  )
}

/** Does to the response what the fault does to the wire. */
const deliver = async (delivery: Delivery, signal: AbortSignal, sleep: Sleep): Promise<Response> => {
  const { response, delay, outcome, arrived } = delivery
  if (delay > 0) await sleep(delay, signal)
  if (outcome.kind === "whole") {
    arrived()
    if (outcome.long !== true || response.body === null) return response
    const { status, headers } = response
    return new Response(response.body.pipeThrough(new TransformStream(), { signal }), { status, headers })
  }
  if (outcome.kind === "reset") throw new TypeError("fetch failed", { cause: reset() })
  if (outcome.kind === "closed") throw new TypeError("fetch failed", { cause: closed() })
  if (outcome.kind === "stalled") return new Promise(() => {})
  if (response.body === null) {
    arrived()
    return response
  }
  const bytes = new Uint8Array(await response.arrayBuffer())
  const { status, headers } = response
  if (outcome.kind === "dripped") {
    const pause = () => sleep(outcome.every, signal)
    return new Response(inParts(bytes, outcome.bytes, pause, signal, arrived), { status, headers })
  }
  const part = beforeCut(bytes, outcome.bytes)
  const broken = () => {
    throw new TypeError("terminated", { cause: closed() })
  }
  return new Response(
    inParts(part, Math.max(1, part.length), async () => {}, signal, broken),
    { status, headers }
  )
}

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

const follow = async (handle: (request: Request) => Promise<Response>, request: Request): Promise<Response> => {
  const response = await handle(request)
  const location = response.headers.get("location")
  if (!redirects.has(response.status) || location === null || request.redirect === "manual") return response
  if (request.redirect === "error") throw new TypeError("fetch failed", { cause: new Error("unexpected redirect") })
  // As `fetch` does it: only a POST becomes a GET.
  const method = request.method === "POST" ? "GET" : request.method
  // The mock's only redirect leads to its front page, so there is no circle to watch for.
  return handle(new Request(new URL(location, request.url), { method, headers: request.headers }))
}

/** Makes a `fetch` of a function from Request to Delivery. */
export const make = (handle: Handler, sleep: Sleep): typeof globalThis.fetch => {
  const door = async (request: Request): Promise<Response> => {
    const delivery = await handle(request)
    // The usual answer comes without another turn, so that a test's clock can take a client through many of them at once.
    const held = delivery.delay > 0 || delivery.outcome.kind !== "whole" || delivery.outcome.long === true
    if (held) return deliver(delivery, request.signal, sleep)
    if (!request.signal.aborted) delivery.arrived()
    return delivery.response
  }
  return async (input, init) => {
    const request = new Request(input, init)
    return orAborted(request.signal, () => follow(door, request))
  }
}
