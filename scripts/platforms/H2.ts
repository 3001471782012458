/**
 * A server that speaks HTTP/2 only to whoever wants it: whether it saw HTTP/2 at all is part of what it says.
 *
 * @module
 */
import * as http2 from "node:http2"
import type { Pair } from "./Certificates.ts"
import { cors, type Server } from "./Server.ts"

type Then = (stream: http2.ServerHttp2Stream, session: http2.ServerHttp2Session) => void

const { NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM, NGHTTP2_HTTP_1_1_REQUIRED } = http2.constants

const corsHeaders = Object.fromEntries(cors.map((line) => line.split(": ") as [string, string]))

const respond = (stream: http2.ServerHttp2Stream, status: number): void => {
  stream.respond({ ":status": status, ...corsHeaders })
  stream.end("{}")
}

/** Says which streams it has dealt with, and is gone a moment later. */
const goAway = (session: http2.ServerHttp2Session, lastStream: number): void => {
  session.goaway(NGHTTP2_NO_ERROR, lastStream)
  setTimeout(() => session.destroy(), 50)
}

/** What is done once a POST has been read whole. */
export const endings: ReadonlyArray<readonly [string, Then]> = [
  ["200", (stream) => respond(stream, 200)],
  ["421", (stream) => respond(stream, 421)],
  ["connection lost", (_, session) => session.socket.destroy()],
  ["GOAWAY that counts the POST in, then closes", (stream, session) => goAway(session, stream.id ?? 0)],
  ["GOAWAY that counts the POST out, then closes", (_, session) => goAway(session, 0)],
  ["stream refused (REFUSED_STREAM)", (stream) => stream.close(NGHTTP2_REFUSED_STREAM)],
  ["stream reset (INTERNAL_ERROR)", (stream) => stream.close(NGHTTP2_INTERNAL_ERROR)],
  ["stream reset (NO_ERROR)", (stream) => stream.close(NGHTTP2_NO_ERROR)],
  ["stream reset (HTTP_1_1_REQUIRED)", (stream) => stream.close(NGHTTP2_HTTP_1_1_REQUIRED)]
]

export const listen = async (
  port: number,
  then: Then,
  pair: Pair
): Promise<Server & { readonly spoken: () => boolean }> => {
  let arrived = 0
  let spoken = false
  const sessions = new Set<http2.ServerHttp2Session>()
  const server = http2.createSecureServer({ ...pair, allowHTTP1: true })
  server.on("session", (session) => {
    spoken = true
    sessions.add(session)
    session.on("error", () => {})
  })
  server.on("stream", (stream, headers) => {
    stream.on("error", () => {})
    stream.resume()
    if (headers[":method"] === "OPTIONS" || headers[":path"] === "/warm") {
      stream.respond({ ":status": 200, ...corsHeaders })
      stream.end()
      return
    }
    stream.on("end", () => {
      arrived++
      const { session } = stream
      if (session instanceof Object) then(stream, session as http2.ServerHttp2Session)
    })
  })
  // Who does not speak HTTP/2 is answered properly, so that nothing is made of it.
  server.on("request", (request, response) => {
    if (request.httpVersionMajor === 1) response.writeHead(200, corsHeaders).end("{}")
  })
  server.on("sessionError", () => {})
  server.on("tlsClientError", () => {})
  await new Promise<void>((resolve) => server.listen(port, "::", resolve))
  return {
    arrived: () => arrived,
    spoken: () => spoken,
    close: () => {
      server.close()
      for (const session of sessions) session.destroy()
    }
  }
}
