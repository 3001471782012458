/**
 * A provider that answers from a script, one entry per request, and keeps what it was asked.
 *
 * For what a correct provider never does; the mock is the provider that behaves.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { Fetch } from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import { Runway } from "../../src/Runway.ts"
import type { RunwayOptions } from "../../src/Settings.ts"

export type Reply = Response | Error | ((request: Request) => Response | Promise<Response>)

export interface Asked {
  readonly method: string
  readonly url: string
  readonly headers: Headers
  readonly body: string
}

/** Answers the first request with the first entry and so on; the last entry answers all that follow. */
export const provider = (...script: ReadonlyArray<Reply>) => {
  const asked: Array<Asked> = []
  let inFlight = 0
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    const reply = script[Math.min(asked.length, script.length - 1)]
    const { method, url, headers } = request
    asked.push({ method, url, headers, body: await request.clone().text() })
    inFlight++
    try {
      if (reply === undefined) throw new Error("the script is empty")
      if (reply instanceof Error) throw reply
      if (typeof reply === "function") return await reply(request)
      return reply.clone()
    } finally {
      inFlight--
    }
  }
  return {
    asked,
    fetch,
    posts: () => asked.filter(({ method }) => method === "POST").length,
    idle: () => inFlight === 0,
    layer: (options: Partial<RunwayOptions> = {}) =>
      Layer.merge(Runway.layer({ apiKey: "sk-test-secret", ...options }), Layer.succeed(Fetch, fetch))
  }
}

/** Never answers, and rejects as fetch does when it is aborted; `aborted` tells whether it was. */
export const silence = () => {
  const state = { aborted: false }
  const reply = (request: Request) =>
    new Promise<Response>((_, reject) => {
      request.signal.addEventListener("abort", () => {
        state.aborted = true
        reject(request.signal.reason)
      })
    })
  return { reply, state }
}

export const accepted = (id = "5b91e444-c232-deaf-a4d7-8aef3e57336b") => Response.json({ id })

export const answer = (status: number, body: unknown = {}, headers: Record<string, string> = {}) =>
  typeof body === "string"
    ? new Response(body, { status, headers: { "content-type": "text/html", ...headers } })
    : Response.json(body, { status, headers })

export const wrapped = (code: string, message = code) => ({
  error: { message: `${message} (request id: req-42)`, type: "comet_api_error", param: "", code }
})

export const taskNotExist = { code: "task_not_exist", message: "task_not_exist", data: null }

/** Node's own error for a failed fetch: a TypeError around the socket's error. */
export const socketError = (code: string, syscall = "read") => {
  const cause: NodeJS.ErrnoException = new Error(`${syscall} ${code}`)
  cause.code = code
  cause.syscall = syscall
  return new TypeError("fetch failed", { cause })
}

export const input = {
  character: { type: "image", uri: "https://example.com/portrait.png" },
  reference: { type: "video", uri: "https://example.com/performance.mp4" }
} as const

/** Lets promises and the event loop catch up, in real time, as virtual time cannot. */
export const catchUp: Effect.Effect<void> = Effect.promise(async () => {
  // An answer takes one turn, and a fiber that has run for long gives way for some more.
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
})

/** Waits, in real time, until something real has happened. */
export const until = (happened: () => boolean): Effect.Effect<void> =>
  Effect.gen(function* () {
    for (let turn = 0; turn < 10_000 && !happened(); turn++) yield* catchUp
    if (!happened()) return yield* Effect.die(new Error("it did not happen"))
  })
