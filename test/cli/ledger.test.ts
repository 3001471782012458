/**
 * `list`, `ledger …` and `doctor`: what an operator sees and says.
 */
import { join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TestClock, TestConsole } from "effect/testing"
import { program } from "../../src/cli/Start.ts"
import { assets, folder, key, recorder, run } from "./Support.ts"

const submit = ["submit", "--live", ...assets]

/** A provider that loses its answer to every submission. */
const losing = () => recorder((request) => (request.method === "POST" ? Response.error() : undefined))

/** What the command says a while later, when nobody waits for an answer any more: its output, and whether it succeeded. */
const later = (args: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(Date.now() + 600_000)
    const { _tag } = yield* Effect.result(program(args))
    return { ok: _tag === "Success", out: (yield* TestConsole.logLines).map(String).join("\n") }
  }).pipe(Effect.provide([NodeServices.layer, TestClock.layer(), TestConsole.layer]))

describe.concurrent("list", () => {
  it.live("of nothing is empty, and no failure", () =>
    Effect.gen(function* () {
      for (const args of [["list"], ["ledger", "list"]]) {
        const { code, out, err } = yield* run(args)
        expect([code, out]).toEqual([0, ""])
        expect(err).toContain("nothing was submitted")
      }
    })
  )

  it.live("shows the newest first, at most so many, and what is paid and not waited for", () =>
    Effect.gen(function* () {
      let jobs = 0
      const live = yield* recorder(() => Response.json({ id: `job-${++jobs}` }))
      for (const seed of ["1", "2", "3"]) yield* run([...submit, "--seed", seed], live.env)
      const { code, lines, err } = yield* run(["list", "-n", "2"], live.env)
      expect([code, lines.map((line) => /job-\d/.exec(line)?.[0])]).toEqual([0, ["job-3", "job-2"]])
      expect(err).toContain("3 paid and not waited for")
    })
  )

  it.live("names what is not known, and how to find out", () =>
    Effect.gen(function* () {
      const live = yield* losing()
      expect((yield* run(submit, live.env)).code).toBe(5)
      const { lines, err } = yield* run(["list"], live.env)
      expect(lines[0]).toMatch(/unknown/)
      expect(err).toContain("npx cometapi-runway ledger list --state unknown")
      // Nothing more leaves for it.
      expect((yield* run(submit, live.env)).code).toBe(5)
      expect(live.posts()).toBe(1)
    })
  )
})

describe.concurrent("ledger", () => {
  it.live("shows an attempt by its id, or by the beginning of the input's digest", () =>
    Effect.gen(function* () {
      const live = yield* recorder(() => Response.json({ id: "job-1" }))
      yield* run(submit, live.env)
      const [entry] = (yield* run(["ledger", "show", "job-1", "--json"], live.env)).lines.map((line) =>
        JSON.parse(line)
      )
      expect(entry).toMatchObject({ event: "entry", id: "job-1", state: "accepted", dollars: 0.4, attempt: 1 })
      const digest = /sha256:([0-9a-f]{8})/.exec(entry.intent)?.[1] ?? ""
      expect((yield* run(["ledger", "show", digest], live.env)).out).toContain("job-1")
      expect((yield* run(["ledger", "show", "nothing"], live.env)).code).toBe(11)
    })
  )

  it.live("releases nothing on nobody's word, nor before its sender's time is over", () =>
    Effect.gen(function* () {
      const live = yield* losing()
      yield* run([...submit, "--intent", "scene 4"], live.env)
      const unsaid = yield* run(["ledger", "release", "scene 4"], live.env)
      expect([unsaid.code, unsaid.err.includes("--yes")]).toEqual([11, false])
      const name = `${live.env.COMETAPI_BASE_URL.replace("http://", "")} scene 4`
      const silent = yield* run(["ledger", "release", name], live.env)
      expect([silent.code, silent.err.includes("--yes")]).toEqual([2, true])
      const early = yield* run(["ledger", "release", name, "--yes"], live.env)
      expect([early.code, early.err.includes("may still say how it ended")]).toEqual([8, true])
    })
  )

  it.live("takes a person's word later: released it may be sent again, adopted it is that job", () =>
    Effect.gen(function* () {
      const live = yield* losing()
      const ledger = join(yield* folder, "ledger.sqlite")
      const where = ["--ledger", ledger]
      for (const seed of ["1", "2"]) yield* run([...submit, ...where, "--seed", seed], live.env)
      const entries = (yield* run(["ledger", "list", "--json", ...where])).lines.map(
        (line): { readonly intent: string; readonly state: string } => JSON.parse(line)
      )
      expect(entries.map(({ state }) => state)).toEqual(["unknown", "unknown"])
      const [one = "", two = ""] = entries.map(({ intent }) => intent)
      expect(yield* later(["ledger", "release", one, "--yes", "--why", "not there", ...where])).toMatchObject({
        ok: true
      })
      expect(yield* later(["ledger", "adopt", two, "job-7", ...where])).toMatchObject({ ok: true })
      expect((yield* later(["ledger", "release", two, "--yes", ...where])).ok).toBe(false)
      expect((yield* run(["ledger", "show", one, ...where])).out).toContain("not there")
      expect((yield* run([...submit, ...where, "--seed", "2"], live.env)).lines).toEqual(["job-7"])
      expect((yield* run([...submit, ...where, "--seed", "1"], live.env)).code).toBe(5)
      expect(live.posts()).toBe(3)
    })
  )

  it.live("forgets nothing that is open", () =>
    Effect.gen(function* () {
      const live = yield* recorder((request) =>
        request.method === "POST"
          ? Response.json({ id: "job-1" })
          : Response.json({ id: "job-1", status: "FAILED", failure: "no face" })
      )
      yield* run(submit, live.env)
      expect((yield* run(["ledger", "forget", "job-1"], live.env)).code).toBe(8)
      expect((yield* run(["wait", "--last", "--out", yield* folder], live.env)).code).toBe(4)
      expect((yield* run(["list"], live.env)).lines[0]).toContain("failed")
      expect((yield* run(["ledger", "forget", "job-1"], live.env)).code).toBe(0)
      const { err } = yield* run(["ledger", "list"], live.env)
      expect(err).toBe("")
    })
  )
})

describe.concurrent("doctor", () => {
  const provider = (date: Date) =>
    recorder(() =>
      Response.json(
        { code: "task_not_exist", message: "task_not_exist", data: null },
        { status: 400, headers: { date: date.toUTCString() } }
      )
    )

  const checks = (lines: ReadonlyArray<string>) =>
    Object.fromEntries(
      lines
        .map((line): { readonly check: string; readonly result: string; readonly text: string } => JSON.parse(line))
        .map(({ check, result }) => [check, result])
    )

  it.live("finds that all is well, shows no key, and pays for nothing", () =>
    Effect.gen(function* () {
      const live = yield* provider(new Date())
      const { code, lines } = yield* run(["doctor", "--json"], live.env)
      expect([code, checks(lines)]).toEqual([
        0,
        { runtime: "ok", contract: "ok", key: "ok", provider: "ok", clock: "ok", ledger: "ok" }
      ])
      expect(live.posts()).toBe(0)
    })
  )

  it.live("finds a clock that is wrong", () =>
    Effect.gen(function* () {
      const live = yield* provider(new Date(Date.now() - 600_000))
      const { code, lines } = yield* run(["doctor"], live.env)
      expect(code).toBe(0)
      expect(lines.join("\n")).toMatch(/warn {2}clock +this machine's clock is 10m 0\ds ahead of the provider's/)
    })
  )

  it.live("finds a key that is missing, misshapen or refused, and a provider that is not there", () =>
    Effect.gen(function* () {
      const missing = yield* run(["doctor", "--json"])
      expect([missing.code, checks(missing.lines)["key"], checks(missing.lines)["provider"]]).toEqual([
        3,
        "problem",
        "warning"
      ])
      const misshapen = yield* run(["doctor", "--json"], { COMETAPI_KEY: `${key} ` })
      expect([misshapen.code, checks(misshapen.lines)["key"]]).toEqual([3, "problem"])
      const live = yield* recorder(() => Response.json({ error: "no" }, { status: 401 }))
      const refused = yield* run(["doctor", "--json"], live.env)
      expect([refused.code, checks(refused.lines)["provider"]]).toEqual([3, "problem"])
      const gone = yield* run(["doctor", "--json"], { COMETAPI_KEY: key, COMETAPI_BASE_URL: "http://127.0.0.1:9" })
      expect([gone.code, checks(gone.lines)["provider"]]).toEqual([10, "problem"])
    })
  )
})
