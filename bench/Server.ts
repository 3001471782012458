/**
 * A server that is measured from outside: started as its users start it, and asked until it answers.
 *
 * @module
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { Agent, request } from "node:http"
import { createServer } from "node:net"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

const root = join(import.meta.dirname, "..")

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  return typeof address === "object" && address !== null ? address.port : 0
}

export interface Asked {
  readonly method: "GET" | "POST"
  readonly path: string
  readonly key?: string
  readonly body?: unknown
}

export interface Answered {
  readonly status: number
  readonly text: string
}

/** Starts a server; `arguments` are what Node is given, with the port where `{port}` stands. */
export const start = async (...arguments_: ReadonlyArray<string>) => {
  const port = await freePort()
  const child = spawn(
    process.execPath,
    arguments_.map((argument) => argument.replace("{port}", String(port))),
    { cwd: root, stdio: "ignore" }
  )
  const ended = once(child, "exit")
  const agent = new Agent({ keepAlive: true })
  const ask = ({ method, path, key = "bench", body }: Asked): Promise<Answered> =>
    new Promise((resolve, reject) => {
      const sent = body === undefined ? undefined : JSON.stringify(body)
      const headers = {
        authorization: `Bearer ${key}`,
        "x-runway-version": "2024-11-06",
        ...(sent === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(sent) })
      }
      request({ host: "127.0.0.1", port, method, path, headers, agent }, (response) => {
        let text = ""
        response.setEncoding("utf8")
        response.on("data", (part: string) => {
          text += part
        })
        response.once("end", () => resolve({ status: response.statusCode ?? 0, text }))
      })
        .once("error", reject)
        .end(sent)
    })
  const firstAnswer = async (asked: Asked): Promise<Answered> => {
    for (;;) {
      if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode} before it answered`)
      const answered = await ask(asked).catch(() => undefined)
      if (answered !== undefined) return answered
      await sleep(5)
    }
  }
  return {
    ask,
    firstAnswer,
    /** Closes the connections. A server closes one that is idle for long, and the next request could still be sent over it. */
    hangUp: () => agent.destroy(),
    stop: async () => {
      agent.destroy()
      child.kill("SIGTERM")
      await ended
    }
  }
}
