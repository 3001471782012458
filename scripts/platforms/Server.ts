/**
 * A server on a raw socket that reads each request to its end, counts the POSTs that arrived whole, and then does to the connection whatever a
 * trouble asks for. It speaks no more HTTP than that takes, so that nothing repairs the trouble.
 *
 * @module
 */
import * as net from "node:net"
import * as tls from "node:tls"
import type { Pair } from "./Certificates.ts"

/** What is done once a POST has been read whole: on the connection, and on the bare socket below TLS. */
export type Then = (connection: net.Socket, bare: net.Socket, stopListening: () => void) => void

export interface Server {
  /** How many POSTs to /job arrived whole. */
  readonly arrived: () => number
  readonly close: () => void
}

export const cors = [
  "access-control-allow-origin: *",
  "access-control-allow-methods: *",
  "access-control-allow-headers: authorization, content-type, content-length, x-runway-version"
]

/** A whole answer with its length, or with the head as given and the body as it is. */
export const answer = (status: string, body = "", ...headers: ReadonlyArray<string>): string =>
  [
    `HTTP/1.1 ${status}`,
    ...cors,
    ...(headers.length > 0 ? headers : [`content-length: ${body.length}`]),
    "",
    body
  ].join("\r\n")

/** The length of the first whole request in what was received, 0 where more must come. */
const wholeRequest = (received: string): number => {
  const head = received.indexOf("\r\n\r\n") + 4
  if (head < 4) return 0
  const header = received.slice(0, head).toLowerCase()
  if (header.includes("transfer-encoding: chunked")) {
    const end = received.indexOf("\r\n0\r\n\r\n", head)
    return end < 0 ? 0 : end + 7
  }
  const length = head + Number(/\r\ncontent-length: (\d+)/.exec(header)?.[1] ?? 0)
  return received.length >= length ? length : 0
}

export const listen = async (
  port: number,
  then: Then,
  options: { readonly tls?: tls.TlsOptions | Pair; readonly host?: string } = {}
): Promise<Server> => {
  let arrived = 0
  const sockets = new Set<net.Socket>()
  const context = options.tls === undefined ? undefined : tls.createSecureContext(options.tls)
  const server = net.createServer((bare) => {
    sockets.add(bare)
    bare.on("error", () => {})
    const connection =
      context === undefined ? bare : new tls.TLSSocket(bare, { isServer: true, secureContext: context, ...options.tls })
    connection.on("error", () => {})
    let received = ""
    connection.on("data", (chunk) => {
      received += chunk.toString("latin1")
      for (let length = wholeRequest(received); length > 0; length = wholeRequest(received)) {
        const request = received.slice(0, length)
        received = received.slice(length)
        if (request.startsWith("OPTIONS ")) connection.write(answer("204 No Content", "", "content-length: 0"))
        else if (request.split(" ")[1]?.endsWith("/warm")) connection.write(answer("200 OK", "{}"))
        else {
          arrived++
          then(connection, bare, () => server.close())
        }
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(port, options.host ?? "::", resolve))
  return {
    arrived: () => arrived,
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    }
  }
}
