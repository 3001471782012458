/**
 * One pace for several processes through Redis, really run: `npm run proof -- pace`. `PACE_SECONDS` says how long each pace is measured.
 */
import { describe, expect, it, test } from "vitest"
import { isInstalled } from "../support/Redis.ts"
import { outage, type Phase, steady } from "./Pace.ts"
import { pace } from "./Setting.ts"

const seconds = Number(process.env["PACE_SECONDS"] ?? 5)

/** Why it is not run, in words for the report. */
const reason =
  process.env["PACE_REDIS"] === undefined
    ? "PACE_REDIS is not set"
    : isInstalled()
      ? undefined
      : "Redis is not installed here (apt-get install redis-server)"

const row = (...cells: ReadonlyArray<string | number>) => console.log(`| ${cells.join(" | ")} |`)

const show = (what: string, when: string, phase: Phase) =>
  row(what, when, phase.average.toFixed(1), phase.fullest, phase.pause.toFixed(1))

/**
 * No more than the pace, kept by so many who count for themselves; `Pace.ts` waits until there were as many. On a busy machine a second's worth
 * may arrive late from before, and one second be twice as full; three processes that counted for themselves would be far beyond both.
 */
const expectPace = ({ requests, fullest, seconds }: Phase, counters = 1) => {
  expect(requests).toBeLessThanOrEqual(counters * pace.requests * (seconds + 1))
  expect(fullest).toBeLessThanOrEqual(counters * pace.requests * 2)
}

if (reason !== undefined) {
  test.skip(`one pace for several processes is not tried: ${reason}`, () => {})
} else {
  describe("one pace for several processes", () => {
    it.concurrent("holds when their clocks are ten seconds apart", { timeout: 300_000 }, async () => {
      const phase = await steady([0, 10_000, -10_000], seconds)
      show("3 processes, clocks 10 s apart", "always", phase)
      expectPace(phase)
    })

    it.concurrent.each([
      ["killed", 1],
      ["killed", 3],
      ["frozen", 1],
      ["frozen", 3]
    ] as const)(
      "goes on without Redis when that is %s, for %i of them, and is one again when it is back",
      { timeout: 600_000 },
      async (how, processes) => {
        const { before, away, after, back, warnings, ends } = await outage(how, processes, seconds)
        const what = `${processes} ${processes === 1 ? "process" : "processes"}, Redis ${how}`
        show(what, "before", before)
        show(what, "away", away)
        show(what, `after (${back.toFixed(0)} s after its return)`, after)
        row(what, "ends", ...ends.map(({ seconds }) => seconds.toFixed(1)))
        expectPace(before)
        expectPace(away, processes)
        expectPace(after)
        expect(warnings).toEqual(Array<number>(processes).fill(1))
        // SIGTERM, while Redis is away.
        expect(ends.map(({ code }) => code)).toEqual(Array<number>(processes).fill(130))
      }
    )
  })
}
