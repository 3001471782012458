/**
 * What the benchmarks compare with: pinned in `bench/package.json`, and installed there the first time that they are run.
 *
 * @module
 */
import { execFileSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"

const folder = import.meta.dirname

const pinned = (): Readonly<Record<string, string>> =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).dependencies

const installed = (peer: string, at = folder): string | undefined => {
  const file = join(at, "node_modules", peer, "package.json")
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).version : undefined
}

/** Installs what is missing or of another version. */
export const install = async (): Promise<void> => {
  if (Object.entries(pinned()).every(([peer, version]) => installed(peer) === version)) return
  console.error("installing what bench/package.json pins")
  execFileSync("npm", ["install", "--no-package-lock", "--ignore-scripts"], { cwd: folder, stdio: "inherit" })
}

/** Effect's version, and those of the peers. */
export const versions = (): Readonly<Record<string, string>> => ({
  effect: installed("effect", join(folder, "..")) ?? "unknown",
  ...pinned()
})
