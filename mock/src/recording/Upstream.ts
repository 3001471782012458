/**
 * One request to the real provider, sent once.
 *
 * A submission costs money, so nothing here sends anything again: each request has a connection of its own, no redirect is followed, and
 * the bytes go out and come back as they are. How it failed is data: who asked decides what the client sees of it.
 *
 * @module
 */
import * as http from "node:http"
import * as https from "node:https"
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib"

/** What is sent. */
export interface Outgoing {
  readonly url: URL
  readonly method: string
  readonly headers: Headers
  readonly body: Uint8Array
}

/** What came back: all of it, a part of it before the connection broke, or nothing. */
export interface Incoming {
  readonly status: number
  readonly headers: ReadonlyArray<readonly [string, string]>
  readonly body: Uint8Array<ArrayBuffer>
  /** Why the rest is missing, where it is. */
  readonly broken?: string
}

/** Why no answer came at all. */
export interface Failure {
  readonly code: string
  readonly message: string
}

/** Headers that speak of one connection, and what the client of that connection writes itself. */
const ofConnection: ReadonlySet<string> = new Set([
  ...["connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer"],
  ...["transfer-encoding", "upgrade", "host", "content-length", "expect"]
])

/** Whether a header is for both ends, and not for one connection. */
const isEndToEnd = (name: string): boolean => !ofConnection.has(name.toLowerCase())

/** No answer of this API is nearly as long. */
const longestAnswer = 16 * 1024 * 1024
/** A provider that says nothing for so long says nothing any more. */
const patience = 10 * 60_000

const pairsOf = (raw: ReadonlyArray<string>): Array<readonly [string, string]> =>
  Array.from({ length: raw.length / 2 }, (_, index) => [raw[2 * index] ?? "", raw[2 * index + 1] ?? ""] as const)

const failureOf = (error: unknown): Failure => ({
  code: error instanceof Error && "code" in error ? String(error.code) : "",
  message: error instanceof Error ? error.message : String(error)
})

/** The answer and its bytes, as far as they came. */
const collect = (answer: http.IncomingMessage): Promise<Incoming> =>
  new Promise((resolve) => {
    const chunks: Array<Uint8Array> = []
    let size = 0
    const end = (broken?: string) =>
      resolve({
        status: answer.statusCode ?? 502,
        headers: pairsOf(answer.rawHeaders).filter(([name]) => isEndToEnd(name)),
        body: new Uint8Array(Buffer.concat(chunks)),
        ...(broken === undefined ? {} : { broken })
      })
    answer.on("data", (chunk: Uint8Array) => {
      chunks.push(chunk)
      size += chunk.byteLength
      if (size > longestAnswer) answer.destroy(new Error(`the answer is longer than ${longestAnswer} bytes`))
    })
    answer.once("end", () => end(answer.complete ? undefined : "the connection closed"))
    answer.once("error", (error) => end(failureOf(error).message))
    answer.once("close", () => end("the connection closed"))
  })

/** Sends a request once. It never rejects. */
export const send = ({ url, method, headers, body }: Outgoing): Promise<Incoming | Failure> =>
  new Promise((resolve) => {
    const { request } = url.protocol === "http:" ? http : https
    const outgoing = request(url, {
      method,
      // A connection of its own: a kept one may be closed by the provider while the request is on its way.
      agent: false,
      headers: Object.fromEntries([...headers].filter(([name]) => isEndToEnd(name)))
    })
    outgoing.once("response", (answer) => void collect(answer).then(resolve))
    outgoing.once("error", (error) => resolve(failureOf(error)))
    outgoing.setTimeout(patience, () => outgoing.destroy(new Error("the provider answered nothing for ten minutes")))
    if (body.length > 0) outgoing.setHeader("content-length", body.length)
    outgoing.end(body)
  })

/** Whether anything came back. */
export const isAnswer = (came: Incoming | Failure): came is Incoming => "status" in came

const decoders: Readonly<Record<string, (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array>> = {
  gzip: gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync
}

/** The text of a body, or nothing where it is compressed in a way that cannot be undone here. */
export const textOf = (body: Uint8Array, encoding: string | undefined): string | undefined => {
  const name = encoding?.trim().toLowerCase() ?? ""
  if (name === "" || name === "identity") return new TextDecoder().decode(body)
  const decoder = decoders[name]
  try {
    return decoder && new TextDecoder().decode(decoder(body, { maxOutputLength: longestAnswer }))
  } catch {
    return undefined
  }
}
