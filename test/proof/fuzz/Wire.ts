/**
 * The same replies over real sockets, in frames of HTTP that are right, wrong or torn.
 *
 * The server says when it has done all that it will: only then may time go on, or it would run ahead of bytes that are under way.
 *
 * @module
 */
import { once } from "node:events"
import { createServer, type Server as NetServer, type Socket } from "node:net"
import * as Schema from "effect/Schema"
import { Case, next, type Record, type Server } from "./Client.ts"
import { chunksOf, headersOf, key, type Worded } from "./Reply.ts"

const frames = [
  ...[
    "length",
    "chunked",
    "until closed",
    "too long",
    "too short",
    "no last chunk",
    "bad status line",
    "no end of headers",
    "100 first",
    "103 first",
    "two answers",
    "line feeds"
  ],
  ...["a huge header", "an old version", "a bad chunk"]
] as const

export const WireCase = Schema.Struct({ ...Case.fields, frame: Schema.Literals(frames) })
export type WireCase = typeof WireCase.Type

/** Frames whose body is read whatever comes behind it. */
const readable: ReadonlySet<string> = new Set([
  "length",
  "chunked",
  "until closed",
  "too long",
  "no last chunk",
  "103 first"
])

/** A server for one file of tests. */
export interface Wire {
  readonly serve: (given: WireCase, record: Record) => Server
  readonly stop: () => Promise<void>
}

/** Turns of the waiting that bytes get on their way from one end of a socket to the other. */
const onTheirWay = 40

/** What is being played now. */
interface Stage {
  readonly given: WireCase
  readonly record: Record
  busy: boolean
  patience: number
}

export const start = async (): Promise<Wire> => {
  let stage: Stage | undefined
  let count = 0
  const open = new Set<Socket>()
  const onConnection = (socket: Socket) => {
    open.add(socket)
    socket.on("error", () => {}).on("close", () => open.delete(socket))
    let text = ""
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1")
      const [, method = "", length] = /^(\w+) [\s\S]*?(?:content-length: (\d+)[\s\S]*?)?\r\n\r\n/i.exec(text) ?? []
      const at = text.indexOf("\r\n\r\n")
      if (at < 0 || text.length < at + 4 + Number(length ?? 0)) return
      text = ""
      if (stage !== undefined) void answer(socket, method, stage)
    })
  }
  let server: NetServer = createServer(onConnection).listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  const port = typeof address === "object" ? address?.port : undefined

  const serve = (given: WireCase, record: Record): Server => {
    for (const socket of open) socket.destroy()
    const own: Stage = { given, record, busy: false, patience: 0 }
    stage = own
    count += 1
    // Another loopback address for each case: no connection is left over from the one before.
    const host = `127.0.${(Math.floor(count / 250) % 250) + 1}.${(count % 250) + 1}`
    server.close()
    server = createServer(onConnection).listen(port, host)
    const listening = once(server, "listening")
    return {
      baseUrl: `http://${host}:${port}`,
      isBusy: () => own.busy || own.patience-- > 0,
      fetch: async (input, init) => {
        own.busy = true
        try {
          await listening
          return await fetch(input, init)
        } catch (error) {
          own.busy = false
          throw error
        }
      }
    }
  }
  const stop = async () => {
    for (const socket of open) socket.destroy()
    server.close()
  }
  return { serve, stop }
}

const answer = async (socket: Socket, method: string, stage: Stage): Promise<void> => {
  const { record, given } = stage
  const { reply, id } = next(record, given, method)
  stage.busy = true
  if (method === "POST") {
    // Over a socket the request has arrived whatever happens then.
    if (reply.kind === "failure") record.posts[record.posts.length - 1] = { kind: "failure", of: "reset" }
    if (reply.kind === "accepted" && arrives(reply, given)) record.accepted.push(id)
  }
  if (reply.kind === "answer" || reply.kind === "accepted") await send(socket, reply, id, stage)
  else if (reply.kind === "failure" && reply.of === "reset") socket.resetAndDestroy()
  else if (reply.kind !== "silence") socket.end()
  stage.patience = onTheirWay
  stage.busy = false
}

/** Whether the id certainly comes to the client: a reset may take with it what had arrived before. */
const arrives = (reply: Worded, { frame }: WireCase): boolean =>
  readable.has(frame) && reply.headers.length === 0 && reply.end !== "reset" && reply.after + 8 * reply.pause < 60_000

/** Waits in virtual time, which has to go on for that. */
const pause = async (millis: number, stage: Stage): Promise<void> => {
  if (millis === 0) return
  stage.patience = onTheirWay
  stage.busy = false
  await new Promise((resolve) => setTimeout(resolve, millis))
  stage.busy = true
}

const send = async (socket: Socket, reply: Worded, id: string, stage: Stage): Promise<void> => {
  const { frame } = stage.given
  await pause(reply.after, stage)
  const chunks = [...chunksOf(reply, id)]
  socket.write(head(reply, frame, chunks))
  for (const [index, chunk] of chunks.entries()) {
    if (chunks.length - index <= 8) await pause(reply.pause, stage)
    socket.write(
      isChunked(frame)
        ? Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from("\r\n")])
        : chunk
    )
  }
  if (frame === "a bad chunk") socket.write("zz\r\n")
  if (frame === "chunked" && reply.end === "whole") socket.write("0\r\n\r\n")
  if (frame === "two answers") socket.write(head(reply, "length", chunks))
  if (reply.end === "reset") socket.resetAndDestroy()
  else if (reply.end === "closed" || (reply.end === "whole" && frame !== "length" && frame !== "chunked")) socket.end()
}

const isChunked = (frame: WireCase["frame"]): boolean => ["chunked", "no last chunk", "a bad chunk"].includes(frame)

const head = (reply: Worded, frame: WireCase["frame"], chunks: ReadonlyArray<Uint8Array>): string => {
  const size = chunks.reduce((sum, { length }) => sum + length, 0)
  const more = { "too long": 10, "too short": -1 }[frame as string] ?? 0
  const framing = isChunked(frame)
    ? ["transfer-encoding: chunked"]
    : frame === "until closed"
      ? ["connection: close"]
      : [`content-length: ${Math.max(0, size + more)}`]
  const huge = frame === "a huge header" ? [`x-huge: ${"x".repeat(100_000)}`] : []
  const headers = [...framing, ...huge, ...headersOf(reply).map(([name, value]) => `${name}: ${value}`)]
  const version = { "an old version": "HTTP/1.0", "bad status line": "HTP/x" }[frame as string] ?? "HTTP/1.1"
  const before =
    { "100 first": "HTTP/1.1 100 Continue\r\n\r\n", "103 first": `HTTP/1.1 103 Early Hints\r\nlink: <${key}>\r\n\r\n` }[
      frame as string
    ] ?? ""
  const end = frame === "line feeds" ? "\n" : "\r\n"
  return `${before}${version} ${reply.status} X${end}${headers.join(end)}${frame === "no end of headers" ? "" : end + end}`
}
