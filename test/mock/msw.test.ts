import { mswResolver, openWorld, RunwayMock, type TestWorld } from "cometapi-runway-mock"
import { http } from "msw"
import { setupServer } from "msw/node"
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest"
import { get, headers, outputOf, post, provider } from "./Support.ts"

/** MSW takes the place of the network, so what is tested here is the program's own global `fetch`, sent to the provider's own host. */
const network = setupServer()
let stop: () => Promise<void>
let open: () => TestWorld
let world: TestWorld

beforeAll(async () => {
  const mock = await RunwayMock.start({ port: 0, clock: "virtual" })
  network.use(http.all(`${provider}/*`, mswResolver(mock)))
  network.listen({ onUnhandledFrame: "error" })
  stop = mock.stop
  open = () => openWorld(mock)
})
beforeEach(() => {
  world = open()
})
afterEach(() => world[Symbol.asyncDispose]())
afterAll(async () => {
  network.close()
  await stop()
})

const submitted = async (): Promise<string> => {
  const response = await post(fetch, provider, world.key)
  expect(response.status).toBe(200)
  return (await response.json()).id
}

it("a fault that breaks the connection looks like a failed fetch, and the poll after it is answered", async () => {
  const id = await submitted()
  world.inject({ on: "poll", kind: "reset", first: 1 })
  world.allow("never-collected")
  await expect(get(fetch, id, provider, world.key)).rejects.toThrow(TypeError)
  expect((await get(fetch, id, provider, world.key)).status).toBe(200)
  expect(world.journal({ operation: "poll" }).entries.map(({ answer }) => answer?.status)).toEqual([undefined, 200])
})

it("an answer that is lost looks the same, and the task is there", async () => {
  world.inject({ on: "submit", kind: "lost", once: true })
  await expect(post(fetch, provider, world.key)).rejects.toThrow(TypeError)
  expect(world.report({ allow: ["paid-orphan"] })).toMatchObject({ submissions: 1, accepted: 1, clean: true })
})

it("an answer that breaks off in its body is a failure, and no half answer", async () => {
  world.inject({ on: "submit", kind: "cut", once: true })
  const read = async () => (await post(fetch, provider, world.key)).text()
  await expect(read()).rejects.toThrow(TypeError)
})

it("a caller that gives up is told so, and not that the network failed", async () => {
  world.inject({ on: "submit", kind: "stall", once: true })
  const patience = new AbortController()
  const asked = post(fetch, provider, world.key, { signal: patience.signal })
  patience.abort()
  await expect(asked).rejects.toMatchObject({ name: "AbortError" })
})

it("429 comes with its Retry-After", async () => {
  world.inject({ on: "submit", kind: "status", status: 429, retryAfter: 7, first: 1 })
  const response = await post(fetch, provider, world.key)
  expect([response.status, response.headers.get("retry-after")]).toEqual([429, "7"])
  expect(world.report().accepted).toBe(0)
})

it("a redirect is the client's to follow, or not", async () => {
  world.allow("contract-violation")
  const asked = (redirect: RequestRedirect) => fetch(`${provider}/v1/models`, { redirect, headers: headers(world.key) })
  expect((await asked("manual")).status).toBe(301)
  expect((await asked("follow")).url).toBe(`${provider}/`)
  await expect(asked("error")).rejects.toThrow(TypeError)
})

it("a task lives its whole life, up to the video", async () => {
  const id = await submitted()
  const seen: Array<unknown> = []
  let body: { readonly status?: unknown } = {}
  while (body.status !== "SUCCEEDED" && seen.length < 100) {
    body = await (await get(fetch, id, provider, world.key)).json()
    seen.push(body.status)
  }
  expect(seen).toEqual(["PENDING", ...Array.from({ length: 10 }, () => "RUNNING"), "SUCCEEDED"])
  const video = await fetch(outputOf(body))
  expect(video.headers.get("content-type")).toBe("video/mp4")
  expect(new TextDecoder().decode((await video.bytes()).subarray(4, 8))).toBe("ftyp")
  expect(world.report()).toMatchObject({ polls: 12, downloads: 1, clean: true })
})
