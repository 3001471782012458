/**
 * A Redis server of its own for a proof: started on a free port of this machine, in a folder that is removed afterwards.
 *
 * It runs Debian's package, installs nothing, and keeps nothing when it ends: each start begins empty.
 *
 * @module
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { freePort } from "./Postgres.ts"

export interface Redis {
  readonly url: string
  /** Ends it as a power failure does, without a farewell to anybody. */
  readonly kill: () => Promise<void>
  /** Starts it again on the same port, empty. */
  readonly start: () => Promise<void>
  /** Leaves its connections open and answers nothing, until `thaw`. */
  readonly freeze: () => void
  readonly thaw: () => void
  /** Calls back with the connection's address for each script that a client runs, until the function that is given back is called. */
  readonly watch: (onScript: (address: string) => void) => () => Promise<void>
  readonly stop: () => Promise<void>
}

/** Whether a server can be started here. */
export const isInstalled = (): boolean => spawnSync("redis-server", ["--version"]).status === 0

/** Starts a server and waits until it answers. */
export const startRedis = async (): Promise<Redis> => {
  const folder = mkdtempSync(join(tmpdir(), "redis-"))
  const port = await freePort()
  const ask = (...command: ReadonlyArray<string>) => ["-h", "127.0.0.1", "-p", String(port), ...command]
  const flags = ["--bind", "127.0.0.1", "--port", String(port), "--dir", folder, "--save", "", "--appendonly", "no"]
  let server: ChildProcess
  const start = async () => {
    server = spawn("redis-server", flags, { stdio: "ignore" })
    while (spawnSync("redis-cli", ask("ping"), { encoding: "utf8" }).stdout !== "PONG\n") {
      if (server.exitCode !== null) throw new Error(`Redis ended with ${server.exitCode}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const kill = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, "exit")
    server.kill("SIGKILL")
    await ended
  }
  await start()
  return {
    url: `redis://127.0.0.1:${port}`,
    kill,
    start,
    freeze: () => server.kill("SIGSTOP"),
    thaw: () => server.kill("SIGCONT"),
    watch: (onScript) => {
      const monitor = spawn("redis-cli", ask("monitor"), { stdio: ["ignore", "pipe", "ignore"] })
      const ended = once(monitor, "exit")
      createInterface(monitor.stdout).on("line", (line) => {
        const address = /^\S+ \[\d+ (\S+)\] "EVALSHA"/i.exec(line)?.[1]
        if (address !== undefined) onScript(address)
      })
      return async () => {
        monitor.kill()
        await ended
      }
    },
    stop: async () => {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
