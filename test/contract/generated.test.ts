import { execFileSync } from "node:child_process"
import { describe, expect, expectTypeOf, it } from "vitest"
import type * as Schemas from "../../generated/schemas.gen.ts"
import type * as Types from "../../generated/types.gen.ts"
import type { CharacterPerformance } from "../../src/index.ts"

describe("generation", () => {
  it("gives the same bytes again, which are the ones committed", () => {
    expect(execFileSync("node", ["scripts/generate.ts", "--check"], { encoding: "utf8" })).toBe("")
  })

  it("gives one set of types: hey-api's and the schemas' say the same", () => {
    type Mutable<A> = A extends object ? { -readonly [K in keyof A]: Mutable<A[K]> } : A
    expectTypeOf<Types.CharacterPerformanceRequest>().toExtend<Schemas.CharacterPerformanceRequest>()
    expectTypeOf<Mutable<Schemas.CharacterPerformanceRequest>>().toExtend<Types.CharacterPerformanceRequest>()
    expectTypeOf<Mutable<Schemas.BareTask>>().toExtend<Types.BareTask>()
    expectTypeOf<Mutable<Schemas.TaskRow>>().toExtend<Types.TaskRow>()
    expectTypeOf<Mutable<Schemas.TaskEnvelope>>().toExtend<Types.TaskEnvelope>()
    expectTypeOf<Schemas.BareStatus>().toEqualTypeOf<Types.BareStatus>()
    expectTypeOf<Schemas.RowStatus>().toEqualTypeOf<Types.RowStatus>()
  })

  it("and the input of the client is the request with its documented defaults left out", () => {
    expectTypeOf<Required<CharacterPerformance.Input>>().toExtend<Schemas.CharacterPerformanceRequest>()
    expectTypeOf<keyof CharacterPerformance.Input>().toEqualTypeOf<keyof Types.CharacterPerformanceRequest>()
  })
})
