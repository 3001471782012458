/**
 * The command in front of a person: it asks before it pays, and its bar is as wide as the terminal.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { assets, folder, recorder, run } from "./Support.ts"
import * as Terminal from "./Terminal.ts"

const describeInTerminal = Terminal.canBeMade ? describe.concurrent : describe.skip

const running = () =>
  recorder((request) =>
    request.method === "POST"
      ? Response.json({ id: "job-1" })
      : Response.json({ id: "job-1", status: "RUNNING", progress: 0.25 })
  )

/** What stood in the terminal's line, one after the other. */
const drawn = (text: string): ReadonlyArray<string> =>
  text
    .replaceAll("\u001b[36m", "")
    .replaceAll("\u001b[39m", "")
    .split("\u001b[2K")
    .map((line) => line.replace(/\r?\n?$/, ""))
    .filter((line) => /[█░]/.test(line))

describeInTerminal("in a terminal the command", () => {
  it.live("asks before it pays, and pays nothing for a no, an empty line or anything but yes", () =>
    Effect.gen(function* () {
      const live = yield* running()
      for (const answer of ["n", "", "maybe"]) {
        const command = yield* Terminal.open(["submit", "--live", ...assets], live.env)
        yield* command.says(/Pay \$0\.40 for this job\? \[y\/N\]/)
        yield* command.type(answer)
        const { code, out } = yield* command.end
        expect(code).toBe(14)
        expect(out).toContain("Nothing was sent and nothing was paid")
      }
      expect(live.posts()).toBe(0)
    })
  )

  it.live("pays after a yes, and without a question after --yes", () =>
    Effect.gen(function* () {
      const live = yield* running()
      const asked = yield* Terminal.open(["submit", "--live", ...assets], live.env)
      yield* asked.says(/\[y\/N\]/)
      yield* asked.type("y")
      expect((yield* asked.end).code).toBe(0)
      const told = yield* Terminal.open(["submit", "--live", "--yes", "--seed", "2", ...assets], live.env)
      const { code, out } = yield* told.end
      expect([code, out.includes("[y/N]")]).toEqual([0, false])
      expect(live.posts()).toBe(2)
    })
  )

  it.live("asks for the documentation's example also after --yes", () =>
    Effect.gen(function* () {
      const live = yield* running()
      const command = yield* Terminal.open(["submit", "--live", "--yes"], live.env)
      yield* command.says(/documentation's example, which is no input of yours\? \[y\/N\]/)
      yield* command.type("no")
      expect((yield* command.end).code).toBe(14)
      expect(live.posts()).toBe(0)
    })
  )

  it.live("says of the same input that it was submitted, and gives the known job for a no", () =>
    Effect.gen(function* () {
      const live = yield* running()
      yield* run(["submit", "--live", ...assets], live.env)
      const command = yield* Terminal.open(["submit", "--live", "--yes", ...assets], live.env)
      yield* command.says(/submitted before: task job-1/)
      yield* command.says(/Pay \$0\.40 for a new one\? \[y\/N\]/)
      yield* command.type("n")
      const { code, out } = yield* command.end
      expect([code, out.trimEnd().endsWith("job-1")]).toEqual([0, true])
      expect(live.posts()).toBe(1)
    })
  )

  it.live("asks for a batch with its sum", () =>
    Effect.gen(function* () {
      const live = yield* running()
      const file = join(yield* folder, "jobs.jsonl")
      const [, character, , reference] = assets
      writeFileSync(file, [1, 2, 3].map((seed) => JSON.stringify({ character, reference, seed })).join("\n"))
      const command = yield* Terminal.open(["batch", file, "--live", "--out", yield* folder], live.env)
      yield* command.says(/Pay up to \$1\.20\? \[y\/N\]/)
      yield* command.type("n")
      expect((yield* command.end).code).toBe(14)
      expect(live.posts()).toBe(0)
    })
  )

  for (const columns of [60, 120]) {
    it.live(`draws a bar as wide as ${columns} columns, alive between two looks`, () =>
      Effect.gen(function* () {
        const live = yield* running()
        const args = ["wait", "job-1", "--out", yield* folder]
        const command = yield* Terminal.open(args, live.env, columns)
        // The next look is seconds away, and the time that has passed is told all the same.
        yield* command.says(/RUNNING {2}1s/)
        yield* command.says(/RUNNING {2}3s/)
        expect(live.asked.length).toBeLessThanOrEqual(2)
        command.child.kill("SIGKILL")
        const { out } = yield* command.end
        const bars = drawn(out).slice(0, -1)
        expect(bars.length).toBeGreaterThan(4)
        expect(new Set(bars.map((bar) => bar.length))).toEqual(new Set([columns - 1]))
        expect(bars.at(-1)).toMatch(/^█+░+ {3}25 % {2}RUNNING {2}\ds, about \d+s left$/)
      })
    )
  }

  it.live("shows no colour where NO_COLOR is set, and some where it is not", () =>
    Effect.gen(function* () {
      const live = yield* running()
      for (const [NO_COLOR, colours] of [
        ["1", false],
        ["", true]
      ] as const) {
        const args = ["wait", "job-1", "--out", yield* folder]
        const command = yield* Terminal.open(args, { ...live.env, NO_COLOR })
        yield* command.says(/25 %/)
        command.child.kill("SIGKILL")
        expect((yield* command.end).out.includes("\u001b[36m")).toBe(colours)
      }
    })
  )

  it.live("whose terminal is closed says nothing and loses nothing", () =>
    Effect.gen(function* () {
      const live = yield* running()
      const command = yield* Terminal.open(["generate", "--live", "--yes", ...assets, "--out", yield* folder], live.env)
      yield* command.says(/Task job-1/)
      // The terminal's end hangs up on whoever sits in it.
      command.child.kill("SIGKILL")
      yield* command.end
      const { lines } = yield* run(["list", "--json"], live.env)
      expect(lines.map((line) => JSON.parse(line).id)).toEqual(["job-1"])
    })
  )
})

describe.concurrent("without a terminal the command", () => {
  it.live("draws no bar, and writes plain lines", () =>
    Effect.gen(function* () {
      const { code, err } = yield* run(["generate", "--mock", "--out", yield* folder])
      expect(code).toBe(0)
      for (const drawn of ["\u001b", "\r", "█", "░"]) expect(err).not.toContain(drawn)
    })
  )

  it.live("with --quiet writes its result and nothing else", () =>
    Effect.gen(function* () {
      const out = yield* folder
      const { code, lines, err } = yield* run(["generate", "--mock", "--quiet", "-o", join(out, "v.mp4")])
      expect([code, lines, err]).toEqual([0, [join(out, "v.mp4")], ""])
    })
  )

  it.live("with --json writes a line of JSON for each thing that happens, and its failures too", () =>
    Effect.gen(function* () {
      const { lines } = yield* run(["generate", "--mock", "--json", "--out", yield* folder])
      const events = lines.map((line): { readonly event: string } => JSON.parse(line))
      expect(events[0]?.event).toBe("submitted")
      expect(events.at(-1)).toMatchObject({ event: "saved", bytes: 7023 })
      expect(new Set(events.map(({ event }) => event))).toEqual(new Set(["submitted", "task", "saved"]))
      const wrong = yield* run(["generate", "--mock", "--json", ...assets, "--ratio", "1:1"])
      expect(wrong.lines.map((line) => JSON.parse(line))).toMatchObject([
        { event: "failed", end: "usage", exitCode: 2, reason: "InvalidInput" }
      ])
    })
  )
})
