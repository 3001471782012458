import { describe, expect, it } from "vitest"
import { planted } from "../support/Planted.ts"

const lint = planted()

/** Whether the linter refuses a module that is nothing but one import, standing at a place, for that import. */
const refuses = (place: string, source: string): boolean => {
  const { refused, said } = lint(place, `import { something } from "${source}"\nexport const used = something\n`)
  if (refused) expect(said).toContain("noRestrictedImports")
  return refused
}

describe("the direction of imports", () => {
  it.each([
    ["src/Task.ts", "cometapi-runway-mock"],
    ["src/Task.ts", "../mock/src/index.ts"],
    ["src/Task.ts", "./cli/Cli.ts"],
    ["src/Task.ts", "../test/support/Provider.ts"],
    ["src/Task.ts", "effect"],
    ["src/Task.ts", "node:fs"],
    ["src/cli/Cli.ts", "cometapi-runway-mock"],
    ["mock/src/World.ts", "../../src/Task.ts"],
    ["mock/src/World.ts", "cometapi-runway"],
    ["scripts/generate.ts", "../src/index.ts"],
    ["scripts/generate.ts", "../mock/src/Contract.ts"]
  ])("%s may not import %s", (place, source) => {
    expect(refuses(place, source)).toBe(true)
  })

  it.each([
    ["src/Task.ts", "../generated/schemas.gen.ts"],
    ["src/Task.ts", "effect/Effect"],
    ["src/cli/Cli.ts", "../Task.ts"],
    ["src/cli/Mock.ts", "cometapi-runway-mock"],
    ["mock/src/World.ts", "./Scenario.ts"],
    ["mock/src/World.ts", "../../generated/schemas.gen.ts"],
    ["test/contract/first-path.test.ts", "cometapi-runway-mock"]
  ])("%s may import %s", (place, source) => {
    expect(refuses(place, source)).toBe(false)
  })
})
