/**
 * `npm run nodes`: starts the packed mock's command on each line of Node that it is for, and plays one job on it from the POST to the video. Where there
 * is sqlite, the packed command for durable jobs makes a video as well.
 *
 * The Nodes come from npm, in exact versions, into a folder that git does not know. It fails where one of them does not play the job, and
 * where `engines` names another oldest line than the one that was tried.
 *
 * @module
 */
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { install, pack } from "./Packed.ts"

const root = join(import.meta.dirname, "../..")
const arch = process.arch === "arm64" ? "arm64" : "x64"
/** The oldest version that `engines` allows, and the newest of each later line. */
const versions = ["20.19.0", "20.20.2", "22.13.0", "22.23.3", "24.21.0"]
/** The oldest version that the durable package's `engines` allows. */
const oldestDurable = "22.13.0"

/** The programs, by version. */
const nodes = (): ReadonlyMap<string, string> => {
  const folder = join(root, "node_modules/.cache/nodes")
  mkdirSync(folder, { recursive: true })
  const dependencies = Object.fromEntries(
    versions.map((version) => [`node-${version}`, `npm:node-linux-${arch}@${version}`])
  )
  const wanted = JSON.stringify({ private: true, dependencies })
  const file = join(folder, "package.json")
  const programs = new Map(versions.map((version) => [version, join(folder, `node_modules/node-${version}/bin/node`)]))
  const isThere = [...programs.values()].every((program) => existsSync(program))
  if (!isThere || readFileSync(file, "utf8") !== wanted) {
    writeFileSync(file, wanted)
    // Without install scripts: the programs lie in the packages as they are.
    execFileSync("npm", ["install", "--ignore-scripts", "--no-package-lock"], { cwd: folder, stdio: "inherit" })
  }
  return programs
}

const task = {
  character: { type: "image", uri: "https://example.com/portrait.png" },
  reference: { type: "video", uri: "https://example.com/performance.mp4" },
  bodyControl: true,
  expressionIntensity: 3,
  seed: 1,
  model: "act_two",
  ratio: "1280:720",
  contentModeration: { publicFigureThreshold: "auto" }
}
const headers = {
  authorization: "Bearer any-key",
  "x-runway-version": "2024-11-06",
  "content-type": "application/json"
}

/** Plays one job on a mock and says how many bytes its video has. */
const play = async (url: string): Promise<number> => {
  const post = await fetch(`${url}/runwayml/v1/character_performance`, {
    method: "POST",
    headers,
    body: JSON.stringify(task)
  })
  const { id } = await post.json()
  for (let polls = 0; polls < 50; polls++) {
    const { status, output } = await (await fetch(`${url}/runwayml/v1/tasks/${id}`, { headers })).json()
    if (status === "SUCCEEDED") return (await (await fetch(output[0])).arrayBuffer()).byteLength
  }
  throw new Error("the job did not succeed")
}

/** Starts the command with a file of options and a file of tasks, plays a job, looks at page and metrics, and stops it. */
const tryOn = async (node: string, home: string): Promise<string> => {
  const config = join(home, "mock.json")
  writeFileSync(config, JSON.stringify({ port: 0, clock: "virtual", state: "state.json", keys: { "any-*": {} } }))
  const command = join(home, "node_modules/cometapi-runway-mock/lib/bin.js")
  const child = spawn(node, [command, "--config", config, "--json"], { cwd: home, stdio: ["ignore", "pipe", "pipe"] })
  const said = { out: "", err: "" }
  child.stderr.on("data", (chunk) => {
    said.err += String(chunk)
  })
  const ended = once(child, "close")
  try {
    for await (const chunk of child.stdout) {
      said.out += String(chunk)
      if (said.out.includes("\n")) break
    }
    const [first = ""] = said.out.split("\n")
    if (first === "") throw new Error(`it does not start: ${said.err}`)
    const { url } = JSON.parse(first)
    const bytes = await play(url)
    for (const path of ["/", "/_mock/metrics", "/_mock/recordings"]) {
      const { status } = await fetch(url + path)
      if (status !== 200) throw new Error(`${path} is answered ${status}`)
    }
    return `one job played, its video has ${bytes} bytes`
  } finally {
    child.kill("SIGTERM")
    const [code] = await ended
    if (code !== 0 || said.err !== "") process.exitCode = 1
    if (said.err !== "") console.error(said.err)
  }
}

/** Makes the video of a file's job with the durable package's command, in a folder of its own. */
const makeDurably = (version: string, node: string, home: string): string => {
  const folder = join(home, version)
  mkdirSync(folder)
  const { character, reference } = task
  writeFileSync(join(folder, "jobs.jsonl"), JSON.stringify({ intent: "order-1", character, reference }))
  const command = join(home, "node_modules/cometapi-runway-durable/lib/cli.js")
  const options = { cwd: folder, encoding: "utf8" } as const
  const [, , video = ""] = execFileSync(node, [command, "run", "jobs.jsonl", "--mock"], options).trim().split("\t")
  return `a durable job made, its video has ${statSync(join(folder, video)).size} bytes`
}

/** Whether a version is at least another one. */
const isAtLeast = (version: string, oldest: string): boolean =>
  version.localeCompare(oldest, "en", { numeric: true }) >= 0

/** What the manifest of an installed package says of Node must be what is tried. */
const checkEngines = (home: string, name: string, oldest: string | undefined): void => {
  const { engines } = JSON.parse(readFileSync(join(home, "node_modules", name, "package.json"), "utf8"))
  if (engines.node !== `>=${oldest?.replace(/\.0$/, "")}`)
    throw new Error(`engines of ${name} says ${engines.node}, and ${oldest} is the oldest one that is tried`)
}

const folder = mkdtempSync(join(tmpdir(), "cometapi-runway-nodes-"))
try {
  const { client, mock, durable } = await pack(folder)
  const home = install(join(folder, "project"), {
    "cometapi-runway": client,
    "cometapi-runway-mock": mock,
    "cometapi-runway-durable": durable
  })
  checkEngines(home, "cometapi-runway-mock", versions[0])
  checkEngines(home, "cometapi-runway-durable", oldestDurable)
  for (const [version, node] of nodes()) {
    const durably = isAtLeast(version, oldestDurable) ? `, ${makeDurably(version, node, home)}` : ""
    console.log(`Node ${version}: ${await tryOn(node, home)}${durably}`)
  }
} finally {
  rmSync(folder, { recursive: true })
}
