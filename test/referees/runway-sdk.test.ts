import RunwayML, {
  AbortError,
  APIConnectionTimeoutError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  RateLimitError,
  TaskFailedError,
  TaskTimedOutError
} from "@runwayml/sdk"
import { type Running, RunwayMock } from "cometapi-runway-mock"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"

// Runway's own SDK, as its users have it, in front of the mock. Where it stumbles, either the mock is no stand-in for this API, or CometAPI differs from Runway.
let mock: Running
beforeAll(async () => {
  mock = await RunwayMock.start({ port: 0, clock: "virtual" })
  // The SDK sleeps 4.5 to 7.5 seconds between two polls, and up to 8 before it tries again. On a virtual clock nothing happens meanwhile.
  const { setTimeout: real } = globalThis
  vi.stubGlobal("setTimeout", (run: () => void, millis = 0, ...args: ReadonlyArray<never>) =>
    real(run, millis >= 300 && millis <= 8000 ? 0 : millis, ...args)
  )
})
afterAll(async () => {
  vi.unstubAllGlobals()
  await mock.stop()
})

const client = (key: string, options: ConstructorParameters<typeof RunwayML>[0] = {}) =>
  new RunwayML({ apiKey: key, baseURL: `${mock.url}/runwayml`, maxRetries: 0, ...options })

const body = {
  model: "act_two",
  character: { type: "image", uri: "https://example.com/portrait.png" },
  reference: { type: "video", uri: "https://example.com/performance.mp4" },
  bodyControl: true,
  expressionIntensity: 3,
  seed: 1,
  ratio: "1280:720",
  contentModeration: { publicFigureThreshold: "auto" }
} as const

const start = (key: string, options?: ConstructorParameters<typeof RunwayML>[0]) =>
  client(key, options).characterPerformance.create(body)

const thrown = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error("it succeeded")
}

describe("@runwayml/sdk in front of the mock", () => {
  it("gets a video, which can be fetched, and does nothing that the mock's report would blame", async () => {
    const task = await start("mock-happy-sdk").waitForTaskOutput()
    expect(task.status).toBe("SUCCEEDED")
    const video = await fetch(task.output[0] ?? "")
    expect(video.headers.get("content-type")).toBe("video/mp4")
    expect(new TextDecoder().decode((await video.bytes()).subarray(4, 8))).toBe("ftyp")
    mock.world("mock-happy-sdk").expectClean()
  })

  it.each([
    ["failed-safety-input", "SAFETY.INPUT.IMAGE"],
    ["failed-safety-output", "SAFETY.OUTPUT.VIDEO"],
    ["failed-asset", "ASSET.INVALID"],
    ["failed-internal", "INTERNAL"]
  ])("reads %s as the failure that it is", async (scenario, failureCode) => {
    const error = await thrown(start(`mock-${scenario}-sdk`).waitForTaskOutput())
    expect(error).toBeInstanceOf(TaskFailedError)
    expect(error).toMatchObject({ taskDetails: { status: "FAILED", failureCode } })
  })

  it("reads a cancelled task", async () => {
    const error = await thrown(start("mock-cancelled-sdk").waitForTaskOutput())
    expect(error).toBeInstanceOf(TaskFailedError)
    expect(error).toMatchObject({ taskDetails: { status: "CANCELLED" } })
  })

  it("cannot cancel a task here, because CometAPI has no route for it: the task goes on", async () => {
    const runway = client("mock-happy-sdk-cancel")
    const { id } = await runway.characterPerformance.create(body)
    await runway.tasks.delete(id).catch(() => undefined)
    expect((await runway.tasks.retrieve(id)).id).toBe(id)
    expect(mock.world("mock-happy-sdk-cancel").tasks()).toHaveLength(1)
  })

  it("waits while the account is at its limit", async () => {
    const task = await start("mock-throttled-sdk").waitForTaskOutput()
    expect(task.status).toBe("SUCCEEDED")
  })

  it("is told that a rate limit is one, and gets through where it tries again", async () => {
    mock.world("sdk-429").inject({ on: "submit", kind: "status", status: 429, retryAfter: 1, once: true })
    expect(await thrown(start("sdk-429"))).toBeInstanceOf(RateLimitError)
    mock.world("sdk-429-again").inject({ on: "submit", kind: "status", status: 429, retryAfter: 1, once: true })
    expect((await start("sdk-429-again", { maxRetries: 1 })).id).toEqual(expect.any(String))
    expect(mock.world("sdk-429-again").tasks()).toHaveLength(1)
  })

  it.each([
    [400, BadRequestError],
    [401, AuthenticationError],
    [503, InternalServerError]
  ] as const)("knows a refusal with %d by its own class", async (status, kind) => {
    mock.world(`sdk-${status}`).inject({ on: "submit", kind: "status", status })
    const error = await thrown(start(`sdk-${status}`))
    expect(error).toBeInstanceOf(kind)
    expect(error).toMatchObject({ status })
  })

  it("gives up on an answer that does not come, and on a task that does not end", async () => {
    mock.world("sdk-stall").inject({ on: "submit", kind: "stall" })
    expect(await thrown(start("sdk-stall", { timeout: 100 }))).toBeInstanceOf(APIConnectionTimeoutError)
    const error = await thrown(start("mock-stuck-sdk").waitForTaskOutput({ timeout: 1 }))
    expect(error).toBeInstanceOf(TaskTimedOutError)
  })

  it("is aborted in the request, and between two polls", async () => {
    mock.world("sdk-abort").inject({ on: "submit", kind: "stall" })
    const request = new AbortController()
    const asked = client("sdk-abort").characterPerformance.create(body, { signal: request.signal })
    request.abort()
    expect(await thrown(asked)).toBeInstanceOf(APIUserAbortError)
    const wait = new AbortController()
    const waiting = start("mock-stuck-sdk-abort").waitForTaskOutput({ abortSignal: wait.signal })
    wait.abort()
    expect(await thrown(waiting)).toBeInstanceOf(AbortError)
  })

  it("cannot read the envelope, which is CometAPI's and not Runway's: it stops waiting for a job that is paid", async () => {
    expect(await thrown(start("mock-envelope-sdk").waitForTaskOutput())).toBeInstanceOf(TaskTimedOutError)
    expect(mock.world("mock-envelope-sdk").tasks()).toHaveLength(1)
  })

  it("sends a job again whose answer was lost, as it comes out of the box: two are paid", async () => {
    mock.world("sdk-lost").inject({ on: "submit", kind: "lost", once: true })
    await start("sdk-lost", { maxRetries: 2 })
    expect(mock.world("sdk-lost").tasks()).toHaveLength(2)
    expect(() => mock.world("sdk-lost").expectClean({ allow: ["never-collected"] })).toThrow(/charged, twice/)
  })
})
