/**
 * A ledger behind promises: the same promises as for Effect programs.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, describe, expect, it } from "vitest"
import { layerMemory } from "../../src/Ledger.ts"
import { createRunway, RunwayError, type RunwayOptions } from "../../src/promise.ts"
import { type Reply, socketError } from "../support/Provider.ts"
import { input, scripted } from "./Support.ts"

const folders: Array<string> = []
const folder = () => {
  const path = mkdtempSync(join(tmpdir(), "promise-ledger-"))
  folders.push(path)
  return path
}
afterEach(() => {
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true })
})

/** A provider that gives each job an id of its own; those that are named fail. */
const counting = (failing: ReadonlyArray<string> = []) => {
  let jobs = 0
  const reply: Reply = (request) => {
    if (request.method === "POST") return Response.json({ id: `t-${++jobs}` })
    const id = request.url.split("/").at(-1) ?? ""
    return failing.includes(id)
      ? Response.json({ id, status: "FAILED", failure: "no face" })
      : Response.json({ id, status: "SUCCEEDED", output: [`https://example.com/${id}.mp4?signature=secret`] })
  }
  return (options: RunwayOptions) => scripted([reply], options)
}

const reasonOf = async (promise: PromiseLike<unknown>) => {
  try {
    await promise
  } catch (error) {
    if (error instanceof RunwayError) return error.reason
    throw error
  }
  return expect.unreachable("it was to fail")
}

describe("a runway with a ledger", () => {
  it("pays once for one intent, in whatever process", async () => {
    const ledger = join(folder(), "ledger.sqlite")
    const api = counting()
    for (const reused of [undefined, "succeeded"]) {
      const { runway } = api({ ledger })
      await using _ = runway
      const job = runway.characterPerformance(input, { intent: "a" })
      expect((await job.reused)?.because).toBe(reused)
      expect((await job).id).toBe("t-1")
    }
  })

  it("takes the same input for the same intent, and says when the job was submitted", async () => {
    const { runway, posts } = counting()({ ledger: layerMemory() })
    await using _ = runway
    expect(await runway.characterPerformance.submit(input)).toBe("t-1")
    const job = runway.characterPerformance(input)
    expect(await job.reused).toMatchObject({ id: "t-1", because: "submitted", submittedAt: expect.any(Date) })
    await job
    expect(posts()).toBe(1)
  })

  it("pays anew for a job that has failed, also one that fails while it is joined, where that was asked for", async () => {
    const { runway, posts } = counting(["t-1", "t-3"])({ ledger: layerMemory(), again: "failed" })
    await using _ = runway
    await runway.characterPerformance.submit(input, { intent: "a" })
    const told: Array<string> = []
    const job = runway.characterPerformance(input, { intent: "a", onSubmitted: (id) => told.push(id) })
    expect((await job).id).toBe("t-2")
    expect(told).toEqual(["t-1", "t-2"])
    // What it has paid for itself is the end, whatever that is.
    expect((await reasonOf(runway.characterPerformance(input, { intent: "b" })))._tag).toBe("TaskFailed")
    expect((await runway.characterPerformance(input, { intent: "b" })).id).toBe("t-4")
    expect(posts()).toBe(4)
  })

  it("leaves a failed job as it is unless it is told otherwise", async () => {
    const { runway, posts } = counting(["t-1"])({ ledger: layerMemory() })
    await using _ = runway
    const call = () => reasonOf(runway.characterPerformance(input))
    expect([(await call())._tag, (await call())._tag]).toEqual(["TaskFailed", "TaskFailed"])
    expect(posts()).toBe(1)
  })

  it("holds its budget, and says what is left of it", async () => {
    const { runway, posts } = counting()({ ledger: layerMemory(), budget: { dollars: 1 } })
    await using _ = runway
    const results: Array<string> = []
    const inputs = [1, 2, 3, 1].map((seed) => ({ ...input, seed }))
    for await (const r of runway.characterPerformance.all(inputs, { concurrency: 1 }))
      results.push(r.ok ? `${r.video.id} ${r.reused?.because ?? "paid"}` : r.error.reason._tag)
    expect(results).toEqual(["t-1 paid", "t-2 paid", "BudgetExceeded", "t-1 succeeded"])
    expect(posts()).toBe(2)
    const report = await runway.ledger?.budget()
    expect(report).toMatchObject({ spent: { jobs: 2, dollars: 0.8 }, left: { dollars: 0.2 } })
  })

  it("names the intent of each input of many; a name that fails is that input's failure", async () => {
    const { runway, posts } = counting()({ ledger: layerMemory() })
    await using _ = runway
    const results: Array<unknown> = []
    const intent = ({ index }: { readonly index: number }) => {
      if (index === 1) throw new Error("no name")
      return `row-${index}`
    }
    for await (const r of runway.characterPerformance.all([input, input, input], { concurrency: 1, intent }))
      results.push(r.ok ? r.video.id : r.error.message)
    expect(results).toEqual(["t-1", expect.stringContaining("intent: threw no name"), "t-2"])
    expect(posts()).toBe(2)
  })

  it("sends nothing more after a lost answer, and shows the operator what a person has to look at", async () => {
    const { runway } = scripted([socketError("ECONNRESET")], { ledger: layerMemory(), attemptTimeout: 1 })
    await using _ = runway
    expect((await reasonOf(runway.characterPerformance(input, { intent: "a" })))._tag).toBe("OutcomeUnknown")
    expect((await reasonOf(runway.characterPerformance(input, { intent: "a" })))._tag).toBe("IntentUnresolved")
    const ledger = runway.ledger
    expect((await ledger?.sweep())?.unknown).toMatchObject([{ intent: "a", state: "unknown" }])
    expect((await ledger?.release("a", "not in the console"))?._tag).toBe("TooEarly")
    expect((await ledger?.forget("a"))?._tag).toBe("StillOpen")
  })

  it("says what is wrong with a file, sends nothing, and tries it again at the next call", async () => {
    const path = folder()
    const file = join(path, "ledger.sqlite")
    writeFileSync(file, "somebody's diary\n".repeat(300))
    const { runway, posts } = counting()({ ledger: file })
    await using _ = runway
    const reason = await reasonOf(runway.characterPerformance(input))
    expect(reason).toMatchObject({ _tag: "LedgerFailed", store: file })
    expect(reason.message).toContain("is not a ledger")
    expect(posts()).toBe(0)
    rmSync(file)
    expect((await runway.characterPerformance(input)).id).toBe("t-1")
  })
})

describe("a runway without a ledger", () => {
  it("has none to ask, and refuses what needs one before anything is sent", async () => {
    const { runway, asked } = counting()({ budget: { jobs: 1 } })
    await using _ = runway
    expect(runway.ledger).toBeUndefined()
    const reason = await reasonOf(runway.characterPerformance(input, { intent: "a" }))
    expect(reason.message).toMatch(/intent: needs a Ledger.*budget: needs a Ledger/)
    expect(asked).toEqual([])
  })

  it("is refused when its word on paying again is none", () => {
    expect(() => createRunway({ apiKey: "k-12345678", again: "often" as never })).toThrow(/again must be "never" or/)
  })
})
