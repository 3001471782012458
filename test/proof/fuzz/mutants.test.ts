/** Clients that are broken on purpose: the fuzz finds each of them, by its seed and by a small case. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { release, seize } from "../JumpingTime.ts"
import { falsified } from "../Seeded.ts"
import { Case, call, inProcess, type Record } from "./Client.ts"
import { judge } from "./Judge.ts"
import { simplest } from "./Reply.ts"

beforeAll(() => seize())
afterAll(() => release())

describe("the fuzz", { timeout: 300_000 }, () => {
  it.each([
    ["pays twice when it does not know", { onUnknownOutcome: "resend" }, /a POST follows/],
    ["waits an hour for an answer", { attemptTimeout: "1 hour" }, /it takes \d+ ms/]
  ] as const)("finds a client that %s, and makes the case small", async (_, options, problem) => {
    const broken = (given: Case, record: Record) => ({ ...inProcess(given, record), options })
    const trial = { schema: Case, cases: 500, simplest, judge: async (given: Case) => judge(await call(given, broken)) }
    const text = await falsified(trial)
    expect(text).toMatch(problem)
    expect(text).toMatch(/Seed \d+: /)
    expect(text.split("Smallest case: ")[1]?.length).toBeLessThan(250)
  })

  it.each([
    ["takes a 502 for a proof", 502, 425, /a POST follows/],
    ["takes a 408 for a refusal", 408, 400, /certain \(Rejected\)/],
    ["takes a 524 for the edge's own 521", 524, 521, /a POST follows/]
  ] as const)("finds a client that %s, and makes the case small", async (_, real, read, problem) => {
    const broken = (given: Case, record: Record) => {
      const server = inProcess(given, record)
      const fetch: typeof globalThis.fetch = async (...request) => {
        const response = await server.fetch(...request)
        if (response?.status !== real) return response
        return new Response(response.body, { status: read, headers: response.headers })
      }
      return { ...server, fetch }
    }
    const trial = {
      schema: Case,
      cases: 1200,
      simplest,
      judge: async (given: Case) => judge(await call(given, broken))
    }
    const text = await falsified(trial)
    expect(text).toMatch(problem)
    expect(text.split("Smallest case: ")[1]?.length).toBeLessThan(300)
  })
})
