/**
 * An agent at the real command, against a provider over HTTP: whatever it does, it pays once for one input and never more than the budget.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createServer, type ServerResponse } from "node:http"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { describe, expect, it } from "@effect/vitest"
import { RunwayMock } from "cometapi-runway-mock"
import * as Effect from "effect/Effect"
import contract from "../../generated/contract.gen.json" with { type: "json" }
import { agent, folder, input, key, main, usual } from "./Support.ts"

/** A mock over HTTP with the agent's own world in it. */
const provider = Effect.map(RunwayMock.serve({ port: 0 }), (mock) => ({ url: mock.url, world: mock.world(key) }))

/** A provider that accepts the connection and answers when it is let. */
const held = Effect.acquireRelease(
  Effect.promise(async () => {
    const posts: Array<string> = []
    const gone: Array<Promise<unknown>> = []
    const waiting: Array<ServerResponse> = []
    const server = createServer(async (request, response) => {
      gone.push(once(response, "close"))
      waiting.push(response)
      if (request.method === "POST") posts.push(await text(request))
      server.emit("asked")
    })
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    const address = server.address()
    /** Answers everybody who waits. */
    const answer = (body: string) => {
      for (const response of waiting.splice(0)) response.setHeader("content-type", "application/json").end(body)
    }
    return { posts, gone, answer, server, url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}` }
  }),
  ({ server }) =>
    Effect.promise(async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    })
)

const message = (id: number, method: string, params: object) => JSON.stringify({ jsonrpc: "2.0", id, method, params })

/** What a client writes to submit, line by line. */
const submission = [
  message(1, "initialize", {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "raw", version: "1" }
  }),
  JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" }),
  message(2, "tools/call", { name: "submit_character_performance", arguments: input })
]

describe("an agent", () => {
  it.live("is offered tools whose parameters are the contract's", () =>
    Effect.gen(function* () {
      const { url } = yield* provider
      const { client } = yield* agent({ state: yield* folder, baseUrl: url })
      const { tools } = yield* Effect.promise(() => client.listTools())
      expect(tools.map(({ name }) => name)).toEqual([
        ...["preflight", "submit_character_performance", "get_task", "wait_for_task", "list_jobs"]
      ])
      const schemas = contract.components.schemas
      const submit = tools.find(({ name }) => name === "submit_character_performance")
      const { properties = {}, required, ...rest } = submit?.inputSchema ?? { type: "object" }
      expect(Object.keys(properties)).toEqual(Object.keys(schemas.CharacterPerformanceRequest.properties))
      expect(required).toEqual(["character", "reference"])
      expect(properties["seed"]).toMatchObject({ minimum: 0, maximum: 4294967295, default: 1 })
      expect(rest).toMatchObject({ $defs: { AssetUri: { pattern: schemas.AssetUri.pattern } } })
      expect(JSON.stringify(submit)).not.toMatch(/#\/components|x-expected/)
      for (const { description, outputSchema } of tools) {
        expect(description).toBeTruthy()
        expect(outputSchema).toBeDefined()
      }
      expect(client.getInstructions()).toContain("never change an input only to get past a refusal")
    })
  )

  it.live("that submits the same input again and again pays once", () =>
    Effect.gen(function* () {
      const { url, world } = yield* provider
      const { submit } = yield* agent({ state: yield* folder, baseUrl: url })
      const first = yield* Effect.promise(() => submit())
      expect(first).toMatchObject({
        isError: false,
        isNew: true,
        budget: { spent: { jobs: 1 }, left: { dollars: 0.6 } }
      })
      const again = yield* Effect.promise(() => Promise.all([submit(), submit(), submit()]))
      for (const answer of again) expect(answer).toMatchObject({ taskId: first["taskId"], isNew: false })
      expect(again[0]?.["advice"]).toContain("nothing was paid now")
      expect(world.report()).toMatchObject({ submissions: 1, accepted: 1, money: { paidTwice: { jobs: 0 } } })
    })
  )

  it.live("that submits the same input three times at once pays once", () =>
    Effect.gen(function* () {
      const { url, world } = yield* provider
      const { submit } = yield* agent({ state: yield* folder, baseUrl: url })
      const answers = yield* Effect.promise(() => Promise.all([submit(), submit(), submit()]))
      const paid = answers.filter(({ isError }) => !isError)
      expect(new Set(paid.map((answer) => answer["taskId"])).size).toBe(1)
      for (const answer of answers.filter(({ isError }) => isError)) {
        expect(answer).toMatchObject({ reason: "IntentUnresolved", canTryAgain: true })
      }
      expect(world.report()).toMatchObject({ submissions: 1 })
      expect((yield* Effect.promise(() => submit()))["taskId"]).toBe(paid[0]?.["taskId"])
    })
  )

  it.live("cannot spend more than the budget, and is told to stop", () =>
    Effect.gen(function* () {
      const { url, world } = yield* provider
      const state = yield* folder
      const { submit, call } = yield* agent({ state, baseUrl: url })
      for (const seed of [1, 2]) expect(yield* Effect.promise(() => submit({ seed }))).toMatchObject({ isError: false })
      for (const seed of [3, 4, 5]) {
        const refused = yield* Effect.promise(() => submit({ seed }))
        expect(refused).toMatchObject({ isError: true, reason: "BudgetExceeded", canTryAgain: false })
        expect(refused["advice"]).toContain("tell the person")
      }
      expect(world.report()).toMatchObject({ submissions: 2 })
      const list = yield* Effect.promise(() => call("list_jobs"))
      expect(list).toMatchObject({ pending: [{ dollars: 0.4 }, { dollars: 0.4 }], unknown: [], sending: [] })
      // Nor by starting the server again.
      const next = yield* agent({ state, baseUrl: url })
      expect(yield* Effect.promise(() => next.submit({ seed: 6 }))).toMatchObject({ reason: "BudgetExceeded" })
      expect(world.report()).toMatchObject({ submissions: 2 })
    })
  )

  it.live("whose server was killed after the job was accepted gets the same job from the next one", () =>
    Effect.gen(function* () {
      const { url, world } = yield* provider
      const state = yield* folder
      const first = yield* agent({ state, baseUrl: url })
      const { taskId } = yield* Effect.promise(() => first.submit())
      first.kill()
      const next = yield* agent({ state, baseUrl: url })
      expect(yield* Effect.promise(() => next.submit())).toMatchObject({ taskId, isNew: false })
      expect(world.report()).toMatchObject({ submissions: 1 })
    })
  )

  it.live("whose server was killed while the request was on its way does not pay again", () =>
    Effect.gen(function* () {
      const { url, posts, server } = yield* held
      const state = yield* folder
      const first = yield* agent({ state, baseUrl: url })
      const asked = once(server, "asked")
      const lost = first.submit().catch(() => "lost")
      yield* Effect.promise(() => asked)
      first.kill()
      expect(yield* Effect.promise(() => lost)).toBe("lost")
      const next = yield* agent({ state, baseUrl: url })
      const refused = yield* Effect.promise(() => next.submit())
      expect(refused).toMatchObject({ isError: true, reason: "IntentUnresolved" })
      expect(refused["advice"]).toContain("may be charged already")
      expect(yield* Effect.promise(() => next.call("list_jobs"))).toMatchObject({
        sending: [{ dollars: 0.4 }],
        budget: { spent: { jobs: 0 } }
      })
      expect(posts.length).toBe(1)
    })
  )

  it.live.each(["SIGTERM", "a closed input"])(
    "whose client leaves while the request is on its way (%s) finds the job in the ledger later",
    (end) =>
      Effect.gen(function* () {
        const { url, posts, server, answer } = yield* held
        const state = yield* folder
        const args = [main, "mcp", "--live", "--budget", "1", "--no-preflight"]
        const env = { ...usual(state), COMETAPI_BASE_URL: url }
        const child = spawn(process.execPath, args, { env, stdio: ["pipe", "ignore", "ignore"] })
        const asked = once(server, "asked")
        const closed = once(child, "close")
        child.stdin.write(`${submission.join("\n")}\n`)
        yield* Effect.promise(() => asked)
        if (end === "SIGTERM") child.kill("SIGTERM")
        else child.stdin.end()
        // It stays until the answer to what may be paid for is there.
        yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
        expect(child.exitCode).toBe(null)
        answer('{"id":"t-late"}')
        yield* Effect.promise(() => closed)
        const next = yield* agent({ state, baseUrl: url })
        expect(yield* Effect.promise(() => next.submit())).toMatchObject({ taskId: "t-late", isNew: false })
        expect(posts.length).toBe(1)
      })
  )

  it.live("is told what is wrong with an input, and of a local file what to do with it", () =>
    Effect.gen(function* () {
      const { url, world } = yield* provider
      const { submit, call } = yield* agent({ state: yield* folder, baseUrl: url })
      const character = { type: "image", uri: "/home/me/portrait.png" }
      const refused = yield* Effect.promise(() => submit({ character, expressionIntensity: 9, sed: 3 }))
      expect(refused).toMatchObject({ isError: true, reason: "InvalidInput", canTryAgain: false })
      for (const field of ["character.uri", "expressionIntensity", "sed"]) expect(refused["message"]).toContain(field)
      expect(refused["advice"]).toContain("a local file has to be uploaded first")
      expect(refused["advice"]).toContain("AssetStore")
      for (const nothing of [{}, { character: 1 }, { character: null, reference: [] }]) {
        const answer = yield* Effect.promise(() => call("submit_character_performance", nothing))
        expect(answer).toMatchObject({ isError: true, reason: "InvalidInput" })
        expect(yield* Effect.promise(() => call("preflight", nothing))).toMatchObject({
          isError: false,
          findings: [{ rule: "url" }, { rule: "url" }]
        })
      }
      expect(yield* Effect.promise(() => call("get_task", { id: "no-such-task" }))).toMatchObject({
        isError: true,
        reason: "TaskNotFound"
      })
      expect(world.report()).toMatchObject({ submissions: 0 })
    })
  )

  it.live("pays for no asset that a preflight finds fault with", () =>
    Effect.gen(function* () {
      const { url, world } = yield* provider
      const { submit, call } = yield* agent({ state: yield* folder, baseUrl: url, args: ["--budget", "1"] })
      const local = {
        character: { type: "image", uri: "https://localhost/a.png" },
        reference: { type: "video", uri: "https://printer.local/b.mp4" }
      }
      const findings = [
        { field: "character.uri", rule: "private" },
        { field: "reference.uri", rule: "private" }
      ]
      expect(yield* Effect.promise(() => call("preflight", local))).toMatchObject({ isError: false, findings })
      expect(yield* Effect.promise(() => submit(local))).toMatchObject({
        isError: true,
        reason: "PreflightRefused",
        findings
      })
      expect(world.report()).toMatchObject({ submissions: 0 })
      expect(yield* Effect.promise(() => call("list_jobs"))).toMatchObject({ budget: { spent: { jobs: 0 } } })
    })
  )
})

describe("a wait", () => {
  it.live("reports progress, ends with the video, and the job is no longer listed", () =>
    Effect.gen(function* () {
      const { url, world } = yield* provider
      const { submit, call, said } = yield* agent({ state: yield* folder, baseUrl: url })
      const taskId = String((yield* Effect.promise(() => submit()))["taskId"])
      const progress: Array<{ progress: number; message?: string | undefined }> = []
      const end = yield* Effect.promise(() =>
        call(
          "wait_for_task",
          { id: taskId, timeoutSeconds: 60 },
          {
            onprogress: (report) => {
              progress.push(report)
              // The provider is done by the second look.
              if (progress.length === 1) world.finish(taskId)
            }
          }
        )
      )
      expect(end).toMatchObject({ isError: false, id: taskId, status: "SUCCEEDED", isDone: true })
      const output = String([end["output"]].flat()[0])
      expect((yield* Effect.promise(() => fetch(output))).status).toBe(200)
      expect(progress.length).toBeGreaterThan(1)
      expect(progress.map(({ progress }) => progress)).toEqual(progress.map((_, index) => index + 1))
      expect(progress.at(-1)?.message).toBe("SUCCEEDED")
      expect(yield* Effect.promise(() => call("list_jobs"))).toMatchObject({ pending: [] })
      for (const secret of [key, "SECRET-SIGNATURE", "_jwt"]) expect(said.err).not.toContain(secret)
    })
  )

  it.live("comes back in time when the task goes on, and says so", () =>
    Effect.gen(function* () {
      const { url, world } = yield* provider
      world.choose("happy")
      const { submit, call } = yield* agent({ state: yield* folder, baseUrl: url })
      const id = String((yield* Effect.promise(() => submit()))["taskId"])
      const end = yield* Effect.promise(() => call("wait_for_task", { id, timeoutSeconds: 1 }))
      expect(end).toMatchObject({ isError: false, isDone: false })
      expect(end["advice"]).toContain("wait_for_task")
      expect(yield* Effect.promise(() => call("get_task", { id }))).toMatchObject({ isError: false, isDone: false })
    })
  )

  it.live("tells of a failed task as what it is", () =>
    Effect.gen(function* () {
      const { url, world } = yield* provider
      const { submit, call } = yield* agent({ state: yield* folder, baseUrl: url })
      const id = String((yield* Effect.promise(() => submit()))["taskId"])
      world.fail(id)
      const end = yield* Effect.promise(() => call("wait_for_task", { id }))
      expect(end).toMatchObject({ isError: false, status: "FAILED", isDone: true })
      expect(end["failure"]).toBeTruthy()
      const again = yield* Effect.promise(() => submit())
      expect(again).toMatchObject({ taskId: id, isNew: false })
      expect(again["advice"]).toContain("has failed")
    })
  )

  it.live("that is cancelled stops asking the provider at once", () =>
    Effect.gen(function* () {
      const { url, gone, server } = yield* held
      const { call } = yield* agent({ state: yield* folder, baseUrl: url })
      const controller = new AbortController()
      const asked = once(server, "asked")
      const wait = call("wait_for_task", { id: "some-task" }, { signal: controller.signal }).catch(() => "cancelled")
      yield* Effect.promise(() => asked)
      controller.abort()
      expect(yield* Effect.promise(() => wait)).toBe("cancelled")
      yield* Effect.promise(() => Promise.all(gone))
      // The server goes on.
      expect(yield* Effect.promise(() => call("list_jobs"))).toMatchObject({ isError: false })
    })
  )
})

describe("the command", () => {
  const run = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>>, stdin = "") =>
    Effect.promise(async () => {
      const child = spawn(process.execPath, [main, "mcp", ...args], { env, stdio: ["pipe", "pipe", "pipe"] })
      const said = Promise.all([text(child.stdout), text(child.stderr)])
      child.stdin.end(stdin)
      const [code] = await once(child, "close")
      const [out, err] = await said
      return { code, out, err }
    })

  it.live.each([
    ["without a budget", ["--live"], /--budget <dollars>/],
    ["with a budget below nothing", ["--live", "--budget", "-1"], /budget/i],
    ["without saying whether it may pay", ["--budget", "1"], /--mock .* --live/],
    [
      "with a ledger that cannot be opened",
      ["--live", "--budget", "1", "--ledger", "/dev/null/ledger.sqlite"],
      /ledger/
    ]
  ] as const)("does not start %s, and says why on standard error", ([_, args, words]) =>
    Effect.gen(function* () {
      const { code, out, err } = yield* run(args, usual(yield* folder))
      expect(code).not.toBe(0)
      expect(out).not.toContain("jsonrpc")
      expect(err).toMatch(words)
      expect(err).not.toContain(key)
    })
  )

  it.live("does not start without a key", () =>
    Effect.gen(function* () {
      const { COMETAPI_KEY: _, ...env } = usual(yield* folder)
      const { code, err } = yield* run(["--live", "--budget", "1"], env)
      expect(code).not.toBe(0)
      expect(err).toContain("COMETAPI_KEY")
    })
  )

  it.live(
    "writes nothing but the protocol on standard output, keeps its ledger in the usual place, and ends with its input",
    () =>
      Effect.gen(function* () {
        const { url, world } = yield* provider
        world.inject({ on: "submit", kind: "status", status: 500 })
        const state = yield* folder
        const lines = [
          ...submission,
          message(3, "tools/call", { name: "no_such_tool", arguments: {} }),
          message(4, "no/such/method", {})
        ]
        const child = spawn(process.execPath, [main, "mcp", "--live", "--budget", "1", "--no-preflight"], {
          env: { ...usual(state), COMETAPI_BASE_URL: url },
          stdio: ["pipe", "pipe", "pipe"]
        })
        const err = text(child.stderr)
        let out = ""
        const answered = new Promise<void>((resolve) =>
          child.stdout.on("data", (chunk) => {
            out += chunk
            if ([1, 2, 3, 4].every((id) => new RegExp(`"id":${id}[,}]`).test(out))) resolve()
          })
        )
        child.stdin.write(`${lines.join("\n")}\n`)
        yield* Effect.promise(() => answered)
        const closed = once(child, "close")
        child.stdin.end()
        yield* Effect.promise(() => closed)
        const answers = out
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line))
        for (const answer of answers) expect(answer.jsonrpc).toBe("2.0")
        expect(JSON.stringify(answers.find(({ id }) => id === 2))).toContain("OutcomeUnknown")
        expect(out + (yield* Effect.promise(() => err))).not.toContain(key)
        expect(yield* Effect.promise(() => err)).not.toContain("SECRET-SIGNATURE")
        expect(world.report()).toMatchObject({ submissions: 1 })
        const { existsSync } = yield* Effect.promise(() => import("node:fs"))
        expect(existsSync(join(state, "cometapi-runway", "ledger.sqlite"))).toBe(true)
      })
  )
})
