import { describe, expect, it } from "vitest"
import { planted } from "../support/Planted.ts"

const lint = planted()

const long = (lines: number) =>
  `export const f = (all: Array<number>): void => {\n${"  all.push(1)\n".repeat(lines)}}\n`

const branching = (branches: number) =>
  `export const f = (n: number): number => {\n${Array.from({ length: branches }, (_, i) => `  if (n === ${i}) return ${i + 1}\n`).join("")}  return n\n}\n`

const everywhere = [
  "src/Task.ts",
  "src/request/Retry.ts",
  "mock/src/world/World.ts",
  "scripts/generate.ts",
  "test/support/Provider.ts"
]

const runs = new Map<string, ReturnType<typeof lint>>()
/** The rules that find something in a text at a place. Each text is judged once, at all places: a run takes longer than what it looks at. */
const rulesAt = (place: string, text: string): ReadonlyArray<string> => {
  const run = runs.get(text) ?? lint(Object.fromEntries(everywhere.map((each) => [each, text])))
  runs.set(text, run)
  return run.findings.filter((finding) => finding.place === place).map(({ rule }) => rule)
}

describe.each(everywhere)("the linter refuses, in %s,", (place) => {
  it.each([
    ["a literal that is spread", "const a = { b: 1 }\nexport const c = { ...{ d: 2 }, a }\n"],
    ["a literal for Object.assign", "const a = { b: 1 }\nexport const c = Object.assign(a, { b: 2 })\n"],
    ["a literal that Object.assign writes into", "const a = { b: 1 }\nexport const c = Object.assign({ b: 2 }, a)\n"]
  ])("%s", (_, text) => {
    expect(rulesAt(place, text)).toEqual(["plugin"])
  })

  it.each([
    ["noExcessiveLinesPerFunction", long(61)],
    ["noExcessiveCognitiveComplexity", branching(15)]
  ])("what %s finds", (rule, text) => {
    expect(rulesAt(place, text)).toEqual([`lint/complexity/${rule}`])
  })

  it.each([
    ["a value that is spread", "const a = { b: 1 }\nexport const c = { ...a, d: 2 }\n"],
    ["a field that is there or not", "export const c = (b?: number) => ({ ...(b === undefined ? {} : { b }) })\n"],
    ["values for Object.assign", "const a = { b: 1 }\nexport const c = Object.assign(a, a)\n"],
    ["a function of sixty lines", long(60)],
    ["a function of fourteen branches", branching(14)]
  ])("but not %s", (_, text) => {
    expect(rulesAt(place, text)).toEqual([])
  })
})

describe("a test", () => {
  it("may be longer than a function of the packages", () => {
    expect(lint({ "test/client/wait.test.ts": long(100) })).toMatchObject({ refused: false })
  })
})
