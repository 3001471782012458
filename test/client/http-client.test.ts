import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { describe, it } from "@effect/vitest"
import { CharacterPerformance, Runway, type RunwayError, Task } from "cometapi-runway"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { expect } from "vitest"

const input: CharacterPerformance.Input = {
  character: { type: "image", uri: "https://example.com/portrait.png" },
  reference: { type: "video", uri: "https://example.com/performance.mp4" }
}

/** A request as the server had it, with the whole of its body; a request that broke off is none. */
interface Whole {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage["headers"]
  readonly body: string
}

/** A real server on loopback, and the requests that reached it whole. */
const server = (answer: (request: Whole, response: ServerResponse, index: number) => void) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly url: string; readonly whole: Array<Whole>; readonly close: () => void }>((resume) => {
      const whole: Array<Whole> = []
      const http = createServer((request, response) => {
        let body = ""
        request.setEncoding("utf8")
        request.on("data", (text) => {
          body += text
        })
        request.on("error", () => {})
        request.on("end", () => {
          const { method = "", url = "", headers } = request
          whole.push({ method, url, headers, body })
          answer(whole[whole.length - 1] as Whole, response, whole.length)
        })
      })
      http.listen(0, "127.0.0.1", () => {
        const { port } = http.address() as AddressInfo
        resume(
          Effect.succeed({
            url: `http://127.0.0.1:${port}`,
            whole,
            close: () => http.closeAllConnections() ?? http.close()
          })
        )
      })
    }),
    ({ close }) => Effect.sync(close)
  )

const json = (response: ServerResponse, status: number, body: unknown) =>
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body))

/** The layer of the tests: an HttpClient made of `fetch`, changed by the test. */
const through = (
  baseUrl: string,
  change: (client: HttpClient.HttpClient) => HttpClient.HttpClient = (client) => client
) =>
  Runway.layerHttpClient({ apiKey: "key-of-the-test", baseUrl }).pipe(
    Layer.provide(Layer.effect(HttpClient.HttpClient, Effect.map(HttpClient.HttpClient, change))),
    Layer.provide(FetchHttpClient.layer)
  )

const failure = <A, R>(effect: Effect.Effect<A, RunwayError, R>) => Effect.flip(effect)

describe("an HttpClient of one's own", () => {
  it.live("carries the whole job, with the contract's headers and body", () =>
    Effect.gen(function* () {
      const api = yield* server(({ method }, response) =>
        method === "POST"
          ? json(response, 200, { id: "job-1" })
          : json(response, 200, { id: "job-1", status: "SUCCEEDED", output: ["https://cdn.example.com/a.mp4?sig=1"] })
      )
      const urls: Array<string> = []
      const tap = HttpClient.tapRequest((request) => Effect.sync(() => urls.push(request.url)))
      const task = yield* CharacterPerformance.generate(input, { firstAfter: 0 }).pipe(
        Effect.provide(through(api.url, tap))
      )
      expect(task).toMatchObject({ _tag: "Succeeded", id: "job-1" })
      expect(urls).toEqual([`${api.url}/runwayml/v1/character_performance`, `${api.url}/runwayml/v1/tasks/job-1`])
      expect(api.whole[0]?.headers).toMatchObject({
        authorization: "Bearer key-of-the-test",
        "x-runway-version": "2024-11-06",
        "content-type": "application/json"
      })
      expect(JSON.parse(api.whole[0]?.body ?? "")).toMatchObject({ ...input, model: "act_two" })
    })
  )

  it.effect("can be a stub that answers everything itself", () =>
    Effect.gen(function* () {
      const stub = HttpClient.make((request) =>
        Effect.succeed(
          HttpClientResponse.fromWeb(request, Response.json({ error: { message: "no", code: "x" } }, { status: 401 }))
        )
      )
      const layer = Runway.layerHttpClient({ apiKey: "key-of-the-test" }).pipe(
        Layer.provide(Layer.succeed(HttpClient.HttpClient, stub))
      )
      const error = yield* failure(Task.get("1")).pipe(Effect.provide(layer))
      expect(error).toMatchObject({ status: 401, reason: { _tag: "Unauthorized", said: "no" } })
    })
  )

  it.live("that turns statuses into errors is still read by its answers", () =>
    Effect.gen(function* () {
      const api = yield* server((_, response) => json(response, 403, { error: { message: "no balance", code: "x" } }))
      const error = yield* failure(CharacterPerformance.submit(input)).pipe(
        Effect.provide(through(api.url, HttpClient.filterStatusOk))
      )
      expect(error).toMatchObject({ status: 403, reason: { _tag: "Forbidden", said: "no balance" } })
      expect(api.whole).toHaveLength(1)
    })
  )

  it.live("that cannot connect proves that nothing was sent", () =>
    Effect.gen(function* () {
      const error = yield* failure(CharacterPerformance.submit(input, { retry: Schedule.recurs(0) })).pipe(
        Effect.provide(through("http://127.0.0.1:1"))
      )
      expect(error.reason._tag).toBe("Unreachable")
    })
  )

  it.live("never takes the key along a redirect", () =>
    Effect.gen(function* () {
      const elsewhere = yield* server((_, response) => json(response, 200, { id: "stolen" }))
      const api = yield* server((_, response) => response.writeHead(307, { location: `${elsewhere.url}/stolen` }).end())
      const error = yield* failure(CharacterPerformance.submit(input)).pipe(Effect.provide(through(api.url)))
      expect(error).toMatchObject({ status: 307, reason: { _tag: "Rejected" } })
      expect(api.whole).toHaveLength(1)
      expect(elsewhere.whole).toEqual([])
    })
  )

  it.live(
    "that retries cannot send a paid request twice: the second is refused, and the outcome is said to be unknown",
    () =>
      Effect.gen(function* () {
        const api = yield* server((_, response, index) =>
          index === 1 ? json(response, 503, { error: { message: "busy" } }) : json(response, 200, { id: "second" })
        )
        const retrying = (client: HttpClient.HttpClient) => HttpClient.retryTransient(client, { times: 3 })
        const error = yield* failure(CharacterPerformance.submit(input)).pipe(
          Effect.provide(through(api.url, retrying))
        )
        expect(error.reason._tag).toBe("OutcomeUnknown")
        expect(error.reason.why).toContain("tried to send a paid request again")
        expect(api.whole.filter(({ method, body }) => method === "POST" && body !== "")).toHaveLength(1)
      })
  )

  it.live("that retries reads does no harm", () =>
    Effect.gen(function* () {
      const api = yield* server((_, response, index) =>
        index === 1 ? json(response, 503, {}) : json(response, 200, { id: "1", status: "RUNNING" })
      )
      const task = yield* Task.get("1").pipe(Effect.provide(through(api.url, HttpClient.retryTransient({ times: 3 }))))
      expect(task._tag).toBe("Running")
      expect(api.whole).toHaveLength(2)
    })
  )

  it.live("is cut off when its caller is interrupted", () =>
    Effect.gen(function* () {
      const arrived = yield* Deferred.make<void>()
      const closed = yield* Deferred.make<void>()
      const api = yield* server((_, response) => {
        response.on("close", () => Deferred.doneUnsafe(closed, Exit.void))
        Deferred.doneUnsafe(arrived, Exit.void)
      })
      const looking = yield* Effect.forkChild(Task.get("1").pipe(Effect.provide(through(api.url))))
      yield* Deferred.await(arrived)
      yield* Fiber.interrupt(looking)
      yield* Deferred.await(closed)
      expect(api.whole).toHaveLength(1)
    })
  )

  it.effect("takes its account from the environment like layerConfig", () =>
    Effect.gen(function* () {
      const keys: Array<string | undefined> = []
      const stub = HttpClient.make((request) => {
        keys.push(request.headers["authorization"])
        return Effect.succeed(HttpClientResponse.fromWeb(request, Response.json({ id: "1", status: "RUNNING" })))
      })
      yield* Task.get("1").pipe(
        Effect.provide(
          Runway.layerHttpClient().pipe(
            Layer.provide(Layer.succeed(HttpClient.HttpClient, stub)),
            Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ COMETAPI_KEY: "from-the-env" })))
          )
        )
      )
      expect(keys).toEqual(["Bearer from-the-env"])
    })
  )
})
