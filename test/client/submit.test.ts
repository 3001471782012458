import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { CharacterPerformance } from "../../src/index.ts"
import { accepted, answer, input, provider, silence, socketError, wrapped } from "../support/Provider.ts"
import { failure, run } from "../support/VirtualTime.ts"

const submit = CharacterPerformance.submit(input)

describe("a submission", () => {
  it.effect(
    "sends one POST with the key, the version and every documented default, and answers with the task's id",
    () => {
      const api = provider(accepted("t-1"))
      return Effect.gen(function* () {
        expect(yield* submit).toBe("t-1")
        expect(api.asked).toHaveLength(1)
        const [{ method, url, headers, body }] = api.asked as [(typeof api.asked)[0]]
        expect(`${method} ${url}`).toBe("POST https://api.cometapi.com/runwayml/v1/character_performance")
        expect(headers.get("authorization")).toBe("Bearer sk-test-secret")
        expect(headers.get("x-runway-version")).toBe("2024-11-06")
        expect(headers.get("content-type")).toBe("application/json")
        expect(JSON.parse(body)).toEqual({
          ...input,
          bodyControl: true,
          expressionIntensity: 1,
          seed: 1,
          model: "act_two",
          ratio: "1280:720",
          contentModeration: { publicFigureThreshold: "auto" }
        })
      }).pipe(Effect.provide(api.layer()))
    }
  )

  it.effect("reads the id beside an estimate of the cost, whatever that looks like", () =>
    Effect.gen(function* () {
      for (const estimatedCost of [{ credits: 150 }, { credits: "150" }, 150, null, "unknown", []]) {
        const api = provider(Response.json({ id: "t-1", estimatedCost }))
        expect(yield* submit.pipe(Effect.provide(api.layer()))).toBe("t-1")
        expect(api.posts()).toBe(1)
      }
    })
  )

  it.effect("finds the id where sibling gateways put it, because a paid job's id must not be lost", () =>
    Effect.gen(function* () {
      for (const body of [
        { task_id: "t-1" },
        { taskId: "t-1" },
        { code: "success", data: { id: "t-1" } },
        { data: { task_id: "t-1" } }
      ]) {
        const api = provider(Response.json(body))
        expect(yield* submit.pipe(Effect.provide(api.layer()))).toBe("t-1")
        expect(api.posts()).toBe(1)
      }
    })
  )
})

describe("a submission that provably was not accepted is sent again", () => {
  const cases: ReadonlyArray<readonly [string, () => Response | Error]> = [
    ["connection refused", () => socketError("ECONNREFUSED", "connect")],
    ["name not found", () => socketError("ENOTFOUND", "getaddrinfo")],
    ["connection timed out", () => socketError("UND_ERR_CONNECT_TIMEOUT", "")],
    [
      "every address refused",
      () =>
        new TypeError("fetch failed", {
          cause: new AggregateError([
            socketError("ECONNREFUSED", "connect").cause,
            socketError("ENETUNREACH", "connect").cause
          ])
        })
    ],
    ["429", () => answer(429, wrapped("rate_limit_exceeded"))],
    ["429 with an empty body", () => new Response(null, { status: 429 })],
    ["425", () => answer(425)],
    ["Cloudflare's 521", () => answer(521, "<h1>Web server is down</h1>")],
    ["Cloudflare's 523", () => answer(523, "<h1>Origin is unreachable</h1>")],
    ["Cloudflare's 525", () => answer(525, "error code: 525")],
    ["Cloudflare's 526", () => answer(526, {}, { "cf-ray": "9c1f2d3e4f5a6b7c-FRA" })],
    ["503 whose code says that no channel was chosen", () => answer(503, wrapped("get_channel_failed"))]
  ]
  for (const [name, reply] of cases) {
    it.effect(`after ${name}`, () => {
      const api = provider(reply(), accepted("t-1"))
      return Effect.gen(function* () {
        expect(yield* run(submit)).toBe("t-1")
        expect(api.posts()).toBe(2)
      }).pipe(Effect.provide(api.layer()))
    })
  }

  it.effect("and at most four times more, then the error says so", () => {
    const api = provider(answer(429, wrapped("rate_limit_exceeded")))
    return Effect.gen(function* () {
      const error = yield* failure(submit)
      expect(error.reason._tag).toBe("RateLimited")
      expect(error.attempts).toBe(5)
      expect(api.posts()).toBe(5)
      expect(error.message).toBe(
        "POST /runwayml/v1/character_performance: 429 RateLimited after 5 attempts (request id req-42)\n  why: rate limited: rate_limit_exceeded\n  now: Try again later"
      )
    }).pipe(Effect.provide(api.layer()))
  })
})

describe("a submission whose outcome is not known is never sent again", () => {
  const cases: ReadonlyArray<readonly [string, () => Response | Error]> = [
    ["connection reset", () => socketError("ECONNRESET")],
    ["connection closed by the other side", () => socketError("UND_ERR_SOCKET")],
    ["no headers in time", () => socketError("UND_ERR_HEADERS_TIMEOUT")],
    ["a failure that the platform does not explain", () => new TypeError("Failed to fetch")],
    [
      "one address refused and one connection reset",
      () =>
        new TypeError("fetch failed", {
          cause: new AggregateError([socketError("ECONNREFUSED", "connect").cause, socketError("ECONNRESET").cause])
        })
    ],
    ["408", () => answer(408)],
    ["409", () => answer(409, { error: "A task with this input is already running." })],
    ["421", () => answer(421)],
    ["460", () => answer(460)],
    ["499", () => answer(499)],
    ["444, of which nobody says what it means", () => answer(444)],
    ["429 whose code says that it had been sent on", () => answer(429, wrapped("do_request_failed"))],
    ["400 whose code says that it had been sent on", () => answer(400, wrapped("bad_response_body"))],
    ["503 in Runway's form", () => answer(503, { error: "busy" })],
    ["503 in the gateway's form, with a code that names no channel", () => answer(503, wrapped("overloaded"))],
    ["503 with no channel in words only", () => answer(503, wrapped("", "no available channel"))],
    ["522", () => answer(522, "<h1>Connection timed out</h1>")],
    ["521 that is not Cloudflare's", () => answer(521, { message: "down" })],
    ["502 with invalid_request", () => answer(502, wrapped("invalid_request"))],
    ["host unreachable, while reading", () => socketError("EHOSTUNREACH", "read")],
    ["net unreachable, while writing", () => socketError("ENETUNREACH", "write")],
    ["timed out, while reading", () => socketError("ETIMEDOUT", "read")],
    ["refused, while reading", () => socketError("ECONNREFUSED", "read")],
    ["500", () => answer(500, { code: "do_request_failed", message: "do request failed", data: null })],
    ["500 without a body", () => new Response(null, { status: 500 })],
    ["502", () => answer(502, "<h1>Bad gateway</h1>")],
    ["503 from something in between", () => answer(503, "<h1>Service unavailable</h1>")],
    ["503 without a body", () => new Response(null, { status: 503 })],
    ["504", () => answer(504, wrapped("timeout"))],
    ["524", () => answer(524, "<h1>A timeout occurred</h1>")],
    ["520", () => answer(520, "")],
    ["200 without an id", () => answer(200, {})],
    ["200 with an empty id", () => answer(200, { id: "" })],
    ["200 with an empty body", () => new Response(null, { status: 200 })],
    ["200 with a page", () => answer(200, "<html><h1>Welcome</h1></html>")],
    ["200 with half an answer", () => answer(200, '{"id":"5b91')],
    ["204", () => new Response(null, { status: 204 })]
  ]
  for (const [name, reply] of cases) {
    it.effect(`after ${name}`, () => {
      const api = provider(reply(), accepted())
      return Effect.gen(function* () {
        const error = yield* failure(submit)
        expect(error.reason._tag).toBe("OutcomeUnknown")
        expect(error.isRetryable).toBe(false)
        expect(error.message).toContain("not known whether the job was accepted and charged")
        expect(error.message).not.toContain("will not help")
        expect(api.posts()).toBe(1)
      }).pipe(Effect.provide(api.layer()))
    })
  }

  for (const status of [400, 401, 403, 404, 418, 429, 503]) {
    it.effect(`after ${status} with a new task's id, which is kept`, () =>
      Effect.gen(function* () {
        for (const body of [
          { id: "t-1", status: "PENDING" },
          { code: "get_channel_failed", data: { task_id: "t-1" } }
        ]) {
          const api = provider(answer(status, body), accepted("t-2"))
          const error = yield* failure(submit).pipe(Effect.provide(api.layer()))
          expect(error.reason._tag).toBe("OutcomeUnknown")
          expect(error.taskId).toBe("t-1")
          expect(api.posts()).toBe(1)
        }
      })
    )
  }

  it.effect("after no answer in time, and the request is aborted", () => {
    const { reply, state } = silence()
    const api = provider(reply, accepted())
    return Effect.gen(function* () {
      const error = yield* failure(submit)
      expect(error.reason._tag).toBe("OutcomeUnknown")
      expect(error.message).toContain("no complete answer within 20s")
      expect(state.aborted).toBe(true)
      expect(api.posts()).toBe(1)
    }).pipe(Effect.provide(api.layer({ attemptTimeout: "20 seconds" })))
  })

  it.effect("after an answer that is too large to be one", () => {
    const api = provider(answer(200, "x".repeat(2 * 1024 * 1024)), accepted())
    return Effect.gen(function* () {
      const error = yield* failure(submit)
      expect(error.reason._tag).toBe("OutcomeUnknown")
      expect(api.posts()).toBe(1)
    }).pipe(Effect.provide(api.layer()))
  })

  it.effect("and the error carries when it was sent and a digest of what was sent", () => {
    const api = provider(answer(500))
    return Effect.gen(function* () {
      const { reason, status } = yield* failure(submit)
      if (reason._tag !== "OutcomeUnknown") throw new Error(reason._tag)
      expect(status).toBe(500)
      expect(reason.sentAt.toJSON()).toBe("1970-01-01T00:00:00.000Z")
      const bytes = yield* Effect.promise(() =>
        crypto.subtle.digest("SHA-256", new TextEncoder().encode(api.asked[0]?.body))
      )
      expect(reason.bodyDigest).toBe(Buffer.from(bytes).toString("hex"))
    }).pipe(Effect.provide(api.layer()))
  })

  it.effect("not even when an earlier attempt could be", () => {
    const api = provider(answer(429), answer(500), accepted())
    return Effect.gen(function* () {
      const error = yield* failure(submit)
      expect(error.reason._tag).toBe("OutcomeUnknown")
      expect(error.attempts).toBe(2)
      expect(api.posts()).toBe(2)
    }).pipe(Effect.provide(api.layer()))
  })
})

describe("a submission that was refused for good is never sent again", () => {
  const cases: ReadonlyArray<readonly [string, Response, string]> = [
    ["400", answer(400, wrapped("invalid_request", "bad ratio")), "Rejected"],
    ["400 with an empty code", answer(400, wrapped("", "model name is required")), "Rejected"],
    ["401", answer(401, wrapped("", "invalid token")), "Unauthorized"],
    ["403", answer(403, { code: "quota_not_enough", message: "user quota is not enough", data: null }), "Forbidden"],
    ["404", answer(404, { error: "not here" }), "Rejected"],
    ["413", answer(413, { code: "read_request_body_failed", message: "too large", data: null }), "Rejected"],
    ["422 without a body", new Response(null, { status: 422 }), "Rejected"],
    ["500 with invalid_request", answer(500, wrapped("invalid_request", "field x is required")), "Rejected"],
    ["503 with model_not_found", answer(503, wrapped("model_not_found", "no available channel")), "Rejected"],
    ["a redirect", answer(301, "", { location: "https://www.cometapi.com/?from=api" }), "Rejected"]
  ]
  for (const [name, reply, tag] of cases) {
    it.effect(`${name} is ${tag}`, () => {
      const api = provider(reply, accepted())
      return Effect.gen(function* () {
        const error = yield* failure(submit)
        expect(error.reason._tag).toBe(tag)
        expect(error.isRetryable).toBe(false)
        expect(api.posts()).toBe(1)
      }).pipe(Effect.provide(api.layer()))
    })
  }

  it.effect("and Runway's own error names the fields at fault", () => {
    const api = provider(
      answer(400, {
        error: "Validation of body failed",
        issues: [{ code: "invalid_string", path: ["reference", "uri"], message: "Invalid url" }]
      })
    )
    return Effect.gen(function* () {
      const error = yield* failure(submit)
      expect(error.message).toBe(
        "POST /runwayml/v1/character_performance: 400 Rejected\n  why: refused: Validation of body failed (reference.uri: Invalid url)\n  now: Change the request: sending the same again will not help"
      )
    }).pipe(Effect.provide(api.layer()))
  })
})
