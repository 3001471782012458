/** Random stories of submissions, polls, faults, interruptions and restarts: nothing is paid twice, and no accepted job is forgotten. */
import * as Effect from "effect/Effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { RunwayMock, type Unserved } from "../../../mock/src/index.ts"
import { release, seize } from "../JumpingTime.ts"
import { falsified, holds } from "../Seeded.ts"
import { judge, met } from "./Model.ts"
import { Story } from "./Story.ts"

const stories = Number(process.env["MODEL_STORIES"] ?? 100)
const simplest = [{ do: "restart" }, "happy", false]

let mock: Unserved
let count = 0
const key = () => `model-${count++}`

beforeAll(async () => {
  mock = await Effect.runPromise(RunwayMock.make())
  await Effect.runPromise(mock.warmUp)
  seize()
})
afterAll(release)

describe("the client's promises, in random stories", () => {
  it("pay once for an intent, and bring each accepted job to its end or list it", {
    timeout: 3_600_000
  }, async (context) => {
    await holds(context, {
      schema: Story,
      cases: stories,
      judge: (story) => judge(story, mock, key()),
      simplest,
      kept: "test/proof/model/stories.json"
    })
    expect(met.jobs).toBeGreaterThan(stories / 4)
    expect(Math.min(met.unknown, met.interrupted)).toBeGreaterThan(0)
  })

  it.each([
    ["forgets at a restart", /is paid 2 times/],
    ["resends", /is paid \d times/]
  ] as const)("a client that %s is found out by a small story", { timeout: 600_000 }, async (mutant, problem) => {
    const text = await falsified({
      schema: Story,
      cases: 300,
      // With a ledger nothing is sent again, and the option is refused.
      judge: (story) => judge(mutant === "resends" ? { ...story, ledger: false } : story, mock, key(), mutant),
      simplest
    })
    expect(text).toMatch(problem)
    expect(text.split("Smallest case: ")[1]?.length).toBeLessThan(400)
  })
})
