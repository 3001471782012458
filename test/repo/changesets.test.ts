import { execFileSync } from "node:child_process"
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import readChangesets from "@changesets/read"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

const home = mkdtempSync(join(tmpdir(), "changesets-"))
afterAll(() => rmSync(home, { recursive: true }))

const git = (...args: ReadonlyArray<string>) =>
  execFileSync("git", ["-c", "user.name=test", "-c", "user.email=test@localhost", ...args], { cwd: home })
const manifest = (folder: string, file: string) => JSON.parse(readFileSync(join(folder, file), "utf8"))

beforeAll(() => {
  for (const file of ["package.json", "package-lock.json", "mock/package.json", "durable/package.json", ".changeset"])
    cpSync(file, join(home, file), { recursive: true })
  writeFileSync(join(home, ".changeset/test.md"), '---\n"cometapi-runway": patch\n---\n\nWhat this test changes.\n')
  git("init", "-q", "-b", "main")
  git("add", "-A")
  git("commit", "-qm", "before")
  execFileSync(process.execPath, [join(process.cwd(), "node_modules/@changesets/cli/bin.js"), "version"], { cwd: home })
})

describe("a release", () => {
  it("turns the changesets into the changelog, and leaves none behind", async () => {
    expect(readFileSync(join(home, "CHANGELOG.md"), "utf8")).toContain("What this test changes.")
    expect(await readChangesets(home)).toEqual([])
  })

  it("moves both packages to the same new version, which is the one of the mock that the client names", () => {
    const [client, mock] = [manifest(home, "package.json"), manifest(home, "mock/package.json")]
    expect(client.version).not.toBe(manifest(".", "package.json").version)
    expect(mock.version).toBe(client.version)
    expect(client.peerDependencies["cometapi-runway-mock"]).toBe(client.version)
  })
})
