import { once } from "node:events"
import { connect } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { RunwayMock } from "cometapi-runway-mock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import { TestClock } from "effect/testing"
import { BareTask } from "../../../generated/schemas.gen.ts"
import * as Contract from "../../../mock/src/contract/Contract.ts"
import { get, poll, post, submit, violations } from "../Support.ts"

/** Sends bytes as they are, for what no HTTP client would send; `hangUp` closes this end after them. */
const raw = (port: number, bytes: string, hangUp = false) =>
  Effect.promise(async () => {
    const socket = connect(port, "127.0.0.1")
    let answer = ""
    socket.on("data", (chunk) => {
      answer += chunk
    })
    socket.on("error", () => {})
    socket.write(bytes)
    if (hangUp) socket.end()
    await once(socket, "close")
    return answer
  })

describe("over HTTP", () => {
  it.effect("a task lives the same life, and its output is a video there", () =>
    Effect.gen(function* () {
      const { url, port, fetch: inProcess } = yield* RunwayMock.serve({ port: 0 })
      // Getting warm made no task: the first id is the one that a cold mock gives.
      const cold = yield* RunwayMock.make()
      assert.strictEqual(yield* submit(cold.fetch, url, "warm-up"), yield* submit(inProcess, url, "warm-up"))
      assert.strictEqual(url, `http://127.0.0.1:${port}`)
      const id = yield* submit(fetch, url)
      assert.strictEqual((yield* poll(fetch, id, url)).status, 400)
      yield* TestClock.adjust("1 minute")
      const task = Schema.decodeUnknownSync(BareTask)((yield* poll(fetch, id, url)).body)
      const output = Array.isArray(task.output) ? String(task.output[0]) : assert.fail("no output")
      assert.isTrue(output.startsWith(`${url}/assets/${id}.mp4?_jwt=`), output)

      const video = yield* Effect.promise(async () => {
        const response = await fetch(output)
        return { response, bytes: new Uint8Array(await response.arrayBuffer()) }
      })
      assert.strictEqual(video.response.headers.get("content-type"), "video/mp4")
      assert.strictEqual(new TextDecoder().decode(video.bytes.subarray(4, 8)), "ftyp")
      const part = yield* Effect.promise(() => fetch(output, { headers: { range: "bytes=4-7" } }))
      assert.deepStrictEqual([part.status, yield* Effect.promise(() => part.text())], [206, "ftyp"])
      const head = yield* Effect.promise(() => fetch(output, { method: "HEAD" }))
      assert.strictEqual(head.headers.get("content-length"), String(video.bytes.length))
      assert.strictEqual((yield* poll(inProcess, id)).status, 200, "the door in process leads to the same tasks")
    })
  )

  it.effect("an oversized body is answered 413 and the connection survives the caller", () =>
    Effect.gen(function* () {
      const { url } = yield* RunwayMock.serve({ port: 0 })
      const response = yield* Effect.promise(() => post(fetch, url, "k", { body: "x".repeat(5 * 1024 * 1024) }))
      assert.strictEqual(response.status, 413)
      assert.match(violations(response), /1048576/)
      assert.deepStrictEqual(
        yield* Effect.promise(() => response.json()),
        Contract.namedExample("createCharacterPerformance", 413, "too-large").body
      )
      assert.strictEqual((yield* Effect.promise(() => post(fetch, url))).status, 200)
    })
  )

  it.effect("a body without end is answered as soon as it is too large", () =>
    Effect.gen(function* () {
      const { port } = yield* RunwayMock.serve({ port: 0 })
      const socket = connect(port, "127.0.0.1")
      socket.write("POST /runwayml/v1/character_performance HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\n")
      socket.write("X-Runway-Version: 2024-11-06\r\nContent-Length: 999999999\r\n\r\n")
      socket.write("x".repeat(1024 * 1024 + 1))
      const [answer] = yield* Effect.promise(() => once(socket, "data"))
      assert.match(String(answer), /^HTTP\/1.1 413 [\s\S]*connection: close/)
      socket.destroy()
    })
  )

  it.effect("malformed input is answered and harms nobody", () =>
    Effect.gen(function* () {
      const { url, port } = yield* RunwayMock.serve({ port: 0 })
      const broken = yield* Effect.promise(() => post(fetch, url, "k", { body: "{bad" }))
      assert.strictEqual(broken.status, 400)
      for (const [bytes, status] of [
        ["nonsense\r\n\r\n", 400],
        ["GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 200],
        ["GET //evil.example/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 301],
        ["GET http://other.example/nope HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n\r\n", 301],
        ["OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 301],
        ["TRACE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400],
        ["GET /%zz HTTP/1.1\r\nHost: a b<c>\r\nConnection: close\r\n\r\n", 301]
      ] as const) {
        assert.match(yield* raw(port, bytes), new RegExp(`^HTTP/1.1 ${status} `), bytes)
      }
      const unfinished = "POST /runwayml/v1/character_performance HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{"
      assert.match(yield* raw(port, unfinished, true), /^HTTP\/1.1 400 /)
      assert.strictEqual((yield* Effect.promise(() => get(fetch, "x", url))).status, 400)
    })
  )

  it.effect("a port in use is an error that says what to do", () =>
    Effect.gen(function* () {
      const { port } = yield* RunwayMock.serve({ port: 0 })
      const said = yield* RunwayMock.serve({ port }).pipe(
        Effect.as("it was taken twice"),
        Effect.catchReason("RunwayMockError", "PortInUse", (reason) => Effect.succeed(reason.message))
      )
      assert.match(
        said,
        new RegExp(`^port ${port} on 127.0.0.1 is in use: stop what listens there, or choose another port`)
      )
      const error = yield* Effect.flip(RunwayMock.serve({ port: 70_000 }))
      assert.match(error.message, /^cannot listen on 127.0.0.1, port 70000: .*65536/)
    })
  )

  it.effect("closing the scope frees the port, also while a caller dawdles", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { port, url } = yield* RunwayMock.serve({ port: 0 }).pipe(Scope.provide(scope))
      yield* submit(fetch, url)
      const dawdler = connect(port, "127.0.0.1")
      yield* Effect.promise(() => once(dawdler, "connect"))
      dawdler.on("error", () => {}).write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
      yield* Scope.close(scope, Exit.void)
      const refused = yield* Effect.promise(() =>
        fetch(url).then(
          () => "answered",
          () => "refused"
        )
      )
      assert.strictEqual(refused, "refused")
      const again = yield* RunwayMock.serve({ port })
      assert.strictEqual(again.port, port)
    })
  )
})
