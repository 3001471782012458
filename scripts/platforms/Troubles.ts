/**
 * Every way of failing that is looked at: before a request can leave, after it has arrived whole, and where somebody might send it a second time.
 *
 * @module
 */
import { createServer, type Socket } from "node:net"
import type { Certificates } from "./Certificates.ts"
import * as H2 from "./H2.ts"
import * as Network from "./Network.ts"
import { answer, listen, type Server, type Then } from "./Server.ts"

/** What is handed to the probe. */
export interface Case {
  readonly name: string
  readonly url: string
  /** After how many milliseconds the probe gives up. */
  readonly patience: number
  /** A first request opens the connection that the POST then uses again; it rests so many milliseconds in between. */
  readonly warm?: boolean
  readonly rest?: number
  /** The body is handed over as a stream, which nobody can read twice. */
  readonly streamed?: boolean
}

export type Group = "before" | "either" | "after" | "again"

/** Troubles that share the state of the network or the environment are looked at in one stage. */
export type Stage = "usual" | "patient" | "few ports" | "by proxy" | "by no proxy"

export interface Trouble {
  readonly case: Case
  readonly group: Group
  readonly stage: Stage
  readonly start: () => Promise<Server>
}

/** Nothing is wrong: where this is not answered, nothing else that was seen is worth anything. */
export const controls: ReadonlyArray<string> = ["200", "used connection; 200"]

const nobody: Server = { arrived: () => 0, close: () => {} }
const id = '{"id":"5b91e444-c232-deaf-a4d7-8aef3e57336b"}'

/** One connection that does something to whoever connects, before any request. */
const raw = async (port: number, then: (socket: Socket) => void, host = "::"): Promise<Server> => {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on("error", () => {})
    then(socket)
  })
  await new Promise<void>((resolve) => server.listen(port, host, resolve))
  return {
    arrived: () => 0,
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    }
  }
}

/** Where a proxy is expected: one that answers, and one where nobody is. */
export const proxyPort = 19_001
export const noProxyPort = 19_002

export const make = (certificates: Certificates): ReadonlyArray<Trouble> => {
  const troubles: Array<Trouble> = []
  const first = 20_001
  const add = (
    group: Group,
    name: string,
    urlOf: (port: number) => string,
    start: (port: number) => Promise<Server>,
    extra: Partial<Case> & { readonly stage?: Stage } = {}
  ) => {
    const port = first + troubles.length
    const { stage = "usual", ...rest } = extra
    troubles.push({
      case: { name, url: urlOf(port), patience: 9000, ...rest },
      group,
      stage,
      start: () => start(port)
    })
  }
  const plain = (port: number) => `http://127.0.0.1:${port}`
  const secure = (port: number) => `https://localhost:${port}`
  const none = async () => nobody
  addBefore(add, { plain, secure, none }, certificates)
  addProxied(add)
  addAfter(add, plain)
  addAfterTls(add, secure, certificates)
  addAgain(add, { plain, secure }, certificates)
  return troubles
}

type Add = (
  group: Group,
  name: string,
  urlOf: (port: number) => string,
  start: (port: number) => Promise<Server>,
  extra?: Partial<Case> & { readonly stage?: Stage }
) => void

interface Urls {
  readonly plain: (port: number) => string
  readonly secure: (port: number) => string
}

const accept: Then = (connection) => connection.write(answer("200 OK", id))

const addBefore = (add: Add, urls: Urls & { readonly none: () => Promise<Server> }, certificates: Certificates) => {
  const { plain, secure, none } = urls
  add("before", "connection refused, IPv4", plain, none)
  add("before", "connection refused, IPv6", (port) => `http://[::1]:${port}`, none)
  add("before", "connection refused, both families", (port) => `http://localhost:${port}`, none)
  add("before", "no such name", (port) => `http://name.invalid:${port}`, none)
  add("before", "name server silent", (port) => `http://name.silent:${port}`, none, { patience: 25_000 })
  add("before", "port that fetch refuses", () => "http://127.0.0.1:6000", none)
  add("before", "no route, IPv4", (port) => `http://10.255.0.1:${port}`, none)
  add("before", "no route, IPv6", (port) => `http://[fd00::1]:${port}`, none)
  for (const [what, icmp] of [
    ["host unreachable", "icmp-host-unreachable"],
    ["net unreachable", "icmp-net-unreachable"],
    ["prohibited by a firewall", "icmp-admin-prohibited"]
  ] as const)
    add("before", `connecting: ${what}`, plain, async (port) => {
      Network.refuse(port, icmp)
      return nobody
    })
  const swallowed = async (port: number) => {
    Network.swallow(port)
    return nobody
  }
  add("before", "connecting: no answer, the system gives up", plain, swallowed, { patience: 25_000 })
  add("before", "connecting: no answer, the runtime gives up", plain, swallowed, { stage: "patient", patience: 25_000 })
  const both = (port: number) => `http://localhost:${port}`
  add("before", "connecting: no answer, both families", both, swallowed, { stage: "patient", patience: 25_000 })
  add("before", "no local port left", plain, (port) => listen(port, accept), { stage: "few ports" })
  for (const [name, pair] of [
    ["self-signed certificate", certificates.selfSigned],
    ["expired certificate", certificates.expired],
    ["certificate of another name", certificates.otherName]
  ] as const)
    add("before", name, secure, (port) => listen(port, accept, { tls: pair }))
  add("before", "https to a plain http port", secure, (port) =>
    raw(port, (socket) => socket.once("data", () => socket.end(answer("400 Bad Request"))))
  )
  add("before", "TLS: versions do not match", secure, (port) =>
    listen(port, accept, {
      tls: { ...certificates.good, minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" }
    })
  )
  add("before", "TLS: closed in the handshake", secure, (port) =>
    raw(port, (socket) => socket.once("data", () => socket.end()))
  )
  add("before", "TLS: reset in the handshake", secure, (port) =>
    raw(port, (socket) => socket.once("data", () => socket.resetAndDestroy()))
  )
  add("before", "TLS: refused by an alert in the handshake", secure, (port) =>
    raw(port, (socket) => socket.once("data", () => socket.end(Buffer.from([21, 3, 3, 0, 2, 2, 40]))))
  )
  add("before", "TLS: handshake stalls", secure, (port) => raw(port, (socket) => socket.resume()), {
    stage: "patient",
    patience: 25_000
  })
  add("either", "TLS 1.3: the server wants a certificate of the client", secure, (port) =>
    listen(port, accept, { tls: { ...certificates.good, requestCert: true, rejectUnauthorized: true } })
  )
  add("either", "http to a TLS port", plain, (port) => listen(port, accept, { tls: certificates.good }))
}

const addProxied = (add: Add) => {
  for (const [name, asked] of [
    ["proxy asks for a password (407)", "status-407"],
    ["proxy cannot reach the host (502)", "status-502"],
    ["proxy forbids the host (403)", "status-403"],
    ["proxy closes", "closes"]
  ] as const)
    add(
      "before",
      name,
      () => `https://${asked}.invalid`,
      async () => nobody,
      { stage: "by proxy" }
    )
  add(
    "before",
    "proxy refuses the connection",
    () => "https://name.invalid",
    async () => nobody,
    { stage: "by no proxy" }
  )
}

/** A proxy that answers each CONNECT by the name it is asked for. */
export const proxy = (): Promise<Server> =>
  raw(
    proxyPort,
    (socket) =>
      socket.once("data", (chunk) => {
        const status = /^CONNECT status-(\d+)\./.exec(chunk.toString("latin1"))?.[1]
        socket.end(
          status === undefined
            ? ""
            : answer(`${status} No`, "", "content-length: 0", 'proxy-authenticate: Basic realm="here"')
        )
      }),
    "127.0.0.1"
  )

/** What a server does after it has read the whole POST. */
const endings: ReadonlyArray<readonly [string, Then, Partial<Case>?]> = [
  ["closes", (connection) => connection.end()],
  ["resets", (connection) => (connection as Socket).resetAndDestroy()],
  ["never answers", () => {}, { patience: 2000 }],
  ["half a head, then closes", (connection) => connection.end("HTTP/1.1 200 O")],
  [
    "half a head, then resets",
    (connection) =>
      connection.write("HTTP/1.1 200 O", () => setTimeout(() => (connection as Socket).resetAndDestroy(), 50))
  ],
  ["no HTTP", (connection) => connection.end("hello\r\n\r\n")],
  ["half a body, then closes", (connection) => connection.end(answer("200 OK", id.slice(0, 9), "content-length: 46"))],
  [
    "half a body, then resets",
    (connection) =>
      connection.write(answer("200 OK", id.slice(0, 9), "content-length: 46"), () =>
        setTimeout(() => (connection as Socket).resetAndDestroy(), 50)
      )
  ],
  [
    "half a body, then nothing",
    (connection) => connection.write(answer("200 OK", id.slice(0, 9), "content-length: 46")),
    { patience: 2000 }
  ],
  [
    "bad chunks",
    (connection) => connection.end(answer("200 OK", `zz\r\n${id}\r\n0\r\n\r\n`, "transfer-encoding: chunked"))
  ],
  [
    "last chunk missing",
    (connection) => connection.end(answer("200 OK", `2d\r\n${id}\r\n`, "transfer-encoding: chunked"))
  ],
  ["bad gzip", (connection) => connection.write(answer("200 OK", id, "content-length: 45", "content-encoding: gzip"))],
  [
    "100 and 103, then closes",
    (connection) => connection.end("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n")
  ],
  [
    "100 and 103, then 200",
    (connection) =>
      connection.write(`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n${answer("200 OK", id)}`)
  ],
  ["101, not asked for", (connection) => connection.end("HTTP/1.1 101 Switching Protocols\r\n\r\n")]
]

const addAfter = (add: Add, plain: (port: number) => string) => {
  for (const [name, then, extra] of endings)
    add("after", `arrived; ${name}`, plain, (port) => listen(port, then), extra)
  for (const [name, cut] of [
    ["reading: host unreachable", (port: number) => Network.refuse(port, "icmp-host-unreachable")],
    ["reading: net unreachable", (port: number) => Network.refuse(port, "icmp-net-unreachable")],
    ["reading: port unreachable", (port: number) => Network.refuse(port, "icmp-port-unreachable")],
    ["reading: the connection times out", Network.swallow]
  ] as const)
    add(
      "after",
      `arrived; ${name}`,
      plain,
      (port) => {
        Network.loseAcknowledgements(port)
        return listen(port, () => cut(port))
      },
      { patience: 25_000 }
    )
}

/** Sends and closes a moment later, so that what was sent is read before the end. */
const slowly = (bare: Socket, bytes: string | Buffer) => bare.write(bytes, () => setTimeout(() => bare.end(), 300))

const addAfterTls = (add: Add, secure: (port: number) => string, certificates: Certificates) => {
  const record = (type: number, ...bytes: ReadonlyArray<number>) => Buffer.from([type, 3, 3, 0, bytes.length, ...bytes])
  for (const [name, then] of [
    ["closes", (connection) => connection.end()],
    ["closes without a word of TLS", (_, bare) => bare.end()],
    ["resets", (_, bare) => bare.resetAndDestroy()],
    ["plain text in the middle of TLS", (_, bare) => slowly(bare, answer("400 Bad Request"))],
    ["an alert that is not encrypted", (_, bare) => slowly(bare, record(21, 2, 40))],
    ["a record that does not decrypt", (_, bare) => slowly(bare, record(23, ...Array.from({ length: 40 }, () => 7)))],
    ["half a body, then closes", (connection) => connection.end(answer("200 OK", id.slice(0, 9), "content-length: 46"))]
  ] as const satisfies ReadonlyArray<readonly [string, Then]>)
    for (const version of ["TLSv1.3", "TLSv1.2"] as const)
      add("after", `arrived; ${version}: ${name}`, secure, (port) =>
        listen(port, then, { tls: { ...certificates.good, minVersion: version, maxVersion: version } })
      )
}

/** What a server says on a connection that was used before. */
const onUsed: ReadonlyArray<readonly [string, Then]> = [
  ["200", accept],
  ["closes", (connection) => connection.end()],
  ["resets", (_, bare) => bare.resetAndDestroy()],
  [
    "408, then closes",
    (connection) => connection.end(answer("408 Request Timeout", "", "content-length: 0", "connection: close"))
  ],
  ["425", (connection) => connection.write(answer("425 Too Early"))],
  [
    "429 and Retry-After: 0",
    (connection) => connection.write(answer("429 Too Many Requests", "", "content-length: 0", "retry-after: 0"))
  ],
  [
    "503 and Retry-After: 0",
    (connection) => connection.write(answer("503 Service Unavailable", "", "content-length: 0", "retry-after: 0"))
  ]
]

const misdirected: Then = (connection) => connection.write(answer("421 Misdirected Request"))

// What is sent again then meets nobody, and it is that failure which is told: the one place where a refused connection proves nothing.
const resetsAndIsGone: Then = (_, bare, stopListening) => {
  stopListening()
  bare.resetAndDestroy()
}

const misdirectedAndIsGone: Then = (connection, _, stopListening) => {
  stopListening()
  connection.end(answer("421 Misdirected Request", "", "content-length: 0", "connection: close"))
}

const addAgain = (add: Add, { plain, secure }: Urls, certificates: Certificates) => {
  const good = { tls: certificates.good }
  add("again", "200", plain, (port) => listen(port, accept))
  add("again", "200, body as a stream", plain, (port) => listen(port, accept), { streamed: true })
  add("again", "421", plain, (port) => listen(port, misdirected))
  add("again", "421, TLS", secure, (port) => listen(port, misdirected, good))
  add("again", "421, body as a stream", plain, (port) => listen(port, misdirected), { streamed: true })
  for (const [name, then] of onUsed) {
    add("again", `used connection; ${name}`, plain, (port) => listen(port, then), { warm: true })
    add("again", `used connection, TLS; ${name}`, secure, (port) => listen(port, then, good), { warm: true })
  }
  for (const [name, then] of onUsed.slice(1, 3))
    add("again", `used connection, body as a stream; ${name}`, plain, (port) => listen(port, then), {
      warm: true,
      streamed: true
    })
  for (const streamed of [false, true]) {
    const how = streamed ? ", body as a stream" : ""
    const onceMore = { warm: true, streamed }
    add(
      "again",
      `used connection${how}; resets, and nobody listens any more`,
      plain,
      (port) => listen(port, resetsAndIsGone),
      onceMore
    )
    add("again", `421${how}, and nobody listens any more`, plain, (port) => listen(port, misdirectedAndIsGone), {
      streamed
    })
  }
  addAgainH2(add, secure, certificates)
}

const addAgainH2 = (add: Add, secure: (port: number) => string, certificates: Certificates) => {
  for (const [name, then] of H2.endings) {
    const start = (port: number) => H2.listen(port, then, certificates.good)
    add("again", `HTTP/2; ${name}`, secure, start)
    add("again", `HTTP/2, used connection; ${name}`, secure, start, { warm: true })
    add("again", `HTTP/2, used connection, body as a stream; ${name}`, secure, start, { warm: true, streamed: true })
  }
}
