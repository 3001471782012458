/**
 * A thin node:http adapter over a web-standard function: one more door to the mock, for other processes and other languages.
 *
 * It translates, and does to real sockets what a fault does to an answer. It answers whatever comes, gives no caller more time than
 * `requestTimeout`, listens on loopback unless told otherwise, and closes with its scope. It decides no answer itself, except that a
 * request is none.
 *
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from "node:http"
import type { Socket } from "node:net"
import { pipeline } from "node:stream/promises"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { problem } from "../contract/Answer.ts"
import { beforeCut, type Delivery, type DeliveryOutcome, type Handler } from "../faults/Delivery.ts"
import { InvalidOption, ListenFailed, PortInUse, RunwayMockError } from "../MockError.ts"
import { bodyLimit } from "../provider/Incoming.ts"
import { millisOf } from "../Time.ts"
import { parsedUrl } from "../Unknown.ts"
import type { Sleep } from "./Fetch.ts"
import * as Guard from "./Guard.ts"

export interface Options {
  /** Default 4010; 0 takes any free port. */
  readonly port?: number | undefined
  /** Default `127.0.0.1`: nobody but this machine. A container needs `0.0.0.0`. */
  readonly host?: string | undefined
  /** Who may use the controls below `/_mock/`: programs and pages of this machine, which is the default, or everybody who gets here. */
  readonly control?: Guard.Access | undefined
  /**
   * What each call to the controls must bring along in the header `X-Mock-Control-Token`, from whatever machine. Give one wherever others can
   * reach the controls: with `control: "anywhere"`, or behind a forwarder. Default: none is asked for.
   */
  readonly controlToken?: string | undefined
  /**
   * Where others reach the mock, when a forwarder stands before it: `"https://mock.example.test"`. The outputs' URLs begin with it, and its
   * page may use the controls. Default: nothing stands before it.
   */
  readonly publicUrl?: string | undefined
  /** How long a request may take to arrive in full. Default 30 seconds. */
  readonly requestTimeout?: Duration.Input | undefined
}

export interface Address {
  readonly url: string
  readonly port: number
  /** Where others reach it, where that was said. */
  readonly publicUrl?: string
}

/** As much of the body as shows that it is too large, and no more. Rejects when the caller goes away. */
const read = (incoming: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> =>
  new Promise((resolve, reject) => {
    const chunks: Array<Uint8Array> = []
    let size = 0
    const done = () => resolve(Buffer.concat(chunks))
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
const urlOf = (incoming: IncomingMessage, base: string, publicOrigin: string | undefined): URL | undefined => {
  const origin = publicOrigin ?? (isHost(incoming.headers.host) ? `http://${incoming.headers.host}` : base)
  const target = incoming.url ?? "/"
  return parsedUrl(target.startsWith("/") ? origin + target : target, origin)
}

/** A request and its body, which is not in it. */
interface ReceivedRequest {
  readonly request: Request
  readonly sent: Uint8Array<ArrayBuffer>
}

const toRequest = async (incoming: IncomingMessage, url: URL): Promise<ReceivedRequest> => {
  const headers = new Headers()
  for (const [name, value] of Object.entries(incoming.headers))
    headers.set(name, Array.isArray(value) ? value.join(", ") : (value ?? ""))
  const method = incoming.method ?? "GET"
  const sent = method === "GET" || method === "HEAD" ? new Uint8Array() : await read(incoming)
  return { request: new Request(url, { method, headers }), sent }
}

/** Sends the whole response, at the pace of whoever reads it. */
const sendWhole = async ({ response, text }: Delivery, outgoing: ServerResponse): Promise<void> => {
  // A response that says how long it is comes as a stream; any other is short.
  if (response.body !== null && response.headers.has("content-length")) {
    outgoing.writeHead(response.status)
    return pipeline(response.body, outgoing)
  }
  const body = text === undefined ? new Uint8Array(await response.arrayBuffer()) : Buffer.from(text)
  const mayHaveBody = response.status !== 204 && response.status !== 304 && outgoing.req.method !== "HEAD"
  if (mayHaveBody && (response.body !== null || !outgoing.hasHeader("content-length")))
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

/** Sends a body in parts, or a part of it. */
const sendParts = async (
  body: Uint8Array,
  outcome: Extract<DeliveryOutcome, { readonly kind: "cut" | "dripped" }>,
  outgoing: ServerResponse,
  pause: (millis: number) => Promise<void>,
  arrived: () => void
): Promise<void> => {
  const { socket } = outgoing.req
  if (outcome.kind === "cut" && body.length > 0) {
    outgoing.flushHeaders()
    return void outgoing.write(beforeCut(body, outcome.bytes), () => socket.destroySoon())
  }
  if (outcome.kind === "cut") return void outgoing.end()
  for (let sent = 0; sent < body.length; sent += outcome.bytes) {
    if (sent > 0) await pause(outcome.every)
    outgoing.write(body.subarray(sent, sent + outcome.bytes))
  }
  arrived()
  outgoing.end()
}

const send = async (delivery: Delivery, outgoing: ServerResponse, sleep: Sleep): Promise<void> => {
  const { response, delay, outcome, arrived } = delivery
  // Not the answer's own socket: an answer to a pipelined request has none until its turn comes.
  const { socket } = outgoing.req
  const gone = departureOf(socket)
  if (delay > 0) await sleep(delay, gone)
  if (outcome.kind === "reset") return void socket.resetAndDestroy()
  if (outcome.kind === "closed") return void socket.destroySoon()
  if (outcome.kind === "stalled") return
  for (const [name, value] of response.headers) outgoing.setHeader(name, value)
  if (outcome.kind === "whole" || response.body === null) {
    if (!gone.aborted) arrived()
    return sendWhole(delivery, outgoing)
  }
  const body = new Uint8Array(await response.arrayBuffer())
  outgoing.setHeader("content-length", body.length)
  outgoing.writeHead(response.status)
  return sendParts(body, outcome, outgoing, (millis) => sleep(millis, gone), arrived)
}

/** Answers a request that never gets to the mock, in a form that no answer of the API has. */
const refuse = (outgoing: ServerResponse, status: number, name: string, detail: string): void => {
  const { headers, body } = problem(status, name, detail)
  outgoing.writeHead(status, headers).end(JSON.stringify(body))
}

interface Door {
  readonly handle: Handler
  readonly sleep: Sleep
  readonly admission: Guard.Admission
  /** Where the server listens, for callers that do not say whom they called. */
  readonly base: () => string
}

/** The request, or nothing where the web's own classes cannot express it (TRACE, say), or where the caller is gone. */
const receive = async (
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  url: URL | undefined
): Promise<ReceivedRequest | undefined> => {
  const received = url === undefined ? undefined : await toRequest(incoming, url).catch(() => undefined)
  // A body that was not read to its end must not be taken for the next request.
  if (!incoming.complete) outgoing.setHeader("connection", "close")
  incoming.resume()
  return received
}

const listener =
  ({ handle, sleep, admission, base }: Door) =>
  async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const url = urlOf(incoming, base(), admission.publicOrigin)
    const refusal = url && Guard.refusalOf(url.pathname, incoming, admission)
    if (refusal !== undefined) {
      incoming.resume()
      return refuse(outgoing, refusal.status, refusal.name, refusal.detail)
    }
    const received = await receive(incoming, outgoing, url)
    if (received === undefined) {
      outgoing.writeHead(400, { "content-type": "text/plain; charset=utf-8" })
      return void outgoing.end("This request cannot be understood.\n")
    }
    try {
      await send(await handle(received.request, received.sent), outgoing, sleep)
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

type Timeouts = Pick<ServerOptions, "requestTimeout" | "headersTimeout" | "connectionsCheckingInterval">

const timeoutsOf = (requestTimeout: Duration.Input): Result.Result<Timeouts, InvalidOption> => {
  const millis = millisOf(requestTimeout) ?? 0
  if (!(millis > 0 && millis < Number.POSITIVE_INFINITY)) {
    const problem = `must be a duration such as "30 seconds"; got ${String(requestTimeout)}`
    return Result.fail(new InvalidOption({ option: "requestTimeout", problem }))
  }
  return Result.succeed({
    requestTimeout: Math.ceil(millis),
    headersTimeout: Math.ceil(Math.min(millis, 10_000)),
    connectionsCheckingInterval: Math.ceil(Math.min(millis, 1000))
  })
}

const shortestToken = 8

/** Who may call, by the options. */
const admissionOf = ({
  control: access = "loopback",
  controlToken: token,
  publicUrl
}: Options): Result.Result<Guard.Admission, InvalidOption> => {
  const broken = (option: string, problem: string) => Result.fail(new InvalidOption({ option, problem }))
  // What is no ASCII cannot be sent in a header, and the token is not shown in any message.
  if (token !== undefined && !(/^[\x21-\x7e]+$/.test(token) && token.length >= shortestToken))
    return broken(
      "controlToken",
      `must have ${shortestToken} letters at least, digits and signs among them but no spaces`
    )
  if (publicUrl === undefined) return Result.succeed({ access, token, publicOrigin: undefined })
  const url = parsedUrl(publicUrl)
  if (url === undefined || !/^https?:$/.test(url.protocol))
    return broken("publicUrl", `must be a URL such as https://mock.example.test; got ${publicUrl}`)
  return url.pathname === "/" && url.search === "" && url.hash === "" && url.username === ""
    ? Result.succeed({ access, token, publicOrigin: url.origin })
    : broken("publicUrl", "must be a host alone, without a path, a query or a name")
}

/** How a host is written in a URL; one that means every address is called by a name of this machine. */
const nameOf = (host: string): string => {
  if (host === "0.0.0.0" || host === "::") return "localhost"
  return host.includes(":") ? `[${host}]` : host
}

const open = (
  handle: Handler,
  sleep: Sleep,
  { host = "127.0.0.1", port = 4010, requestTimeout = "30 seconds", ...options }: Options
): Effect.Effect<{ server: Server; address: Address }, RunwayMockError> =>
  Effect.callback((resume) => {
    const failWith = (reason: RunwayMockError["reason"]) => resume(Effect.fail(new RunwayMockError({ reason })))
    const fail = (cause: unknown) => {
      const isInUse = cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE"
      failWith(isInUse ? new PortInUse({ host, port }) : new ListenFailed({ host, port, cause }))
    }
    const timeouts = timeoutsOf(requestTimeout)
    if (Result.isFailure(timeouts)) return failWith(timeouts.failure)
    const admitted = admissionOf(options)
    if (Result.isFailure(admitted)) return failWith(admitted.failure)
    const admission = admitted.success
    const { publicOrigin: publicUrl } = admission
    let address: Address = { url: `http://${nameOf(host)}`, port }
    const answer = listener({ handle, sleep, admission, base: () => address.url })
    const server = createServer({ ...timeouts.success, maxHeaderSize: 16 * 1024 }, (incoming, outgoing) => {
      void answer(incoming, outgoing)
    })
    // The mock is no proxy, and without this handler Node would close the connection without an answer.
    server.on("connect", (_, socket) => {
      socket.on("error", () => {})
      socket.end("HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
    })
    server.once("error", fail)
    try {
      server.listen(port, host, () => {
        const bound = server.address()
        const actualPort = typeof bound === "object" && bound !== null ? bound.port : port
        const url = `http://${nameOf(host)}:${actualPort}`
        address = { url, port: actualPort, ...(publicUrl === undefined ? {} : { publicUrl }) }
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
