/**
 * The server of one asset, asked for headers and for pieces of the file.
 *
 * It sends no key and no cookie, follows no redirect, and reads no more than `maxBytes` of one asset in no more than `maxRequests` requests,
 * whatever the server sends. It judges nothing.
 *
 * @module
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { Fetch } from "effect/http/FetchHttpClient"
import { byteCount, contentRange } from "../download/Host.ts"
import { describe } from "../request/Attempt.ts"
import * as Shown from "../Shown.ts"
import type * as Mp4 from "./Mp4.ts"

/** How many bytes of one asset are read at most. */
export const maxBytes = 512 * 1024

/** How many requests are made for one asset at most. */
export const maxRequests = 64

/** What is asked for at once when less is needed: the next box is often near. */
const window = 4096

export interface Options {
  readonly userAgent: string
  /** How long one request may take, its answer included. */
  readonly timeout: Duration.Duration
}

/** An answer, as far as it was read. */
export interface Answer {
  readonly status: number
  readonly isRedirect: boolean
  readonly headers: Headers
  readonly bytes: Uint8Array
}

/** The file's length by an answer's headers. */
export const totalOf = ({ status, headers }: Answer): number | undefined =>
  status === 206 ? contentRange(headers).total : byteCount(headers.get("content-length"))

/** One asset at its server. */
export class Source {
  readonly #url: string
  readonly #options: Options
  #requests = 0
  #read = 0
  /** The piece that was read last, and where it begins. */
  #piece: { readonly from: number; readonly bytes: Uint8Array } = { from: 0, bytes: new Uint8Array() }
  /** Whether the server sends the whole file when it is asked for a part. */
  #ignoresRanges = false

  constructor(url: string, options: Options) {
    this.#url = url
    this.#options = options
  }

  /** Asks for the headers alone. */
  head(): Effect.Effect<Answer, string> {
    return this.#ask("HEAD", {}, () => 0)
  }

  /** Asks for the file's beginning. */
  beginning(): Effect.Effect<Answer, string> {
    return this.#range(0, window)
  }

  /** The bytes that are needed, as many as there are. Fails with what is in the way. */
  bytes({ from, length }: Mp4.Need): Effect.Effect<Uint8Array, string> {
    return Effect.suspend(() => {
      const known = this.#known(from, length)
      if (known !== undefined) return Effect.succeed(known)
      if (this.#ignoresRanges)
        return Effect.fail("the server gives no parts of a file, and the part is not near its beginning")
      return Effect.flatMap(this.#range(from, Math.max(length, window)), ({ status }) => {
        if (status === 416) return Effect.succeed(new Uint8Array())
        if (status !== 200 && status !== 206) return Effect.fail(`a part of the file was answered with ${status}`)
        const found = this.#known(from, length)
        if (found !== undefined) return Effect.succeed(found)
        // Fewer than were asked for: the file ends there, or the server says so.
        const { from: begin, bytes } = this.#piece
        return from < begin
          ? Effect.fail("the server sent another part than was asked for")
          : Effect.succeed(bytes.subarray(from - begin))
      })
    })
  }

  #known(from: number, length: number): Uint8Array | undefined {
    const { from: begin, bytes } = this.#piece
    return from >= begin && from + length <= begin + bytes.length
      ? bytes.subarray(from - begin, from - begin + length)
      : undefined
  }

  /** Asks for a part and keeps it. */
  #range(from: number, length: number): Effect.Effect<Answer, string> {
    const headers = { range: `bytes=${from}-${from + length - 1}` }
    // Where the whole comes in place of a part, as much as may be read is: there is no second chance.
    const limit = (status: number) => (status === 206 ? length : status === 200 ? maxBytes : 0)
    return this.#ask("GET", headers, limit).pipe(
      Effect.tap((answer) =>
        Effect.sync(() => {
          if (answer.status === 200) this.#ignoresRanges = true
          const begin = answer.status === 206 ? (contentRange(answer.headers).from ?? from) : 0
          if (answer.status === 200 || answer.status === 206) this.#piece = { from: begin, bytes: answer.bytes }
        })
      )
    )
  }

  #ask(
    method: "HEAD" | "GET",
    more: Readonly<Record<string, string>>,
    limit: (status: number) => number
  ): Effect.Effect<Answer, string> {
    const { timeout, userAgent } = this.#options
    return Effect.gen({ self: this }, function* () {
      const fetch = yield* Fetch
      if (this.#requests === maxRequests) return yield* Effect.fail("it takes too many requests")
      if (this.#read >= maxBytes) return yield* Effect.fail("it takes too many bytes")
      this.#requests++
      const answer = yield* Effect.tryPromise({
        try: async (signal) => {
          // A compressed answer could not be read in parts.
          const headers = {
            accept: "image/*, video/*",
            "accept-encoding": "identity",
            "user-agent": userAgent,
            ...more
          }
          const response = await fetch(this.#url, { method, redirect: "manual", credentials: "omit", headers, signal })
          const bytes = await readAtMost(response, Math.min(limit(response.status), maxBytes - this.#read))
          return answerOf(response, bytes)
        },
        catch: (error) => `no answer from ${Shown.withoutQuery(this.#url)}: ${Shown.line(describe(error))}`
      }).pipe(
        Effect.timeoutOrElse({
          duration: timeout,
          orElse: () =>
            Effect.fail(`no whole answer from ${Shown.withoutQuery(this.#url)} within ${Duration.format(timeout)}`)
        })
      )
      this.#read += answer.bytes.length
      return answer
    })
  }
}

const answerOf = (response: Response, bytes: Uint8Array): Answer => ({
  status: response.status,
  // A browser hides the status of a redirect.
  isRedirect: response.type === "opaqueredirect" || (response.status >= 300 && response.status < 400),
  headers: response.headers,
  bytes
})

/** The beginning of a body. The rest is given up, with its connection. */
const readAtMost = async (response: Response, limit: number): Promise<Uint8Array> => {
  const reader = response.body?.getReader()
  if (reader === undefined) return new Uint8Array()
  const bytes = new Uint8Array(limit)
  let length = 0
  try {
    // The end is waited for where it may come: then the next request finds the connection open.
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      bytes.set(read.value.subarray(0, limit - length), length)
      if (length + read.value.length > limit) return bytes
      length += read.value.length
    }
  } finally {
    // Not waited for: a server that does not let go must not hold up anything.
    void reader.cancel().catch(() => {})
  }
  return bytes.subarray(0, length)
}
