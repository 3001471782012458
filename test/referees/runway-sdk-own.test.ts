import RunwayML, { APIError, BadRequestError } from "@runwayml/sdk"
import { type Running, RunwayMock } from "cometapi-runway-mock"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

// @runwayml/sdk's own tests of this operation and of tasks (tests/api-resources/character-performance.test.ts and tasks.test.ts of runwayml/sdk-node) ask a mock
// at TEST_API_BASE_URL. These are their calls, with their parameters and what they look at, against this mock. Two of their parameters are Runway's and not CometAPI's:
// assets as `data:` URIs, and a body without `ratio`. CometAPI has no route to cancel a task, and none that answers 404. Each of these is said below.
const key = "My API Key"
const id = "17eb73b3-a9e5-4ab5-a6ac-6c8a5b0cb8c6"

let mock: Running
let client: RunwayML
beforeAll(async () => {
  mock = await RunwayMock.start({ port: 0, clock: "virtual", required: "minimal" })
  client = new RunwayML({ apiKey: key, baseURL: `${mock.url}/runwayml`, maxRetries: 0 })
  mock.world(key).seed({ id })
})
afterAll(() => mock.stop())

/** The seven lines that each of their tests has: the answer as a `Response`, as data, and as both. */
const looksRight = async <A>(
  call: ReturnType<RunwayML["get"]> & { readonly asResponse: () => Promise<Response> },
  data: A
) => {
  const raw = await call.asResponse()
  expect(raw).toBeInstanceOf(Response)
  const answer = await call
  expect(answer).not.toBeInstanceOf(Response)
  expect(answer).toMatchObject(Object(data))
  const both = await call.withResponse()
  expect(both.data).toBe(answer)
  expect(both.response).toBe(raw)
}

const assets = {
  character: { type: "image", uri: "https://example.com/portrait.png" },
  reference: { type: "video", uri: "https://example.com/performance.mp4" }
} as const

describe("resource characterPerformance", () => {
  it("create: only required params, of which CometAPI has one more", async () => {
    const call = client.characterPerformance.create({ ...assets, model: "act_two", ratio: "1280:720" })
    await looksRight(call, { id: expect.any(String) })
  })

  it("create: required and optional params", async () => {
    const call = client.characterPerformance.create({
      ...assets,
      model: "act_two",
      bodyControl: true,
      contentModeration: { publicFigureThreshold: "auto" },
      expressionIntensity: 1,
      ratio: "1280:720",
      seed: 0
    })
    await looksRight(call, { id: expect.any(String) })
  })

  it("create: without a ratio, or with their data URIs, is refused as CometAPI's page has neither", async () => {
    const refusal = (body: Parameters<RunwayML["characterPerformance"]["create"]>[0]) =>
      expect(client.characterPerformance.create(body)).rejects
    await refusal({ ...assets, model: "act_two" }).toThrow(/must have required property 'ratio'/)
    const data = {
      character: { type: "image", uri: "data:image/J!" },
      reference: { type: "video", uri: "data:video/J!" }
    } as const
    await refusal({ ...data, model: "act_two", ratio: "1280:720" }).toThrow(/character\.uri must match pattern/)
    await refusal({ ...data, model: "act_two", ratio: "1280:720" }).toBeInstanceOf(BadRequestError)
  })
})

describe("resource tasks", () => {
  it("retrieve, of an id that they know and nobody submitted", async () => {
    await looksRight(client.tasks.retrieve(id), { id, status: "PENDING", createdAt: expect.any(String) })
  })

  it("delete: CometAPI has no route for it, and says so", async () => {
    const call = client.tasks.delete(id)
    await expect(call).rejects.toBeInstanceOf(APIError)
    await expect(call).rejects.toMatchObject({ status: 405 })
  })

  it("an unknown path is the front page here, and no NotFoundError", async () => {
    const call = client.get("/_stainless_unknown_path")
    expect((await call.asResponse()).headers.get("content-type")).toMatch(/^text\/html/)
    expect(await call).toMatch(/^<!doctype html>/)
  })
})
