/** The page of promises names tests that are there, and counts the corpora as they are. */
import { readdirSync, readFileSync } from "node:fs"
import ts from "typescript"
import { describe, expect, it } from "vitest"

const page = readFileSync("docs/promises.md", "utf8")

/** The rows of the tables: promise, test, what was counted. */
const rows = page
  .split("\n")
  .filter((line) => /^\| (?!promise |---)/.test(line))
  .map((line) => line.slice(2, -2).split(" | "))

/** The names that a file gives to its tests, with `…` for what it fills in. */
const namesIn = (file: string): ReadonlySet<string> => {
  const names = new Set<string>()
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && /^(it|test)\b/.test(node.expression.getText()))
      names.add(nameOf(node.arguments[0]))
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true))
  return names
}

const nameOf = (node: ts.Expression | undefined): string => {
  if (node === undefined) return ""
  if (ts.isStringLiteralLike(node)) return node.text
  return ts.isTemplateExpression(node)
    ? node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join("")
    : ""
}

describe("the page of promises", () => {
  it("has a promise, a test and a count in each row", () => {
    expect(rows.length).toBeGreaterThan(30)
    for (const row of rows) expect(row, row.join()).toHaveLength(3)
  })

  it.each(rows.map(([promise = "", test = ""]) => [promise, test] as const))("%s: the test is there", (_, test) => {
    const [, file = "", name = ""] = /^`(test\/[^`]+)`: "(.+)"$/.exec(test) ?? []
    expect(Array.from(namesIn(file))).toContain(name)
  })

  it.each(["get", "submit"])("counts the answers of the corpus that there are (%s)", (kind) => {
    const count = readdirSync(`test/corpus/${kind}`).filter((name) => name.endsWith(".json")).length
    expect(page).toContain(`${count} answers of \`test/corpus/${kind}\``)
  })
})
