import { describe, expect, it } from "vitest"
import { judge } from "./size/Size.ts"

describe("the size budget", () => {
  it("lets two percent pass, and no more", () => {
    expect(judge({ client: 10_200 }, { client: 10_000 })).toEqual([])
    expect(judge({ client: 10_201 }, { client: 10_000 })).toEqual([
      '"client" is 10201 bytes, 2.0 % over its budget of 10000: make it smaller, or raise the budget and say why'
    ])
  })

  it("knows a budget for everything that is measured, and for nothing else", () => {
    expect(judge({ client: 1 }, {})).toEqual(['"client" has no budget: add it to budget.json'])
    expect(judge({}, { client: 1 })).toEqual(['budget.json names "client", which is not measured'])
  })
})
