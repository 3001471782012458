/** The command's look at assets: words for people, lines for programs, and an end that a script can tell. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { file, host, png, video } from "../preflight/Support.ts"
import { recorder, run } from "./Support.ts"

const assets = (seconds: number) =>
  Effect.gen(function* () {
    const character = yield* host(file(png, "image/png"))
    const reference = yield* host(file(video(seconds), "video/mp4"))
    const named = ["--character", character.url, "--character-type", "image", "--reference", reference.url]
    return { character, reference, args: ["preflight", "--allow-private", ...named] }
  })

describe("preflight", () => {
  it.live("says what it saw and ends well, without a key, when nothing is wrong", () =>
    Effect.gen(function* () {
      const { args, reference } = yield* assets(7.5)
      const { code, out, err } = yield* run([...args, "--user-agent", "RunwayML API/try"])
      expect(code).toBe(0)
      expect(out).toMatch(
        /reference\.uri: http:\/\/127\.0\.0\.1:\d+\/[\w-]+\/file\?… \(video\/mp4, \d+ bytes, 7\.5 s\)/
      )
      expect(err).toContain("Nothing that the provider would refuse was found.")
      expect(out + err).not.toContain("SECRET")
      expect(reference.asked[0]?.headers["user-agent"]).toBe("RunwayML API/try")
    })
  )

  it.live("says what the provider would refuse, and ends as something that the caller has to put right", () =>
    Effect.gen(function* () {
      const { args } = yield* assets(31)
      const { code, out, err } = yield* run(args)
      expect(code).toBe(2)
      expect(out).toContain("error: reference.uri: the video is 31 seconds long; allowed is 3 to 30 seconds. Cut it")
      expect(err).toContain("Nothing was sent to it.")
    })
  )

  it.live("writes lines of JSON for programs", () =>
    Effect.gen(function* () {
      const { args } = yield* assets(31)
      const { out } = yield* run([...args, "--json"])
      const events = out
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
      expect(events.map(({ event }) => event)).toEqual(["asset", "asset", "finding", "failed"])
      expect(events[2]).toMatchObject({ field: "reference.uri", rule: "duration", severity: "error" })
    })
  )

  it.live("asks no host on this machine unless that is permitted", () =>
    Effect.gen(function* () {
      const { args, character, reference } = yield* assets(5)
      const { code, out } = yield* run(args.filter((arg) => arg !== "--allow-private"))
      expect(code).toBe(2)
      expect(out).toContain("error: reference.uri: the URL begins with http:")
      expect([...character.asked, ...reference.asked]).toEqual([])
    })
  )
})

describe("generate --preflight", () => {
  it.live("pays for nothing that the provider would refuse", () =>
    Effect.gen(function* () {
      const provider = yield* recorder(() => Response.json({ id: "t-1" }))
      const local = ["--character", "https://localhost/a.png", "--reference", "https://printer.local/b.mp4"]
      const { code, err } = yield* run(["generate", "--live", "--yes", "--preflight", ...local], provider.env)
      expect(code).toBe(2)
      expect(err).toMatch(/nothing was sent.*\n.*character\.uri.*reference\.uri/)
      expect(provider.asked).toEqual([])
    })
  )
})
