import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { expect, it } from "vitest"

/** A thousand POSTs of 900 kB that are wrong, in every way that something of a body is kept. It says how many are in the journal. */
const program = `
import { RunwayMock } from "cometapi-runway-mock"
import { Effect } from "effect"

const { fetch, world } = await Effect.runPromise(RunwayMock.make())
const headers = { authorization: "Bearer heap", "content-type": "application/json", "x-runway-version": "2024-11-06" }
const bodies = [
  (n) => String(n).padEnd(900_000, "x"),
  (n) => JSON.stringify({ promptText: String(n).padEnd(900_000, "x") }),
  (n) => JSON.stringify({ [String(n).padEnd(900_000, "x")]: n })
]
for (let n = 0; n < 1000; n += 1) {
  const body = bodies[n % bodies.length](n)
  const { status } = await fetch("https://api.cometapi.com/runwayml/v1/character_performance", { method: "POST", headers, body })
  if (status !== 400) throw new Error("answered " + status)
}
console.log(world("heap").journal().entries.length)
`

it("keeps a page of a body and not the whole of it: a thousand wrong POSTs of 900 kB fit into a heap of 128 MB", async () => {
  const args = ["--max-old-space-size=128", "--input-type=module", "--eval", program]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname })
  expect(stdout.trim()).toBe("1000")
})
