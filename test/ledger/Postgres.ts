/**
 * A PostgreSQL server for tests: the system's own (Debian's package `postgresql`), in a temporary folder, on a free port of this machine.
 *
 * It needs no rights and leaves nothing behind. It keeps nothing through a power failure (`fsync=off`), which no test is about.
 *
 * @module
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { chownSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { SqlClient } from "effect/sql/SqlClient"
import { freePort } from "../support/Postgres.ts"

/** PostgreSQL refuses to run as root, so root runs it as its own user. */
const user = () => {
  if (process.getuid?.() !== 0) return {}
  const number = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }))
  return { uid: number("-u"), gid: number("-g") }
}

export interface Postgres {
  readonly url: (database: string) => string
  /** Ends it as a power failure does, without a farewell to anybody. */
  readonly kill: () => Promise<void>
  /** Starts it again on what it had written. */
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** Starts a server. */
export const startPostgres = async (bin: string): Promise<Postgres> => {
  const { uid, gid } = user()
  const folder = mkdtempSync(join(tmpdir(), "ledger-postgres-"))
  if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid)
  const as = { ...user(), cwd: folder, env: { LC_ALL: "C.UTF-8", PATH: bin } }
  const data = join(folder, "data")
  execFileSync(join(bin, "initdb"), ["-D", data, "-U", "ledger", "-A", "trust", "--no-sync"], {
    ...as,
    stdio: "ignore"
  })
  const port = await freePort()
  const options = [`-p${port}`, "-clisten_addresses=127.0.0.1", `-cunix_socket_directories=${folder}`, "-cfsync=off"]
  let server: ChildProcess | undefined
  const end = async (signal: "SIGQUIT" | "SIGINT") => {
    if (server === undefined || server.exitCode !== null) return
    const ended = once(server, "exit")
    server.kill(signal)
    await ended
  }
  const start = async () => {
    const child = spawn(join(bin, "postgres"), ["-D", data, ...options], { ...as, stdio: ["ignore", "ignore", "pipe"] })
    server = child
    let said = ""
    await new Promise<void>((resolve, reject) => {
      child.stderr.on("data", (chunk) => {
        said += String(chunk)
        if (said.includes("ready to accept connections")) resolve()
      })
      child.once("exit", () => reject(new Error(`PostgreSQL did not start: ${said}`)))
    })
  }
  await start()
  return {
    url: (database) => `postgres://ledger@127.0.0.1:${port}/${database}`,
    kill: () => end("SIGQUIT"),
    start,
    stop: async () => {
      await end("SIGINT")
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

export const clientOf = (url: string) => PgClient.layer({ url: Redacted.make(url) })

/** A client of a new, empty database. */
export const newDatabase = (postgres: Postgres): Effect.Effect<string> =>
  Effect.gen(function* () {
    const name = `ledger_${crypto.randomUUID().replaceAll("-", "")}`
    const sql = yield* SqlClient
    yield* sql.unsafe(`CREATE DATABASE ${name}`)
    return postgres.url(name)
  }).pipe(Effect.provide(clientOf(postgres.url("postgres"))), Effect.orDie)

export const inNewDatabase = (postgres: Postgres) =>
  Layer.unwrap(Effect.map(newDatabase(postgres), (url) => Layer.orDie(clientOf(url))))
