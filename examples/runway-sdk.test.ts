// Runway's own SDK in front of the mock, in process: its waits of seconds pass at once.
import RunwayML from "@runwayml/sdk"
import { test } from "cometapi-runway-mock/vitest"
import { afterEach, beforeEach, expect, vi } from "vitest"

const performance = {
  character: { type: "image", uri: "https://example.com/portrait.png" },
  reference: { type: "video", uri: "https://example.com/performance.mp4" },
  model: "act_two",
  ratio: "1280:720",
  bodyControl: true,
  expressionIntensity: 3,
  seed: 1,
  contentModeration: { publicFigureThreshold: "auto" }
} as const

const sdk = (mock: { url: string; key: string; fetch: typeof fetch }, maxRetries: number) =>
  new RunwayML({ apiKey: mock.key, baseURL: `${mock.url}/runwayml`, fetch: mock.fetch, maxRetries })

// Whenever everybody sleeps, the next one who sleeps wakes up.
beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }).setTimerTickMode("nextTimerAsync"))
afterEach(() => void vi.useRealTimers())

test("a job is waited for", async ({ mock }) => {
  const { output } = await sdk(mock, 0).characterPerformance.create(performance).waitForTaskOutput()
  expect(output).toEqual([expect.stringContaining("/assets/")])
})

test("without retries a lost answer costs one job", async ({ mock }) => {
  mock.inject({ on: "submit", kind: "lost", once: true })
  await expect(sdk(mock, 0).characterPerformance.create(performance)).rejects.toThrow("Connection error")
  expect(mock.report().money.accepted).toEqual({ jobs: 1, dollars: 0.4 })
})

test("as it comes out of the box, two jobs are paid on one lost answer", async ({ mock }) => {
  mock.allow("duplicate-submission", "never-collected")
  mock.inject({ on: "submit", kind: "lost", once: true })
  await sdk(mock, 2).characterPerformance.create(performance)
  const { money, text } = mock.report()
  expect(money).toMatchObject({ accepted: { jobs: 2, dollars: 0.8 }, orphaned: { jobs: 1 }, paidTwice: { jobs: 1 } })
  expect(text).toContain("duplicate-submission: The same body was accepted, and charged, twice")
})
