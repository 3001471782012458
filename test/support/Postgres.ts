/**
 * A PostgreSQL server of its own for a proof: started on a free port of this machine, in a folder that is removed afterwards.
 *
 * It runs Debian's package and installs nothing.
 *
 * @module
 */
import { execFileSync, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

export interface Postgres {
  readonly port: number
  /** Makes an empty database and gives its URL. */
  readonly database: (name: string) => string
  /** Runs a statement in a database and gives its rows, one text a row, with "|" between columns. */
  readonly query: (database: string, statement: string) => ReadonlyArray<string>
  readonly stop: () => Promise<void>
}

const home = "/usr/lib/postgresql"

/** The newest server that Debian's packages have brought, or undefined. */
export const programs = (): string | undefined => {
  const versions = existsSync(home) ? readdirSync(home) : []
  return versions
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(home, version, "bin"))
    .find((bin) => existsSync(join(bin, "postgres")))
}

/** Whether a server can be started here. */
export const isInstalled = (): boolean => programs() !== undefined

/** A port that is free now. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  return typeof address === "object" && address !== null ? address.port : 0
}

export interface PostgresOptions {
  /** Settings of the server, for example `max_connections`. */
  readonly settings?: Readonly<Record<string, string | number>> | undefined
}

/** Starts a server and waits until it answers. */
export const startPostgres = async ({ settings = {} }: PostgresOptions = {}): Promise<Postgres> => {
  const bin = programs()
  if (bin === undefined) throw new Error("PostgreSQL is not installed here: apt-get install postgresql")
  const folder = mkdtempSync(join(tmpdir(), "postgres-"))
  // The server refuses to run as root.
  const asUser = process.getuid?.() === 0 ? ["runuser", "-u", "postgres", "--"] : []
  if (asUser.length > 0) execFileSync("chown", ["postgres", folder])
  chmodSync(folder, 0o700)
  const data = join(folder, "data")
  const [initdb = "", ...initialise] = [
    ...asUser,
    join(bin, "initdb"),
    "-D",
    data,
    "-U",
    "postgres",
    "-A",
    "trust",
    "-E",
    "UTF8"
  ]
  execFileSync(initdb, initialise, { stdio: "ignore", cwd: "/" })
  const port = await freePort()
  const own = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])
  const listen = ["-h", "127.0.0.1", "-p", String(port), "-k", folder]
  const [program = "", ...flags] = [...asUser, join(bin, "postgres"), "-D", data, ...listen, ...own]
  const server = spawn(program, flags, { stdio: "ignore", cwd: "/" })
  const ended = once(server, "exit")
  const url = (database: string) => `postgres://postgres@127.0.0.1:${port}/${database}`
  const psql = (database: string, statement: string) =>
    execFileSync(join(bin, "psql"), [url(database), "-XAtqc", statement], { encoding: "utf8", maxBuffer: 1 << 28 })
  const answers = () => spawnSync(join(bin, "pg_isready"), ["-h", "127.0.0.1", "-p", String(port)]).status === 0
  while (!answers()) {
    if (server.exitCode !== null) throw new Error(`PostgreSQL ended with ${server.exitCode}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return {
    port,
    database: (name) => {
      psql("postgres", `CREATE DATABASE "${name}"`)
      return url(name)
    },
    query: (database, statement) => psql(database, statement).split("\n").slice(0, -1),
    stop: async () => {
      // The server's own program passes no signal on when another user's shell has started it, so it is asked by its own tool.
      const [control = "", ...stop] = [...asUser, join(bin, "pg_ctl"), "-D", data, "-m", "immediate", "stop"]
      spawnSync(control, stop, { stdio: "ignore", cwd: "/" })
      await ended
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
