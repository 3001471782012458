import * as Result from "effect/Result"
import { expect, it } from "vitest"
import * as Time from "../../../mock/src/Time.ts"
import { compile, type Script } from "../../../mock/src/world/Scenario.ts"
import { Worlds } from "../../../mock/src/world/Worlds.ts"

const happy = Result.getOrThrow(
  compile({
    name: "counted",
    timeline: [{ state: "pending", for: "1 second" }, { state: "running", for: "9 seconds" }, { state: "succeeded" }]
  })
)

/** A script that counts how often anybody looks at its states, which is what the work of a world consists of. */
const counted = () => {
  let reads = 0
  const script: Script = {
    ...happy,
    get steps() {
      reads += 1
      return happy.steps
    }
  }
  const during = (act: () => void): number => {
    const before = reads
    act()
    return reads - before
  }
  return { script, during }
}

const worldOf = (script: Script, concurrency: number | undefined) =>
  new Worlds({
    limits: { worlds: 1, tasks: 20_000, idle: 1e9, journal: 1 },
    rulesFor: () => ({ script, faults: [], account: { concurrency }, required: "full", tasks: [] }),
    seed: 1,
    time: () => Time.manual(() => 0),
    uptime: () => 0
  }).of("key")

it.each([undefined, 1, 5])(
  "what a POST, a poll and a listing cost does not grow with the tasks, at a concurrency of %s",
  (concurrency) => {
    const { script, during } = counted()
    const world = worldOf(script, concurrency)
    if (world === undefined) throw new Error("there is a world")
    const ids: Array<string> = []
    const submit = () => ids.push(Result.getOrThrow(world.submit(script)).id)
    /** The work of one of each, with so many tasks, some of which wait. */
    const costAt = (tasks: number) => {
      while (world.size < tasks) {
        submit()
        if (world.size % 2 === 0) world.advance(4000)
      }
      const newest = () => ids.at(-1) ?? ""
      return {
        post: during(submit),
        poll: during(() => void world.poll(newest())),
        listing: during(() => void world.views()) / world.size
      }
    }
    const few = costAt(10)
    const many = costAt(10_000)
    expect(many.post).toBeLessThanOrEqual(few.post + 10)
    expect(many.poll).toBeLessThanOrEqual(few.poll + 10)
    expect(many.listing).toBeLessThanOrEqual(few.listing + 3)
    expect(few.post).toBeGreaterThan(0)
  }
)
