import { existsSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { claims } from "./Claims.ts"
import { rowOf, table } from "./Table.ts"

const file = (...assertionResults: ReadonlyArray<object>) => ({ status: "passed", assertionResults })
const report = (...testResults: ReadonlyArray<object>) => JSON.parse(JSON.stringify({ testResults }))
const passed = { fullName: "a", status: "passed" }

describe("the table of the proof", () => {
  it("counts a test as one case, or as the cases that it says it tried, and names the seed", () => {
    const row = rowOf("it holds", report(file(passed, { ...passed, meta: { cases: 2000, seed: 7 } })), 1.25)
    expect(row).toMatchObject({ cases: 2001, passed: 2001, failed: 0, seed: "7", failures: [] })
    expect(table([row])).toContain("| it holds | 2001 | 2001 | 0 | 7 | 1.3 |")
  })

  it("shows a failure in the test's own words", () => {
    const failed = { fullName: "b", status: "failed", failureMessages: ["seed 7: {}"] }
    expect(rowOf("c", report(file(passed, failed)), 1)).toMatchObject({ failed: 1, failures: ["b: seed 7: {}"] })
  })

  it("keeps what a test counted besides", () => {
    const row = rowOf("c", report(file({ ...passed, meta: { note: "3 kills" } })), 1)
    expect(row.notes).toEqual(["3 kills"])
  })

  it("takes neither a file that could not be run nor a claim without a test for a success", () => {
    expect(rowOf("c", report({ status: "failed", message: "no module", assertionResults: [] }), 1).failed).toBe(1)
    expect(rowOf("c", report(), 1).failed).toBe(1)
    expect(rowOf("c", report(file({ fullName: "a", status: "skipped" })), 1).failed).toBe(1)
  })

  it("takes a file that vitest did not find for a failure, and says what was passed over", () => {
    const given = report({ name: "/repo/test/a.test.ts", ...file(passed, { fullName: "b", status: "skipped" }) })
    const row = rowOf("c", given, 1, undefined, ["test/a.test.ts", "test/b.test.ts"])
    expect(row).toMatchObject({ passed: 1, failed: 1, failures: ["test/b.test.ts was not run"] })
    expect(row.notes).toEqual(["tests that were passed over here: 1"])
  })

  it("has for every claim tests that exist, and no claim twice", () => {
    expect(claims.flatMap(({ files }) => files).filter((name) => !existsSync(name))).toEqual([])
    expect(new Set(claims.map(({ claim }) => claim)).size).toBe(claims.length)
  })
})
