import { rmSync, writeFileSync } from "node:fs"
import { createServer, type RequestListener } from "node:http"
import { createServer as createNetServer } from "node:net"
import { setImmediate } from "node:timers/promises"
import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { RunwayMock } from "cometapi-runway-mock"
import * as Effect from "effect/Effect"
import { get, headers, outcomeOf, performance, post } from "../Support.ts"
import { begin, filesOf, follow, real, recordingOf, temporary } from "./Real.ts"

const key = "sk-the-real-key-0123456789"
const path = "/runwayml/v1/character_performance"

/** A server of the test's own, in the provider's place. */
const server = (listener: RequestListener) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const http = createServer(listener)
      await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve))
      const { port } = Object(http.address())
      return { http, url: `http://127.0.0.1:${port}` }
    }),
    ({ http }) =>
      Effect.promise(
        () =>
          new Promise<void>((resolve) => {
            http.close(() => resolve())
            http.closeAllConnections()
          })
      )
  ).pipe(Effect.map(({ url }) => url))

const recorderOf = (from: string, options: { redactHosts?: "all" | ReadonlyArray<string>; videoLimit?: number } = {}) =>
  Effect.gen(function* () {
    const out = temporary()
    const recorder = yield* RunwayMock.serve({ port: 0, record: { from, out, ...options } })
    return { recorder, out }
  })

describe("the recorder", () => {
  it.effect("forwards the request as it came, once, and hands the answer back byte by byte", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const answer = gzipSync('{ "id":  "5b91e444-0000-4000-8000-000000000001" }\n')
      const url = yield* server(async (incoming, outgoing) => {
        let body = ""
        for await (const chunk of incoming) body += chunk
        seen.push({ method: incoming.method, url: incoming.url, headers: incoming.headers, body })
        outgoing
          .writeHead(200, { "content-type": "application/json", "content-encoding": "gzip", "x-extra": "1" })
          .end(answer)
      })
      const { recorder, out } = yield* recorderOf(url)
      const body = `${JSON.stringify(performance, undefined, 3)}\n `
      const came = yield* Effect.promise(async () => {
        const response = await fetch(`${recorder.url}${path}?a=1`, {
          method: "POST",
          headers: { ...headers(key), "x-own": "mine" },
          body
        })
        return {
          extra: response.headers.get("x-extra"),
          encoding: response.headers.get("content-encoding"),
          text: await response.text()
        }
      })
      assert.deepStrictEqual(came, {
        extra: "1",
        encoding: "gzip",
        text: '{ "id":  "5b91e444-0000-4000-8000-000000000001" }\n'
      })
      assert.strictEqual(seen.length, 1)
      const [only] = seen
      assert.deepInclude(Object(only), { method: "POST", url: `${path}?a=1`, body })
      assert.deepInclude(Object(only).headers, {
        authorization: `Bearer ${key}`,
        "x-own": "mine",
        "x-runway-version": "2024-11-06",
        host: new URL(url).host
      })
      assert.deepStrictEqual(recordingOf(out).submit.answer.example, "character-performance-1-accepted")
    })
  )

  it.effect("pays once when the answer is lost, and the client sees the connection fail", () =>
    Effect.gen(function* () {
      const { actual, recorder, out } = yield* real({
        // The provider has taken the job on when its answer is lost.
        change: (text, { method, socket }) => {
          if (method === "POST") socket.destroy()
          return text
        }
      })
      const outcome = yield* Effect.promise(() => outcomeOf(post(fetch, recorder.url, key)))
      assert.include(JSON.stringify(outcome), '"failed":{"name":"TypeError"')
      const { entries } = actual.world(key).journal({ operation: "submit" })
      assert.strictEqual(entries.length, 1)
      assert.strictEqual(actual.world(key).report().accepted, 1)
      const { submit } = recordingOf(out)
      assert.deepStrictEqual([submit.answer, typeof submit.failure], [undefined, "string"])
    })
  )

  it.effect("does to the client what the provider's connection did to it: reset, closed, or cut off in the body", () =>
    Effect.gen(function* () {
      let connections = 0
      const raw = (answer: string | "reset") =>
        Effect.acquireRelease(
          Effect.promise(async () => {
            const net = createNetServer((socket) => {
              connections += 1
              socket.on("error", () => {})
              socket.once("data", () => (answer === "reset" ? socket.resetAndDestroy() : socket.end(answer)))
            })
            await new Promise<void>((resolve) => net.listen(0, "127.0.0.1", resolve))
            const { port } = Object(net.address())
            return { net, url: `http://127.0.0.1:${port}` }
          }),
          ({ net }) => Effect.sync(() => net.close())
        )
      const cut = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"id":"5b9'
      for (const [answer, how] of [
        ["reset", { failed: "ECONNRESET" }],
        ["", { failed: "UND_ERR_SOCKET" }],
        [cut, { status: 200, body: '{"id":"5b9', broken: true }]
      ] as const) {
        const before = connections
        const { url } = yield* raw(answer)
        const { recorder, out } = yield* recorderOf(url)
        const outcome = yield* Effect.promise(() => outcomeOf(post(fetch, recorder.url, key)))
        const summary =
          "failed" in outcome
            ? { failed: /"code":"(\w+)"/.exec(JSON.stringify(outcome.failed))?.[1] }
            : { status: outcome.status, body: outcome.body, broken: "broken" in outcome }
        assert.deepStrictEqual(summary, how)
        assert.strictEqual(connections, before + 1)
        assert.isUndefined(recordingOf(out).submit.answer)
      }
      // Nobody listens: the client learns no more than that its connection closed.
      const { recorder } = yield* recorderOf("http://127.0.0.1:1")
      const outcome = yield* Effect.promise(() => outcomeOf(post(fetch, recorder.url, key)))
      assert.include(JSON.stringify(outcome), "failed")
    })
  )

  it.effect("keeps the job of a client that gave up before its answer came", () =>
    Effect.gen(function* () {
      const gone = new AbortController()
      const url = yield* server((_, outgoing) => {
        gone.abort()
        outgoing
          .writeHead(200, { "content-type": "application/json" })
          .end('{"id":"5b91e444-0000-4000-8000-000000000001"}')
      })
      const { recorder, out } = yield* recorderOf(url)
      const outcome = yield* Effect.promise(() => outcomeOf(post(fetch, recorder.url, key, { signal: gone.signal })))
      assert.include(JSON.stringify(outcome), "AbortError")
      while (recorder.world(key).journal().last === 0) yield* Effect.promise(() => setImmediate())
      assert.strictEqual(recordingOf(out).submit.answer.status, 200)
    })
  )

  it.effect("follows no redirect, and forwards nothing but the contract's operations", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const url = yield* server((incoming, outgoing) => {
        seen.push(`${incoming.method} ${incoming.url}`)
        outgoing.writeHead(301, { location: "/elsewhere" }).end()
      })
      const { recorder } = yield* recorderOf(url)
      const moved = yield* Effect.promise(() => post(fetch, recorder.url, key))
      assert.deepStrictEqual([moved.status, moved.headers.get("location")], [301, "/elsewhere"])
      assert.deepStrictEqual(seen, [`POST ${path}`])
      const others = yield* Effect.promise(() =>
        Promise.all([
          fetch(`${recorder.url}/v1/models`, { headers: headers(key) }),
          fetch(`${recorder.url}${path}`, { headers: headers(key) }),
          fetch(`${recorder.url}/runwayml/v1/tasks/a/b`, { headers: headers(key) }),
          fetch(`${recorder.url}/runwayml/v1/tasks/a`, { method: "DELETE", headers: headers(key) }),
          fetch(`${recorder.url}${path}`, { method: "POST", headers: headers(key), body: "x".repeat(2_000_000) })
        ])
      )
      assert.deepStrictEqual(
        others.map(({ status }) => status),
        [404, 404, 404, 404, 413]
      )
      assert.strictEqual(seen.length, 1)
    })
  )

  it.effect("refuses what makes no sense before anything is sent", () =>
    Effect.gen(function* () {
      const out = temporary()
      for (const [options, says] of [
        [
          { record: { from: "http://api.cometapi.com", out } },
          "record.from must begin with https://, because a key is sent there"
        ],
        [
          { record: { from: "https://api.cometapi.com/v1", out } },
          "record.from must be a host alone, without a path, a query or a name"
        ],
        [{ record: { from: "api", out } }, "record.from must be a URL such as https://api.cometapi.com; got api"],
        [{ record: { from: "https://api.cometapi.com", out: "" } }, "record.out must name a folder"],
        [
          { record: { from: "https://api.cometapi.com", out: "/dev/null/x" } },
          "record.out cannot be written to: ENOTDIR: not a directory, mkdir '/dev/null/x'"
        ],
        [
          { record: { from: "https://api.cometapi.com", out }, scale: 2 },
          "record needs the real clock, unscaled: the provider's time is not ours"
        ]
      ] as const) {
        const error = yield* Effect.flip(RunwayMock.make(options))
        assert.strictEqual(error.message, says)
      }
    })
  )

  it.effect("gives the client its paid answer, even where nothing can be kept and those who watch fail", () =>
    Effect.gen(function* () {
      const { front } = yield* real()
      const out = temporary()
      const onRequest = () => {
        throw new Error("the watcher failed")
      }
      const recorder = yield* RunwayMock.serve({ port: 0, onRequest, record: { from: front.url, out } })
      rmSync(out, { recursive: true })
      writeFileSync(out, "a file where the folder was")
      assert.match(yield* begin(recorder.url, key), /^[\da-f-]{36}$/)
      const { complete, text } = yield* Effect.promise(() => recorder.recordings())
      assert.isFalse(complete)
      assert.match(text, /not saved: EEXIST[\s\S]*not saved: the watcher failed/)
    })
  )

  it.effect("keeps two jobs and two keys apart, and a poll of a job that began elsewhere too", () =>
    Effect.gen(function* () {
      const { recorder, out, actual } = yield* real()
      const [one, two] = [yield* begin(recorder.url, key), yield* begin(recorder.url, "sk-another-key-000")]
      const elsewhere = yield* begin(actual.url, "sk-the-third-key-00")
      yield* follow(recorder.url, one, key, 2)
      yield* follow(recorder.url, two, "sk-another-key-000", 3)
      yield* follow(recorder.url, elsewhere, "sk-the-third-key-00", 1)
      assert.deepStrictEqual(
        ["character-performance-1", "character-performance-2", "task-1"].map(
          (name) => recordingOf(out, name).polls.length
        ),
        [2, 3, 1]
      )
      assert.isUndefined(recordingOf(out, "task-1").submit)
    })
  )
})

describe("what is written down", () => {
  it.effect("has no key, no credential, no query and no id of the provider's in it, wherever they stood", () =>
    Effect.gen(function* () {
      const id = "9c8b7a65-1111-4222-8333-444455556666"
      const canary = (name: string) => `CANARY-${name}-0123456789`
      const secrets: Array<string> = [key, id]
      const secret = (name: string) => {
        secrets.push(canary(name))
        return canary(name)
      }
      const video = `https://user:${secret("password")}@cdn.acme-studio.test/${id}/out.mp4?_jwt=${secret("jwt")}#${secret("fragment")}`
      const url = yield* server(async (incoming, outgoing) => {
        for await (const _ of incoming);
        const common = {
          "content-type": "application/json",
          "set-cookie": `session=${secret("set-cookie")}`,
          "x-token": secret("answer-header"),
          "x-echo": key
        }
        outgoing.writeHead(200, common)
        if (incoming.method === "POST")
          return void outgoing.end(
            JSON.stringify({ id, accessToken: secret("field"), [key]: key, note: `Bearer ${secret("bearer")}` })
          )
        outgoing.end(
          JSON.stringify({
            id,
            status: "FAILED",
            failure: `task ${id}: could not fetch ${video} with ${key} (request id: ${secret("request-id")}) api_key=${secret("pair")}`,
            failureCode: [...key].map((letter) => `%${letter.charCodeAt(0).toString(16)}`).join(""),
            output: [video],
            nested: {
              deep: [
                {
                  signature: secret("signature"),
                  link: `https%3A%2F%2Fcdn.test%2Fa%3Fsig%3D${secret("encoded")}`,
                  jwt: `eyJhbGciOiJIUzI1NiJ9.${secret("claims")}.sig`
                }
              ]
            },
            raw: JSON.stringify({ url: video.replaceAll("/", "\\/") })
          })
        )
      })
      const { recorder, out } = yield* recorderOf(url, { redactHosts: ["acme-studio.test"] })
      const body = {
        ...performance,
        character: {
          type: "image",
          uri: `https://assets.acme-studio.test/p.png?X-Amz-Signature=${secret("asset-query")}`
        },
        reference: { type: "video", uri: `https://me:${secret("asset-user")}@example.com/v.mp4` }
      }
      const sent = {
        ...headers(key),
        cookie: `a=${secret("cookie")}`,
        "x-api-key": secret("x-api-key"),
        "x-note": secret("any-header")
      }
      yield* Effect.promise(() =>
        fetch(`${recorder.url}${path}?token=${secret("query")}`, {
          method: "POST",
          headers: sent,
          body: JSON.stringify(body)
        })
      )
      yield* Effect.promise(() => get(fetch, id, `${recorder.url}`, key))
      yield* Effect.promise(() => recorder.recordings())
      const files = filesOf(out)
      assert.deepStrictEqual(Object.keys(files), ["character-performance-1.json"])
      const text = JSON.stringify(files)
      for (const each of [...secrets, "acme-studio"]) assert.notInclude(text, each)
      // What is no secret is still there.
      const { submit, examples } = recordingOf(out)
      assert.match(submit.body.character.uri, /^https:\/\/redacted-\d\.example\/p\.png$/)
      assert.strictEqual(submit.body.reference.uri, "https://example.com/v.mp4")
      const value: { failure: string } = Object(
        Object.values(Object(Object.values(examples.getTask["200"])[0]))[0]
      ).value
      assert.match(
        value.failure,
        /^task 5b91e444-c232-deaf-a4d7-8aef3e57336b: could not fetch https:\/\/redacted-\d\.example\/5b91e444/
      )
    })
  )

  it.effect("has no host at all where all hosts are to be left out", () =>
    Effect.gen(function* () {
      const { recorder, out } = yield* real({ record: { redactHosts: "all" }, provider: { scenario: "happy" } })
      const id = yield* begin(recorder.url, key)
      yield* follow(recorder.url, id, key)
      yield* Effect.promise(() => recorder.recordings())
      const text = filesOf(out)["character-performance-1.json"] ?? ""
      assert.notMatch(text, /127\.0\.0\.1|example\.com/)
      assert.match(text, /redacted-\d\.example\/performance\.mp4/)
      // Such a recording still answers its own request.
      const mock = yield* RunwayMock.serve({ port: 0, clock: "virtual", replay: out })
      assert.match(yield* begin(mock.url, "another-key"), /^[\da-f-]{36}$/)
    })
  )

  it.effect("says why there is no video, where it is too large", () =>
    Effect.gen(function* () {
      const { recorder, out } = yield* real({ record: { videoLimit: 1000 } })
      const id = yield* begin(recorder.url, key)
      yield* follow(recorder.url, id, key)
      const { complete, text } = yield* Effect.promise(() => recorder.recordings())
      assert.isFalse(complete)
      assert.include(text, "not saved: the video: it is larger than 1000 bytes")
      assert.deepStrictEqual(recordingOf(out).video, { missing: "it is larger than 1000 bytes" })
      const mock = yield* RunwayMock.serve({ port: 0, clock: "virtual", replay: out })
      const own = yield* begin(mock.url, "another-key")
      const heard = yield* follow(mock.url, own, "another-key", 20, Effect.void)
      const output = /"output":\["([^"]+)"/.exec(heard.at(-1)?.text ?? "")?.[1] ?? ""
      const answer = yield* Effect.promise(() => fetch(output))
      assert.strictEqual(answer.status, 404)
      assert.include(yield* Effect.promise(() => answer.text()), "This recording has no video")
    })
  )
})
