/**
 * `npm run check:package`: whether Node, bundlers and TypeScript will find what the packages promise. Says nothing when they do.
 *
 * The packages are ESM only, so what `require` and the resolution of before 2022 make of them does not count.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pack, tool } from "./Packed.ts"

const folder = await mkdtemp(join(tmpdir(), "cometapi-runway-check-"))
try {
  for (const tarball of Object.values(await pack(folder))) {
    await tool("publint/src/cli.js", "--strict", tarball)
    await tool("@arethetypeswrong/cli/dist/index.js", "--profile", "esm-only", tarball)
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  await rm(folder, { recursive: true })
}
