/**
 * A folder that holds the repository's own lint rules and nothing else, for tests that plant a wrong file and want it refused.
 *
 * @module
 */
import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll } from "vitest"

/** What the linter says of a text, standing alone at a place of the repository. */
export interface Verdict {
  readonly refused: boolean
  readonly said: string
}

/** The linter of a folder of its own, which is removed after the tests of this file. */
export const planted = (): ((place: string, text: string) => Verdict) => {
  const root = mkdtempSync(join(tmpdir(), "planted-"))
  afterAll(() => rmSync(root, { recursive: true }))
  // The repository's own rules, without the git that the folder does not have.
  writeFileSync(
    join(root, "biome.json"),
    JSON.stringify({ ...JSON.parse(readFileSync("biome.json", "utf8")), vcs: {} })
  )
  cpSync("scripts/lint", join(root, "scripts/lint"), { recursive: true })
  return (place, text) => {
    const file = join(root, place)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    const { status, stdout, stderr } = spawnSync("biome", ["lint", "--error-on-warnings", place], {
      cwd: root,
      encoding: "utf8"
    })
    return { refused: status !== 0, said: stdout + stderr }
  }
}
