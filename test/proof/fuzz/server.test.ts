/** Whatever a server sends: the client ends in a typed result, in time, and pays once. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { release, seize } from "../JumpingTime.ts"
import { holds } from "../Seeded.ts"
import { Case, call, note } from "./Client.ts"
import { judge, kindOf, type Seen } from "./Judge.ts"
import { simplest } from "./Reply.ts"
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

/** What calls come to in two thousand cases; from one seed or another, one of them may not be met. */
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

/** A job that is accepted with nothing odd about it. */
const plain: WireCase = {
  door: "effect",
  call: "submit",
  posts: [
    {
      kind: "accepted",
      status: 200,
      around: "bare",
      headers: [],
      chunk: 0,
      after: 0,
      pause: 0,
      share: 1,
      end: "whole"
    }
  ],
  gets: [{ kind: "silence" }],
  frame: "length"
}

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
    expect([...met.keys()]).toEqual(expect.arrayContaining(["Fulfilled", "OutcomeUnknown", "told"]))
    expect(far.filter((kind) => met.has(kind)).length).toBeGreaterThan(far.length - 4)
  })

  it("the same over real sockets, in frames of HTTP that are right, wrong or torn", {
    timeout: 3_600_000
  }, async (context) => {
    await holds(context, {
      schema: WireCase,
      cases: Math.round(cases * 0.05),
      judge: async (given) => judge(await call(given, (_, record) => wire.serve(given, record))),
      simplest,
      kept: "test/proof/fuzz/wire-cases.json"
    })
    // Otherwise it proves little: an id does come to the caller over these sockets.
    const { accepted, told } = await call(plain, (_, record) => wire.serve(plain, record))
    expect([accepted, told]).toEqual([["job-0"], ["job-0"]])
  })
})
