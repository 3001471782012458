/**
 * What is wrong and found out before anything is sent.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { assets, folder, key, recorder, refusal, run } from "./Support.ts"

describe.concurrent("cometapi-runway sends nothing and says why", () => {
  for (const [what, args, env] of [
    ["there is no key", ["--live"], {}],
    ["the key is empty", ["--live"], { COMETAPI_KEY: "" }],
    ["the key is blank", ["--live"], { COMETAPI_KEY: "  " }],
    ["there is no key for --live, which wins over --mock", ["--mock", "--live"], {}]
  ] as const) {
    it.live(`when ${what}`, () =>
      Effect.gen(function* () {
        const live = yield* recorder(refusal)
        const { COMETAPI_BASE_URL } = live.env
        const { code, out, err } = yield* run(["generate", ...args, ...assets], { COMETAPI_BASE_URL, ...env })
        expect([code, out]).toEqual([3, ""])
        expect(err).toMatch(
          /^configure: InvalidConfig\n {2}why: [^\n]*COMETAPI_KEY[^\n]*\n {2}now: [^\n]*nothing was sent\n$/
        )
        expect(live.asked).toEqual([])
      })
    )
  }

  it.live("when neither --mock nor --live is said, whether there is a key or not", () =>
    Effect.gen(function* () {
      const live = yield* recorder(refusal)
      for (const name of ["generate", "submit"]) {
        for (const env of [{}, live.env]) {
          const { code, out, err } = yield* run([name, ...assets], env)
          expect([code, out]).toEqual([2, ""])
          expect(err).toMatch(/^[^\n]*--mock[^\n]*--live[^\n]*\n$/)
        }
      }
      expect(live.asked).toEqual([])
    })
  )

  for (const [what, args, says] of [
    ["an asset is not https", ["--character", "http://example.com/a.png", ...assets.slice(2)], /character\.uri.*https/],
    ["an asset is a file", ["--character", "./a.png", ...assets.slice(2)], /character\.uri.*https/],
    ["the ratio is a shape and no size", [...assets, "--ratio", "16:9"], /ratio.*1280:720/],
    ["the intensity is out of range", [...assets, "--expression-intensity", "9"], /expressionIntensity.*5.*got 9/],
    ["the intensity is no number", [...assets, "--expression-intensity", "high"], /expression-intensity/],
    ["the seed is out of range", [...assets, "--seed", "4294967296"], /seed.*4294967295/],
    ["the character has no reference", assets.slice(0, 2), /--character and --reference go together/],
    ["the reference has no character", assets.slice(2), /--character and --reference go together/],
    ["a flag does not exist", [...assets, "--expresion-intensity", "2"], /--expresion-intensity/],
    ["the character is of no known type", [...assets, "--character-type", "gif"], /character-type/],
    ["the budget is no amount", [...assets, "--budget", "plenty"], /budget.*dollars.*plenty/],
    ["the budget has no ledger to hold it", [...assets, "--budget", "5", "--no-ledger"], /--no-ledger.*--budget/]
  ] as const) {
    it.live(`when ${what}`, () =>
      Effect.gen(function* () {
        const live = yield* recorder(refusal)
        const { code, out, err } = yield* run(["generate", "--live", "--out", yield* folder, ...args], live.env)
        expect([code, out]).toEqual([2, ""])
        expect(err).toMatch(says)
        expect(live.asked).toEqual([])
      })
    )
  }

  it.live("when a file stands where the folder should be", () =>
    Effect.gen(function* () {
      const live = yield* recorder(refusal)
      const file = join(yield* folder, "taken")
      writeFileSync(file, "in the way")
      for (const out of [file, join(file, "deeper")]) {
        for (const args of [
          ["generate", ...assets],
          ["wait", "t-1"]
        ]) {
          const { code, err } = yield* run([...args, "--live", "--out", out], live.env)
          expect(code).toBe(2)
          expect(err).toContain(`Cannot write to ${out}, so nothing was sent`)
        }
      }
      expect(readFileSync(file, "utf8")).toBe("in the way")
      expect(live.asked).toEqual([])
    })
  )

  // Node's own recursive mkdir never comes back from there.
  it.live.skipIf(!existsSync("/proc/self"))("when the file system has no such folder and can have none", () =>
    Effect.gen(function* () {
      const live = yield* recorder(refusal)
      for (const out of ["/proc/nope", "/proc/nope/deeper"]) {
        const { code, err } = yield* run(["generate", "--live", ...assets, "--out", out], live.env)
        expect(code).toBe(2)
        expect(err).toContain(`Cannot write to ${out}, so nothing was sent`)
      }
      expect(live.asked).toEqual([])
    })
  )

  for (const [what, env, says] of [
    ["the base URL would carry the key without TLS", { COMETAPI_BASE_URL: "http://api.example.com" }, /https:\/\//],
    ["the base URL is none", { COMETAPI_BASE_URL: "api.example.com" }, /COMETAPI_BASE_URL.*must be a URL/],
    ["the key was copied with a line break", { COMETAPI_KEY: `${key}\n` }, /COMETAPI_KEY.*line break/]
  ] as const) {
    it.live(`when ${what}`, () =>
      Effect.gen(function* () {
        const live = yield* recorder(refusal)
        const { code, out, err } = yield* run(["generate", "--live", ...assets], { ...live.env, ...env })
        expect([code, out]).toEqual([what.startsWith("the key") ? 3 : 2, ""])
        expect(err).toMatch(says)
        expect(live.asked).toEqual([])
      })
    )
  }
})
