/**
 * A network of our own, in a namespace that holds nothing but loopback: what happens in it reaches no other machine, every port is free, and its
 * packets can be lost on purpose. All but `within` is only to be called inside that namespace.
 *
 * @module
 */
import { execFileSync, spawnSync } from "node:child_process"
import { createSocket } from "node:dgram"
import { writeFileSync } from "node:fs"
import { join } from "node:path"

const say = (program: string, ...args: ReadonlyArray<string>) => execFileSync(program, args, { stdio: "pipe" })

/** Prepares, outside, and then runs this same program once more, where it does its work inside a namespace of its own. */
export const within = async (prepare: () => void | Promise<void>, work: () => Promise<void>): Promise<void> => {
  if (process.env["PLATFORMS_INSIDE"] !== undefined) {
    await work()
    process.exit()
  }
  await prepare()
  const asRoot = process.getuid?.() === 0 ? [] : ["--map-root-user"]
  const own = ["--net", "--mount", "--fork", "--kill-child", ...asRoot]
  const { status } = spawnSync("unshare", [...own, process.execPath, ...process.argv.slice(1)], {
    stdio: "inherit",
    env: { ...process.env, PLATFORMS_INSIDE: "yes" }
  })
  process.exitCode = status ?? 1
}

/** Loopback up, and a name server of our own that knows no name (`.invalid`) or stays silent (`.silent`). */
export const open = async (folder: string): Promise<{ readonly close: () => void }> => {
  say("ip", "link", "set", "lo", "up")
  const resolv = join(folder, "resolv.conf")
  writeFileSync(resolv, "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
  say("mount", "--bind", resolv, "/etc/resolv.conf")
  const names = createSocket("udp4")
  names.on("message", (query, { port, address }) => {
    if (query.includes("silent")) return
    const answer = Buffer.from(query)
    // Answer, recursion available, "no such name".
    answer.writeUInt16BE(0x8183, 2)
    names.send(answer, port, address)
  })
  await new Promise<void>((resolve) => names.bind(53, "127.0.0.1", resolve))
  return { close: () => names.close() }
}

/** Every packet to a port vanishes. */
export const swallow = (port: number): void => {
  for (const tables of ["iptables", "ip6tables"])
    say(tables, "-A", "OUTPUT", "-p", "tcp", "--dport", `${port}`, "-j", "DROP")
}

/** Packets to a port are answered by a router: `icmp-host-unreachable`, `icmp-net-unreachable`, `icmp-admin-prohibited`. */
export const refuse = (port: number, answer: string): void => {
  say("iptables", "-I", "OUTPUT", "-p", "tcp", "--dport", `${port}`, "-j", "REJECT", "--reject-with", answer)
}

/** What a port's server sends arrives only where it carries data: its bare acknowledgements are lost. */
export const loseAcknowledgements = (port: number): void => {
  const bare = ["-m", "length", "--length", "40:60", "--tcp-flags", "SYN,FIN,RST,ACK", "ACK"]
  say("iptables", "-A", "OUTPUT", "-p", "tcp", "--sport", `${port}`, ...bare, "-j", "DROP")
}

/** A setting of this namespace's network, below /proc/sys/net/ipv4. */
export const set = (name: string, value: string): void => writeFileSync(`/proc/sys/net/ipv4/${name}`, value)
