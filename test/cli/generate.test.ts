/**
 * `generate`: what it says where, what it sends, what it leaves behind, and how it ends.
 */
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { assets, expectVideo, folder, key, paste, provider, recorder, refusal, run, start } from "./Support.ts"

describe.concurrent("cometapi-runway generate --mock", () => {
  it.live("shows the task's id first, then its life, and saves the video under the id, without a key", () =>
    Effect.gen(function* () {
      const out = join(yield* folder, "new", "videos")
      const { code, lines, notes } = yield* run(["generate", "--mock", "--out", out])
      expect(code).toBe(0)
      expect(notes[0]).toContain("Nothing leaves this machine")
      const id = /^Task ([0-9a-f-]{36})$/.exec(notes[1] ?? "")?.[1]
      expect(id).toBeDefined()
      const firstStatus = notes.findIndex((line) => /^(PENDING|RUNNING|SUCCEEDED)/.test(line))
      expect(firstStatus).toBeGreaterThan(1)
      expect(notes.at(-2)).toBe(`Saved ${join(out, `${id}.mp4`)} (7023 bytes)`)
      expect(notes.at(-1)).toContain("COMETAPI_KEY")
      expect(notes.at(-1)).toContain("--live")
      expect(lines).toEqual([join(out, `${id}.mp4`)])
      expect(readdirSync(out).sort()).toEqual([`${id}.json`, `${id}.mp4`])
      expectVideo(join(out, `${id}.mp4`))
    })
  )

  it.live("does not use a key that is there, nor the base URL beside it", () =>
    Effect.gen(function* () {
      const live = yield* recorder(refusal)
      const out = yield* folder
      const { code, err } = yield* run(["generate", "--mock", "--out", out], live.env)
      expect(code).toBe(0)
      expect(err).not.toContain(live.env.COMETAPI_BASE_URL)
      // A mock's jobs end with the process, so nothing of them is kept.
      expect(readdirSync(live.env.XDG_STATE_HOME)).toEqual([])
      expect(live.asked).toEqual([])
    })
  )

  it.live("when it is interrupted says that the task ends with the mock", () =>
    Effect.gen(function* () {
      const command = yield* start(["generate", "--mock", "--out", yield* folder])
      const id = yield* command.says(/^Task (\S+)$/m)
      command.child.kill("SIGINT")
      const { code, err } = yield* command.end
      expect(code).toBe(130)
      expect(err).toContain(`Task ${id} lived in this process's mock`)
    })
  )
})

describe.concurrent("cometapi-runway generate --live", () => {
  it.live("sends what the flags say, once, and shows why it was refused", () =>
    Effect.gen(function* () {
      const live = yield* recorder(refusal)
      const tuned = "--ratio 720:1280 --expression-intensity 2 --seed 7 --no-body-control".split(" ")
      const { code, err } = yield* run(["generate", "--live", ...assets, ...tuned, "--out", yield* folder], live.env)
      expect(code).toBe(9)
      expect(err).toMatch(
        /^POST \/runwayml\/v1\/character_performance: 400 Rejected\n {2}why: refused: no such face\n {2}now: .*\n$/m
      )
      expect(live.asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
        "POST /runwayml/v1/character_performance"
      ])
      expect(live.asked[0]?.authorization).toBe(`Bearer ${key}`)
      expect(JSON.parse(live.asked[0]?.body ?? "")).toEqual({
        character: { type: "image", uri: "https://example.com/a.png" },
        reference: { type: "video", uri: "https://example.com/b.mp4" },
        bodyControl: false,
        expressionIntensity: 2,
        seed: 7,
        model: "act_two",
        ratio: "720:1280",
        contentModeration: { publicFigureThreshold: "auto" }
      })
    })
  )

  it.live("never pays for the documentation's example where nobody can be asked, whatever is said", () =>
    Effect.gen(function* () {
      const live = yield* recorder(refusal)
      for (const more of [[], ["--yes"]]) {
        const { code, err } = yield* run(["generate", "--live", ...more, "--out", yield* folder], live.env)
        expect(code).toBe(2)
        expect(err).toContain("--character and --reference")
      }
      expect(live.asked).toEqual([])
    })
  )

  for (const [uri, flags, type] of [
    ["https://example.com/a.JPG?width=9", [], "image"],
    ["https://example.com/a.mp4", [], "video"],
    ["https://example.com/a", ["--character-type", "image"], "image"]
  ] as const) {
    it.live(`takes ${[uri, ...flags].join(" ")} for ${type === "image" ? "an image" : "a video"}`, () =>
      Effect.gen(function* () {
        const live = yield* recorder(refusal)
        const args = ["--character", uri, "--reference", "https://example.com/b.mp4", ...flags]
        yield* run(["generate", "--live", ...args, "--out", yield* folder], live.env)
        expect(JSON.parse(live.asked[0]?.body ?? "").character).toEqual({ type, uri })
      })
    )
  }

  it.live("has told the price and where the job goes before the POST arrives", () =>
    Effect.gen(function* () {
      const live = yield* recorder(() => undefined)
      const command = yield* start(["generate", "--live", ...assets, "--out", yield* folder], live.env)
      yield* live.first
      // What was written before the POST is in the pipe by now, and the next turns of the loop read it.
      for (let turn = 0; turn < 3; turn++) yield* Effect.promise(() => new Promise((done) => setImmediate(done)))
      expect(command.said.err).toContain("$0.40")
      expect(command.said.err).toContain(live.env.COMETAPI_BASE_URL)
      expect(command.said.err).not.toContain("Task ")
    })
  )

  it.live("interrupted while the POST is unanswered says that it may have been accepted, and sends no other", () =>
    Effect.gen(function* () {
      const live = yield* recorder(() => undefined)
      const command = yield* start(["generate", "--live", ...assets, "--out", yield* folder], live.env)
      yield* live.first
      command.child.kill("SIGINT")
      const { code, err } = yield* command.end
      expect(code).toBe(130)
      expect(err).toContain("may have been accepted")
      expect(err).toContain("npx cometapi-runway list")
      expect(live.asked).toHaveLength(1)
    })
  )

  it.live("whose answer is lost says that the outcome is not known, and sends no other", () =>
    Effect.gen(function* () {
      const live = yield* recorder(() => Response.error())
      const { code, err } = yield* run(["generate", "--live", ...assets, "--out", yield* folder], live.env)
      expect(code).toBe(5)
      expect(err).toContain("not known whether the job was accepted and charged")
      expect(err).toContain("npx cometapi-runway ledger list --state unknown")
      expect(live.asked).toHaveLength(1)
    })
  )

  it.live("interrupted while it waits prints a command that brings the video, and pays for nothing twice", () =>
    Effect.gen(function* () {
      const live = yield* provider()
      // A folder whose name a shell would take apart.
      const out = join(yield* folder, "it's my $HOME; videos")
      const command = yield* start(["generate", "--live", ...assets, "--out", out], live.env)
      const id = yield* command.says(/^Task (\S+)$/m)
      command.child.kill("SIGINT")
      const interrupted = yield* command.end
      expect(interrupted.code).toBe(130)
      expect(interrupted.err).toContain(`Task ${id} goes on at the provider`)
      expect(readdirSync(out)).toEqual([])

      const line = /npx cometapi-runway wait .*$/m.exec(interrupted.err)?.[0] ?? ""
      expect(line).toContain(id)
      const resumed = yield* paste(line, live.env)
      expect(resumed.code).toBe(0)
      expect(resumed.lines).toEqual([join(out, `${id}.mp4`)])
      expectVideo(join(out, `${id}.mp4`))
      expect(live.posts()).toBe(1)
    })
  )

  it.live("of a task that fails ends with its failure code and offers no way back", () =>
    Effect.gen(function* () {
      const live = yield* provider({ name: "unsafe", shape: "bare", timeline: [{ state: "failed-safety-input" }] })
      const { code, out, err } = yield* run(["generate", "--live", ...assets, "--out", yield* folder], live.env)
      expect([code, out]).toEqual([4, ""])
      const id = /^Task (\S+)$/m.exec(err)?.[1] ?? "no id"
      expect(err).toContain("SAFETY.INPUT.IMAGE")
      expect(err).toContain(id)
      expect(err).not.toContain("npx cometapi-runway wait")
      expect(live.posts()).toBe(1)
    })
  )
})
