/**
 * Restate's own server, from npm, in a folder of its own.
 *
 * @module
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import * as LedgerFile from "../../src/ledger/LedgerFile.ts"
import { freePort } from "../support/Postgres.ts"
import type { Engine } from "./Engine.ts"

/** npm installs the server's program for this machine only. */
const program = (home: string): string => {
  const packages = join(home, "node_modules/@restatedev")
  const own = readdirSync(packages).find((name) => name.startsWith("restate-server-"))
  if (own === undefined) throw new Error("Restate has no server for this machine: @restatedev/restate-server on npm")
  return join(packages, own, "bin/restate-server")
}

const pause = (millis: number) => new Promise<void>((resolve) => setTimeout(resolve, millis))

export const startRestate = async (home: string): Promise<Engine> => {
  // What an earlier trial has left.
  for (const name of readdirSync(home)) {
    if (name.startsWith("ledger.sqlite") || name === "restate-data") rmSync(join(home, name), { recursive: true })
  }
  const [node, admin, ingress, worker] = [await freePort(), await freePort(), await freePort(), await freePort()]
  const server = spawn(program(home), ["--config-file", "restate.toml", "--no-logo"], {
    cwd: home,
    env: {
      RESTATE_BIND_ADDRESS: `127.0.0.1:${node}`,
      RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
      RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`
    },
    stdio: process.env["SHOW"] === undefined ? "ignore" : "inherit"
  })
  const ended = once(server, "exit")
  const ask = (path: string, body: unknown) =>
    fetch(`http://127.0.0.1:${admin}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify(body)
    })
  const isUp = (port: number, path: string) =>
    fetch(`http://127.0.0.1:${port}${path}`).then(
      ({ ok }) => ok,
      () => false
    )
  while (!((await isUp(admin, "/health")) && (await isUp(ingress, "/restate/health")))) {
    if (server.exitCode !== null) throw new Error(`restate-server ended with ${server.exitCode}`)
    await pause(100)
  }
  return {
    home,
    env: { PORT: String(worker), RESTATE_URL: `http://127.0.0.1:${ingress}` },
    register: async () => {
      const answer = await ask("/deployments", { uri: `http://127.0.0.1:${worker}` })
      if (!answer.ok) throw new Error(`the worker was not registered: ${await answer.text()}`)
    },
    ledger: LedgerFile.layer({ file: join(home, "ledger.sqlite") }),
    stored: async () => {
      const answers = ["sys_invocation", "sys_journal", "sys_journal_events"].map(async (table) => {
        const answer = await ask("/query", { query: `SELECT * FROM ${table}` })
        if (!answer.ok) throw new Error(`${table} cannot be read: ${await answer.text()}`)
        const text = await answer.text()
        // The journal's entries are bytes, which the answer writes as hexadecimal digits.
        const entries = [...text.matchAll(/"((?:[0-9a-f]{2}){4,})"/g)].map(([, digits = ""]) =>
          Buffer.from(digits, "hex")
        )
        return [text, ...entries.map((entry) => entry.toString("latin1"))].join("\n")
      })
      return (await Promise.all(answers)).join("\n")
    },
    stop: async () => {
      server.kill("SIGKILL")
      await ended
    }
  }
}
