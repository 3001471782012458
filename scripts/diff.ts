/**
 * `npm run check:diff`: whether the next version number admits what has changed for users since the last release.
 *
 * Three things are compared with the last tag: the contract, the mock's controls, and the reasons that an error can have. The first two are judged by
 * `redocly diff`; the reasons are read from the page that names them all. What each change costs is written in docs/versioning.md. It judges no types and no behaviour: those are for
 * whoever writes the changeset.
 *
 * @module
 */
import { execFileSync, spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"
import readChangesets from "@changesets/read"

const levels = ["none", "patch", "minor", "major"] as const
type Level = (typeof levels)[number]
const rank = (level: Level) => levels.indexOf(level)
const highest = (found: ReadonlyArray<Level>): Level => found.reduce((a, b) => (rank(b) > rank(a) ? b : a), "none")

const name = "cometapi-runway"
const contracts = ["openapi/cometapi-runway.yaml", "openapi/mock-control.yaml"]
const reasonsPage = "docs/errors-and-retries.md"
/** The settings of this repository, wherever it is run. */
const redoclyConfig = fileURLToPath(new URL("../redocly.yaml", import.meta.url))
const redocly = join(createRequire(import.meta.url).resolve("@redocly/cli/package.json"), "../bin/cli.js")

const git = (...args: ReadonlyArray<string>) => execFileSync("git", [...args], { encoding: "utf8", stdio: "pipe" })

const lastTag = (): string | undefined => {
  try {
    return git("describe", "--tags", "--abbrev=0", "--match", `${name}@*`).trim()
  } catch {
    return undefined
  }
}

/** What a version allows to change. Before 1.0 the second number is the one that says "this breaks something", as npm's `^` reads it. */
const allowedBy = (step: Level, major: number): Level => {
  if (major > 0) return step
  return step === "patch" ? "minor" : step === "minor" ? "major" : step
}

const stepBetween = (from: string, to: string): Level => {
  const [a, b] = [from.split("."), to.split(".")]
  const first = a.findIndex((number, index) => number !== b[index])
  return (["major", "minor", "patch"] as const)[first] ?? "none"
}

/** How far the next release moves: what the changesets ask for, or, once they are used up, how far package.json has moved. */
const plannedStep = async (released: string): Promise<Level> => {
  const changesets = await readChangesets(process.cwd())
  const asked = changesets.flatMap(({ releases }) => releases.filter((release) => release.name.startsWith(name)))
  const { version } = JSON.parse(readFileSync("package.json", "utf8"))
  return highest([stepBetween(released, version), ...asked.map(({ type }) => type)])
}

interface Change {
  readonly level: Level
  readonly text: string
}

interface Report {
  readonly summary: Readonly<Record<string, number>>
  readonly changes: ReadonlyArray<{
    readonly impact: string
    readonly verdicts: ReadonlyArray<{ readonly message: string; readonly location: { readonly line: number } }>
  }>
}

/** What `redocly diff` says of one contract. */
const contractChange = (file: string, tag: string, folder: string): Change => {
  const released = git("show", `${tag}:${file}`)
  if (released === readFileSync(file, "utf8")) return { level: "none", text: "" }
  const base = join(folder, basename(file))
  writeFileSync(base, released)
  const settings = ["--config", redoclyConfig, "--fail-on", "none", "--format", "json"]
  const { status, stdout, stderr } = spawnSync(process.execPath, [redocly, "diff", base, file, ...settings], {
    encoding: "utf8"
  })
  if (status !== 0) throw new Error(`redocly diff ${file}: ${stderr}`)
  const { summary, changes }: Report = JSON.parse(stdout)
  const lines = changes.flatMap(({ impact, verdicts }) =>
    verdicts.map(({ message, location }) => `${file}:${location.line}: ${impact}: ${message}`)
  )
  return { level: highest(levels.filter((level) => (summary[level] ?? 0) > 0)), text: lines.join("\n") }
}

const reasonsIn = (page: string): ReadonlyArray<string> => {
  const [, section = ""] = page.split("\n## Reasons\n")
  const [table = ""] = section.split("\n## ")
  const cells = [...table.matchAll(/^\| ([^|]+) \|/gm)].map(([, cell = ""]) => cell)
  return cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, reason = ""]) => reason))
}

/** A reason that is gone breaks the program that catches it; a new one may go uncaught, and nothing else. */
const reasonChange = (tag: string): Change => {
  const before = reasonsIn(git("show", `${tag}:${reasonsPage}`))
  const after = reasonsIn(readFileSync(reasonsPage, "utf8"))
  const gone = before.filter((reason) => !after.includes(reason))
  const added = after.filter((reason) => !before.includes(reason))
  return {
    level: gone.length > 0 ? "major" : added.length > 0 ? "minor" : "none",
    text: [
      ...gone.map((reason) => `${reasonsPage}: the reason ${reason} is gone`),
      ...added.map((reason) => `${reasonsPage}: the reason ${reason} is new`)
    ].join("\n")
  }
}

const judge = async (tag: string): Promise<boolean> => {
  const folder = mkdtempSync(join(tmpdir(), "diff-"))
  try {
    const changes = [...contracts.map((file) => contractChange(file, tag, folder)), reasonChange(tag)]
    const released = tag.slice(name.length + 1)
    const step = await plannedStep(released)
    const allowed = allowedBy(step, Number(released.split(".")[0]))
    const found = highest(changes.map(({ level }) => level))
    for (const { text } of changes) if (text !== "") console.log(text)
    const plan = step === "none" ? "no new version is planned" : `the planned version is a ${step} one`
    console.log(`Since ${tag}: the greatest change is ${found}; ${plan}, which allows ${allowed}.`)
    if (rank(found) <= rank(allowed)) return true
    console.error("Add a changeset that says so (`npx changeset`), or undo the change. See docs/versioning.md.")
    return false
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const tag = lastTag()
if (tag === undefined) {
  console.log(`Nothing to compare with: there is no tag ${name}@<version> yet (in CI, fetch the tags).`)
} else if (!(await judge(tag))) {
  process.exitCode = 1
}
