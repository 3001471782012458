/** A property that does not hold is shown by its seed and by its smallest case, and both can be played again. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { falsified, holds, type Trial } from "./Seeded.ts"

const schema = Schema.Struct({ items: Schema.Array(Schema.Int), word: Schema.String })

/** No list may have a number above ten in it. */
const trial: Trial<typeof schema.Type> = {
  schema,
  cases: 500,
  judge: async ({ items }) => items.filter((item) => item > 10).map((item) => `${item} is above ten`)
}

describe("a property that does not hold", () => {
  it("is shown by its seed and its smallest case, the same each time", async () => {
    const text = await falsified(trial)
    const smallest = text.split("Smallest case: ")[1] ?? ""
    expect(text).toMatch(/Seed \d+: /)
    expect(JSON.parse(smallest)).toEqual({ items: [11], word: "" })
    expect(await falsified(trial)).toBe(text)
    expect(await trial.judge(JSON.parse(smallest))).toEqual(["11 is above ten"])
  })

  it("is shown first by a case that is kept", async () => {
    const folder = mkdtempSync(join(tmpdir(), "seeded-"))
    try {
      const kept = join(folder, "cases.json")
      const given = { items: [3, 12], word: "kept" }
      writeFileSync(kept, JSON.stringify([given]))
      const text = await falsified({ ...trial, kept, cases: 0 })
      expect(text).toContain("A case that failed once fails again: 12 is above ten")
      expect(text).toContain(JSON.stringify(given))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it("counts what was tried, and says the seed, where it holds", async (context) => {
    await holds(context, { ...trial, judge: async () => [] })
    expect(context.task.meta).toMatchObject({ cases: 500, seed: expect.any(Number) })
  })
})
