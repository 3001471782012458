import { globSync, readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"

// A module is a file that others import; a test is none, and neither is what a generator wrote.
const modules = globSync(["src/**/*.ts", "mock/src/**/*.ts", "scripts/**/*.ts", "test/**/[A-Z]*.ts"], {
  exclude: (path) => path.includes("__snapshots__")
}).sort()

/** The header's paragraphs, without the comment's marks and without `@module`; nothing where it has another form. */
const headerOf = (text: string): ReadonlyArray<string> | undefined =>
  /^(?:#!.*\n)?\/\*\*\n((?: \*.*\n)+?) \*\n \* @module\n \*\/\n/
    .exec(text)?.[1]
    ?.split("\n *\n")
    .map((paragraph) =>
      paragraph
        .replace(/^ \* ?/gm, "")
        .replaceAll("\n", " ")
        .trim()
    )

describe("every module says first what it models, in the one form:", () => {
  it("all of them", () => {
    expect(modules.length).toBeGreaterThan(80)
    expect(modules.filter((file) => headerOf(readFileSync(file, "utf8")) === undefined)).toEqual([])
  })

  it.each(modules)("%s begins with a sentence", (file) => {
    // It begins with a capital or with a name in code, and its paragraph comes to an end.
    expect(headerOf(readFileSync(file, "utf8"))?.[0]).toMatch(/^(?:[A-Z]|`[^`]+`).*[.:]$/s)
  })

  it.each([
    ["a line comment", "// A thing.\n\nexport const a = 1\n"],
    ["a comment without @module", "/**\n * A thing.\n */\nexport const a = 1\n"],
    ["a comment behind the imports", 'import "a"\n/**\n * A thing.\n *\n * @module\n */\n'],
    ["nothing but @module", "/**\n * @module\n */\nexport const a = 1\n"]
  ])("and %s is none", (_, text) => {
    expect(headerOf(text)).toBeUndefined()
  })
})
