/**
 * The provider that everybody is measured in front of: it answers at once, in process or over a socket, and a task of it lives as long as it is told.
 *
 * It checks nothing and is nobody's mock.
 *
 * @module
 */
import { fork } from "node:child_process"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

export const taskId = "5b91e444-c232-deaf-a4d7-8aef3e57336b"

/** The body of an answer: to a POST the new task's id, to a GET the task, which ends some milliseconds after it was seen first. */
export const provider = (lasts: number = Number.POSITIVE_INFINITY) => {
  const seen = new Map<string, number>()
  return (method: string, path: string): string => {
    if (method === "POST") return JSON.stringify({ id: taskId })
    const id = path.slice(path.lastIndexOf("/") + 1)
    const now = performance.now()
    const first = seen.get(id) ?? now
    if (lasts !== Number.POSITIVE_INFINITY) seen.set(id, first)
    const createdAt = "2026-11-24T09:30:00.000Z"
    const age = now - first
    return JSON.stringify(
      age >= lasts
        ? { id, createdAt, status: "SUCCEEDED", output: [`https://cdn.example.com/${id}.mp4?_jwt=signed`] }
        : { id, createdAt, status: "RUNNING", progress: lasts === Number.POSITIVE_INFINITY ? 0.42 : age / lasts }
    )
  }
}

const headers = { "content-type": "application/json", "x-oneapi-request-id": "2026112409300012345678" }

/** The provider as a `fetch`, without a network. */
export const fetchOf =
  (answer: ReturnType<typeof provider>): typeof globalThis.fetch =>
  async (input, init) => {
    const url = input instanceof Request ? input.url : String(input)
    const method = init?.method ?? (input instanceof Request ? input.method : "GET")
    return new Response(answer(method, url), { headers })
  }

/** The provider behind a socket, in a process of its own, so that its CPU is nobody's. */
export const serve = async (
  lasts = Number.POSITIVE_INFINITY
): Promise<{ readonly url: string; readonly stop: () => void }> => {
  const child = fork(import.meta.filename, [String(lasts)], { stdio: ["ignore", "inherit", "inherit", "ipc"] })
  const port = await new Promise((resolve, reject) => {
    child.once("message", resolve)
    child.once("exit", () => reject(new Error("the server ended before it listened")))
  })
  return { url: `http://127.0.0.1:${port}`, stop: () => child.disconnect() }
}

if (import.meta.main) {
  const answer = provider(Number(process.argv[2]))
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    request.resume()
    request.once("end", () => response.writeHead(200, headers).end(answer(request.method ?? "", request.url ?? "")))
  })
  server.listen(0, "127.0.0.1", 20_000, () => process.send?.((server.address() as AddressInfo).port))
  process.once("disconnect", () => process.exit())
}
