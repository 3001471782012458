/**
 * What stands around the workers: a small provider on a socket that remembers what it accepted, and processes to start, kill and stop.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { random } from "./Random.ts"
import type { Task } from "./Worker.ts"

export interface Faults {
  readonly seed: number
  /** How many of a hundred requests are provably refused. */
  readonly refused: number
  /** How many of a hundred answers are lost: one half before the job is accepted, one half after. */
  readonly lost: number
  /** The longest time an answer takes, in milliseconds. */
  readonly latency: number
}

const read = async (request: IncomingMessage): Promise<string> => {
  let text = ""
  for await (const chunk of request) text += String(chunk)
  return text
}

const pause = (millis: number) => new Promise<void>((resolve) => setTimeout(resolve, millis))

const connections = (server: Server) =>
  new Promise<number>((resolve, reject) =>
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)))
  )

/** A provider that accepts each POST as a new, paid job, and never asks whether it had one like it. */
export const startProvider = async ({ seed, refused, lost, latency }: Faults) => {
  const next = random(seed)
  const jobs: Array<{ readonly intent: string; readonly id: string }> = []
  const posts = { seen: 0, refused: 0, lost: 0 }
  const waiting = new Set<() => void>()
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const json = (body: object) => response.setHeader("content-type", "application/json").end(JSON.stringify(body))
    if (request.method === "GET") {
      const id = request.url?.split("/").at(-1)
      json({ id, status: "SUCCEEDED", output: [`https://cdn.example.com/${id}.mp4`] })
      return
    }
    const { seed }: { readonly seed: number } = JSON.parse(await read(request))
    const intent = `job-${seed}`
    posts.seen++
    for (const look of waiting) look()
    const fate = next() * 100
    await pause(next() * latency)
    if (fate < refused) {
      posts.refused++
      // A refusal that is a proof, and after which the client makes no pause.
      response.statusCode = 503
      json({ error: { message: "no channel", code: "get_channel_failed" } })
      return
    }
    if (fate < refused + lost / 2) {
      posts.lost++
      request.socket.destroy()
      return
    }
    const id = `task-${jobs.length + 1}`
    jobs.push({ intent, id })
    await pause(next() * latency)
    if (fate < refused + lost) {
      posts.lost++
      request.socket.destroy()
      return
    }
    json({ id })
  }
  let answering = 0
  const server = createServer((request, response) => {
    answering++
    void answer(request, response).finally(() => answering--)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    jobs,
    posts,
    /** Resolves once so many requests have come, or when the worker has ended. */
    until: (count: number, worker: Worker) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (posts.seen < count) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
        void worker.ended.then(() => {
          waiting.delete(look)
          resolve()
        })
      }),
    /** Resolves once every request that has come is dealt with, also those whose sender is gone. */
    rest: async () => {
      while ((await connections(server)) > 0 || answering > 0) await pause(10)
    },
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
}

export interface Worker {
  readonly process: ChildProcess
  /** Its exit code, null when a signal ended it. */
  readonly ended: Promise<number | null>
  readonly errors: () => string
}

/** Starts a worker, on this Node unless another runtime is named. */
export const startWorker = (task: Task, runtime = process.execPath): Worker => {
  const worker = spawn(runtime, [new URL("Worker.ts", import.meta.url).pathname, JSON.stringify(task)], {
    stdio: ["ignore", "ignore", "pipe"]
  })
  let errors = ""
  worker.stderr?.on("data", (chunk) => {
    errors += String(chunk)
  })
  const ended = new Promise<number | null>((resolve) => worker.once("exit", (code) => resolve(code)))
  return { process: worker, ended, errors: () => errors }
}
