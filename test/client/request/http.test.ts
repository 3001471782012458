/**
 * The client over real sockets and the platform's own fetch: what a network does, and how often a request is seen at the other end.
 */
import { once } from "node:events"
import { createServer, type Server, type Socket } from "node:net"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Fetch } from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { CharacterPerformance, Runway, type RunwayError, type RunwayOptions, Task } from "../../../src/index.ts"
import { input } from "../../support/Provider.ts"

const id = "5b91e444-c232-deaf-a4d7-8aef3e57336b"

interface Seen {
  readonly method: string
  readonly head: string
  readonly body: string
  readonly socket: Socket
  /** Resolves when the socket has closed. */
  readonly closed: Promise<void>
}

/** Does something to the socket of a request that has arrived whole. */
type Behaviour = (seen: Seen) => void

/** A server that counts what arrives at its socket and answers byte by byte, as it is told. The last behaviour stays. */
class Wire {
  readonly seen: Array<Seen> = []
  readonly behaviours: ReadonlyArray<Behaviour>
  readonly onConnection: (socket: Socket) => void
  connections = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  constructor(behaviours: ReadonlyArray<Behaviour>, onConnection: (socket: Socket) => void = () => {}) {
    this.behaviours = behaviours
    this.onConnection = onConnection
    this.#server = createServer((socket) => this.#accept(socket))
  }

  #accept(socket: Socket) {
    this.connections++
    this.#sockets.add(socket)
    const closed = new Promise<void>((resolve) => {
      socket.once("close", () => {
        this.#sockets.delete(socket)
        resolve()
      })
    })
    socket.on("error", () => {})
    let pending = ""
    socket.on("data", (chunk) => {
      pending += chunk.toString("latin1")
      for (;;) {
        const end = pending.indexOf("\r\n\r\n")
        if (end < 0) return
        const head = pending.slice(0, end)
        if (/^transfer-encoding:/im.test(head)) throw new Error("this server reads bodies of a known length only")
        const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0)
        if (pending.length < end + 4 + length) return
        const body = pending.slice(end + 4, end + 4 + length)
        pending = pending.slice(end + 4 + length)
        const behaviour = this.behaviours[Math.min(this.seen.length, this.behaviours.length - 1)]
        const seen = { method: head.slice(0, head.indexOf(" ")), head, body, socket, closed }
        this.seen.push(seen)
        this.#server.emit("seen")
        behaviour?.(seen)
      }
    })
    this.onConnection(socket)
  }

  listen(port = 0): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject)
      this.#server.listen(port, "127.0.0.1", () => resolve(`http://127.0.0.1:${this.port}`))
    })
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === "object" && address !== null ? address.port : 0
  }

  /** The n-th request, as soon as it has arrived. */
  async arrived(n: number): Promise<Seen> {
    for (;;) {
      const seen = this.seen[n - 1]
      if (seen !== undefined) return seen
      await once(this.#server, "seen")
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    if (!this.#server.listening) return
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

const closing = (wire: Wire) => Effect.acquireRelease(Effect.succeed(wire), () => Effect.promise(() => wire.close()))

const serve = (...behaviours: ReadonlyArray<Behaviour>): Effect.Effect<Wire & { url: string }, never, Scope.Scope> =>
  Effect.gen(function* () {
    const wire = yield* closing(new Wire(behaviours))
    const url = yield* Effect.promise(() => wire.listen())
    return Object.assign(wire, { url })
  })

/** A client of a server, without the log of what it does. */
const client = (baseUrl: string, options: Partial<RunwayOptions> = {}) =>
  Effect.provide(
    Layer.merge(
      Runway.layer({ apiKey: "sk-test-secret", baseUrl, retry: Schedule.recurs(2), ...options }),
      Logger.layer([])
    )
  )

const message = (status: string, body: string, headers: ReadonlyArray<string> = []) =>
  [`HTTP/1.1 ${status}`, "Content-Type: application/json", `Content-Length: ${body.length}`, ...headers, "", body].join(
    "\r\n"
  )

const running = JSON.stringify({ id, status: "RUNNING", createdAt: "2026-05-01T12:47:47.351Z" })

const answers: Behaviour = ({ method, socket }) =>
  void socket.write(message("200 OK", method === "POST" ? JSON.stringify({ id }) : running))

const busy: Behaviour = ({ socket }) =>
  void socket.write(
    message(
      "429 Too Many Requests",
      '{"error":{"message":"slow down","type":"comet_api_error","param":"","code":"rate_limit_exceeded"}}',
      ["Retry-After: 0"]
    )
  )

const silent: Behaviour = () => {}

/** Writes something, waits until it is on its way, and destroys the socket. */
const breaksOffAfter =
  (bytes: string): Behaviour =>
  ({ socket }) =>
    void socket.write(bytes, () => socket.destroy())

const impatient = { attemptTimeout: "300 millis" } as const

/** Everything that leaves it open whether a request was carried out. */
const losses: ReadonlyArray<readonly [string, Behaviour, Partial<RunwayOptions>?]> = [
  ["closes the connection without a byte", ({ socket }) => void socket.end()],
  ["destroys the connection without a byte", ({ socket }) => void socket.destroy()],
  ["resets the connection without a byte", ({ socket }) => void socket.resetAndDestroy()],
  ["breaks off in the status line", breaksOffAfter("HTTP/1.")],
  ["breaks off in the headers", breaksOffAfter("HTTP/1.1 200 OK\r\nContent-Type: appl")],
  ["breaks off after the headers", breaksOffAfter("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n")],
  ["breaks off in the id", breaksOffAfter(`HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"id":"${id}`)],
  [
    "breaks off between two chunks",
    breaksOffAfter(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n{"id":\r\n`)
  ],
  ["answers something that is not HTTP", ({ socket }) => void socket.end("SSH-2.0-OpenSSH_9.2\r\n")],
  ["never answers", silent, impatient],
  [
    "answers the headers and never the body",
    ({ socket }) => void socket.write("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n"),
    impatient
  ]
]

const ok = "HTTP/1.1 200 OK\r\n"
const theId = `{"id":"${id}"`

/** Answers that hold a whole id and end badly. */
const cutShort: ReadonlyArray<readonly [string, Behaviour, Partial<RunwayOptions>?]> = [
  ["breaks off behind the id", breaksOffAfter(`${ok}Content-Length: 50\r\n\r\n${theId}`)],
  [
    "resets the connection behind the id",
    ({ socket }) => void socket.write(`${ok}Content-Length: 50\r\n\r\n${theId}`, () => socket.resetAndDestroy())
  ],
  ["ends before the promised length", ({ socket }) => void socket.end(`${ok}Content-Length: 500\r\n\r\n${theId}}`)],
  [
    "promises less than it sends",
    ({ socket }) => void socket.end(`${ok}Content-Length: ${theId.length}\r\n\r\n${theId},"status":"PENDING"}`)
  ],
  [
    "leaves out the last chunk",
    ({ socket }) =>
      void socket.end(`${ok}Transfer-Encoding: chunked\r\n\r\n${(theId.length + 1).toString(16)}\r\n${theId}}\r\n`)
  ],
  [
    "sends chunks that are none behind the id",
    ({ socket }) =>
      void socket.end(`${ok}Transfer-Encoding: chunked\r\n\r\n${theId.length.toString(16)}\r\n${theId}\r\nzz\r\n`)
  ],
  ["stalls behind the id", ({ socket }) => void socket.write(`${ok}Content-Length: 500\r\n\r\n${theId}`), impatient],
  [
    "sends more than any answer has",
    ({ socket }) => void socket.write(`${ok}Content-Length: 3000000\r\n\r\n${theId},"debug":"${"x".repeat(2_000_000)}`)
  ]
]

describe("a submission over a real connection", () => {
  for (const [name, behaviour, options] of cutShort) {
    it.live(`keeps the id, and is sent once, to a server that ${name}`, () =>
      Effect.gen(function* () {
        const wire = yield* serve(behaviour, answers)
        expect(yield* CharacterPerformance.submit(input).pipe(client(wire.url, options))).toBe(id)
        expect(wire.seen.map(({ method }) => method)).toEqual(["POST"])
      })
    )
  }

  it.live("is asked for unpacked, because nothing can be read of a packed answer that arrives damaged", () =>
    Effect.gen(function* () {
      const wire = yield* serve(answers)
      yield* CharacterPerformance.submit(input).pipe(client(wire.url))
      expect(wire.seen[0]?.head).toMatch(/^accept-encoding: identity\r?$/im)
    })
  )

  for (const [status, extra] of [
    ["408 Request Timeout", ["Connection: close"]],
    ["409 Conflict", []],
    ["421 Misdirected Request", []],
    ["499 Client Closed Request", []],
    ["503 Service Unavailable", ["Retry-After: 0"]],
    ["522 Connection Timed Out", []]
  ] as const) {
    it.live(`is sent once, by us and by the platform, to a server that answers ${status}`, () =>
      Effect.gen(function* () {
        const wire = yield* serve(
          ({ socket }) => void socket.write(message(status, '{"error":"later"}', extra)),
          answers
        )
        const error = yield* Effect.flip(CharacterPerformance.submit(input)).pipe(client(wire.url))
        expect(error.reason._tag).toBe("OutcomeUnknown")
        expect(wire.seen.map(({ method }) => method)).toEqual(["POST"])
      })
    )
  }

  for (const [name, loss, options] of losses) {
    it.live(`is sent once to a server that ${name}`, () =>
      Effect.gen(function* () {
        const wire = yield* serve(loss, answers)
        const error: RunwayError = yield* Effect.flip(CharacterPerformance.submit(input)).pipe(
          client(wire.url, options)
        )
        expect(error.reason._tag).toBe("OutcomeUnknown")
        expect(error.isRetryable).toBe(false)
        expect(wire.seen.map(({ method }) => method)).toEqual(["POST"])
      })
    )
  }

  it.live("is not sent over a second connection when the first is dropped as soon as it stands", () =>
    Effect.gen(function* () {
      const wire = yield* closing(new Wire([answers], (socket) => socket.destroy()))
      const url = yield* Effect.promise(() => wire.listen())
      const error = yield* Effect.flip(CharacterPerformance.submit(input)).pipe(client(url))
      expect(error.reason._tag).toBe("OutcomeUnknown")
      expect(wire.connections).toBe(1)
    })
  )

  it.live("is sent again when the connection is refused, as often as the policy says", () =>
    Effect.gen(function* () {
      const wire = yield* serve(answers)
      yield* Effect.promise(() => wire.close())
      const error = yield* Effect.flip(CharacterPerformance.submit(input)).pipe(client(wire.url))
      expect(error.reason._tag).toBe("Unreachable")
      expect(error.attempts).toBe(3)
      expect(error.message).toContain("ECONNREFUSED")
    })
  )

  it.live("arrives once at a server that opens its port between two attempts", () =>
    Effect.gen(function* () {
      const closed = yield* serve(answers)
      const { url, port } = { url: closed.url, port: closed.port }
      yield* Effect.promise(() => closed.close())
      const late = yield* closing(new Wire([answers]))
      const retry = Schedule.recurs(2).pipe(
        Schedule.tap(({ attempt }) => (attempt === 1 ? Effect.promise(() => late.listen(port)) : Effect.void))
      )
      expect(yield* CharacterPerformance.submit(input).pipe(client(url, { retry }))).toBe(id)
      expect(late.seen.map(({ method }) => method)).toEqual(["POST"])
    })
  )

  it.live("is sent again after 429 with Retry-After: 0, whole each time", () =>
    Effect.gen(function* () {
      const wire = yield* serve(busy, busy, answers)
      expect(yield* CharacterPerformance.submit(input).pipe(client(wire.url))).toBe(id)
      expect(wire.seen.map(({ method }) => method)).toEqual(["POST", "POST", "POST"])
      expect(new Set(wire.seen.map(({ body }) => body)).size).toBe(1)
      expect(JSON.parse(wire.seen[0]?.body ?? "")).toMatchObject(input)
      expect(wire.seen[0]?.head).toMatch(/^POST \/runwayml\/v1\/character_performance HTTP\/1\.1\r\n/)
    })
  )

  it.live("says how often it was sent when the server stays busy", () =>
    Effect.gen(function* () {
      const wire = yield* serve(busy)
      const error = yield* Effect.flip(CharacterPerformance.submit(input)).pipe(client(wire.url))
      expect(error.reason._tag).toBe("RateLimited")
      expect(error.attempts).toBe(3)
      expect(wire.seen).toHaveLength(3)
    })
  )
})

describe("a look at a task over a real connection", () => {
  for (const [name, loss, options] of losses) {
    it.live(`is taken again at a server that ${name}`, () =>
      Effect.gen(function* () {
        const recovering = yield* serve(loss, answers)
        expect((yield* Task.get(id).pipe(client(recovering.url, options)))._tag).toBe("Running")
        expect(recovering.seen.map(({ method }) => method)).toEqual(["GET", "GET"])

        const broken = yield* serve(loss)
        const error = yield* Effect.flip(Task.get(id)).pipe(client(broken.url, options))
        expect(error.reason._tag).toBe("ConnectionLost")
        expect(error.taskId).toBe(id)
        expect(error.attempts).toBe(3)
        expect(broken.seen).toHaveLength(3)
      })
    )
  }

  it.live("is taken again when the connection is refused", () =>
    Effect.gen(function* () {
      const wire = yield* serve(answers)
      yield* Effect.promise(() => wire.close())
      const error = yield* Effect.flip(Task.get(id)).pipe(client(wire.url))
      expect(error.reason._tag).toBe("Unreachable")
      expect(error.attempts).toBe(3)
    })
  )

  it.live("is taken again after 429 with Retry-After: 0", () =>
    Effect.gen(function* () {
      const wire = yield* serve(busy, answers)
      expect((yield* Task.get(id).pipe(client(wire.url)))._tag).toBe("Running")
      expect(wire.seen).toHaveLength(2)
    })
  )
})

describe("interrupting a request over a real connection", () => {
  const halfABody: Behaviour = ({ socket }) =>
    void socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"id":"${id}"`)

  const calls: ReadonlyArray<readonly [string, Effect.Effect<unknown, RunwayError, Runway>]> = [
    ["a submission that is not to finish", CharacterPerformance.submit(input, { onInterrupt: "abort" })],
    ["a look", Task.get(id)],
    ["a wait", Task.wait(id)]
  ]
  // Left alone, an attempt would hold its connection for a minute, twice as long as a test may take.
  for (const [name, call] of calls) {
    it.live(`closes the connection of ${name} before its answer, and nothing is sent again`, () =>
      Effect.gen(function* () {
        const wire = yield* serve(silent)
        const fiber = yield* Effect.forkChild(call.pipe(client(wire.url)))
        const { closed } = yield* Effect.promise(() => wire.arrived(1))
        yield* Fiber.interrupt(fiber)
        yield* Effect.promise(() => closed)
        expect(wire.seen).toHaveLength(1)
      })
    )

    it.live(`closes the connection of ${name} in the middle of its answer, and nothing is sent again`, () =>
      Effect.gen(function* () {
        const wire = yield* serve(halfABody)
        const begun = Promise.withResolvers<void>()
        const watched: typeof fetch = async (...request) => {
          const response = await fetch(...request)
          begun.resolve()
          return response
        }
        const fiber = yield* Effect.forkChild(call.pipe(client(wire.url), Effect.provideService(Fetch, watched)))
        yield* Effect.promise(() => begun.promise)
        yield* Fiber.interrupt(fiber)
        yield* Effect.promise(async () => (await wire.arrived(1)).closed)
        expect(wire.seen).toHaveLength(1)
      })
    )
  }
})

describe("a connection that is kept alive and closed by the server", () => {
  const races: ReadonlyArray<readonly [string, Behaviour]> = [
    [
      "right after each answer",
      ({ socket }) => void socket.end(message("200 OK", JSON.stringify({ id }), ["Connection: keep-alive"]))
    ],
    [
      "abruptly after each answer",
      ({ socket }) =>
        void socket.write(message("200 OK", JSON.stringify({ id }), ["Connection: keep-alive"]), () => socket.destroy())
    ],
    [
      "a turn of the event loop after each answer",
      ({ socket }) =>
        void socket.write(message("200 OK", JSON.stringify({ id }), ["Connection: keep-alive"]), () =>
          setImmediate(() => socket.resetAndDestroy())
        )
    ]
  ]
  for (const [when, behaviour] of races) {
    it.live(`${when} never makes two POSTs of one`, () =>
      Effect.gen(function* () {
        const wire = yield* serve(behaviour)
        const seeds = Array.from({ length: 40 }, (_, n) => n)
        yield* Effect.forEach(seeds, (seed) =>
          CharacterPerformance.submit({ ...input, seed }).pipe(
            Effect.catchReason("RunwayError", "OutcomeUnknown", () => Effect.succeed("it is said to be unknown"))
          )
        ).pipe(client(wire.url))
        const handled = wire.seen.map(({ body }) => JSON.parse(body).seed)
        expect(new Set(handled).size).toBe(handled.length)
      })
    )
  }

  it.live("when the next POST is already on it loses that POST for good", () =>
    Effect.gen(function* () {
      const wire = yield* serve(answers, ({ socket }) => socket.resetAndDestroy(), answers)
      const outcomes = yield* Effect.forEach([1, 2, 3], (seed) =>
        CharacterPerformance.submit({ ...input, seed }).pipe(
          Effect.catchTag("RunwayError", (error) => Effect.succeed(error.reason._tag))
        )
      ).pipe(client(wire.url))
      expect(outcomes).toEqual([id, "OutcomeUnknown", id])
      expect(wire.seen.map(({ body }) => JSON.parse(body).seed)).toEqual([1, 2, 3])
    })
  )
})

describe("a redirect to another server", () => {
  for (const status of [301, 302, 303, 307, 308]) {
    it.live(`with ${status} is not followed, so that no key goes there`, () =>
      Effect.gen(function* () {
        const elsewhere = yield* serve(answers)
        const wire = yield* serve(({ socket }) =>
          socket.write(
            message(`${status} Moved`, "", [
              `Location: ${elsewhere.url}/runwayml/v1/character_performance?token=SIGNED`
            ])
          )
        )
        const [submitted, looked] = yield* Effect.all([
          Effect.flip(CharacterPerformance.submit(input)),
          Effect.flip(Task.get(id))
        ]).pipe(client(wire.url))
        // 303 is said after the work was done.
        expect(submitted.reason._tag).toBe(status === 303 ? "OutcomeUnknown" : "Rejected")
        expect(submitted.status).toBe(status)
        expect(looked.reason._tag).toBe("UnexpectedAnswer")
        if (status !== 303) expect(submitted.message).toContain(elsewhere.url)
        expect(submitted.message + looked.message).not.toContain("SIGNED")
        expect(wire.seen.map(({ method }) => method)).toEqual(["POST", "GET", "GET", "GET"])
        expect(elsewhere.connections).toBe(0)
      })
    )
  }
})

describe("a client over a real connection", () => {
  it.live("sends its key to the base URL's host alone, with the version and JSON", () =>
    Effect.gen(function* () {
      const wire = yield* serve(answers)
      yield* Effect.andThen(CharacterPerformance.submit(input), Task.get(id)).pipe(client(wire.url))
      for (const { head } of wire.seen) {
        expect(head).toMatch(/^authorization: Bearer sk-test-secret\r?$/im)
        expect(head).toMatch(/^x-runway-version: 2024-11-06\r?$/im)
      }
    })
  )
})
