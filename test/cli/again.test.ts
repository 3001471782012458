/**
 * The same input again: it is said, it is free, and a new job is paid for only when that is asked for. Where the ledger lies, and what goes
 * without one.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { assets, folder, provider, recorder, run } from "./Support.ts"

const accepted = () => {
  let jobs = 0
  return recorder((request) =>
    request.method === "POST"
      ? Response.json({ id: `job-${++jobs}` })
      : Response.json({ id: "t", status: "RUNNING", progress: 0.5 })
  )
}

const submit = ["submit", "--live", ...assets]

describe.concurrent("the same input again", () => {
  it.live("is one job: its id comes from the ledger, with its time and its state", () =>
    Effect.gen(function* () {
      const live = yield* accepted()
      const first = yield* run(submit, live.env)
      expect([first.code, first.lines]).toEqual([0, ["job-1"]])
      const again = yield* run(submit, live.env)
      expect([again.code, again.lines]).toEqual([0, ["job-1"]])
      expect(again.err).toMatch(/submitted before: task job-1, \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \(\d+s ago\), accepted/)
      expect(again.err).toContain("--again")
      const other = yield* run([...submit, "--seed", "2"], live.env)
      expect(other.lines).toEqual(["job-2"])
      expect(live.posts()).toBe(2)
    })
  )

  it.live("is not paid for by --yes, which a script says each time", () =>
    Effect.gen(function* () {
      const live = yield* accepted()
      for (let n = 0; n < 2; n++) expect((yield* run([...submit, "--yes"], live.env)).lines).toEqual(["job-1"])
      expect(live.posts()).toBe(1)
    })
  )

  it.live("is a new job with --again, once the one before has ended", () =>
    Effect.gen(function* () {
      const live = yield* provider()
      const first = yield* run(submit, live.env)
      const again = yield* run([...submit, "--again"], live.env)
      expect(again.code).toBe(0)
      expect(again.lines).not.toEqual(first.lines)
      expect(live.posts()).toBe(2)
    })
  )

  it.live("is no new job with --again while the one before goes on", () =>
    Effect.gen(function* () {
      const live = yield* accepted()
      yield* run(submit, live.env)
      const again = yield* run([...submit, "--again"], live.env)
      expect([again.code, again.lines]).toEqual([0, ["job-1"]])
      expect(again.err).toContain("has not ended yet")
      expect(live.posts()).toBe(1)
    })
  )

  it.live("is another job at another provider: a mock's ids mean nothing to the real one", () =>
    Effect.gen(function* () {
      const [one, two] = [yield* accepted(), yield* accepted()]
      yield* run(submit, one.env)
      const { lines } = yield* run(submit, { ...two.env, XDG_STATE_HOME: one.env.XDG_STATE_HOME })
      expect(lines).toEqual(["job-1"])
      expect([one.posts(), two.posts()]).toEqual([1, 1])
    })
  )

  it.live("by the same name with another body is refused", () =>
    Effect.gen(function* () {
      const live = yield* accepted()
      yield* run([...submit, "--intent", "scene 4"], live.env)
      const { code, err } = yield* run([...submit, "--intent", "scene 5"], live.env)
      expect([code, err.includes("job-2")]).toEqual([0, true])
      for (const more of [[], ["--again"]]) {
        const other = yield* run([...submit, "--intent", "scene 4", "--seed", "3", ...more], live.env)
        expect([other.code, other.out]).toEqual([8, ""])
        expect(other.err).toContain("scene 4")
        expect(other.err).toContain("with another body")
      }
      expect(live.posts()).toBe(2)
    })
  )
})

describe.concurrent("the ledger", () => {
  it.live("lies in XDG_STATE_HOME, and has the intent before the POST is answered", () =>
    Effect.gen(function* () {
      const live = yield* recorder(() => undefined)
      const command = yield* Effect.forkChild(run(submit, live.env))
      yield* live.first
      const file = join(live.env.XDG_STATE_HOME, "cometapi-runway", "ledger.sqlite")
      expect(existsSync(file)).toBe(true)
      const { lines } = yield* run(["list"], live.env)
      expect(lines).toHaveLength(1)
      expect(lines[0]).toContain("sending")
      command.interruptUnsafe()
    })
  )

  it.live("lies below the home folder where XDG_STATE_HOME is unset or relative", () =>
    Effect.gen(function* () {
      const live = yield* accepted()
      for (const state of ["", "relative"]) {
        const home = yield* folder
        yield* run(submit, { ...live.env, HOME: home, XDG_STATE_HOME: state })
        expect(existsSync(join(home, ".local", "state", "cometapi-runway", "ledger.sqlite"))).toBe(true)
      }
    })
  )

  it.live("can be another file, or none", () =>
    Effect.gen(function* () {
      const live = yield* accepted()
      const file = join(yield* folder, "deep", "my.sqlite")
      yield* run([...submit, "--ledger", file], live.env)
      expect(existsSync(file)).toBe(true)
      for (let n = 0; n < 2; n++) yield* run([...submit, "--no-ledger"], live.env)
      expect(live.posts()).toBe(3)
      expect(existsSync(join(live.env.XDG_STATE_HOME, "cometapi-runway"))).toBe(false)
    })
  )

  it.live("that is damaged or cannot be made lets nothing leave", () =>
    Effect.gen(function* () {
      const live = yield* accepted()
      const file = join(yield* folder, "ledger.sqlite")
      writeFileSync(file, "this is no database, and long enough to be read as one".repeat(20))
      const blocked = join(yield* folder, "file")
      writeFileSync(blocked, "")
      for (const place of [file, join(blocked, "ledger.sqlite")]) {
        const { code, err } = yield* run([...submit, "--ledger", place], live.env)
        expect(code).toBe(8)
        expect(err).toContain(place)
      }
      expect(live.posts()).toBe(0)
    })
  )

  it.live("is gone without on a runtime without sqlite, which is said once, with the id on standard error", () =>
    Effect.gen(function* () {
      const live = yield* accepted()
      const env = { ...live.env, NODE_OPTIONS: "--no-experimental-sqlite" }
      const { code, lines, err } = yield* run([...submit, "--quiet"], env)
      expect([code, lines]).toEqual([0, ["job-1"]])
      expect(err.match(/no sqlite/g)).toHaveLength(1)
      expect(err).toContain("Task job-1")
      // What only a ledger can hold is refused there.
      expect((yield* run([...submit, "--budget", "4"], env)).code).toBe(8)
      expect(live.posts()).toBe(1)
    })
  )

  it.live("holds a budget over several calls", () =>
    Effect.gen(function* () {
      const live = yield* accepted()
      const codes: Array<number | null> = []
      for (const seed of ["1", "2", "3"]) {
        codes.push((yield* run([...submit, "--seed", seed, "--budget", "$0.80"], live.env)).code)
      }
      codes.push((yield* run([...submit, "--seed", "3", "--budget", "3 jobs"], live.env)).code)
      expect(codes).toEqual([0, 0, 7, 0])
      expect(live.posts()).toBe(3)
    })
  )

  it.live("is made in a folder that other programs use too", () =>
    Effect.gen(function* () {
      const live = yield* accepted()
      mkdirSync(join(live.env.XDG_STATE_HOME, "other"))
      expect((yield* run(submit, live.env)).code).toBe(0)
    })
  )
})
