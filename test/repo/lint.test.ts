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

/** What the linter finds in one text at each of the places. */
const findings = (text: string) => lint(Object.fromEntries(everywhere.map((place) => [place, text])))

describe("the linter refuses, in the packages, the scripts and what tests share,", () => {
  it.each([
    ["a literal that is spread", "const a = { b: 1 }\nexport const c = { ...{ d: 2 }, a }\n"],
    ["a literal for Object.assign", "const a = { b: 1 }\nexport const c = Object.assign(a, { b: 2 })\n"],
    ["a literal that Object.assign writes into", "const a = { b: 1 }\nexport const c = Object.assign({ b: 2 }, a)\n"]
  ])("%s", (_, text) => {
    const found = findings(text).filter(({ said }) => said.includes("Write the fields themselves"))
    expect(found.map(({ place }) => place).sort()).toEqual([...everywhere].sort())
  })

  it.each([
    ["noExcessiveLinesPerFunction", long(61)],
    ["noExcessiveCognitiveComplexity", branching(15)]
  ])("what %s finds", (name, text) => {
    const found = findings(text).filter(({ rule }) => rule.endsWith(`/${name}`))
    expect(found.map(({ place }) => place).sort()).toEqual([...everywhere].sort())
  })

  it.each([
    ["a value that is spread", "const a = { b: 1 }\nexport const c = { ...a, d: 2 }\n"],
    ["a field that is there or not", "export const c = (b?: number) => ({ ...(b === undefined ? {} : { b }) })\n"],
    ["values for Object.assign", "const a = { b: 1 }\nexport const c = Object.assign(a, a)\n"],
    ["a function of sixty lines", long(60)],
    ["a function of fourteen branches", branching(14)]
  ])("but not %s", (_, text) => {
    expect(findings(text)).toEqual([])
  })
})

describe("a test", () => {
  it("may be longer than a function of the packages", () => {
    expect(lint({ "test/client/wait.test.ts": long(100) })).toEqual([])
  })
})
