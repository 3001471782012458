/**
 * The command as a person meets it: a process of its own, its arguments, its environment, its words and its exit code.
 *
 * Every process keeps its ledger in a folder that is gone with the test.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { expect } from "@effect/vitest"
import { RunwayMock, type Scenario } from "cometapi-runway-mock"
import * as Effect from "effect/Effect"

export const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url))
export const key = "sk-cli-test-secret-4242"
export const assets = ["--character", "https://example.com/a.png", "--reference", "https://example.com/b.mp4"]

/** A folder that is gone with the test. */
export const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "cometapi-runway-cli-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const follow = (child: ChildProcess) => {
  const said = { out: "", err: "" }
  const everything = () => said.out + said.err
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
    /** What a part of what it writes says, as soon as it is there. */
    says: (pattern: RegExp) =>
      Effect.promise(async () => {
        for (;;) {
          const found = pattern.exec(everything())
          if (found !== null) return found[1] ?? found[0]
          const enough = new AbortController()
          const { signal } = enough
          const more = [child.stdout, child.stderr].map((stream) =>
            once(stream ?? child, "data", { signal }).then(
              () => true,
              () => true
            )
          )
          const goesOn = await Promise.race([...more, closed.then(() => pattern.test(everything()))])
          enough.abort()
          if (!goesOn) throw new Error(`it ended without saying ${pattern}:\n${everything()}`)
        }
      }),
    /** Its exit code and its words, none of which may be the key or a stack trace. */
    end: Effect.promise(async () => {
      const [code] = await closed
      expect(said.out + said.err).not.toContain(key)
      expect(said.out + said.err).not.toMatch(/^\s+at /m)
      const lines = (text: string) => text.trimEnd().split("\n")
      return { code, ...said, lines: lines(said.out), notes: lines(said.err) }
    })
  }
}

export type Environment = Readonly<Record<string, string>>

/** What every process has. Compiling the same modules dozens of times would be most of what these tests do. */
const usual = { PATH: process.env["PATH"], NODE_COMPILE_CACHE: resolve("node_modules/.cache/compiled"), TZ: "UTC" }

/** A process with an environment of its own, that ends with the test. */
export const launch = (
  command: string,
  args: ReadonlyArray<string>,
  env: Environment,
  stdin: "ignore" | "pipe" = "ignore"
) =>
  Effect.gen(function* () {
    const all = { ...usual, XDG_STATE_HOME: env["XDG_STATE_HOME"] ?? (yield* folder), ...env }
    return yield* Effect.acquireRelease(
      Effect.sync(() => follow(spawn(command, args, { env: all, stdio: [stdin, "pipe", "pipe"] }))),
      ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
    )
  })

export const start = (args: ReadonlyArray<string>, env: Environment = {}) =>
  launch(process.execPath, [main, ...args], env)

export const run = (args: ReadonlyArray<string>, env?: Environment) =>
  Effect.flatMap(start(args, env), ({ end }) => end)

/** Runs a command line that the command has printed, as it would run in a shell where the package is installed. */
export const paste = (line: string, env: Environment) =>
  Effect.flatMap(
    launch("sh", ["-c", `npx() { [ "$1" = cometapi-runway ] && shift && "$NODE" "$MAIN" "$@"; }; ${line}`], {
      NODE: process.execPath,
      MAIN: main,
      ...env
    }),
    ({ end }) => end
  )

/** A provider on a port of this machine that keeps what it was asked; without an answer it stays silent. */
export const recorder = (answer: (request: Request) => Promise<Response> | Response | undefined) =>
  Effect.flatMap(folder, (state) => listen(answer, state))

const listen = (answer: (request: Request) => Promise<Response> | Response | undefined, state: string) =>
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
        XDG_STATE_HOME: state,
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
export const provider = (scenario?: Scenario) =>
  Effect.gen(function* () {
    const mock = yield* RunwayMock.make({ scenario, scale: 200 })
    yield* mock.warmUp
    return yield* recorder((request) => mock.fetch(request))
  })

export const refusal = () =>
  Response.json({ code: "invalid_request", message: "no such face", data: null }, { status: 400 })

export const expectVideo = (path: string) => expect(readFileSync(path).toString("latin1", 4, 8)).toBe("ftyp")
