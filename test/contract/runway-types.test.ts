import { readFileSync } from "node:fs"
import type { RunwayML } from "@runwayml/sdk"
import { describe, expect, expectTypeOf, it } from "vitest"
import { parse } from "yaml"
import type { BareStatus, BareTask, CharacterPerformanceRequest, TaskAccepted } from "../../generated/types.gen.ts"

// Runway's own SDK is a reading of the same API by its owner. These tests are types: `npm run check:types` fails when the two part.
type TheirRequest = RunwayML.CharacterPerformanceCreateParams
type TheirAccepted = RunwayML.CharacterPerformanceCreateResponse
type TheirTask = RunwayML.TaskRetrieveResponse

/** The names of the fields of every member of a union. */
type Fields<A> = A extends unknown ? keyof A : never

describe("the contract beside the types of @runwayml/sdk", () => {
  it("sends nothing that Runway does not take", () => {
    // The contract leaves the ratio open, because another version may take more; Runway's list is in the contract's examples.
    expectTypeOf<Omit<CharacterPerformanceRequest, "ratio">>().toExtend<Omit<TheirRequest, "ratio">>()
    expectTypeOf<TheirRequest["ratio"] & string>().toExtend<CharacterPerformanceRequest["ratio"]>()
    expectTypeOf<Exclude<keyof TheirRequest, keyof CharacterPerformanceRequest>>().toEqualTypeOf<never>()
    expectTypeOf<Exclude<keyof CharacterPerformanceRequest, keyof TheirRequest>>().toEqualTypeOf<never>()
  })

  it("gives Runway's ratios as its examples", () => {
    const ratios = {
      "1280:720": true,
      "720:1280": true,
      "960:960": true,
      "1104:832": true,
      "832:1104": true,
      "1584:672": true
    } satisfies Record<NonNullable<TheirRequest["ratio"]>, true>
    const { Ratio } = parse(readFileSync("openapi/cometapi-runway.yaml", "utf8")).components.schemas
    expect(Ratio.examples).toEqual(Object.keys(ratios))
  })

  it("lists the same statuses, in both directions", () => {
    expectTypeOf<BareStatus>().toEqualTypeOf<TheirTask["status"]>()
  })

  it("can read every task of theirs, and every accepted job", () => {
    expectTypeOf<TheirTask>().toExtend<BareTask>()
    expectTypeOf<TheirAccepted>().toExtend<TaskAccepted>()
  })

  it("names every field of theirs: the list of those that it does not is empty", () => {
    expectTypeOf<Exclude<Fields<TheirTask>, keyof BareTask>>().toEqualTypeOf<never>()
    expectTypeOf<Exclude<Fields<TheirAccepted>, keyof TaskAccepted>>().toEqualTypeOf<never>()
    expectTypeOf<Exclude<Fields<BareTask>, Fields<TheirTask>>>().toEqualTypeOf<never>()
  })
})
