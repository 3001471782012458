import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Writable } from "node:stream"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { RunwayMock, scenarioNames } from "cometapi-runway-mock"
import * as Effect from "effect/Effect"
import * as Log from "../../mock/src/record/Log.ts"
import { get, headers, post } from "./Support.ts"

const key = "sk-secret-0123456789"

describe("the command", () => {
  const run = (...args: ReadonlyArray<string>) => {
    const bin = fileURLToPath(new URL("../../mock/src/bin.ts", import.meta.url))
    const child = spawn(process.execPath, [bin, ...args], { stdio: ["pipe", "pipe", "pipe"] })
    const said = { out: "", err: "" }
    child.stdout.on("data", (chunk) => {
      said.out += chunk
    })
    child.stderr.on("data", (chunk) => {
      said.err += chunk
    })
    return { child, said, ended: once(child, "close") }
  }

  it("says where it listens, serves, and ends quietly when it is stopped", async () => {
    const { child, said, ended } = run("--port", "0", "--scale", "1000000", "--scenario", "envelope")
    try {
      while (!said.out.includes("tasks/ID")) await once(child.stdout, "data")
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said.out)?.[0] ?? ""
      // The command that is printed, as a shell would read it.
      const payload = /-d '(.*)'/.exec(said.out)?.[1] ?? ""
      const accepted = await post(fetch, url, "any-key", { body: payload, headers: headers("any-key") })
      assert.strictEqual(accepted.status, 200)
    } finally {
      child.kill("SIGINT")
    }
    const [code] = await ended
    assert.deepStrictEqual([code, said.err], [0, ""])
  })

  it("shows each request and, when it is stopped, what the client did wrong, but never the key", async () => {
    const { child, said, ended } = run("--port", "0", "--verbose", "--clock", "virtual")
    try {
      while (!said.out.includes("tasks/ID")) await once(child.stdout, "data")
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said.out)?.[0] ?? ""
      await post(fetch, url, key)
      await post(fetch, url, key)
      while (!/12:00:00 \w{4} 200 POST[\s\S]*12:00:00 \w{4} 200 POST/.test(said.out)) await once(child.stdout, "data")
    } finally {
      child.kill("SIGTERM")
    }
    const [code] = await ended
    assert.strictEqual(code, 0)
    assert.match(
      said.out,
      /200 POST \/runwayml\/v1\/character_performance {2}task [\da-f-]{36}\n {4}sent .*\n.*act_two.*\n {4}answer /
    )
    assert.match(said.out, /\n\nThe client did 3 things that it should not .*\n- duplicate-submission: /)
    assert.notInclude(said.out, key)
  })

  it("is quiet where that is asked for: where it listens, and at the end what the client did wrong", async () => {
    const { child, said, ended } = run("--port", "0", "--quiet", "--clock", "virtual")
    try {
      while (!said.out.includes("\n")) await once(child.stdout, "data")
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said.out)?.[0] ?? ""
      await post(fetch, url, key)
      await post(fetch, url, key)
    } finally {
      child.kill("SIGTERM")
    }
    const [code] = await ended
    assert.deepStrictEqual([code, said.err], [0, ""])
    assert.match(said.out, /^cometapi-runway-mock listens on http:\/\/127\.0\.0\.1:\d+\n\nThe client did 3 things /)
  })

  it("speaks JSON to programs: first that it is ready, then each request, and ends when its standard input does", async () => {
    const fault = { on: "poll", kind: "status", status: 429, retryAfter: 7, nth: 2 }
    const { child, said, ended } = run(
      ...["--port", "0", "--json", "--exit-with-stdin", "--clock", "virtual", "--daily", "1", "--concurrency", "1"],
      ...["--fault", JSON.stringify(fault), "--seed", "7"]
    )
    while (!said.out.includes("\n")) await once(child.stdout, "data")
    const { url, ...ready } = JSON.parse(said.out)
    assert.deepInclude(ready, { event: "ready", pid: child.pid, port: Number(new URL(url).port) })
    const { id } = await (await post(fetch, url, key)).json()
    const answers = [await get(fetch, id, url, key), await get(fetch, id, url, key), await post(fetch, url, key)]
    const [first, second, third] = answers.map(({ status, headers }) => [status, headers.get("retry-after")] as const)
    assert.deepStrictEqual([first, second, third?.[0]], [[200, null], [429, "7"], 429])
    // As far from this machine's time as the next day is from the world's, which is a little after noon.
    const wait = Date.parse(third?.[1] ?? "") - Date.parse(answers[2]?.headers.get("date") ?? "")
    assert.isTrue(wait > 11.9 * 3_600_000 && wait <= 12 * 3_600_000, String(wait))
    // A reader that is gone stops nothing.
    child.stdout.destroy()
    for (let n = 0; n < 3; n++) assert.strictEqual((await get(fetch, id, url, key)).status, 200)
    child.stdin.end()
    const [code] = await ended
    assert.deepStrictEqual([code, said.err], [0, ""])
    const [, ...requests] = said.out
      .trim()
      .split("\n")
      .map((line): Record<string, unknown> => JSON.parse(line))
    assert.deepStrictEqual(
      requests.map(({ event, operation }) => [event, operation]),
      ["submit", "poll", "poll", "submit"].map((operation) => ["request", operation])
    )
    assert.notInclude(said.out, key)
  })

  it("shows what a caller sent without letting it write to the terminal", () => {
    const path = "/x\u001b[2J\u202e\n2026 forged line"
    const entry = {
      ...{ number: 1, at: "2026-05-01T12:00:00.000Z", operation: "other" as const, method: "GET", path },
      ...{
        headers: { "x-evil": "\u001b]0;title\u0007" },
        violations: [],
        took: 1,
        answer: { status: 301, headers: {} }
      }
    } as const
    const text = Log.verbose(
      { ...entry, headers: { ...entry.headers }, violations: [], answer: { status: 301, headers: {} } },
      "abcdef012345"
    )
    assert.notMatch(text.replaceAll("\n    ", ""), /[\p{Cc}\p{Cf}]/u)
    assert.match(text, /^12:00:00 abcd 301 GET \/x\\u\{1b\}\[2J\\u\{202e\}\\u\{a\}2026 forged line\n/)
  })

  it("shows no word for an answer that has none", () => {
    const answer = { status: 401, headers: {}, body: { error: { message: "Invalid token", code: "" } } }
    const entry = { number: 1, at: "2026-05-01T12:00:00.000Z", operation: "poll" as const, method: "GET", path: "/x" }
    const violations = [{ location: ["request"], severity: "Error", message: "no key" }]
    const line = Log.line({ ...entry, headers: {}, violations, took: 1, answer }, "abcdef012345")
    assert.strictEqual(line, "12:00:00 abcd 401 GET /x  request: no key")
  })

  it("goes on when nobody reads what it says, and keeps no more than a megabyte of it", () => {
    const kept: Array<string> = []
    const unread = new Writable({ write: (chunk, _, __) => void kept.push(String(chunk)) })
    const print = Log.writer(unread)
    const line = "x".repeat(1000)
    for (let n = 0; n < 5000; n++) print(line)
    assert.isBelow(unread.writableLength, 1024 * 1024 + 1002)
    assert.strictEqual(kept.length, 1)
    unread.destroy(new Error("the reader is gone"))
    print(line)
  })

  it("lists the scenarios, one a line", async () => {
    const { said, ended } = run("--list")
    const [code] = await ended
    assert.deepStrictEqual([code, said.err], [0, ""])
    const lines = said.out.trim().split("\n")
    assert.deepStrictEqual(
      lines.map((line) => line.split(" ")[0]),
      [...scenarioNames]
    )
    for (const line of lines) assert.match(line, /^[\w-]+ {2,}\w.{10,}$/)
  })

  it("reads its options from a file, reads that again, and keeps the tasks in another over a SIGTERM", async () => {
    const folder = mkdtempSync(join(tmpdir(), "command-"))
    const file = join(folder, "mock.json")
    writeFileSync(file, JSON.stringify({ port: 1, clock: "virtual", state: "state.json", scenario: "stuck" }))
    const flags = ["--config", file, "--watch", "--port", "0", "--json"]
    const begin = async () => {
      const running = run(...flags)
      while (!running.said.out.includes("\n")) await once(running.child.stdout, "data")
      return { ...running, url: String(JSON.parse(running.said.out.split("\n")[0] ?? "").url) }
    }
    const first = await begin()
    const { id } = await (await post(fetch, first.url, key)).json()
    writeFileSync(file, '{ "port": 1, "clok": "virtual" }')
    while (!first.said.out.includes("config-failed")) await once(first.child.stdout, "data")
    assert.match(first.said.out, /clok is not known: did you mean \\"clock\\"/)
    assert.strictEqual((await (await post(fetch, first.url, key)).json()).id.length, 36)
    writeFileSync(file, JSON.stringify({ port: 2, clock: "virtual", state: "state.json", scenario: "slow" }))
    while (!first.said.out.includes('"event":"config",')) await once(first.child.stdout, "data")
    assert.match(first.said.out, /"event":"config",.*"needsRestart":\["port"\]/)
    first.child.kill("SIGTERM")
    assert.deepStrictEqual([(await first.ended)[0], first.said.err], [0, ""])
    const second = await begin()
    try {
      assert.strictEqual((await get(fetch, id, second.url, key)).status, 200)
    } finally {
      second.child.kill("SIGINT")
    }
    assert.strictEqual((await second.ended)[0], 0)
    assert.notInclude(readFileSync(join(folder, "state.json"), "utf8"), key)
  })

  it("takes the controls' token from the environment, and says so where they are open to everybody", async () => {
    const bin = fileURLToPath(new URL("../../mock/src/bin.ts", import.meta.url))
    const controlToken = "open-sesame-1"
    for (const token of [undefined, controlToken]) {
      const env = { ...process.env, ...(token === undefined ? {} : { COMETAPI_RUNWAY_MOCK_CONTROL_TOKEN: token }) }
      const args = ["--port", "0", "--control", "anywhere", "--json", "--exit-with-stdin"]
      const child = spawn(process.execPath, [bin, ...args], { env, stdio: ["pipe", "pipe", "inherit"] })
      const ended = once(child, "close")
      let out = ""
      child.stdout.on("data", (chunk) => {
        out += chunk
      })
      while (!out.includes("\n")) await once(child.stdout, "data")
      const { url } = JSON.parse(out.split("\n")[0] ?? "")
      assert.strictEqual((await fetch(`${url}/_mock/worlds`)).status, token === undefined ? 200 : 401)
      const headers = { "x-mock-control-token": controlToken }
      assert.strictEqual((await fetch(`${url}/_mock/worlds`, { headers })).status, 200)
      child.stdin.end()
      await ended
      assert.strictEqual(/"event":"warning".*open to everybody.*CONTROL_TOKEN/.test(out), token === undefined)
      assert.notInclude(out, controlToken)
    }
  })

  it.effect("says in one line why it cannot start, and to programs in JSON too", () =>
    Effect.gen(function* () {
      const { port } = yield* RunwayMock.serve({ port: 0 })
      const inUse = run("--port", String(port))
      const unknown = run("--json", "--scenario", "hapy")
      const fault = run("--fault", '{"on":"poll","kind":"reset","bytes":3}')
      for (const [{ said, ended }, why] of [
        [inUse, `port ${port} on 127.0.0.1 is in use`],
        [fault, 'this fault cannot happen: "bytes" means nothing for "reset"'],
        [unknown, 'there is no scenario "hapy"; known: happy, slow, throttled, ']
      ] as const) {
        const [code] = yield* Effect.promise(() => ended)
        assert.strictEqual(code, 1)
        assert.strictEqual(said.err.trim().split("\n").length, 1, said.err)
        assert.include(said.err, why)
        if (said.out !== "") assert.deepInclude(JSON.parse(said.out), { event: "failed", reason: "UnknownScenario" })
      }
      assert.deepStrictEqual(
        [inUse, fault, unknown].map(({ said }) => said.out === ""),
        [true, true, false]
      )
    })
  )
})

describe("the command that records and replays", () => {
  const start = async (...args: ReadonlyArray<string>) => {
    const bin = fileURLToPath(new URL("../../mock/src/bin.ts", import.meta.url))
    const child = spawn(process.execPath, [bin, "--port", "0", ...args], { stdio: ["pipe", "pipe", "pipe"] })
    let out = ""
    child.stdout.on("data", (chunk) => {
      out += chunk
    })
    const ended = once(child, "close")
    while (!/http:\/\/127\.0\.0\.1:\d+/.test(out)) await once(child.stdout, "data")
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(out)?.[0] ?? ""
    const stop = async () => {
      child.kill("SIGINT")
      const [code]: Array<unknown> = await ended
      return { code, out }
    }
    return { url, stop }
  }

  it.effect(
    "says at the end how the provider differs from the contract, and fails where a recording was not asked for",
    () =>
      Effect.gen(function* () {
        const provider = yield* RunwayMock.serve({ port: 0, scenario: "failed-asset" })
        const folder = mkdtempSync(join(tmpdir(), "recordings-"))
        const recorder = yield* Effect.promise(() => start("--record", provider.url, "--out", folder))
        const { id } = yield* Effect.promise(async () => (await post(fetch, recorder.url, key)).json())
        yield* Effect.promise(() => get(fetch, id, recorder.url, key))
        const recorded = yield* Effect.promise(recorder.stop)
        assert.strictEqual(recorded.code, 0)
        assert.include(recorded.out, `forwards to ${provider.url} with your key, which pays, and records`)
        assert.include(recorded.out, "character-performance-1: as the contract says")
        assert.notInclude(recorded.out, key)
        assert.notInclude(readFileSync(join(folder, "character-performance-1.json"), "utf8"), key)

        const replay = yield* Effect.promise(() => start("--replay", folder, "--clock", "virtual"))
        const unasked = yield* Effect.promise(replay.stop)
        assert.strictEqual(unasked.code, 1)
        assert.include(unasked.out, `replays ${folder}, scenario recorded`)
        assert.include(unasked.out, "never asked for: all of it: its POST never came")

        const again = yield* Effect.promise(() => start("--replay", folder, "--clock", "virtual", "--json"))
        const own = yield* Effect.promise(async () => (await post(fetch, again.url, "any-key")).json())
        yield* Effect.promise(() => get(fetch, own.id, again.url, "any-key"))
        const asked = yield* Effect.promise(again.stop)
        assert.strictEqual(asked.code, 0)
        assert.deepInclude(JSON.parse(asked.out.trim().split("\n").at(-1) ?? ""), {
          event: "recordings",
          complete: true
        })
      })
  )
})
