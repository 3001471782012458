import { RunwayMock } from "cometapi-runway-mock"
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { finishedOutput, get, headers, performance, post, provider, submit } from "../Support.ts"

const made = () => Effect.runPromise(RunwayMock.make({ clock: "virtual" }))
const paths = ["/", "/runwayml/v1/nothing"]

describe("a refused request", () => {
  it("is told in the provider's own form what was wrong, so that users of an SDK see it", async () => {
    const { fetch } = await made()
    const body = JSON.stringify({ ...performance, reference: { type: "video", uri: "ftp://$&" }, seed: "1" })
    const answer = await (await post(fetch, provider, "k", { body })).json()
    expect(answer).toEqual({
      error: {
        type: "comet_api_error",
        code: "invalid_request",
        param: "reference.uri",
        message: expect.stringMatching(
          /^invalid request body: Request body property reference\.uri must .+; Request body property seed must .+ \(request id: \w+\)$/
        )
      }
    })
  })

  it("is led to / by a redirect once, whatever its method, and no further", async () => {
    await using mock = await RunwayMock.start({ port: 0 })
    for (const fetch of [globalThis.fetch, mock.fetch])
      for (const path of paths)
        for (const method of ["DELETE", "PUT", "PATCH", "OPTIONS"]) {
          const response = await fetch(mock.url + path, { method, headers: headers("k") })
          expect([method, response.status, response.headers.get("allow")]).toEqual([method, 405, "GET, HEAD"])
        }
    expect((await fetch(`${mock.url}/nothing`, { method: "POST", headers: headers("k") })).status).toBe(200)
  })
})

describe("what HTTP leaves open", () => {
  it("is a bearer token's scheme in any case", async () => {
    const { fetch, world } = await made()
    for (const scheme of ["bearer", "BEARER", "Bearer"]) {
      const response = await post(fetch, provider, "k", { headers: { ...headers(), authorization: `${scheme} k` } })
      expect([scheme, response.status]).toEqual([scheme, 200])
    }
    expect(world("k").tasks()).toHaveLength(3)
  })

  it("is an If-None-Match with a star, a weak tag or a list of tags", async () => {
    const { fetch, world } = await made()
    const id = await Effect.runPromise(submit(fetch, provider, "k"))
    await get(fetch, id, provider, "k")
    const url = finishedOutput(world("k"), id)
    const etag = (await fetch(url)).headers.get("etag")
    for (const known of ["*", `W/${etag}`, `"other", ${etag}`])
      expect((await fetch(url, { headers: { "if-none-match": known } })).status).toBe(304)
    expect((await fetch(url, { headers: { "if-none-match": '"other"' } })).status).toBe(200)
  })
})

describe("a page of another origin", () => {
  const asking = { origin: "http://localhost:5173", "access-control-request-method": "POST" }

  it("may use the provider's routes and the outputs, and its browser's question leaves no trace", async () => {
    const { fetch, worlds } = await made()
    const seen: Array<string> = []
    const mock = await Effect.runPromise(RunwayMock.make({ onRequest: ({ method }) => seen.push(method) }))
    for (const path of ["/runwayml/v1/character_performance", "/runwayml/v1/tasks/x", "/assets/x.mp4"]) {
      const wanted = { ...asking, "access-control-request-headers": "authorization,x-runway-version" }
      const response = await mock.fetch(provider + path, { method: "OPTIONS", headers: wanted })
      expect([path, response.status, response.headers.get("access-control-allow-headers")]).toEqual([
        path,
        204,
        "authorization,x-runway-version"
      ])
    }
    expect([seen, worlds()]).toEqual([[], []])
    const answer = await post(fetch, provider, "k", { headers: { ...headers("k"), origin: asking.origin } })
    expect(answer.headers.get("access-control-allow-origin")).toBe("*")
    for (const name of ["retry-after", "x-oneapi-request-id", "sl-violations", "date"])
      expect(answer.headers.get("access-control-expose-headers")).toContain(name)
  })

  it("may use nothing else", async () => {
    await using mock = await RunwayMock.start({ port: 0 })
    for (const path of ["/_mock/report", "/_mock/page/page.js", "/elsewhere"]) {
      const response = await fetch(mock.url + path, { method: "OPTIONS", headers: asking, redirect: "manual" })
      expect([path, response.headers.get("access-control-allow-origin")]).toEqual([path, null])
      expect(response.status).toBeGreaterThan(300)
    }
  })
})
