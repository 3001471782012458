/** The mock beside other mocks: from its start to its first answer, answers over HTTP, answers in process, and whether it slows down as it fills. */
import { execFileSync } from "node:child_process"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { type Bench, type Contestant, cpuOf, ours, verify } from "../Bench.ts"
import { body } from "../Clients.ts"
import { type Answered, type Asked, start } from "../Server.ts"

// More tasks of a key than any round makes.
const most = 100_000
const prismCommand = ["bench/node_modules/@stoplight/prism-cli/dist/index.js", "mock", "openapi/cometapi-runway.yaml"]
const aimock = "bench/node_modules/@copilotkit/aimock"
const servers = {
  [ours]: ["mock/dist/lib/bin.js", "--port", "{port}", "--max-tasks", String(most)],
  "prism mock -v silent": [...prismCommand, "--port", "{port}", "-v", "silent"],
  "prism mock": [...prismCommand, "--port", "{port}"],
  // It needs a folder of answers to start with; to this path it says 404, which is an answer.
  aimock: [`${aimock}/dist/cli.js`, "--port", "{port}", "--fixtures", `${aimock}/fixtures`]
} as const

const task = "/runwayml/v1/tasks/5b91e444-c232-deaf-a4d7-8aef3e57336b"
const look: Asked = { method: "GET", path: task }
const submission: Asked = { method: "POST", path: "/runwayml/v1/character_performance", body }

/** The command is measured as its users have it: built. */
const prepare = (): void => {
  const root = join(import.meta.dirname, "../..")
  execFileSync("npm", ["run", "build"], { cwd: root, stdio: ["ignore", "ignore", "inherit"] })
}

const untilFirstAnswer = (command: ReadonlyArray<string>) => async (): Promise<Contestant> => ({
  round: async () => {
    const from = performance.now()
    const server = await start(...command)
    const { status } = await server.firstAnswer(look)
    const took = performance.now() - from
    await server.stop()
    verify(status >= 200 && status < 500, `an answer with ${status}`)
    return { "ms to the first answer": took }
  }
})

/** Each a body that was not sent before. */
const otherBodies = (n: number): Asked => ({ ...submission, body: { ...body, seed: n } })

/** Requests one after the other over one connection; `askedAs` says what the nth of them asks, where not all ask the same. */
const overHttp = (
  command: ReadonlyArray<string>,
  asked: Asked,
  right: (answered: Answered) => boolean,
  askedAs?: (n: number) => Asked
) => {
  const count = 100
  return async (): Promise<Contestant> => {
    const server = await start(...command)
    await server.firstAnswer(look)
    // A task that there is: only a mock that keeps tasks cares.
    const { id } = JSON.parse((await server.ask(submission)).text)
    const request = asked.method === "GET" ? { ...asked, path: `/runwayml/v1/tasks/${id}` } : asked
    // A new task is not visible at once, as with the provider.
    if (asked.method === "GET") while (!right(await server.ask(request))) await setTimeout(100)
    server.hangUp()
    let sent = 0
    return {
      round: async () => {
        const from = performance.now()
        for (let n = 0; n < count; n++) {
          sent += 1
          const answered = await server.ask(askedAs?.(sent) ?? request)
          verify(right(answered), answered.text)
        }
        const took = performance.now() - from
        server.hangUp()
        return { "µs per request": (took / count) * 1000 }
      },
      stop: server.stop
    }
  }
}

const hasId = ({ status, text }: Answered): boolean => status === 200 && text.includes('"id"')
const over = (asked: Asked, askedAs?: (n: number) => Asked) => ({
  [ours]: overHttp(servers[ours], asked, hasId, askedAs),
  "prism mock -v silent": overHttp(servers["prism mock -v silent"], asked, hasId, askedAs),
  "prism mock": overHttp(servers["prism mock"], asked, hasId, askedAs)
})

const headers = { authorization: "Bearer bench", "x-runway-version": "2024-11-06" }
const inProcess = "µs of CPU per GET"

const ourMock = async (key = "bench") => {
  const Effect = await import("effect/Effect")
  const { RunwayMock } = await import("cometapi-runway-mock")
  const { fetch } = Effect.runSync(RunwayMock.make({ clock: "virtual", limits: { tasks: most } }))
  const submit = async (): Promise<string> => {
    const response = await fetch(`https://api.cometapi.com${submission.path}`, {
      method: "POST",
      headers: { ...headers, authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify(body)
    })
    const { id } = await response.json()
    verify(typeof id === "string", "the id of a new task")
    return id
  }
  const read = async (id: string): Promise<void> => {
    const response = await fetch(`https://api.cometapi.com/runwayml/v1/tasks/${id}`, {
      headers: { ...headers, authorization: `Bearer ${key}` }
    })
    verify(response.status === 200, "the task's status")
    await response.arrayBuffer()
  }
  return { submit, read }
}

/** Without a word: writing each of its lines would take Prism longer than the answer. */
const nothing = (): void => {}
const silent = Object.assign(
  { child: () => silent },
  Object.fromEntries(["trace", "debug", "info", "warn", "error", "fatal", "success"].map((level) => [level, nothing]))
)

const prismAlone = async (): Promise<Contestant> => {
  const { getHttpOperationsFromSpec } = await import("@stoplight/prism-http")
  const { createClientFromOperations } = await import("@stoplight/prism-http/dist/client.js")
  const client = createClientFromOperations(await getHttpOperationsFromSpec("openapi/cometapi-runway.yaml"), {
    mock: { dynamic: false },
    validateRequest: true,
    validateResponse: true,
    checkSecurity: true,
    errors: false,
    upstreamProxy: undefined,
    isProxy: false,
    logger: silent
  })
  return {
    round: async () => {
      const cpu = await cpuOf(500, async () => {
        for (let n = 0; n < 500; n++) verify((await client.get(task, { headers })).status === 200, "Prism's answer")
      })
      return { [inProcess]: cpu }
    }
  }
}

/** The same requests when a key has this many tasks already. */
const grown = (tasks: number) => async (): Promise<Contestant> => {
  const { submit, read } = await ourMock()
  let id = ""
  for (let n = 0; n < tasks; n++) id = await submit()
  return {
    round: async () => {
      const get = await cpuOf(300, async () => {
        for (let n = 0; n < 300; n++) await read(id)
      })
      const post = await cpuOf(100, async () => {
        for (let n = 0; n < 100; n++) await submit()
      })
      return { [inProcess]: get, "µs of CPU per POST": post }
    }
  }
}

const startUp = "start"
const first = "ms to the first answer"
const each = "µs per request"

export const bench: Bench = {
  title: "the mock beside others",
  prepare,
  workloads: {
    [startUp]: {
      base: "prism mock",
      rounds: 3,
      fresh: true,
      contestants: Object.fromEntries(
        Object.entries(servers).map(([name, command]) => [name, untilFirstAnswer(command)])
      )
    },
    "GET over HTTP": { base: "prism mock -v silent", rounds: 3, contestants: over(look) },
    "POST on one key over HTTP": { base: "prism mock -v silent", rounds: 3, contestants: over(submission) },
    // Without a goal: it shows what is left when nothing can be remembered of a body.
    "POST of another body each time over HTTP": {
      base: "prism mock -v silent",
      rounds: 3,
      contestants: over(submission, otherBodies)
    },
    "in process": {
      base: "Prism alone",
      rounds: 3,
      contestants: {
        [ours]: async () => {
          const { submit, read } = await ourMock()
          const id = await submit()
          return {
            round: async () => {
              const cpu = await cpuOf(500, async () => {
                for (let n = 0; n < 500; n++) await read(id)
              })
              return { [inProcess]: cpu }
            }
          }
        },
        "Prism alone": prismAlone
      }
    },
    growth: {
      base: "with one task of the key",
      rounds: 2,
      contestants: { "with one task of the key": grown(1), [ours]: grown(10_000) }
    }
  },
  goals: [
    { workload: startUp, figure: first, times: "prism mock", atMost: 0.5 },
    { workload: startUp, figure: first, times: "aimock", atMost: 1 },
    { workload: "GET over HTTP", figure: each, times: "prism mock -v silent", atMost: 1 },
    { workload: "GET over HTTP", figure: each, times: "prism mock", atMost: 0.5 },
    { workload: "POST on one key over HTTP", figure: each, times: "prism mock -v silent", atMost: 1 },
    { workload: "in process", figure: inProcess, times: "Prism alone", atMost: 1.3 },
    { workload: "growth", figure: inProcess, times: "with one task of the key", atMost: 1.2 },
    { workload: "growth", figure: "µs of CPU per POST", times: "with one task of the key", atMost: 1.2 }
  ]
}
