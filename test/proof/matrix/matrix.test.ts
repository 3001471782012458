/** What comes of every fault, as docs/faults.md says it. `MATRIX_WRITE=1` writes the tables. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Running, RunwayMock } from "../../../mock/src/index.ts"
import { brokenCell, columns, rows } from "./Ours.ts"
import { standing, table } from "./Page.ts"
import * as Peers from "./Peers.ts"

const isLong = process.env["MATRIX"] === "long"

let mock: Running
beforeAll(async () => {
  mock = await RunwayMock.start({ port: 0 })
})
afterAll(() => mock.stop())

describe("every fault of the mock over real sockets", () => {
  it("comes to what the table says, with each operation", { timeout: 300_000 }, async ({ task }) => {
    const found = await rows(mock)
    Object.assign(task.meta, { cases: found.length * columns.length })
    const text = table(["fault", ...columns], found)
    expect(text).toBe(standing("faults", text))
  })

  it("would show a client that pays twice", async () => {
    expect(await brokenCell(mock, "lost", { onUnknownOutcome: "resend" })).toBe("done, 2 POSTs, 2 jobs")
  })

  it.skipIf(!isLong)("is met by other clients as the other table says", { timeout: 600_000 }, async ({ task }) => {
    await using virtual = await RunwayMock.start({ port: 0, clock: "virtual", scenarios: [Peers.dreaming] })
    const found = await Peers.rows(virtual)
    Object.assign(task.meta, { cases: found.length * 4 })
    const text = table(await Peers.head(), found)
    const withoutTimes = (text: string) => text.replace(/\d+ ms/g, "… ms")
    expect(withoutTimes(text)).toBe(withoutTimes(standing("peers", text)))
  })
})
