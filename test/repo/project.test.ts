import { execFileSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { parse } from "yaml"

const manifest = JSON.parse(readFileSync("package.json", "utf8"))
const workflows = readdirSync(".github/workflows").map((name) => join(".github/workflows", name))
const forms = readdirSync(".github/ISSUE_TEMPLATE").filter((name) => name !== "config.yml")

describe("the repository's address", () => {
  it("stands in package.json and nowhere else, so that the owner changes it in one place", () => {
    const [, path = ""] = /github\.com\/(.+)\.git$/.exec(manifest.repository.url) ?? []
    expect(path).not.toBe("")
    const files = execFileSync("git", ["grep", "--untracked", "--files-with-matches", "--fixed-strings", path])
    expect(files.toString().trim().split("\n")).toEqual(["package.json"])
  })
})

describe("the workflows", () => {
  const texts = [...workflows, ".ci/run", ".github/pull_request_template.md"].map((file) => readFileSync(file, "utf8"))

  it("run only scripts that exist", () => {
    const scripts = texts.flatMap((text) => [...text.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name))
    expect(scripts).not.toEqual([])
    expect(scripts.filter((name) => !(String(name) in manifest.scripts))).toEqual([])
  })

  it("run everything that must hold on each supported Node, and demand the proof of being offline", () => {
    const { checks } = parse(readFileSync(".github/workflows/ci.yml", "utf8")).jobs
    expect(checks.strategy.matrix.node).toEqual([20, 22, 24])
    expect(checks.env).toEqual({ REQUIRE_OFFLINE: "1" })
    expect(checks.steps.at(-1)).toEqual({ run: ".ci/run" })
    const offline = readFileSync(".ci/run", "utf8").match(/^npm run check:offline.*?(?= -- --|$)/gm)
    expect(offline).toEqual([
      "npm run check:offline",
      "npm run check:offline -- npm start",
      "npm run check:offline -- npm test"
    ])
  })

  it("ask the provider every week, with nothing but the key and the ids of tasks", () => {
    const { on, jobs } = parse(readFileSync(".github/workflows/drift.yml", "utf8"))
    expect(on.schedule).toEqual([{ cron: expect.stringMatching(/^\d+ \d+ \* \* [0-6]$/) }])
    const { run, env } = jobs.drift.steps.at(-1)
    expect(run).toBe("npm run drift -- $DRIFT_TASKS")
    expect(Object.keys(env)).toEqual(["COMETAPI_KEY", "DRIFT_TASKS"])
    expect(existsSync(manifest.scripts.drift.split(" ").at(-1))).toBe(true)
  })

  it("may do no more than they need: only the release writes, and signs", () => {
    const permissions = workflows.map((file) => {
      const { permissions, jobs } = parse(readFileSync(file, "utf8"))
      return [
        file,
        permissions,
        ...Object.values<{ permissions?: object }>(jobs).flatMap((job) => job.permissions ?? [])
      ]
    })
    expect(permissions).toEqual([
      [".github/workflows/ci.yml", { contents: "read" }],
      [".github/workflows/drift.yml", { contents: "read" }],
      [".github/workflows/mock.yml", { contents: "read" }],
      [".github/workflows/release.yml", {}, { contents: "write", "pull-requests": "write", "id-token": "write" }]
    ])
  })
})

describe("the issue forms", () => {
  it.each(forms)("%s has what GitHub demands of a form", (name) => {
    const form = parse(readFileSync(join(".github/ISSUE_TEMPLATE", name), "utf8"))
    expect(form).toMatchObject({ name: expect.any(String), description: expect.any(String), body: expect.any(Array) })
    const fields: ReadonlyArray<{ type: string; id?: string; attributes: { label?: string; options?: unknown[] } }> =
      form.body
    for (const { type, id, attributes } of fields) {
      expect(["markdown", "dropdown", "textarea", "input"]).toContain(type)
      if (type === "markdown") continue
      expect(id).toMatch(/^[\w-]+$/)
      expect(attributes.label).toEqual(expect.any(String))
      if (type === "dropdown") for (const option of attributes.options ?? []) expect(option).toEqual(expect.any(String))
    }
    expect(new Set(fields.map(({ id }) => id)).size).toBe(fields.length)
  })
})
