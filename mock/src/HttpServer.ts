/**
 * A thin node:http adapter over a web-standard function: one more door to the mock, for other processes and other languages.
 *
 * It translates and nothing else. It answers whatever comes, listens on loopback unless told otherwise, and closes with its scope.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { ListenFailed, PortInUse, RunwayMockError } from "./MockError.ts"
import { bodyLimit } from "./Provider.ts"

export interface Options {
  /** Default 4010; 0 takes any free port. */
  readonly port?: number | undefined
  /** Default `127.0.0.1`: nobody but this machine. A container needs `0.0.0.0`. */
  readonly host?: string | undefined
}

export interface Address {
  readonly url: string
  readonly port: number
}

type Handler = (request: Request) => Promise<Response>

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

const toRequest = async (incoming: IncomingMessage, base: string): Promise<Request> => {
  const origin = isHost(incoming.headers.host) ? `http://${incoming.headers.host}` : base
  const target = incoming.url ?? "/"
  const headers = new Headers()
  for (const [name, value] of Object.entries(incoming.headers))
    headers.set(name, Array.isArray(value) ? value.join(", ") : (value ?? ""))
  const method = incoming.method ?? "GET"
  const body = method === "GET" || method === "HEAD" ? new Uint8Array() : await read(incoming)
  return new Request(target.startsWith("/") ? origin + target : new URL(target, origin), {
    method,
    headers,
    ...(body.length === 0 ? {} : { body })
  })
}

const send = async (response: Response, outgoing: ServerResponse, method: string | undefined): Promise<void> => {
  const body = new Uint8Array(await response.arrayBuffer())
  for (const [name, value] of response.headers) outgoing.setHeader(name, value)
  if (method !== "HEAD" && response.status !== 304) outgoing.setHeader("content-length", body.length)
  outgoing.writeHead(response.status)
  outgoing.end(method === "HEAD" ? undefined : body)
}

const listener =
  (handle: Handler, base: () => string) =>
  async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    try {
      const request = await toRequest(incoming, base())
      // A body that was not read to its end must not be taken for the next request.
      if (!incoming.complete) outgoing.setHeader("connection", "close")
      incoming.resume()
      await send(await handle(request), outgoing, incoming.method)
    } catch {
      // Not a request that the web's own classes can express (TRACE, say), or the caller is gone.
      incoming.resume()
      if (!outgoing.headersSent) outgoing.writeHead(400, { "content-type": "text/plain; charset=utf-8" })
      outgoing.end("This request cannot be understood.\n")
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
  host: string,
  port: number
): Effect.Effect<{ server: Server; address: Address }, RunwayMockError> =>
  Effect.callback((resume) => {
    const fail = (cause: unknown) => {
      const inUse = cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE"
      const reason = inUse ? new PortInUse({ host, port }) : new ListenFailed({ host, port, cause })
      resume(Effect.fail(new RunwayMockError({ reason })))
    }
    const name = host === "0.0.0.0" || host === "::" ? "localhost" : host.includes(":") ? `[${host}]` : host
    let address: Address = { url: `http://${name}`, port }
    const answer = listener(handle, () => address.url)
    const server = createServer((incoming, outgoing) => void answer(incoming, outgoing))
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
export const listen = (handle: Handler, options: Options = {}): Effect.Effect<Address, RunwayMockError, Scope.Scope> =>
  Effect.acquireRelease(open(handle, options.host ?? "127.0.0.1", options.port ?? 4010), ({ server }) =>
    close(server)
  ).pipe(Effect.map(({ address }) => address))
