/**
 * What other clients do where ours is careful: Runway's own SDK, the client that Redocly generates from our contract, and `openai` as a generic REST client. Each as it comes,
 * with its own defaults.
 *
 * @module
 */
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import RunwayML from "@runwayml/sdk"
import type { Fault, Running, Scenario, WorldControl } from "../../../mock/src/index.ts"
import { createRunway } from "../../../src/promise.ts"
import { hastened } from "../../promise/Sides.ts"
import { packageOf, quiet, root } from "../../referees/OnDemand.ts"

interface Peer {
  readonly name: string
  readonly submit: (url: string, key: string, signal?: AbortSignal) => PromiseLike<unknown>
  /** Submits and waits, for who can wait. */
  readonly generate?: (url: string, key: string) => PromiseLike<unknown>
}

const body = {
  character: { type: "image", uri: "https://example.com/portrait.png" },
  reference: { type: "video", uri: "https://example.com/performance.mp4" },
  bodyControl: true,
  expressionIntensity: 1,
  seed: 1,
  model: "act_two",
  ratio: "1280:720",
  contentModeration: { publicFigureThreshold: "auto" }
} as const

const runwayOf = (url: string, key: string) =>
  createRunway({ apiKey: key, baseUrl: url, firstAfter: 0, between: { minimum: 1, maximum: 1 } })

const ours: Peer = {
  name: "cometapi-runway",
  submit: (url, key, signal) => runwayOf(url, key).characterPerformance.submit(body, { signal }),
  generate: (url, key) => runwayOf(url, key).characterPerformance(body)
}

const sdkOf = (url: string, key: string) => new RunwayML({ apiKey: key, baseURL: `${url}/runwayml` })

const sdk: Peer = {
  name: "@runwayml/sdk",
  submit: (url, key, signal) =>
    sdkOf(url, key).characterPerformance.create(body, signal === undefined ? {} : { signal }),
  generate: (url, key) => sdkOf(url, key).characterPerformance.create(body).waitForTaskOutput()
}

/** What is used of clients that the compiler cannot see, because they are installed or generated on demand. */
interface OpenAi {
  readonly post: (path: string, options: object) => PromiseLike<unknown>
}
interface Generated {
  readonly createClient: (
    operations: object,
    options: object
  ) => { readonly createCharacterPerformance: (...given: ReadonlyArray<unknown>) => PromiseLike<unknown> }
  readonly OPERATIONS: object
}

const openAiVersion = "7.57.0"

const openai = async (): Promise<Peer> => {
  const folder = packageOf("openai", openAiVersion)
  const { default: OpenAI }: { readonly default: new (options: object) => OpenAi } = await import(
    pathToFileURL(join(folder, "index.mjs")).href
  )
  return {
    name: "openai, as a REST client",
    submit: (url, key, signal) =>
      new OpenAI({ apiKey: key, baseURL: url }).post("/runwayml/v1/character_performance", {
        body,
        headers: { "X-Runway-Version": "2024-11-06" },
        signal
      })
  }
}

const redocly = async (): Promise<Peer> => {
  mkdirSync(join(root, "node_modules/.cache"), { recursive: true })
  const folder = mkdtempSync(join(root, "node_modules/.cache/peer-"))
  try {
    const output = join(folder, "client.ts")
    const command = [
      join(packageOf("@redocly/cli", undefined), "bin/cli.js"),
      "generate-client",
      join(root, "openapi/cometapi-runway.yaml"),
      "--output",
      output
    ]
    execFileSync(process.execPath, command, { cwd: folder, env: quiet, stdio: "pipe" })
    const { createClient, OPERATIONS }: Generated = await import(pathToFileURL(output).href)
    return {
      name: "Redocly's generated client",
      submit: (url, key, signal) => {
        const client = createClient(OPERATIONS, { serverUrl: url, auth: { bearer: key } })
        return client.createCharacterPerformance({ body, headers: { "X-Runway-Version": "2024-11-06" } }, { signal })
      }
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** All of them, ours first. */
const peers = async (): Promise<ReadonlyArray<Peer>> => [ours, sdk, await openai(), await redocly()]

const faults: ReadonlyArray<readonly [string, Fault]> = [
  ["the answer is lost, once", { on: "submit", kind: "lost", once: true }],
  [
    "the connection is reset after the job was accepted, once",
    { on: "submit", kind: "reset", accepted: true, once: true }
  ],
  ["the answer is cut in half, once", { on: "submit", kind: "cut", once: true }],
  ["500 after the job was accepted, once", { on: "submit", kind: "status", status: 500, accepted: true, once: true }],
  ["504 after the job was accepted, once", { on: "submit", kind: "status", status: 504, accepted: true, once: true }],
  ["408 after the job was accepted, once", { on: "submit", kind: "status", status: 408, accepted: true, once: true }],
  ["429, once", { on: "submit", kind: "status", status: 429, once: true }]
]

const settled = async (work: PromiseLike<unknown>): Promise<"done" | "fails"> => {
  try {
    await work
    return "done"
  } catch {
    return "fails"
  }
}

/** How many POSTs and paid jobs one call made of one fault. */
const paid = async (mock: Running, peer: Peer, fault: Fault, key: string): Promise<string> => {
  const world = mock.world(key)
  world.inject(fault)
  const end = await settled(peer.submit(mock.url, key))
  const { submissions, accepted } = world.report()
  return `${end}: ${submissions} ${submissions === 1 ? "POST" : "POSTs"}, ${accepted} ${accepted === 1 ? "job" : "jobs"}`
}

/** How long a call goes on after it was aborted while its answer does not come. Ours waits for the id of what may be paid. */
const aborted = async (mock: Running, peer: Peer, key: string): Promise<string> => {
  const world = mock.world(key)
  world.inject({ on: "submit", kind: "stall" })
  const controller = new AbortController()
  let isOver = false
  const end = settled(peer.submit(mock.url, key, controller.signal)).finally(() => {
    isOver = true
  })
  while (world.report().submissions === 0 && !isOver) await new Promise(setImmediate)
  if (isOver) return "ends before its request arrives"
  const began = performance.now()
  controller.abort()
  await end
  return `${Math.round(performance.now() - began)} ms`
}

/** Runway's own shape and nothing odd but the status. */
export const dreaming: Scenario = {
  name: "dreaming",
  timeline: [{ state: "running", for: "25 seconds", with: { status: "DREAMING" } }, { state: "succeeded" }]
}

const hasVideo = (world: WorldControl) => world.tasks().some(({ collected }) => collected)

/** What becomes of a task whose status nobody knows for some looks. */
const unknownStatus = async (mock: Running, peer: Peer, key: string): Promise<string> => {
  if (peer.generate === undefined) return "cannot wait"
  const end = await settled(peer.generate(mock.url, key))
  const world = mock.world(key)
  return end === "done"
    ? "waits for the video"
    : hasVideo(world)
      ? "fails with the video there"
      : `fails while the task goes on`
}

export const head = async (): Promise<ReadonlyArray<string>> => ["", ...(await peers()).map(({ name }) => name)]

/** The table's rows. Pauses are shortened, where a client makes any. */
export const rows = async (mock: Running): Promise<ReadonlyArray<ReadonlyArray<string>>> => {
  const all = await peers()
  let count = 0
  const each = async (
    name: string,
    cell: (peer: Peer, key: string) => Promise<string>
  ): Promise<ReadonlyArray<string>> => {
    const cells: Array<string> = []
    for (const peer of all) cells.push(await cell(peer, `peer-${count++}`))
    return [name, ...cells]
  }
  // First, because hastened pauses would hasten the time limits of the platform's own fetch as well.
  const abort = await each("from the abort of a POST without an answer to its end", (peer, key) =>
    aborted(mock, peer, key)
  )
  const pauses = hastened()
  try {
    const rows: Array<ReadonlyArray<string>> = []
    for (const [name, fault] of faults) rows.push(await each(name, (peer, key) => paid(mock, peer, fault, key)))
    const unknown = await each("a status that nobody knows, for a while", (peer, key) =>
      unknownStatus(mock, peer, `mock-dreaming-${key}`)
    )
    return [...rows, unknown, abort]
  } finally {
    pauses.restore()
  }
}
