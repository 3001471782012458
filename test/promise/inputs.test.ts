import { describe, expect, it } from "vitest"
import { RunwayError } from "../../src/promise.ts"
import { input, scripted, succeeded } from "./Support.ts"

const { runway, asked } = scripted([])

const character = (uri: string) => runway.characterPerformance.validate({ ...input, character: uri }).character
const refusal = (broken: object): string => {
  try {
    runway.characterPerformance.validate({ ...input, ...broken })
  } catch (error) {
    if (error instanceof RunwayError && error.is("InvalidInput")) return error.message
    throw error
  }
  return "it was accepted"
}

describe("assets given as plain URLs", () => {
  it("become the two fields, with the kind that the ending of the path tells", () => {
    const image = "https://example.com/a.PNG?size=1.mp4#x"
    expect(character(image)).toEqual({ type: "image", uri: image })
    const video = "https://example.com/b.mov"
    expect(character(video)).toEqual({ type: "video", uri: video })
  })

  it("are refused, with what to write instead, where the ending tells nothing; nothing is sent", () => {
    const message = refusal({ character: "https://example.com/asset?file=a.png&token=secret" })
    expect(message).toContain('does not tell whether it is an image or a video: write { type: "image", uri }')
    expect(message).not.toContain("secret")
    expect(asked).toEqual([])
  })

  it("may be a reference with any ending, which is always a video, but for that of an image", () => {
    const uri = "https://example.com/clip"
    expect(runway.characterPerformance.validate({ ...input, reference: uri }).reference).toEqual({ type: "video", uri })
    expect(refusal({ reference: "https://example.com/a.jpg" })).toContain("reference: expected a video, got the image")
  })

  it("may be written out, and then are taken as they are", () => {
    const written = { type: "video", uri: "https://example.com/asset" } as const
    expect(runway.characterPerformance.validate({ character: written, reference: written })).toMatchObject({
      character: written,
      reference: written
    })
  })

  it("stand for nothing else: the contract's own check follows, and names every field at fault", () => {
    expect(refusal({ character: "http://example.com/a.png", seed: -1, sed: 1 })).toMatch(
      /sed: is not.*character\.uri: expected.*seed: expected/
    )
    expect(refusal({ reference: undefined })).toContain("reference: is required")
  })
})

describe("an option that cannot be used", () => {
  const call = (options: object) => {
    const { runway, posts } = scripted([succeeded])
    // What a JavaScript caller passes has no type.
    return { job: runway.characterPerformance(input, options), posts, runway }
  }

  it.each([
    ["deadline", "soon"],
    ["firstAfter", -1],
    ["outputGrace", null],
    ["between", 5],
    ["between", { maximum: "never" }],
    ["onProgress", "log"],
    ["onSubmitted", {}],
    ["signal", true]
  ])("is refused by its name before anything is paid for: %s %j", async (name, value) => {
    const { job, posts } = call({ [name]: value })
    const error = await job.then(
      () => undefined,
      (error: unknown) => error
    )
    expect(
      error instanceof RunwayError && error.is("InvalidInput") && error.reason.problems.map(({ path }) => path)
    ).toEqual([name])
    expect(posts()).toBe(0)
  })

  it("is refused where a task is taken up again, looked at or submitted", async () => {
    const { runway, posts } = scripted([succeeded])
    const wrong: object = { signal: 1 }
    await expect(runway.task("t-1", wrong)).rejects.toThrow(/signal: must be an AbortSignal/)
    await expect(runway.task("t-1", { submittedAt: new Date(Number.NaN) })).rejects.toThrow(
      /submittedAt: must be a Date/
    )
    await expect(runway.get("t-1", wrong)).rejects.toThrow(/signal: must be an AbortSignal/)
    await expect(runway.characterPerformance.submit(input, wrong)).rejects.toThrow(/signal: must be an AbortSignal/)
    expect(posts()).toBe(0)
  })
})

describe("an input that cannot be read", () => {
  it("is refused, and nothing is sent", async () => {
    const { runway, posts } = scripted([succeeded])
    const { proxy, revoke } = Proxy.revocable(input, {})
    revoke()
    await expect(runway.characterPerformance(proxy)).rejects.toThrow(/cannot be read/)
    expect(posts()).toBe(0)
  })
})
