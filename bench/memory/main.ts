/**
 * How much a mock holds after a million requests: `node --expose-gc bench/memory/main.ts [requests]`.
 *
 * They come in process, from ten thousand keys, right and wrong ones, with faults, and nothing of them is kept outside the mock. The
 * heap is to stay where it is once the journal is full.
 */
import { performance as timer } from "node:perf_hooks"
import { RunwayMock } from "cometapi-runway-mock"
import * as Effect from "effect/Effect"

const requests = Number(process.argv[2] ?? "1000000")
const keys = 10_000
const provider = "https://api.cometapi.com"

const { fetch, world, worlds } = Effect.runSync(RunwayMock.make({ clock: "virtual" }))

const right = {
  character: { type: "image", uri: "https://example.com/portrait.png" },
  reference: { type: "video", uri: "https://example.com/performance.mp4" },
  ...{ bodyControl: true, expressionIntensity: 3, seed: 1, model: "act_two", ratio: "1280:720" },
  contentModeration: { publicFigureThreshold: "auto" }
}

/** One request of a kind that goes by its number. */
const send = (number: number): Promise<Response> => {
  const key = number % 2 === 0 ? "one" : `many ${number % keys}`
  const headers = {
    ...{ authorization: `Bearer ${key}`, "x-runway-version": "2024-11-06" },
    "content-type": "application/json"
  }
  const post = (body: unknown) =>
    fetch(`${provider}/runwayml/v1/character_performance`, { method: "POST", headers, body: JSON.stringify(body) })
  switch (number % 10) {
    case 0:
    case 1:
      return post({ ...right, seed: number % 5000 })
    case 2:
      return post({ ...right, [`unknown ${number}`]: "x".repeat(number % 3000) })
    case 3:
      return fetch(`${provider}/assets/${number}.mp4`)
    case 4:
      return fetch(`${provider}/nowhere/${number}`, { headers, redirect: "manual" })
    default:
      return fetch(`${provider}/runwayml/v1/tasks/${number}`, { headers })
  }
}

world("one").inject({ on: "poll", kind: "status", status: 429, retryAfter: 1, rate: 0.1 })
world("one").inject({ on: "submit", kind: "truncated", rate: 0.1 })

console.log(`${requests} requests, ${keys / 2 + 1} keys of which 1000 have room, 20 000 journal entries at most\n`)
console.log("  requests   heap in MB   resident in MB   requests a second   worlds   entries of the busiest")
const every = Math.max(1, requests / 10)
let last = timer.now()
for (let sent = 1; sent <= requests; sent += 1) {
  const response = await send(sent)
  await response.arrayBuffer()
  if (sent % every !== 0) continue
  const rate = (every / (timer.now() - last)) * 1000
  globalThis.gc?.()
  const { heapUsed, rss } = process.memoryUsage()
  const cells = [
    [sent, 10],
    [(heapUsed / 2 ** 20).toFixed(1), 13],
    [(rss / 2 ** 20).toFixed(0), 17],
    [rate.toFixed(0), 20],
    [worlds().length, 9],
    [world("one").journal().entries.length, 25]
  ] as const
  console.log(cells.map(([cell, width]) => String(cell).padStart(width)).join(""))
  last = timer.now()
}
