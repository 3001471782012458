/**
 * A stand-in for the real provider, on a real socket: a second mock whose answers may have drifted from the contract, and a recorder before it.
 *
 * The recorder and the provider share the test's clock, so that a recorded minute takes no time.
 *
 * @module
 */
import { mkdtempSync, readdirSync, readFileSync } from "node:fs"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type RecordOptions, RunwayMock, type ServeOptions } from "cometapi-runway-mock"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import { get, headers, performance } from "../Support.ts"

/** What is done to each answer of the provider before it leaves. */
export type Change = (text: string, request: IncomingMessage, outgoing: ServerResponse) => string

const read = async (incoming: IncomingMessage): Promise<Buffer> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of incoming) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** A server before another one that changes what it answers, and keeps the requests as they came. */
const changed = (target: string, change: Change) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const seen: Array<{ method: string; url: string; headers: IncomingMessage["headers"]; body: string }> = []
      const server = createServer(async (incoming, outgoing) => {
        const body = await read(incoming)
        const { method = "GET", url = "/", headers: sent } = incoming
        seen.push({ method, url, headers: sent, body: body.toString() })
        const init = {
          method,
          headers: { ...headers(), authorization: sent.authorization ?? "" },
          redirect: "manual"
        } as const
        const answer = await fetch(target + url, method === "POST" ? { ...init, body: new Uint8Array(body) } : init)
        const bytes = Buffer.from(await answer.arrayBuffer())
        const type = answer.headers.get("content-type") ?? ""
        outgoing.setHeader("content-type", type)
        const retryAfter = answer.headers.get("retry-after")
        if (retryAfter !== null) outgoing.setHeader("retry-after", retryAfter)
        const { port } = Object(server.address())
        const content = type.includes("json")
          ? change(bytes.toString().replaceAll(target, `http://127.0.0.1:${port}`), incoming, outgoing)
          : bytes
        if (!outgoing.headersSent) outgoing.writeHead(answer.status).end(content)
      })
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
      const { port } = Object(server.address())
      return { server, seen, url: `http://127.0.0.1:${port}` }
    }),
    ({ server }) =>
      Effect.promise(
        () =>
          new Promise<void>((resolve) => {
            server.close(() => resolve())
            server.closeAllConnections()
          })
      )
  )

export const temporary = () => mkdtempSync(join(tmpdir(), "recording-"))

interface RealOptions {
  readonly provider?: ServeOptions
  readonly change?: Change
  readonly record?: Partial<RecordOptions>
}

/** The provider, and a recorder that forwards to it. */
export const real = ({ provider = {}, change = (text) => text, record = {} }: RealOptions = {}) =>
  Effect.gen(function* () {
    const actual = yield* RunwayMock.serve({ port: 0, ...provider })
    const front = yield* changed(actual.url, change)
    const out = record.out ?? temporary()
    const recorder = yield* RunwayMock.serve({ port: 0, record: { from: front.url, ...record, out } })
    return { actual, front, recorder, out }
  })

/** Lets the test's time pass. */
export const pass = (seconds: number) => TestClock.adjust(`${seconds} seconds`)

/** What a client hears of one job: each poll's status and body, five seconds apart, until it is over or the polls are used up. */
export const follow = (url: string, id: string, key: string, polls = 20, wait: Effect.Effect<void> = pass(5)) =>
  Effect.gen(function* () {
    const heard: Array<{ status: number; body: unknown; text: string }> = []
    for (let n = 0; n < polls; n++) {
      yield* wait
      const answer = yield* Effect.promise(() => get(fetch, id, url, key))
      const text = yield* Effect.promise(() => answer.text())
      const body: unknown = JSON.parse(text)
      heard.push({ status: answer.status, body, text })
      if (/"(SUCCEEDED|FAILED|SUCCESS|FAILURE)"/.test(text)) break
    }
    return heard
  })

/** Submits a job and gives its id, wherever the answer has it. */
export const begin = (url: string, key: string, body: unknown = performance) =>
  Effect.promise(async () => {
    const init = { method: "POST", headers: headers(key), body: JSON.stringify(body) }
    const text = await (await fetch(`${url}/runwayml/v1/character_performance`, init)).text()
    return /[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/.exec(text)?.[0] ?? text
  })

/** All that stands in the files of a folder, by file. */
export const filesOf = (folder: string): Record<string, string> =>
  Object.fromEntries(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), "latin1")]))

/** The recording of a file. */
export const recordingOf = (folder: string, name = "character-performance-1") =>
  JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8"))
