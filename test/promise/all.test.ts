import { describe, expect, it } from "vitest"
import { answer, type Reply, wrapped } from "../support/Provider.ts"
import { input, scripted } from "./Support.ts"

/** A provider whose jobs are named by their seed; seed 1 is refused. */
const factory: Reply = async (request) => {
  if (request.method === "GET") {
    const id = request.url.split("/").at(-1) ?? ""
    return Response.json({ id, status: "SUCCEEDED", output: [`https://example.com/${id}.mp4?signature=secret`] })
  }
  const { seed } = await request.json()
  return seed === 1 ? answer(400, wrapped("invalid_request", "no")) : Response.json({ id: `job-${seed}` })
}

const inputs = (count: number) => Array.from({ length: count }, (_, seed) => ({ ...input, seed }))

describe("many jobs", () => {
  it("give one result per input, and one that fails sinks no other", async () => {
    const { runway, posts } = scripted([factory])
    await using _ = runway
    const broken = { ...input, seed: 4, character: "https://example.com/asset" }
    const told: Array<string> = []
    const results: Array<string> = []
    const onSubmitted = (id: string, { index }: { index: number }) => {
      told.push(`${index} ${id}`)
      if (index === 3) throw new Error("full")
    }
    for await (const r of runway.characterPerformance.all([...inputs(4), broken], { concurrency: 2, onSubmitted }))
      results[r.index] = r.ok ? r.video.url : `${r.error.reason._tag} ${r.error.taskId ?? ""}`.trim()
    expect(results).toEqual([
      "https://example.com/job-0.mp4?signature=secret",
      "Rejected",
      "https://example.com/job-2.mp4?signature=secret",
      "HookFailed job-3",
      "InvalidInput"
    ])
    expect(told.sort()).toEqual(["0 job-0", "2 job-2", "3 job-3"])
    expect(posts()).toBe(4)
  })

  it("come from any iterable, as far as there is room, and stop with the loop", async () => {
    const { runway, posts } = scripted([factory])
    await using _ = runway
    let taken = 0
    let closed = false
    async function* endless() {
      try {
        for (let seed = 2; ; seed++) {
          taken++
          yield { ...input, seed }
        }
      } finally {
        closed = true
      }
    }
    for await (const r of runway.characterPerformance.all(endless(), { concurrency: 2 })) {
      expect(r.ok).toBe(true)
      break
    }
    expect(taken).toBeLessThanOrEqual(4)
    expect(posts()).toBeLessThanOrEqual(4)
    expect(closed).toBe(true)
  })

  it("end with the signal's reason", async () => {
    const { runway } = scripted([factory])
    await using _ = runway
    const controller = new AbortController()
    const reason = new Error("enough")
    const loop = async () => {
      const options = { concurrency: 1, signal: controller.signal }
      for await (const _ of runway.characterPerformance.all(inputs(1), options)) controller.abort(reason)
      for await (const _ of runway.characterPerformance.all(inputs(1), options)) expect.unreachable()
    }
    await expect(loop()).rejects.toBe(reason)
  })

  it("are refused before anything is sent when nobody says how many at once", () => {
    const { runway, asked } = scripted([factory])
    expect(() => runway.characterPerformance.all(inputs(2), { concurrency: 0 })).toThrow(
      /concurrency: must be a whole number/
    )
    expect(asked).toEqual([])
  })
})
