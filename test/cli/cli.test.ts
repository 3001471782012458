/**
 * The command as a person meets it: a process of its own, its arguments, its environment, its words and its exit code.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import { RunwayMock, type Scenario } from "cometapi-runway-mock"
import * as Effect from "effect/Effect"
import contract from "../../generated/contract.gen.json" with { type: "json" }

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url))
const key = "sk-cli-test-secret-4242"
const assets = ["--character", "https://example.com/a.png", "--reference", "https://example.com/b.mp4"]

/** A folder that is gone with the test. */
const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "cometapi-runway-cli-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const follow = (child: ChildProcess) => {
  const said = { out: "", err: "" }
  child.stdout?.on("data", (chunk) => {
    said.out += chunk
  })
  child.stderr?.on("data", (chunk) => {
    said.err += chunk
  })
  const closed = once(child, "close")
  return {
    child,
    said,
    /** What a part of the output says, as soon as it is there. */
    says: (pattern: RegExp) =>
      Effect.promise(async () => {
        for (;;) {
          const found = pattern.exec(said.out)
          if (found !== null) return found[1] ?? found[0]
          const more = once(child.stdout ?? child, "data").then(() => true)
          if (!(await Promise.race([more, closed.then(() => pattern.test(said.out))]))) {
            throw new Error(`it ended without saying ${pattern}:\n${said.out}${said.err}`)
          }
        }
      }),
    /** Its exit code and its words, none of which may be the key or a stack trace. */
    end: Effect.promise(async () => {
      const [code] = await closed
      expect(said.out + said.err).not.toContain(key)
      expect(said.out + said.err).not.toMatch(/^\s+at /m)
      return { code, ...said, lines: said.out.trimEnd().split("\n") }
    })
  }
}

type Environment = Readonly<Record<string, string>>

/** What every process has. Compiling the same modules dozens of times would be most of what these tests do. */
const usual = { PATH: process.env["PATH"], NODE_COMPILE_CACHE: resolve("node_modules/.cache/compiled") }

/** A process with an environment of its own, that ends with the test. */
const launch = (command: string, args: ReadonlyArray<string>, env: Environment) =>
  Effect.acquireRelease(
    Effect.sync(() => follow(spawn(command, args, { env: { ...usual, ...env }, stdio: ["ignore", "pipe", "pipe"] }))),
    ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
  )

const start = (args: ReadonlyArray<string>, env: Environment = {}) => launch(process.execPath, [main, ...args], env)

const run = (args: ReadonlyArray<string>, env?: Environment) => Effect.flatMap(start(args, env), ({ end }) => end)

/** Runs a command line that the command has printed, as it would run in a shell where the package is installed. */
const paste = (line: string, env: Environment) =>
  Effect.flatMap(
    launch("sh", ["-c", `npx() { [ "$1" = cometapi-runway ] && shift && "$NODE" "$MAIN" "$@"; }; ${line}`], {
      NODE: process.execPath,
      MAIN: main,
      ...env
    }),
    ({ end }) => end
  )

/** A provider on a port of this machine that keeps what it was asked; without an answer it stays silent. */
const recorder = (answer: (request: Request) => Promise<Response> | Response | undefined) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const asked: Array<{ method: string; path: string; authorization: string | undefined; body: string }> = []
      const server = createServer(async (incoming, outgoing) => {
        const method = incoming.method ?? ""
        const body = await text(incoming)
        const path = incoming.url ?? "/"
        asked.push({ method, path, authorization: incoming.headers.authorization, body })
        server.emit("asked")
        const headers = new Headers(incoming.headers as Record<string, string>)
        const url = `http://${incoming.headers.host}${path}`
        const response = await answer(new Request(url, { method, headers, ...(body === "" ? {} : { body }) }))
        if (response === undefined) return
        if (response.type === "error") return incoming.socket.destroy()
        outgoing.writeHead(response.status, Object.fromEntries(response.headers))
        return outgoing.end(new Uint8Array(await response.arrayBuffer()))
      })
      server.listen(0, "127.0.0.1")
      await once(server, "listening")
      const address = server.address()
      const env = {
        COMETAPI_KEY: key,
        COMETAPI_BASE_URL: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`
      }
      const posts = () => asked.filter(({ method }) => method === "POST").length
      const first = Effect.promise(async () => {
        if (asked.length === 0) await once(server, "asked")
      })
      return { asked, posts, first, env, server }
    }),
    ({ server }) =>
      Effect.promise(async () => {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      })
  )

/** The mock's provider behind a recorder, quick enough to be done at the first look. */
const provider = (scenario?: Scenario) =>
  Effect.gen(function* () {
    const mock = yield* RunwayMock.make({ scenario, scale: 200 })
    yield* mock.warmUp
    return yield* recorder((request) => mock.fetch(request))
  })

const refusal = () => Response.json({ code: "invalid_request", message: "no such face", data: null }, { status: 400 })

const expectVideo = (path: string) => expect(readFileSync(path).toString("latin1", 4, 8)).toBe("ftyp")

describe.concurrent("cometapi-runway generate --mock", () => {
  it.live("shows the task's id first, then its life, and saves the video under the id, without a key", () =>
    Effect.gen(function* () {
      const out = join(yield* folder, "new", "videos")
      const { code, err, lines } = yield* run(["generate", "--mock", "--out", out])
      expect([code, err]).toEqual([0, ""])
      expect(lines[0]).toContain("Nothing leaves this machine")
      const id = /^Task ([0-9a-f-]{36})$/.exec(lines[1] ?? "")?.[1]
      expect(id).toBeDefined()
      const firstStatus = lines.findIndex((line) => /^(PENDING|RUNNING|SUCCEEDED)/.test(line))
      expect(firstStatus).toBeGreaterThan(1)
      expect(lines.at(-2)).toBe(`Saved ${join(out, `${id}.mp4`)} (7023 bytes)`)
      expect(lines.at(-1)).toContain("COMETAPI_KEY")
      expect(lines.at(-1)).toContain("--live")
      expect(readdirSync(out)).toEqual([`${id}.mp4`])
      expectVideo(join(out, `${id}.mp4`))
    })
  )

  it.live("does not use a key that is there, nor the base URL beside it", () =>
    Effect.gen(function* () {
      const live = yield* recorder(refusal)
      const out = yield* folder
      const { code, err, lines } = yield* run(["generate", "--mock", "--out", out], live.env)
      expect([code, err]).toEqual([0, ""])
      expect(lines[0]).not.toContain(live.env.COMETAPI_BASE_URL)
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
      expect(code).toBe(1)
      expect(err).toMatch(
        /^POST \/runwayml\/v1\/character_performance: 400 Rejected\n {2}why: refused: no such face\n {2}now: .*\n$/
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

  it.live("sends the documentation's example when no assets are named", () =>
    Effect.gen(function* () {
      const live = yield* recorder(refusal)
      yield* run(["generate", "--live", "--out", yield* folder], live.env)
      const { examples } =
        contract.paths["/runwayml/v1/character_performance"].post.requestBody.content["application/json"]
      expect(JSON.parse(live.asked[0]?.body ?? "")).toEqual(examples["source-document"].value)
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
      expect(command.said.out).toContain("$0.4")
      expect(command.said.out).toContain(live.env.COMETAPI_BASE_URL)
      expect(command.said.out).not.toContain("Task ")
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
      expect(live.asked).toHaveLength(1)
    })
  )

  it.live("whose answer is lost says that the outcome is not known, and sends no other", () =>
    Effect.gen(function* () {
      const live = yield* recorder(() => Response.error())
      const { code, err } = yield* run(["generate", "--live", ...assets, "--out", yield* folder], live.env)
      expect(code).toBe(1)
      expect(err).toContain("not known whether the job was accepted and charged")
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
      expect([resumed.code, resumed.err]).toEqual([0, ""])
      expect(resumed.lines.at(-1)).toBe(`Saved ${join(out, `${id}.mp4`)} (7023 bytes)`)
      expectVideo(join(out, `${id}.mp4`))
      expect(live.posts()).toBe(1)
    })
  )

  it.live("of a task that fails ends with its failure code and offers no way back", () =>
    Effect.gen(function* () {
      const live = yield* provider({ name: "unsafe", shape: "bare", timeline: [{ state: "failed-safety-input" }] })
      const { code, out, err } = yield* run(["generate", "--live", ...assets, "--out", yield* folder], live.env)
      expect(code).toBe(1)
      const id = /^Task (\S+)$/m.exec(out)?.[1] ?? "no id"
      expect(err).toContain("SAFETY.INPUT.IMAGE")
      expect(err).toContain(id)
      expect(err).not.toContain("npx")
      expect(live.posts()).toBe(1)
    })
  )
})

describe.concurrent("cometapi-runway wait", () => {
  const output = (path: string) => (request: Request) => {
    const { origin, pathname } = new URL(request.url)
    if (pathname.startsWith("/assets/")) return new Response("gone", { status: 404 })
    const task = { id: "t-1", status: "SUCCEEDED", output: [origin + path], createdAt: "2026-05-01T12:47:47.351Z" }
    return Response.json(task)
  }

  it.live("whose video cannot be loaded says so and how to try again, and hides the URL's signature", () =>
    Effect.gen(function* () {
      const live = yield* recorder(output("/assets/gone.mp4?_jwt=SIGNED"))
      const out = yield* folder
      const { code, err, out: said } = yield* run(["wait", "t-1", "--live", "--out", out], live.env)
      expect(code).toBe(1)
      expect(err).toContain("Get the task again")
      expect(err).toContain(`npx cometapi-runway wait t-1 --live --out ${out}`)
      expect(err + said).not.toContain("SIGNED")
      expect(readdirSync(out)).toEqual([])
      expect(live.asked.find(({ path }) => path.startsWith("/assets/"))?.authorization).toBeUndefined()
    })
  )

  it.live("with a key that is refused says so and how to try again", () =>
    Effect.gen(function* () {
      const live = yield* recorder(() => Response.json({ error: "no" }, { status: 401 }))
      const { code, err } = yield* run(["wait", "t-1", "--live", "--out", yield* folder], live.env)
      expect(code).toBe(1)
      expect(err).toContain("COMETAPI_KEY")
      expect(err).toContain("npx cometapi-runway wait t-1 --live")
      expect(live.posts()).toBe(0)
    })
  )

  it.live("prints an id that a shell would take apart so that it can be pasted", () =>
    Effect.gen(function* () {
      const refused = () => Response.json({ error: "no" }, { status: 401 })
      const live = yield* recorder(refused)
      const [id, out] = ["a'; exit 7; $(b)", yield* folder]
      const { err } = yield* run(["wait", id, "--live", "--out", out], live.env)
      const pasted = yield* paste(/npx cometapi-runway wait .*$/m.exec(err)?.[0] ?? "", live.env)
      expect(pasted.code).toBe(1)
      expect(pasted.err).toBe(err)
      const path = `/runwayml/v1/tasks/${encodeURIComponent(id)}`
      expect(live.asked.map((asked) => decodeURIComponent(asked.path))).toEqual([path, path].map(decodeURIComponent))
    })
  )

  it.live("saves a task whose id is no file name inside the folder all the same", () =>
    Effect.gen(function* () {
      const live = yield* recorder((request) =>
        request.url.endsWith(".mp4")
          ? new Response("....ftyp", { headers: { "content-type": "video/mp4" } })
          : output("/v.mp4")(request)
      )
      const out = join(yield* folder, "videos")
      const { code, err } = yield* run(["wait", "../../escaped", "--live", "--out", out], live.env)
      expect([code, err]).toEqual([0, ""])
      expect(readdirSync(out)).toHaveLength(1)
    })
  )

  it.live("needs the real thing, because a mock's tasks end with it", () =>
    Effect.gen(function* () {
      const { code, err } = yield* run(["wait", "t-1", "--mock"])
      expect(code).toBe(1)
      expect(err).toContain("--live")
    })
  )

  it.live("needs an id", () =>
    Effect.gen(function* () {
      const live = yield* recorder(refusal)
      for (const args of [[], [""]]) {
        const { code, err } = yield* run(["wait", ...args, "--live", "--out", yield* folder], live.env)
        expect(code).toBe(1)
        expect(err).toMatch(/task-id|id of a task/)
        expect(err).not.toContain("npx")
      }
      expect(live.asked).toEqual([])
    })
  )
})

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
        expect([code, out]).toEqual([1, ""])
        expect(err).toMatch(/^configure: InvalidConfig\n {2}why: [^\n]*COMETAPI_KEY[^\n]*\n {2}now: [^\n]*\n$/)
        expect(live.asked).toEqual([])
      })
    )
  }

  it.live("when neither --mock nor --live is said, whether there is a key or not", () =>
    Effect.gen(function* () {
      const live = yield* recorder(refusal)
      for (const args of [
        ["generate", ...assets],
        ["wait", "t-1"]
      ]) {
        for (const env of [{}, live.env]) {
          const { code, out, err } = yield* run(args, env)
          expect([code, out]).toEqual([1, ""])
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
    ["the character is of no known type", [...assets, "--character-type", "gif"], /character-type/]
  ] as const) {
    it.live(`when ${what}`, () =>
      Effect.gen(function* () {
        const live = yield* recorder(refusal)
        const { code, err } = yield* run(["generate", "--live", "--out", yield* folder, ...args], live.env)
        expect(code).toBe(1)
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
          expect(code).toBe(1)
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
        expect(code).toBe(1)
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
        expect([code, out]).toEqual([1, ""])
        expect(err).toMatch(says)
        expect(live.asked).toEqual([])
      })
    )
  }
})
