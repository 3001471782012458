import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { CharacterPerformance } from "../../../src/index.ts"
import { accepted, input, provider } from "../../support/Provider.ts"

/** What a caller without types, or with a wrong belief, would pass. */
const submit = (wrong: object) => CharacterPerformance.submit(wrong as CharacterPerformance.Input)

const anAssetUri =
  "a public https:// URL of 13 to 2048 characters, with a host name (in ASCII, no IP address) and without spaces"

const cases: ReadonlyArray<readonly [string, object, ReadonlyArray<string>]> = [
  [
    "an http:// URL",
    { ...input, reference: { type: "video", uri: "http://example.com/performance.mp4?sig=SIGNED" } },
    [`reference.uri: expected ${anAssetUri}, got "http://example.com/performance.mp4?…"`]
  ],
  [
    "a URL that is too long",
    { ...input, reference: { type: "video", uri: `https://example.com/${"x".repeat(2048)}` } },
    [`reference.uri: expected ${anAssetUri}, got "https://example.com/${"x".repeat(60)}…"`]
  ],
  [
    "a data URI",
    { ...input, character: { type: "image", uri: "data:image/png;base64,AAAA" } },
    [`character.uri: expected ${anAssetUri}, got "data:image/png;base64,AAAA"`]
  ],
  [
    "a URL that cannot be parsed",
    { ...input, reference: { type: "video", uri: "https://????" } },
    [`reference.uri: expected ${anAssetUri}, got "https://?…"`]
  ],
  [
    "a URL with a space",
    { ...input, reference: { type: "video", uri: "https://example.com/my clip.mp4" } },
    [`reference.uri: expected ${anAssetUri}, got "https://example.com/my clip.mp4"`]
  ],
  [
    "an unknown ratio",
    { ...input, ratio: "16:9" },
    [
      'ratio: expected WIDTH:HEIGHT in pixels, one of 1280:720, 720:1280, 960:960, 1104:832, 832:1104, 1584:672 or another that the provider accepts, got "16:9"'
    ]
  ],
  [
    "an intensity out of range",
    { ...input, expressionIntensity: 9 },
    ["expressionIntensity: expected an integer from 1 to 5, got 9"]
  ],
  [
    "an intensity of the wrong type",
    { ...input, expressionIntensity: "3" },
    ['expressionIntensity: expected an integer from 1 to 5, got "3"']
  ],
  [
    "no number",
    { ...input, expressionIntensity: Number.NaN },
    ["expressionIntensity: expected an integer from 1 to 5, got NaN"]
  ],
  [
    "a seed that does not fit",
    { ...input, seed: 4294967296 },
    ["seed: expected an integer from 0 to 4294967295, got 4294967296"]
  ],
  ["a fractional seed", { ...input, seed: 1.5 }, ["seed: expected an integer from 0 to 4294967295, got 1.5"]],
  ["another model", { ...input, model: "gen4_aleph" }, ['model: expected "act_two", got "gen4_aleph"']],
  ["a missing reference", { character: input.character }, ["reference: is required"]],
  [
    "an image for a reference",
    { ...input, reference: { type: "image", uri: "https://example.com/a.png" } },
    ['reference.type: expected "video", got "image"']
  ],
  [
    "a character that is neither",
    { ...input, character: { type: "audio", uri: "https://example.com/a.mp3" } },
    ['character: expected { type: "image" | "video", uri: "https://…" }, got an object of type "audio"']
  ],
  [
    "a bare URL for a character",
    { ...input, character: "https://example.com/a.png?sig=SIGNED" },
    ['character: expected { type: "image" | "video", uri: "https://…" }, got "https://example.com/a.png?…"']
  ],
  ["a character without a URL", { ...input, character: { type: "image" } }, ["character.uri: is required"]],
  [
    "a misspelt field",
    { ...input, bodycontrol: false },
    ["bodycontrol: is not a field of the contract; check its spelling"]
  ],
  [
    "an unknown threshold",
    { ...input, contentModeration: { publicFigureThreshold: "high" } },
    ['contentModeration.publicFigureThreshold: expected "auto" | "low", got "high"']
  ],
  [
    "several mistakes",
    { ...input, seed: -1, bodyControl: "yes" },
    ['bodyControl: expected boolean, got "yes"', "seed: expected an integer from 0 to 4294967295, got -1"]
  ],
  ["no object at all", [], ["expected CharacterPerformanceRequest, got an array"]]
]

describe("nothing is sent when the input is wrong, and the field at fault is named", () => {
  for (const [name, wrong, problems] of cases) {
    it.effect(name, () => {
      const api = provider(accepted())
      return Effect.gen(function* () {
        const error = yield* Effect.flip(submit(wrong))
        if (error.reason._tag !== "InvalidInput") throw new Error(error.reason._tag)
        expect(
          error.reason.problems.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`))
        ).toEqual(problems)
        expect(error.message).toContain(problems.join("; "))
        expect(error.message).not.toContain("SIGNED")
        expect(api.asked).toHaveLength(0)
      }).pipe(Effect.provide(api.layer()))
    })
  }
})

it.effect("a field that is undefined counts as left out", () => {
  const api = provider(accepted())
  return Effect.gen(function* () {
    yield* submit({ ...input, seed: undefined, contentModeration: undefined })
    const body = JSON.parse(api.asked[0]?.body ?? "")
    expect(body.seed).toBe(1)
    expect(body.contentModeration).toEqual({ publicFigureThreshold: "auto" })
  }).pipe(Effect.provide(api.layer()))
})

it.effect("what the caller says goes out as it was said", () => {
  const api = provider(accepted())
  const everything = {
    character: { type: "video", uri: "https://example.com/character.mp4" },
    reference: { type: "video", uri: "https://example.com/performance.mp4" },
    bodyControl: false,
    expressionIntensity: 5,
    seed: 0,
    model: "act_two",
    ratio: "1920:1080",
    contentModeration: { publicFigureThreshold: "low" }
  } as const
  return Effect.gen(function* () {
    yield* CharacterPerformance.submit(everything)
    expect(JSON.parse(api.asked[0]?.body ?? "")).toEqual(everything)
  }).pipe(Effect.provide(api.layer()))
})
