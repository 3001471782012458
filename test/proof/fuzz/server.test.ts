/** Whatever a server sends: the client ends in a typed result, in time, and pays once. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { release, seize } from "../JumpingTime.ts"
import { falsified, holds } from "../Seeded.ts"
import { Case, call, inProcess, note, type Record } from "./Client.ts"
import { judge, kindOf, type Seen } from "./Judge.ts"
import { start, type Wire, WireCase } from "./Wire.ts"

const cases = Number(process.env["FUZZ_CASES"] ?? 2000)

let wire: Wire

beforeAll(async () => {
  wire = await start()
  seize()
  process.on("unhandledRejection", note)
})
afterAll(async () => {
  release()
  await wire.stop()
  process.off("unhandledRejection", note)
})

/** Judges, and counts what calls came to. */
const counting = () => {
  const met = new Map<string, number>()
  const judged = (seen: Seen) => {
    met.set(kindOf(seen), (met.get(kindOf(seen)) ?? 0) + 1)
    for (const id of seen.told) if (seen.accepted.includes(id)) met.set("told", (met.get("told") ?? 0) + 1)
    return judge(seen)
  }
  return { met, judged }
}

/** What calls come to at least once in two thousand cases. */
const far = [
  "Fulfilled",
  "OutcomeUnknown",
  "Rejected",
  "RateLimited",
  "Unreachable",
  "Unavailable",
  "Unauthorized",
  "Forbidden",
  "ConnectionLost",
  "UnexpectedAnswer"
]
  .concat(["TaskNotFound", "TaskFailed", "WaitTimedOut", "told"])
  .sort()

/** What a part of a case is replaced with to make it smaller. */
const simplest = [{ kind: "silence" }, { form: "text", text: "" }, 200, "one"]

describe("whatever a server sends", () => {
  it("every call ends in a typed result in time, pays once, loses no id and shows no secret", {
    timeout: 3_600_000
  }, async (context) => {
    const { met, judged } = counting()
    await holds(context, {
      schema: Case,
      cases: Math.round(cases * 0.6),
      judge: async (given) => judged(await call(given)),
      simplest,
      kept: "test/proof/fuzz/server-cases.json"
    })
    // Otherwise it proves little.
    expect([...met.keys()].sort()).toEqual(expect.arrayContaining(far))
  })

  it("the same over real sockets, in frames of HTTP that are right, wrong or torn", {
    timeout: 3_600_000
  }, async (context) => {
    const { met, judged } = counting()
    await holds(context, {
      schema: WireCase,
      cases: Math.round(cases * 0.05),
      judge: async (given) => judged(await call(given, (_, record) => wire.serve(given, record))),
      simplest,
      kept: "test/proof/fuzz/wire-cases.json"
    })
    expect(met.get("told") ?? 0).toBeGreaterThan(0)
  })

  it.each([
    ["pays twice when it does not know", { onUnknownOutcome: "resend" }, /a POST follows/],
    ["waits an hour for an answer", { attemptTimeout: "1 hour" }, /it takes \d+ ms/]
  ] as const)("finds a client that %s, and makes the case small", async (_, options, problem) => {
    const broken = (given: Case, record: Record) => ({ ...inProcess(given, record), options })
    const trial = { schema: Case, cases: 500, simplest, judge: async (given: Case) => judge(await call(given, broken)) }
    const text = await falsified(trial)
    expect(text).toMatch(problem)
    expect(text).toContain("Seed 1")
    expect(text.split("Smallest case: ")[1]?.length).toBeLessThan(250)
  })
})
