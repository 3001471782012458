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

/** One thing that the linter finds, and where. */
export interface Finding {
  readonly place: string
  readonly line: number
  readonly rule: string
  readonly said: string
}

/** The linter of a folder of its own, which is removed after the tests of this file: it judges texts, each at its place in the repository. */
export const planted = (): ((files: Readonly<Record<string, string>>) => ReadonlyArray<Finding>) => {
  const root = mkdtempSync(join(tmpdir(), "planted-"))
  afterAll(() => rmSync(root, { recursive: true }))
  // The repository's own rules, without the git that the folder does not have.
  writeFileSync(
    join(root, "biome.json"),
    JSON.stringify({ ...JSON.parse(readFileSync("biome.json", "utf8")), vcs: {} })
  )
  cpSync("scripts/lint", join(root, "scripts/lint"), { recursive: true })
  return (files) => {
    const places = Object.keys(files)
    for (const place of places) {
      mkdirSync(dirname(join(root, place)), { recursive: true })
      writeFileSync(join(root, place), files[place] ?? "")
    }
    const flags = ["lint", "--error-on-warnings", "--reporter=json", "--max-diagnostics=none"]
    const { status, stdout, stderr } = spawnSync("biome", [...flags, ...places], { cwd: root, encoding: "utf8" })
    // The next ones are judged without these: two imports that are both allowed could form a circle.
    for (const place of places) rmSync(join(root, place))
    const report: Report = JSON.parse(stdout)
    if ((status !== 0) !== report.diagnostics.length > 0) throw new Error(`the linter said something else: ${stderr}`)
    return report.diagnostics.map(({ location, category, message }) => ({
      place: location.path,
      line: location.start.line,
      rule: category,
      said: message
    }))
  }
}

/** What is read of the linter's report. */
interface Report {
  readonly diagnostics: ReadonlyArray<{
    readonly category: string
    readonly message: string
    readonly location: { readonly path: string; readonly start: { readonly line: number } }
  }>
}
