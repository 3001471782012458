/**
 * Tests that pages print, for readers to copy, run here as they stand.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { afterAll } from "vitest"
import { block } from "./Pages.ts"

mkdirSync("out", { recursive: true })
const folder = resolve(mkdtempSync("out/printed-"))
afterAll(() => rmSync(folder, { recursive: true }))

for (const [name, page] of [
  ["readme.ts", "README.md"],
  ["testing.ts", "docs/guides/testing.md"]
] as const) {
  const file = join(folder, name)
  writeFileSync(file, block(page, "cometapi-runway-mock/vitest"))
  await import(file)
}
