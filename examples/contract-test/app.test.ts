/**
 * Contract tests of the program beside this file, against the mock. Each has a world of its own, and at its end the mock says whether
 * the program did anything that costs money or breaks a rule. The mock's clock is manual: what the program sleeps is what passes, and nothing waits.
 */
import { test as runwayTest, type TestWorld } from "cometapi-runway-mock/vitest"
import { describe, expect } from "vitest"
import { makeApp, OutcomeUnknown, Refused } from "./app.ts"

const performance = {
  character: { type: "image", uri: "https://example.com/portrait.png" },
  reference: { type: "video", uri: "https://example.com/performance.mp4" }
} as const

const test = runwayTest.extend({ mockOptions: { clock: "manual" } })

/** The program with the mock as its API; what it would have slept and whom it has paid for are written down. */
const appFor = ({ url, key, ...world }: TestWorld<string>) => {
  const slept: Array<number> = []
  const ids: Array<string> = []
  const sleep = async (millis: number) => {
    slept.push(millis)
    await world.sleep(millis)
  }
  const app = makeApp({ baseUrl: url, key, sleep })
  return { ...app, slept, ids, run: () => app.make(performance, (id) => ids.push(id)) }
}

describe("what goes wrong", () => {
  test("an answer that is lost is not asked for again", async ({ mock }) => {
    mock.inject({ on: "submit", kind: "lost", once: true })
    await expect(appFor(mock).run()).rejects.toThrow(OutcomeUnknown)
    expect(mock.report()).toMatchObject({ submissions: 1, accepted: 1 })
  })

  test("a program that asks again pays twice, and the report says so", async ({ mock }) => {
    mock.inject({ on: "submit", kind: "lost", once: true })
    const { run } = appFor(mock)
    await run().catch(run) // naive
    expect(mock.report().findings).toMatchObject([
      { kind: "duplicate-submission", requests: [1, 2] },
      { kind: "paid-orphan", requests: [1] }
    ])
    mock.allow("duplicate-submission")
  })

  test("429 is waited out for as long as it says, and paid for once", async ({ mock }) => {
    mock.inject({ on: "submit", kind: "status", status: 429, retryAfter: 7, first: 2 })
    const { ids, run, slept } = appFor(mock)
    await run()
    expect(slept.slice(0, 2)).toEqual([7000, 7000])
    expect(mock.tasks().map(({ id }) => id)).toEqual(ids)
  })

  test("a moderated input is refused with its reason, once its id is known", async ({ mock }) => {
    mock.choose("failed-safety-input")
    const { ids, run } = appFor(mock)
    const refusal = await run().catch((error) => error)
    expect(refusal).toBeInstanceOf(Refused)
    expect(refusal).toMatchObject({ code: "SAFETY.INPUT.IMAGE", message: expect.stringContaining("moderation") })
    expect(ids).toHaveLength(1)
  })

  test.for(["reset", "truncated", "cut", "html", "empty"] as const)(
    "polls survive what passes: %s",
    async (kind, { mock }) => {
      mock.inject({ on: "poll", kind, first: 3 })
      await appFor(mock).run()
    }
  )
})

describe("what goes well", () => {
  test("a job becomes a video, with a poll every 5 seconds", async ({ mock }) => {
    const { run, slept } = appFor(mock)
    const video = await run()
    expect(new TextDecoder().decode(video.subarray(4, 8))).toBe("ftyp")
    expect(new Set(slept)).toEqual(new Set([5000]))
    expect(mock.report()).toMatchObject({ submissions: 1, polls: 12, downloads: 1 })
  })

  test.for([
    "envelope",
    "envelope-then-bare",
    "row",
    "success-url-in-fail-reason",
    "not-visible-yet",
    "success-without-output-then-output"
  ])("also as %s", async (scenario, { mock }) => {
    mock.choose(scenario)
    await appFor(mock).run()
  })

  test("in process too, without a socket", async ({ mock }) => {
    const app = makeApp({
      baseUrl: "https://api.cometapi.com",
      key: mock.key,
      fetch: mock.fetch,
      sleep: mock.sleep
    })
    await app.make(performance, () => {})
  })
})
