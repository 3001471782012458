import { execFileSync, spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"

let home: string
const at = (path: string) => join(home, path)
const git = (...args: ReadonlyArray<string>) =>
  execFileSync("git", ["-c", "user.name=test", "-c", "user.email=test@localhost", ...args], {
    cwd: home,
    stdio: "pipe"
  })

/** Changes one file of the repository. */
const change = (path: string, from: string | RegExp, to: string) => {
  const before = readFileSync(at(path), "utf8")
  const after = before.replace(from, to)
  expect(after, `${path} has ${from}`).not.toBe(before)
  writeFileSync(at(path), after)
}

const version = (version: string) =>
  writeFileSync(at("package.json"), JSON.stringify({ name: "cometapi-runway", version }))

const changeset = (type: string) =>
  writeFileSync(at(".changeset/one.md"), `---\n"cometapi-runway": ${type}\n---\n\nSomething.\n`)

/** Commits everything as the release of a version. */
const release = (number: string) => {
  version(number)
  git("add", "-A")
  git("commit", "-qm", "release")
  git("tag", `cometapi-runway@${number}`)
}

const check = () => {
  const script = join(process.cwd(), "scripts/diff.ts")
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], { cwd: home, encoding: "utf8" })
  return { status, said: stdout + stderr }
}

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "diff-test-"))
  for (const path of ["openapi/cometapi-runway.yaml", "openapi/mock-control.yaml", "docs/errors-and-retries.md"])
    cpSync(path, at(path))
  mkdirSync(at(".changeset"))
  version("0.2.0")
  git("init", "-q", "-b", "main")
})
afterEach(() => rmSync(home, { recursive: true }))

describe("the comparison with the last release", () => {
  it("says that there is none yet, and passes", () => {
    expect(check()).toEqual({
      status: 0,
      said: expect.stringContaining("there is no tag cometapi-runway@<version> yet")
    })
  })

  it("passes when nothing has changed", () => {
    release("1.0.0")
    expect(check()).toEqual({ status: 0, said: expect.stringContaining("the greatest change is none") })
  })

  it("refuses a contract that breaks callers until a changeset says so", () => {
    release("1.0.0")
    change("openapi/cometapi-runway.yaml", /maxLength: \d+/, "maxLength: 5")
    const refused = check()
    expect(refused.said).toContain("`maxLength` of `uri` changed")
    expect(refused.said).toContain("the greatest change is major; no new version is planned")
    expect(refused.status).toBe(1)
    changeset("minor")
    expect(check().status).toBe(1)
    changeset("major")
    expect(check().status).toBe(0)
  })

  it("goes on holding when the changesets have become a version", () => {
    release("1.0.0")
    change("openapi/mock-control.yaml", "  /_mock/report:", "  /_mock/verdict:")
    version("1.1.0")
    expect(check()).toEqual({ status: 1, said: expect.stringContaining("the planned version is a minor one") })
    version("2.0.0")
    expect(check().status).toBe(0)
  })

  it("before 1.0 takes the second number for the one that may break, as npm does", () => {
    release("0.2.0")
    change("openapi/cometapi-runway.yaml", /maxLength: \d+/, "maxLength: 5")
    changeset("patch")
    expect(check().status).toBe(1)
    changeset("minor")
    expect(check().status).toBe(0)
  })

  it("sees a reason that is gone, and one that is new", () => {
    release("1.0.0")
    change("docs/errors-and-retries.md", "| `OutputExpired` |", "| `OutputGone` |")
    changeset("minor")
    const { status, said } = check()
    expect(said).toContain("the reason OutputExpired is gone")
    expect(said).toContain("the reason OutputGone is new")
    expect(status).toBe(1)
  })
})
