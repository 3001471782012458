/**
 * A folder that holds the repository's own lint rules and nothing else, for tests that plant a wrong file and want it refused.
 *
 * @module
 */
import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import * as Schema from "effect/Schema"
import { afterAll } from "vitest"

/** What the linter says. */
export interface Verdict {
  readonly refused: boolean
  readonly said: string
  /** The rule behind each finding, and where it was found; lines count from 1. */
  readonly findings: ReadonlyArray<{ readonly rule: string; readonly place: string; readonly line: number }>
}

const Report = Schema.fromJsonString(
  Schema.Struct({
    diagnostics: Schema.Array(
      Schema.Struct({
        category: Schema.String,
        location: Schema.Struct({ path: Schema.String, start: Schema.Struct({ line: Schema.Int }) })
      })
    )
  })
)
const findingsOf = (json: string): Verdict["findings"] =>
  Schema.decodeSync(Report)(json).diagnostics.map(({ category, location }) => ({
    rule: category,
    place: location.path,
    line: location.start.line
  }))

/** The linter of a folder of its own, which is removed after the tests of this file: it judges texts, each at its place in the repository. */
export const planted = (): ((files: Readonly<Record<string, string>>) => Verdict) => {
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
    const options = { cwd: root, encoding: "utf8" } as const
    const flags = ["--error-on-warnings", "--reporter=json", "--max-diagnostics=none"]
    const { status, stdout, stderr } = spawnSync("biome", ["lint", ...flags, ...places], options)
    // The next ones are judged without these: two imports that are both allowed could form a circle.
    for (const place of places) rmSync(join(root, place))
    return { refused: status !== 0, said: stdout + stderr, findings: findingsOf(stdout) }
  }
}
