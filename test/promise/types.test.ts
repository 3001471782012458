import { describe, expect, expectTypeOf, it } from "vitest"
import type { CharacterPerformanceRequest } from "../../generated/schemas.gen.ts"
import * as Door from "../../src/promise.ts"

declare const runway: Door.Runway
declare const input: Door.Input

describe("types", () => {
  it("a job is a promise of its video and an iterable of its states", () => {
    expectTypeOf<Door.PaidJob>().toExtend<Promise<Door.Video>>()
    expectTypeOf<Door.PaidJob>().toExtend<AsyncIterable<Door.Task>>()
    expectTypeOf<Door.PaidJob["id"]>().toEqualTypeOf<Promise<string>>()
    expectTypeOf<Door.Runway["characterPerformance"]>().returns.toEqualTypeOf<Door.PaidJob>()
    expectTypeOf<Door.Runway["task"]>().returns.toEqualTypeOf<Door.PaidJob>()
    expectTypeOf<Door.Runway["characterPerformance"]["validate"]>().returns.toEqualTypeOf<CharacterPerformanceRequest>()
    expectTypeOf<Door.Video["url"]>().toBeString()
  })

  it("a result is one of two, and an error narrows to its reason", () => {
    const read = (result: Door.Result<Door.Input>) => (result.ok ? result.video.url : result.error.reason)
    expectTypeOf(read).returns.toEqualTypeOf<string | Door.Reason>()
    const when = (error: Door.RunwayError) => {
      if (error.is("RateLimited")) expectTypeOf(error.reason._tag).toEqualTypeOf<"RateLimited">()
      return error.is("OutcomeUnknown") ? error.reason.bodyDigest : undefined
    }
    expectTypeOf(when).returns.toEqualTypeOf<string | undefined>()
    // @ts-expect-error - there is no such reason
    expectTypeOf((error: Door.RunwayError) => error.is("Timeout"))
  })

  it("what is written wrong does not compile", () => {
    const wrong = () => [
      // @ts-expect-error - a field that the contract does not have
      runway.characterPerformance({ ...input, bodycontrol: true }),
      // @ts-expect-error - the reference is missing
      runway.characterPerformance({ character: "https://example.com/a.png" }),
      // @ts-expect-error - a time is milliseconds or a text with a unit
      runway.characterPerformance(input, { deadline: "soon" }),
      // @ts-expect-error - nobody says how many at once
      runway.characterPerformance.all([input], {}),
      // @ts-expect-error - a result has no video before it is looked at
      (result: Door.Result<Door.Input>) => result.video
    ]
    expectTypeOf(wrong).toBeFunction()
  })

  it("and the public names are these, no more", () => {
    expect(Object.keys(Door).sort()).toEqual(["RunwayError", "createRunway"])
  })
})
