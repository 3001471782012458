import { readFileSync } from "node:fs"
import { inspect } from "node:util"
import { type Running, RunwayMock } from "cometapi-runway-mock"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { RunwayError } from "../../src/promise.ts"
import { hastened, ours, type Side, theirs } from "./Sides.ts"

const page = readFileSync("docs/promise.md", "utf8")
let time: ReturnType<typeof hastened>
let mock: Running

beforeAll(async () => {
  time = hastened()
  mock = await RunwayMock.start({ port: 0, clock: "virtual" })
})
afterAll(async () => {
  time.restore()
  await mock.stop()
})

/** What came of a promise, in the words of the table. */
const outcome = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    (value) => (/https?:/.test(inspect(value)) ? "the video" : "a task without a video"),
    (error: unknown) => {
      if (error instanceof RunwayError) return `\`${error.reason._tag}\``
      return error instanceof Error ? `\`${error.constructor.name}\`` : "`signal.reason`"
    }
  )

type Cell = (side: Side, world: ReturnType<Running["world"]>) => Promise<string>

const afterFault =
  (fault: Parameters<ReturnType<Running["world"]>["inject"]>[0]): Cell =>
  async (side, world) => {
    world.inject(fault)
    const result = await outcome(side.make())
    return `${world.report().submissions} POST${world.report().submissions === 1 ? "" : "s"}, ${world.report().accepted} paid: ${result}`
  }

const inScenario =
  (scenario: string): Cell =>
  async (side, world) => {
    world.choose(scenario)
    return outcome(side.make())
  }

const rows: ReadonlyArray<readonly [string, Cell]> = [
  ["the answer to the POST is lost, once", afterFault({ on: "submit", kind: "lost", once: true })],
  ["every answer to the POST is lost", afterFault({ on: "submit", kind: "lost" })],
  ["every POST is answered with 502", afterFault({ on: "submit", kind: "status", status: 502 })],
  ["five looks in a row fail with 502", afterFault({ on: "poll", kind: "status", status: 502, first: 5 })],
  ["the task has a status that nobody knows", inScenario("unknown-status")],
  ["success is there before the output", inScenario("success-without-output-then-output")],
  ["the task is not visible yet", inScenario("not-visible-yet")],
  ["the gateway answers with its envelope", inScenario("envelope")],
  [
    "an abort in the middle of the wait",
    async (side, world) => {
      world.choose("stuck")
      const controller = new AbortController()
      const made = outcome(side.make({ signal: controller.signal }))
      while (world.report().polls === 0) await new Promise((resolve) => setTimeout(resolve, 1))
      const before = time.elapsed()
      const polls = world.report().polls
      controller.abort("enough")
      const result = await made
      const late = time.elapsed() - before > 0 || world.report().polls > polls + 1
      return `${late ? "after the pause" : "at once"}: ${result}`
    }
  ],
  [
    "`console.log` of the result",
    async (side) =>
      /\.mp4\?(?!…)/.test(inspect(await side.make(), { depth: 9 })) ? "shows the signed URL" : "hides the URL's query"
  ]
]

describe("the table against Runway's own SDK", () => {
  it.each(rows)("%s", async (what, cell) => {
    const cells: Array<string> = []
    for (const side of [ours, theirs]) {
      const key = `${side.name}-${rows.findIndex(([row]) => row === what)}`
      cells.push(await cell(side(mock, key), mock.world(key)))
    }
    expect(page).toContain(`| ${what} | ${cells.join(" | ")} |`)
  })
})
