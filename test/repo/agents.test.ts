import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"

const pages = ["AGENTS.md", "SECURITY.md", "mock/README.md", ".changeset/README.md", "docs/agents/llms.txt"]

describe("the pages that stand outside of docs", () => {
  it.each(pages)("%s links only to what is there", (page) => {
    const links = [...readFileSync(page, "utf8").matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link = ""]) => link)
    expect(links).not.toEqual([])
    expect(links.filter((link) => !existsSync(join(page, "..", link)))).toEqual([])
  })
})

describe("what agents read who use the packages", () => {
  const skill = readFileSync("docs/agents/SKILL.md", "utf8")
  const blocks = [...skill.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = ""]) => code)

  it("is a skill that says when to use it, in the words that a search compares", () => {
    const [, name, description = ""] = /^---\nname: (.+)\ndescription: (.+)\n---\n/.exec(skill) ?? []
    expect(name).toBe("cometapi-runway")
    expect(description).toMatch(/^Use when /)
    expect(description.length).toBeLessThan(1024)
  })

  it("has code only in the skill, where every block is compiled", () => {
    expect(blocks).toHaveLength(3)
    expect(readFileSync("docs/agents/llms.txt", "utf8")).not.toContain("```")
  })

  it("names controls of the mock that exist", () => {
    const controls = readFileSync("openapi/mock-control.yaml", "utf8")
    const named = [...skill.matchAll(/`\w+ (\/_mock\/\S+)`/g)].map(([, path]) => path)
    expect(named).not.toEqual([])
    for (const path of named) expect(controls).toContain(`\n  ${path}:\n`)
  })

  // Outside of node_modules, where Node does not read TypeScript; `out/` is ignored by git.
  mkdirSync("out", { recursive: true })
  const folder = mkdtempSync("out/skill-")
  afterAll(() => rmSync(folder, { recursive: true }))

  describe("its test", async () => {
    const file = join(process.cwd(), folder, "skill.ts")
    writeFileSync(file, blocks[2] ?? "")
    await import(file)
  })
})
