/**
 * `npm run check:offline`: runs a command, `npm run check` unless another is given (`-- npm test`, `-- npm start`), and proves that it talks to nobody outside this machine.
 *
 * Linux gives the command a network of its own, from which no route leads out: a name server in it writes down every name that is asked for, and the kernel counts
 * every attempt to reach an address outside. One of either is a failure. The command starts with an empty home folder and without `CI`, as on a
 * developer's first day: that is when tools look for updates and report their use.
 *
 * Where the machine does not allow it, the command runs as usual and the proof is reported as missing; with REQUIRE_OFFLINE=1 that is a failure too.
 *
 * @module
 */
import { execFileSync, spawn, spawnSync } from "node:child_process"
import { createSocket } from "node:dgram"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { constants, tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const self = fileURLToPath(import.meta.url)
const [first, ...others] = process.argv.slice(2)
const command = (words: ReadonlyArray<string>) => (words.length === 0 ? ["npm", "run", "check"] : words)

/** Runs a command to its end and gives its exit code. */
const run = ([program = "", ...args]: ReadonlyArray<string>, env: NodeJS.ProcessEnv = process.env) =>
  new Promise<number>((resolve, reject) => {
    const child = spawn(program, args, { stdio: "inherit", env })
    child.on("error", reject)
    child.on("close", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])))
  })

/** A network, a file system view and, for whoever is not root, a user of its own. */
const unshare = ["--net", "--mount", ...(process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"])]

const allowed = (): boolean => spawnSync("unshare", [...unshare, "ip", "link", "set", "lo", "up"]).status === 0

/** The name in the first question of a DNS message, which starts after the header's twelve bytes. */
const questionOf = (message: Buffer): string => {
  const labels: Array<string> = []
  for (let at = 12; at < message.length; ) {
    const length = message[at] ?? 0
    if (length === 0) break
    labels.push(message.toString("latin1", at + 1, at + 1 + length))
    at += 1 + length
  }
  return labels.join(".")
}

/** Answers every question with "there is no such name", and collects the names. */
const nameServer = async () => {
  const names = new Set<string>()
  const socket = createSocket("udp4", (message, from) => {
    names.add(questionOf(message))
    const answer = Buffer.from(message)
    answer.writeUInt16BE(0x8183, 2)
    socket.send(answer, from.port, from.address)
  })
  await new Promise<void>((resolve, reject) => socket.once("error", reject).bind(53, "127.0.0.1", resolve))
  return { names, close: () => socket.close() }
}

/** Puts up the network: the loopback interface, no route to anywhere, and our name server as the only one. */
const buildNetwork = (folder: string): void => {
  execFileSync("ip", ["link", "set", "lo", "up"])
  for (const [name, text] of [
    ["resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"],
    ["nsswitch.conf", "hosts: files dns\n"]
  ] as const) {
    writeFileSync(join(folder, name), text)
    execFileSync("mount", ["--bind", join(folder, name), `/etc/${name}`])
  }
}

/** How often the kernel has refused to send something because no route leads there: once for each attempt to reach an address outside. */
const attemptsToLeave = (): number => {
  const [names = "", values = ""] = readFileSync("/proc/self/net/snmp", "utf8").split("\n")
  const four = Number(values.split(" ")[names.split(" ").indexOf("OutNoRoutes")])
  const six = Number(/^Ip6OutNoRoutes\s+(\d+)$/m.exec(readFileSync("/proc/self/net/snmp6", "utf8"))?.[1])
  return four + six
}

/** What runs inside the network of its own. */
const inside = async (words: ReadonlyArray<string>): Promise<number> => {
  const folder = mkdtempSync(join(tmpdir(), "offline-"))
  try {
    buildNetwork(folder)
    const server = await nameServer()
    const before = attemptsToLeave()
    const { CI: _, ...env } = process.env
    const code = await run(words, { ...env, HOME: folder })
    const attempts = attemptsToLeave() - before
    server.close()
    console.error(
      `names asked for: ${[...server.names].join(", ") || "none"}; attempts to reach an address outside: ${attempts}`
    )
    return server.names.size === 0 && attempts === 0 ? code : code || 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const outside = async (words: ReadonlyArray<string>): Promise<number> => {
  if (allowed()) return run(["unshare", ...unshare, process.execPath, self, "--inside", ...words])
  const code = await run(words)
  console.error("Not proven to be offline: this machine does not let `unshare` and `ip` make a network of their own.")
  return process.env["REQUIRE_OFFLINE"] === "1" ? code || 1 : code
}

process.exitCode =
  first === "--inside" ? await inside(others) : await outside(command(first === undefined ? [] : [first, ...others]))
