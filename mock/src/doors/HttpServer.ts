/**
 * A thin node:http adapter over a web-standard function: one more door to the mock, for other processes and other languages.
 *
 * It translates, and does to real sockets what a fault does to the wire. It answers whatever comes, lets nobody dawdle, listens on
 * loopback unless told otherwise, and closes with its scope.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { Socket } from "node:net"
import { pipeline } from "node:stream/promises"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { problem } from "../contract/Answer.ts"
import { beforeCut, type Delivery } from "../faults/Delivery.ts"
import { InvalidOption, ListenFailed, PortInUse, RunwayMockError } from "../MockError.ts"
import { bodyLimit } from "../provider/Provider.ts"
import { millisOf } from "../Time.ts"
import type { Sleep } from "./Fetch.ts"
import * as Guard from "./Guard.ts"

export interface Options {
  /** Default 4010; 0 takes any free port. */
  readonly port?: number | undefined
  /** Default `127.0.0.1`: nobody but this machine. A container needs `0.0.0.0`. */
  readonly host?: string | undefined
  /** Who may use the controls below `/_mock/`: programs and pages of this machine, which is the default, or everybody who gets here. */
  readonly control?: Guard.Access | undefined
  /** How long a request may take to arrive in full. Default 30 seconds. */
  readonly requestTimeout?: Duration.Input | undefined
}

export interface Address {
  readonly url: string
  readonly port: number
}

type Handler = (request: Request) => Promise<Delivery>

/** As much of the body as shows that it is too large, and no more. Rejects when the caller goes away. */
const read = (incoming: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> =>
  new Promise((resolve, reject) => {
    const chunks: Array<Uint8Array> = []
    let size = 0
    const done = () => resolve(new Uint8Array(Buffer.concat(chunks)))
    incoming.on("data", (chunk: Uint8Array) => {
      if (size > bodyLimit) return
      chunks.push(chunk)
      size += chunk.byteLength
      // The rest is drained, so that the caller can read the answer instead of seeing a broken pipe.
      if (size > bodyLimit) done()
    })
    incoming.once("end", done)
    incoming.once("error", reject)
  })

const isHost = (host: string | undefined): host is string =>
  host !== undefined && /^([\w.-]+|\[[\da-f:.]+\])(:\d{1,5})?$/i.test(host) && URL.canParse(`http://${host}`)

/** What was asked for, as the web reads addresses: without dot segments, and whatever the slashes look like. */
const urlOf = (incoming: IncomingMessage, base: string): URL | null => {
  const origin = isHost(incoming.headers.host) ? `http://${incoming.headers.host}` : base
  const target = incoming.url ?? "/"
  return URL.parse(target.startsWith("/") ? origin + target : target, origin)
}

const toRequest = async (incoming: IncomingMessage, url: URL): Promise<Request> => {
  const headers = new Headers()
  for (const [name, value] of Object.entries(incoming.headers))
    headers.set(name, Array.isArray(value) ? value.join(", ") : (value ?? ""))
  const method = incoming.method ?? "GET"
  const body = method === "GET" || method === "HEAD" ? new Uint8Array() : await read(incoming)
  return new Request(url, { method, headers, ...(body.length === 0 ? {} : { body }) })
}

/** Sends the whole response, at the pace of whoever reads it. */
const sendWhole = async (response: Response, outgoing: ServerResponse): Promise<void> => {
  // A response that says how long it is comes as a stream; any other is short.
  if (response.body !== null && response.headers.has("content-length")) {
    outgoing.writeHead(response.status)
    return pipeline(response.body, outgoing)
  }
  const body = new Uint8Array(await response.arrayBuffer())
  if (response.body !== null || !outgoing.hasHeader("content-length"))
    if (response.status !== 204 && response.status !== 304 && outgoing.req.method !== "HEAD")
      outgoing.setHeader("content-length", body.length)
  outgoing.writeHead(response.status)
  outgoing.end(body)
}

const departures = new WeakMap<Socket, AbortSignal>()

/** Aborts when the caller is gone: one for all requests of a connection, of which there may be many at a time. */
const departureOf = (socket: Socket): AbortSignal => {
  const known = departures.get(socket)
  if (known !== undefined) return known
  const gone = new AbortController()
  if (socket.destroyed) gone.abort()
  socket.once("close", () => gone.abort())
  departures.set(socket, gone.signal)
  return gone.signal
}

const send = async (delivery: Delivery, outgoing: ServerResponse, sleep: Sleep): Promise<void> => {
  const { response, delay, fate, arrived } = delivery
  // Not the answer's own socket: an answer to a pipelined request has none until its turn comes.
  const { socket } = outgoing.req
  const gone = departureOf(socket)
  if (delay > 0) await sleep(delay, gone)
  if (fate.kind === "reset") return void socket.resetAndDestroy()
  if (fate.kind === "closed") return void socket.destroySoon()
  if (fate.kind === "stalled") return
  for (const [name, value] of response.headers) outgoing.setHeader(name, value)
  if (fate.kind === "whole" || response.body === null) {
    if (!gone.aborted) arrived()
    return sendWhole(response, outgoing)
  }
  const body = new Uint8Array(await response.arrayBuffer())
  outgoing.setHeader("content-length", body.length)
  outgoing.writeHead(response.status)
  if (fate.kind === "cut" && body.length > 0) {
    outgoing.flushHeaders()
    return void outgoing.write(beforeCut(body, fate.bytes), () => socket.destroySoon())
  }
  if (fate.kind === "cut") return void outgoing.end()
  for (let sent = 0; sent < body.length; sent += fate.bytes) {
    if (sent > 0) await sleep(fate.every, gone)
    outgoing.write(body.subarray(sent, sent + fate.bytes))
  }
  arrived()
  outgoing.end()
}

/** What a caller is told whose request is none of the API's, in a form that none of its answers has. */
const refuse = (outgoing: ServerResponse, status: number, name: string, detail: string): void => {
  const { headers, body } = problem(status, name, detail)
  outgoing.writeHead(status, headers).end(JSON.stringify(body))
}

interface Door {
  readonly handle: Handler
  readonly sleep: Sleep
  readonly control: Guard.Access
  /** Where the server listens, for callers that do not say whom they called. */
  readonly base: () => string
}

const listener =
  ({ handle, sleep, control, base }: Door) =>
  async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const url = urlOf(incoming, base())
    const refusal = url === null ? undefined : Guard.refusalOf(url.pathname, incoming, control)
    if (refusal !== undefined) {
      incoming.resume()
      return refuse(outgoing, 403, "FORBIDDEN", refusal)
    }
    // Nothing where the web's own classes cannot express it (TRACE, say), or where the caller is gone.
    const request = url === null ? undefined : await toRequest(incoming, url).catch(() => undefined)
    // A body that was not read to its end must not be taken for the next request.
    if (!incoming.complete) outgoing.setHeader("connection", "close")
    incoming.resume()
    if (request === undefined) {
      outgoing.writeHead(400, { "content-type": "text/plain; charset=utf-8" })
      return void outgoing.end("This request cannot be understood.\n")
    }
    try {
      await send(await handle(request), outgoing, sleep)
    } catch (error) {
      if (outgoing.headersSent || incoming.socket.destroyed) return void outgoing.destroy()
      refuse(outgoing, 500, "FAILED", `The mock could not answer: ${String(error)}`)
    }
  }

const close = (server: Server): Effect.Effect<void> =>
  Effect.callback((resume) => {
    // What is being answered takes milliseconds; a caller that never finishes its request must not hold the server open.
    const patience = setTimeout(() => server.closeAllConnections(), 500)
    server.close(() => {
      clearTimeout(patience)
      resume(Effect.void)
    })
    server.closeIdleConnections()
  })

const open = (
  handle: Handler,
  sleep: Sleep,
  { host = "127.0.0.1", port = 4010, control = "loopback", requestTimeout = "30 seconds" }: Options
): Effect.Effect<{ server: Server; address: Address }, RunwayMockError> =>
  Effect.callback((resume) => {
    const fail = (cause: unknown) => {
      const inUse = cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE"
      const reason = inUse ? new PortInUse({ host, port }) : new ListenFailed({ host, port, cause })
      resume(Effect.fail(new RunwayMockError({ reason })))
    }
    const name = host === "0.0.0.0" || host === "::" ? "localhost" : host.includes(":") ? `[${host}]` : host
    let address: Address = { url: `http://${name}`, port }
    const patience = millisOf(requestTimeout) ?? 0
    if (!(patience > 0 && patience < Number.POSITIVE_INFINITY)) {
      const problem = `must be a duration such as "30 seconds"; got ${String(requestTimeout)}`
      return resume(
        Effect.fail(new RunwayMockError({ reason: new InvalidOption({ option: "requestTimeout", problem }) }))
      )
    }
    const timeouts = {
      ...{ requestTimeout: Math.ceil(patience), headersTimeout: Math.ceil(Math.min(patience, 10_000)) },
      connectionsCheckingInterval: Math.ceil(Math.min(patience, 1000))
    }
    const answer = listener({ handle, sleep, control, base: () => address.url })
    const server = createServer({ ...timeouts, maxHeaderSize: 16 * 1024 }, (incoming, outgoing) => {
      void answer(incoming, outgoing)
    })
    // This is no proxy. Left to itself, Node would hang up without a word.
    server.on("connect", (_, socket) => {
      socket.on("error", () => {})
      socket.end("HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
    })
    server.once("error", fail)
    try {
      server.listen(port, host, () => {
        const bound = server.address()
        const taken = typeof bound === "object" && bound !== null ? bound.port : port
        address = { url: `http://${name}:${taken}`, port: taken }
        server.removeListener("error", fail)
        resume(Effect.succeed({ server, address }))
      })
    } catch (cause) {
      // A port out of range is thrown, not emitted.
      fail(cause)
    }
  })

/** Listens until the scope closes. */
export const listen = (
  handle: Handler,
  sleep: Sleep,
  options: Options = {}
): Effect.Effect<Address, RunwayMockError, Scope.Scope> =>
  Effect.acquireRelease(open(handle, sleep, options), ({ server }) => close(server)).pipe(
    Effect.map(({ address }) => address)
  )
