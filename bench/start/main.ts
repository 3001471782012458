/**
 * How long after its start each server gives its first right answer: `node bench/start/main.ts [starts of each]`.
 *
 * The mock, built and from source, and plain `prism mock` are started by turns, so that a busy machine is busy for all of them.
 * "First start" is without the cache of compiled code that Node keeps where NODE_COMPILE_CACHE says, "later" is with it.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { get } from "node:http"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

const [count = "7"] = process.argv.slice(2)
const root = join(import.meta.dirname, "../..")
const built = "mock/dist/lib/bin.js"
const source = "mock/src/bin.ts"
const caches = await mkdtemp(join(tmpdir(), "cometapi-runway-bench-"))

interface Server {
  readonly name: string
  /** What Node is asked to run; the port follows. */
  readonly command: ReadonlyArray<string>
  /** Where Node keeps compiled code, if the command has it kept. */
  readonly cache: () => string | undefined
  /** The status of the right answer. */
  readonly status: number
}

let folders = 0
const fresh = () => join(caches, String(folders++))
const kept = fresh()
const none = () => undefined
const port = ["--port"]
const prism: Server = {
  name: "prism mock",
  command: ["node_modules/@stoplight/prism-cli/dist/index.js", "mock", "openapi/cometapi-runway.yaml", "--port"],
  cache: none,
  // An example of success, whatever the task: it remembers none.
  status: 200
}
// There is no such task, and the provider calls that a wrong request.
const mock = (name: string, file: string): ReadonlyArray<Server> => [
  { name: `${name}, first start`, command: [file, ...port], cache: fresh, status: 400 },
  { name: `${name}, later`, command: [file, ...port], cache: () => kept, status: 400 }
]
const isBuilt = existsSync(join(root, built))
const servers = [prism, ...(isBuilt ? mock("the mock, built", built) : []), ...mock("the mock, source", source)]

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  return typeof address === "object" && address !== null ? address.port : 0
}

/** The status of one answer, `undefined` as long as nobody listens. */
const ask = (port: number): Promise<number | undefined> =>
  new Promise((resolve) => {
    const headers = { authorization: "Bearer k", "x-runway-version": "2024-11-06" }
    const options = { host: "127.0.0.1", port, path: "/runwayml/v1/tasks/x", headers, agent: false }
    get(options, (response) => {
      response.resume()
      resolve(response.statusCode)
    }).once("error", () => resolve(undefined))
  })

/** Milliseconds from the start of the process to its answer. */
const start = async ({ name, command, cache, status: right }: Server): Promise<number> => {
  const port = await freePort()
  const { NODE_COMPILE_CACHE: _, ...env } = process.env
  const folder = cache()
  const from = performance.now()
  const child = spawn(process.execPath, [...command, String(port)], {
    cwd: root,
    env: folder === undefined ? env : { ...env, NODE_COMPILE_CACHE: folder },
    stdio: "ignore"
  })
  const exit = once(child, "exit")
  try {
    for (;;) {
      const status = await ask(port)
      if (status === right) return performance.now() - from
      if (status !== undefined) throw new Error(`${name} answered ${status} instead of ${right}`)
      if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode} before it answered`)
      await sleep(5)
    }
  } finally {
    // Ended politely, because it is at its end that Node writes what it has compiled.
    child.kill("SIGTERM")
    await exit
  }
}

const median = (numbers: ReadonlyArray<number>): number =>
  numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? Number.NaN

try {
  if (!isBuilt) console.log(`There is no ${built}: \`npm run build\` makes it.\n`)
  const times = new Map(servers.map((server) => [server, [] as number[]] as const))
  // One round that does not count, for the disk's sake and to have something kept.
  for (let round = 0; round <= Number(count); round++) {
    for (const [server, taken] of times) {
      const time = await start(server)
      if (round > 0) taken.push(time)
    }
  }
  console.log(`Milliseconds from start to first answer, median and range of ${count} starts:\n`)
  const base = median(times.get(prism) ?? [])
  for (const [{ name }, taken] of times) {
    const [least, middle, most] = [Math.min(...taken), median(taken), Math.max(...taken)].map((time) => time.toFixed(0))
    const ratio = `${(median(taken) / base).toFixed(2)} of Prism's`
    console.log(`  ${name.padEnd(30)}${middle?.padStart(6)}   (${least} to ${most})`.padEnd(56) + ratio)
  }
} finally {
  await rm(caches, { recursive: true, force: true })
}
