/**
 * `batch`: what it refuses before it pays, what it writes, in which order, and how a second run goes on.
 */
import { existsSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { folder, recorder, refusal, run, start } from "./Support.ts"

const line = (fields: object = {}): string =>
  JSON.stringify({ character: "https://example.com/a.png", reference: "https://example.com/b.mp4", ...fields })

/** A file of lines, and where its videos go. */
const file = (lines: ReadonlyArray<string>) =>
  Effect.map(folder, (home) => {
    const jobs = join(home, "jobs.jsonl")
    writeFileSync(jobs, `${lines.join("\n")}\n`)
    return { jobs, home, out: join(home, "videos"), args: ["batch", jobs, "--live", "--out", join(home, "videos")] }
  })

interface Result {
  readonly line: number
  readonly ok: boolean
  readonly id?: string
  readonly path?: string
  readonly reason?: string
  readonly reused?: boolean
}

const results = (lines: ReadonlyArray<string>): ReadonlyArray<Result> => lines.map((text) => JSON.parse(text))

/** A provider that is done at the first look, except for the seeds below ten: those take the second. */
const uneven = () => {
  const looks = new Map<string, number>()
  return recorder(async (request) => {
    const { origin, pathname } = new URL(request.url)
    if (request.method === "POST") return Response.json({ id: `job-${JSON.parse(await request.text()).seed}` })
    if (pathname.endsWith(".mp4")) return new Response("....ftyp....", { headers: { "content-type": "video/mp4" } })
    const id = pathname.split("/").at(-1) ?? ""
    looks.set(id, (looks.get(id) ?? 0) + 1)
    const isDone = !/^job-\d$/.test(id) || looks.get(id) !== 1
    return Response.json(
      isDone ? { id, status: "SUCCEEDED", output: [`${origin}/${id}.mp4`] } : { id, status: "RUNNING", progress: 0.5 }
    )
  })
}

describe.concurrent("cometapi-runway batch", () => {
  it.live("names every line that cannot be used, with its number, the field and why, and sends nothing", () =>
    Effect.gen(function* () {
      const live = yield* recorder(refusal)
      const { args } = yield* file([
        line({ intent: "one" }),
        line({ character: "http://example.com/a.png", sead: 1 }),
        "",
        'not json https://example.com/?sig=SECRET"',
        "[1]",
        line({ intent: "one", seed: 2 }),
        line({ intent: " " }),
        line({ seed: 3 })
      ])
      const { code, out, err } = yield* run(args, live.env)
      expect([code, out]).toEqual([2, ""])
      const named = [...err.matchAll(/jobs\.jsonl:(\d+): ([^:]+)/g)].map(([, number, what]) => `${number} ${what}`)
      expect(named.map((name) => name.split(" ").slice(0, 2).join(" "))).toEqual([
        "2 sead",
        "2 character.uri",
        "4 is",
        "5 must",
        "6 intent",
        "7 intent"
      ])
      expect(err).toContain("5 of 7 lines cannot be used, so nothing was sent")
      expect(err).not.toContain("SECRET")
      expect(live.asked).toEqual([])
    })
  )

  it.live("says what is wrong with the file or the flags, and sends nothing", () =>
    Effect.gen(function* () {
      const live = yield* recorder(refusal)
      const { jobs, args, home } = yield* file([line()])
      const empty = yield* file([""])
      for (const [given, says] of [
        [["batch", jobs], /--mock.*--live/],
        [["batch", join(home, "none.jsonl"), "--live"], /Cannot read.*none\.jsonl/],
        [empty.args, /There is no job in/],
        [["batch", jobs, "--live", "--out", "videos.mp4"], /--out must be a folder/],
        [[...args, "--concurrency", "0"], /concurrency/],
        [[...args, "--no-ledger", "--budget", "4"], /--no-ledger/]
      ] as const) {
        const { code, out, err } = yield* run(given, live.env)
        expect([given, code, out]).toEqual([given, 2, ""])
        expect(err).toMatch(says)
      }
      expect(live.asked).toEqual([])
    })
  )

  it.live("says before it pays what it will cost, and that lines which say the same are one job", () =>
    Effect.gen(function* () {
      const live = yield* uneven()
      const { args } = yield* file([line({ seed: 10 }), line({ seed: 11 }), line({ seed: 10 })])
      const { code, lines, err } = yield* run(args, live.env)
      expect(code).toBe(0)
      expect(err).toMatch(/^3 lines: 2 to pay \(\$0\.80 at http:\S+ \$0\.40 each\), 1 that repeat another line/m)
      expect(results(lines).map(({ line, id, ok }) => [line, id, ok])).toEqual([
        [1, "job-10", true],
        [2, "job-11", true],
        [3, "job-10", true]
      ])
      expect(err).toMatch(/3 of 3 done, \$0\.80 spent/)
      expect(live.posts()).toBe(2)
    })
  )

  it.live("writes results in the order of the lines, or as they end", () =>
    Effect.gen(function* () {
      const live = yield* uneven()
      const one = yield* file([line({ seed: 1 }), line({ seed: 12 })])
      const two = yield* file([line({ seed: 2 }), line({ seed: 13 })])
      const [input, ended] = yield* Effect.all(
        [run(one.args, live.env), run([...two.args, "--order", "ended"], live.env)],
        { concurrency: 2 }
      )
      expect(results(input.lines).map(({ id }) => id)).toEqual(["job-1", "job-12"])
      expect(results(ended.lines).map(({ id }) => id)).toEqual(["job-13", "job-2"])
    })
  )

  it.live("run again goes on where it stopped, asks for nothing that is there, and pays only for what is new", () =>
    Effect.gen(function* () {
      const live = yield* uneven()
      const { jobs, args, out } = yield* file([line({ seed: 20 }), line({ seed: 21 })])
      yield* run(args, live.env)
      expect(existsSync(`${jobs}.ledger.sqlite`)).toBe(true)
      expect(readdirSync(out).sort()).toEqual(["job-20.json", "job-20.mp4", "job-21.json", "job-21.mp4"])
      const before = live.asked.length
      writeFileSync(jobs, [line({ seed: 20 }), line({ seed: 22 }), line({ seed: 21 })].join("\n"))
      const { code, lines, err } = yield* run(args, live.env)
      expect(code).toBe(0)
      expect(err).toContain("3 lines: 1 to pay ($0.40")
      expect(err).toContain("2 paid already")
      expect(results(lines).map(({ id, reused }) => [id, reused])).toEqual([
        ["job-20", true],
        ["job-22", false],
        ["job-21", true]
      ])
      const paths = live.asked.slice(before).map(({ path }) => path)
      expect(paths.every((path) => !/job-2[01]/.test(path))).toBe(true)
      expect(live.posts()).toBe(3)
    })
  )

  it.live(
    "ends with 13 when some lines have no video, says why for each, and pays for a failed job anew only when told to",
    () =>
      Effect.gen(function* () {
        let failing = true
        const live = yield* recorder(async (request) => {
          if (request.method === "POST") return Response.json({ id: failing ? "bad" : "good" })
          const { pathname } = new URL(request.url)
          if (pathname.endsWith(".mp4")) return new Response("....ftyp", { headers: { "content-type": "video/mp4" } })
          if (pathname.endsWith("/bad"))
            return Response.json({
              id: "bad",
              status: "FAILED",
              failure: "no face",
              failureCode: "INPUT_PREPROCESSING.FACE"
            })
          return Response.json({ id: "good", status: "SUCCEEDED", output: [`${new URL(request.url).origin}/v.mp4`] })
        })
        const { args } = yield* file([line()])
        const first = yield* run(args, live.env)
        expect(first.code).toBe(13)
        expect(results(first.lines)).toMatchObject([{ line: 1, ok: false, id: "bad", reason: "TaskFailed" }])
        failing = false
        const second = yield* run(args, live.env)
        expect([second.code, live.posts()]).toEqual([13, 1])
        const third = yield* run([...args, "--retry-failed"], live.env)
        expect(results(third.lines)).toMatchObject([{ line: 1, ok: true, id: "good" }])
        expect(live.posts()).toBe(2)
      })
  )

  it.live("stops paying where the budget ends, and goes on there with a larger one", () =>
    Effect.gen(function* () {
      const live = yield* uneven()
      const { args } = yield* file([30, 31, 32, 33].map((seed) => line({ seed })))
      const first = yield* run([...args, "--budget", "0.80", "--concurrency", "1"], live.env)
      expect(first.code).toBe(13)
      expect(results(first.lines).map(({ ok, reason }) => [ok, reason])).toEqual([
        [true, undefined],
        [true, undefined],
        [false, "BudgetExceeded"],
        [false, "BudgetExceeded"]
      ])
      expect(first.err).toContain("$0.80 spent, $0.00 left")
      const second = yield* run([...args, "--budget", "1.60"], live.env)
      expect([second.code, live.posts()]).toEqual([0, 4])
    })
  )

  it.live("twice at the same time on one ledger pays for each line once", () =>
    Effect.gen(function* () {
      const live = yield* uneven()
      const { args } = yield* file([40, 41, 42, 43, 44].map((seed) => line({ seed })))
      const [one, two] = yield* Effect.all([run(args, live.env), run(args, live.env)], { concurrency: 2 })
      expect([one.code, two.code]).toEqual([0, 0])
      expect(results(one.lines).map(({ id }) => id)).toEqual(results(two.lines).map(({ id }) => id))
      expect(live.posts()).toBe(5)
    })
  )

  it.live("stops at once where every line would be refused, as with a key that is not accepted", () =>
    Effect.gen(function* () {
      const live = yield* recorder(() => Response.json({ error: "no" }, { status: 401 }))
      const { args } = yield* file(Array.from({ length: 50 }, (_, seed) => line({ seed })))
      const { code, err } = yield* run([...args, "--concurrency", "2"], live.env)
      expect(code).toBe(3)
      expect(err).toContain("COMETAPI_KEY")
      expect(live.posts()).toBeLessThan(10)
    })
  )

  it.live("whose reader has left stops, says how to go on, and goes on", () =>
    Effect.gen(function* () {
      const live = yield* uneven()
      const { args } = yield* file(Array.from({ length: 12 }, (_, n) => line({ seed: 50 + n })))
      const command = yield* start([...args, "--concurrency", "3"], live.env)
      yield* command.says(/"line":1,/)
      command.child.stdout?.destroy()
      const { code, err } = yield* command.end
      expect(code).toBe(141)
      expect(err).toContain("run the same command again")
      const { code: second, lines } = yield* run([...args, "--concurrency", "12"], live.env)
      expect([second, results(lines).filter(({ ok }) => ok).length, live.posts()]).toEqual([0, 12, 12])
    })
  )

  it.live("--preflight pays for no line whose assets the provider would refuse, and says so in its result", () =>
    Effect.gen(function* () {
      const live = yield* uneven()
      const local = { character: "https://localhost/a.png", reference: "https://printer.local/b.mp4" }
      const { args } = yield* file([line(local)])
      const { code, lines } = yield* run([...args, "--preflight"], live.env)
      expect([code, results(lines).map(({ ok, reason }) => [ok, reason])]).toEqual([13, [[false, "PreflightRefused"]]])
      expect(live.asked).toEqual([])
    })
  )

  it.live("--mock tries the file for nothing", () =>
    Effect.gen(function* () {
      const { jobs, home } = yield* file([line(), line({ seed: 2 })])
      const { code, lines, err } = yield* run(["batch", jobs, "--mock", "--out", join(home, "videos")])
      expect([code, results(lines).map(({ ok }) => ok)]).toEqual([0, [true, true]])
      expect(err).toContain("at a mock, which costs nothing")
      expect(existsSync(`${jobs}.ledger.sqlite`)).toBe(false)
    })
  )
})
