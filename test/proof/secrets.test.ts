/**
 * One job with secrets in every place that has one, through everything that shows, sends or keeps anything: none of it holds a secret, in any spelling.
 *
 * What servers may say and how is `client/shown.test.ts`; here the places are the table.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inspect } from "node:util"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import { Otlp } from "effect/observability"
import * as References from "effect/References"
import * as Schedule from "effect/Schedule"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Running, RunwayMock } from "../../mock/src/index.ts"
import { CharacterPerformance, Ledger, Runway, type RunwayError, Task } from "../../src/index.ts"
import { LedgerFile, layerMemory } from "../../src/Ledger.ts"
import { createRunway } from "../../src/promise.ts"

const key = "sk-CANARY/key+0123456789=="
/** A key that can stand in any header of a mock's world. */
const assetSecret = "CANARYasset~9Fz+Q/x=="
const asset = (name: string, user = "") =>
  `https://${user}cdn.example.com/${name}?X-Amz-Signature=${assetSecret}&token=${encodeURIComponent(assetSecret)}`
const input = {
  character: { type: "image", uri: asset("portrait.png") },
  reference: { type: "video", uri: asset("performance.mp4") }
} as const

/** A secret as it might be written. */
const spellings = (secret: string): ReadonlyArray<string> => {
  const codes = (write: (code: string) => string) =>
    Array.from(secret, (char) => write(char.charCodeAt(0).toString(16).padStart(2, "0"))).join("")
  const once = encodeURIComponent(secret)
  return [
    secret,
    once,
    once.toLowerCase(),
    encodeURIComponent(once),
    secret.replaceAll("/", "\\/"),
    secret.replaceAll("/", "\\\\/"),
    secret.replaceAll("&", "&amp;").replaceAll("+", "&#43;"),
    codes((code) => `%${code}`),
    codes((code) => `\\u00${code}`),
    codes((code) => `&#x${code};`),
    Buffer.from(secret).toString("base64"),
    Buffer.from(secret).toString("base64url"),
    Buffer.from(secret).toString("hex")
  ]
}

/** All files below a folder, but for videos: their bytes are what was paid for. */
const filesIn = (folder: string): string =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile() && !path.endsWith(".mp4"))
    .map((path) => `${path}\n${readFileSync(path, "latin1")}`)
    .join("\n")

const shown = (what: unknown): string => {
  const json = (() => {
    try {
      return JSON.stringify(what, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value))
    } catch {
      return ""
    }
  })()
  return [inspect(what, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true }), json, String(what)].join(
    "\n"
  )
}

const folder = mkdtempSync(join(tmpdir(), "secrets-"))
const within = (name: string) => {
  const path = join(folder, name)
  mkdirSync(path, { recursive: true })
  return path
}

/** Takes what is exported, as a collector does. */
const collector = async () => {
  const bodies: Array<string> = []
  const server = createServer(async (request, response) => {
    let body = ""
    for await (const chunk of request) body += chunk
    bodies.push(`${request.url} ${body}`)
    response.end("{}")
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  const { port }: { readonly port: number } = Object(server.address())
  return { bodies, server, url: `http://127.0.0.1:${port}` }
}

let mock: Running
let recorder: Running
let telemetry: Awaited<ReturnType<typeof collector>>
/** Where secrets might be, by the name of the place. */
const places = new Map<string, string>()
const add = (place: string, text: string) => places.set(place, `${places.get(place) ?? ""}\n${text}`)

const log: Array<string> = []
const logger = Logger.make((entry) => {
  log.push(shown(entry.message), Logger.formatJson.log(entry), Logger.formatLogFmt.log(entry))
})

/** Runs with everything that watches, and keeps what is shown of the end. */
const watched = async (
  place: string,
  url: string,
  effect: Effect.Effect<unknown, RunwayError, Runway | Ledger>,
  ledger: Layer.Layer<Ledger, never> = layerMemory()
) => {
  const exporting = Otlp.layerJson({
    baseUrl: telemetry.url,
    resource: { serviceName: "secrets" },
    tracerExportInterval: 20,
    loggerExportInterval: 20,
    metricsExportInterval: 20
  }).pipe(Layer.provide(FetchHttpClient.layer))
  const client = Runway.layer({ apiKey: key, baseUrl: url, poll: { firstAfter: 0, schedule: Schedule.spaced(1) } })
  const program = Effect.gen(function* () {
    const exit = yield* Effect.exit(effect)
    add(place, shown(exit))
    add("the ledger's answers", shown(yield* (yield* Ledger).list()))
    add("metrics", shown(yield* Metric.snapshot))
    add("the client itself", shown(yield* Runway))
    return exit
  }).pipe(Effect.withSpan("program"), Effect.orDie)
  const layers = Layer.mergeAll(
    client,
    ledger,
    Logger.layer([logger], { mergeWithExisting: true }),
    Layer.succeed(References.MinimumLogLevel, "Trace")
  ).pipe(Layer.provideMerge(exporting))
  return Effect.runPromise(program.pipe(Effect.provide(layers)) as Effect.Effect<unknown>)
}

const generate = CharacterPerformance.generate(input, {
  aroundAttempt: {
    before: (attempt) => Effect.sync(() => add("what hooks are shown", shown(attempt))),
    after: (attempt, verdict) => Effect.sync(() => add("what hooks are shown", shown([attempt, verdict])))
  }
})

const saving = (to: string, maxBytes?: number) =>
  generate.pipe(
    Effect.flatMap((task) => Task.download(task, { to, ...(maxBytes === undefined ? {} : { maxBytes }) })),
    Effect.provide([NodeFileSystem.layer, NodePath.layer])
  )

/** The command, from another process. */
const command = async (args: ReadonlyArray<string>, env: Readonly<Record<string, string>>) => {
  const child = spawn(process.execPath, ["src/cli/main.ts", ...args], {
    env: { PATH: process.env["PATH"], COMETAPI_KEY: key, ...env },
    stdio: ["ignore", "pipe", "pipe"]
  })
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (part) => add("what the command prints", String(part)))
  await once(child, "close")
}

beforeAll(async () => {
  mock = await RunwayMock.start({
    port: 0,
    clock: "virtual",
    scenario: { name: "at once", timeline: [{ state: "succeeded" }] },
    onRequest: (entry) => add("what the mock tells of each request", shown(entry))
  })
  recorder = await RunwayMock.start({ port: 0, record: { from: mock.url, out: within("recordings") } })
  telemetry = await collector()
  const world = mock.world(key)

  await watched("a succeeded task", mock.url, saving(join(within("videos"), "a.mp4")))
  await watched("a job that is recorded", recorder.url, generate)
  await watched(
    "a ledger in a file",
    mock.url,
    generate,
    Layer.orDie(LedgerFile.layer({ file: join(within("ledger"), "ledger.sqlite") }))
  )
  world.inject({ on: "asset", kind: "cut", bytes: 10 })
  await watched(
    "a download that breaks off",
    mock.url,
    saving(join(within("parts"), "b.mp4")).pipe(
      Effect.timeout("3 seconds"),
      Effect.catchTag("TimeoutError", () => Effect.void)
    )
  )
  world.heal()
  for (const fault of ["lost", "html", "redirect", "cut"] as const) {
    world.inject({ on: "submit", kind: fault, once: true })
    await watched(`the error of an answer that is ${fault}`, mock.url, generate)
  }
  const wrong = {
    ...input,
    ratio: `https://x.example/?sig=${assetSecret}`,
    character: { type: asset("type"), uri: asset("a.png", `user:${assetSecret}@`) }
  }
  await watched(
    "the error of a wrong input",
    mock.url,
    Effect.suspend(() => CharacterPerformance.submit(wrong as unknown as CharacterPerformance.Input))
  )

  const runway = createRunway({
    apiKey: key,
    baseUrl: mock.url,
    firstAfter: 0,
    warn: (message) => add("warnings", message)
  })
  const job = runway.characterPerformance(input)
  add("a job of the Promise door", shown(job))
  add("a video of the Promise door", shown(await job))
  add("a runway of the Promise door", shown(runway))
  await runway.close()

  await command(
    [
      "generate",
      "--live",
      "--character",
      asset("portrait.png"),
      "--reference",
      asset("performance.mp4"),
      "--out",
      within("command")
    ],
    { COMETAPI_BASE_URL: mock.url }
  )
  await command(["wait", "--live", "no-such-task"], { COMETAPI_BASE_URL: mock.url })

  add("the mock's journal", shown(world.journal()))
  add("the mock's report", shown(world.report()))
  add("the mock's worlds", shown(mock.worlds()))
  for (const path of ["journal", "report", "worlds", "world", "faults", "account", "clock", "health"]) {
    const answer = await fetch(`${mock.url}/_mock/${path}`, { headers: { authorization: `Bearer ${key}` } })
    add("the mock's control answers", await answer.text())
  }
  add("the mock's page", await (await fetch(mock.url)).text())
  await recorder.recordings().then((report) => add("what is told of recordings", shown(report)))
  await recorder.stop()
  add("logs at Trace", log.join("\n"))
  add("exported spans, logs and metrics", telemetry.bodies.join("\n"))
  add("the ledger's file", filesIn(within("ledger")))
  add("recordings on disk", filesIn(within("recordings")))
  add("the folder of a download that broke off", filesIn(within("parts")))
  add("the folder of a finished download", filesIn(within("videos")))
  add("the folder of the command", filesIn(within("command")))
}, 240_000)
afterAll(async () => {
  await mock.stop()
  telemetry.server.close()
  rmSync(folder, { recursive: true, force: true })
})

const expected = [
  "a succeeded task",
  "a job that is recorded",
  "a ledger in a file",
  "a download that breaks off",
  ...["lost", "html", "redirect", "cut"].map((fault) => `the error of an answer that is ${fault}`),
  "the error of a wrong input",
  "the client itself",
  "metrics",
  "what hooks are shown",
  "logs at Trace",
  "exported spans, logs and metrics",
  "the ledger's answers",
  "the ledger's file",
  "recordings on disk",
  "what is told of recordings",
  "the folder of a download that broke off",
  "the folder of a finished download",
  "what the command prints",
  "the folder of the command",
  "a job of the Promise door",
  "a video of the Promise door",
  "a runway of the Promise door",
  "what the mock tells of each request",
  "the mock's journal",
  "the mock's report",
  "the mock's worlds",
  "the mock's control answers",
  "the mock's page"
]

/** Signatures of the outputs that the mock has given out. */
const signatures = (): ReadonlyArray<string> =>
  mock
    .world(key)
    .tasks()
    .flatMap(({ output }) => (output === undefined ? [] : [...new URL(output).searchParams.values()]))

describe("no secret is", () => {
  it.each(expected)("in %s", (place) => {
    const text = places.get(place) ?? ""
    // The folder of a finished download holds nothing but the video.
    if (!place.startsWith("the folder of")) expect(text.length).toBeGreaterThan(5)
    const secrets = [key, assetSecret, ...signatures()]
    expect(secrets.length).toBeGreaterThan(4)
    const found = secrets.flatMap(spellings).filter((spelling) => text.toLowerCase().includes(spelling.toLowerCase()))
    const at = text.toLowerCase().indexOf((found[0] ?? "").toLowerCase())
    expect(found, `…${text.slice(Math.max(0, at - 200), at + 100)}…`).toEqual([])
  })

  it("unseen: the job was watched, and a secret that is there is found", () => {
    expect(places.get("logs at Trace")).toContain("task submitted")
    expect(places.get("exported spans, logs and metrics")).toContain("Runway.submit")
    expect(places.get("the ledger's file")).toContain("SQLite format 3")
    expect(places.get("recordings on disk")).toContain("createCharacterPerformance")
    expect(places.get("what the command prints")).toContain(".mp4")
    for (const spelling of spellings(assetSecret)) expect(`x${spelling}y`.includes(spelling)).toBe(true)
  })
})
