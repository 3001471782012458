/**
 * `npm run platforms`: lets a POST fail in every way on every runtime, and writes down what each one's `fetch` says of it, as the examples that
 * test/client/not-sent.test.ts judges, and as the table of docs/platforms.md. `npm run platforms -- Bun` runs only the runtimes named.
 *
 * Needs Linux, root (or user namespaces), `ip`, `iptables`, `openssl` and Chromium; everything happens in a network of its own.
 *
 * @module
 */
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { connect, type Socket } from "node:net"
import { dirname, join } from "node:path"
import * as Certificates from "./Certificates.ts"
import * as Network from "./Network.ts"
import * as Page from "./Page.ts"
import * as Recorded from "./Recorded.ts"
import * as Runtimes from "./Runtimes.ts"
import * as Troubles from "./Troubles.ts"

const root = dirname(dirname(import.meta.dirname))
const folder = join(root, "node_modules", ".cache", "platforms")

/** Local ports are used up for one destination, so that nobody can connect to it any more. */
const useUp = async (port: number): Promise<ReadonlyArray<Socket>> => {
  const used: Array<Socket> = []
  for (;;) {
    const socket = connect(port, "127.0.0.1")
    const open = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true))
      socket.once("error", () => resolve(false))
    })
    if (!open) return used
    used.push(socket)
  }
}

const prepare = (stage: Troubles.Stage): void => {
  for (const tables of ["iptables", "ip6tables"]) execFileSync(tables, ["-F"])
  Network.set("tcp_syn_retries", stage === "patient" ? "6" : "1")
  Network.set("tcp_retries2", "3")
  Network.set("ip_local_port_range", "40000\t60999")
}

/** One stage on one runtime. */
const look = async (runtime: Runtimes.Runtime, stage: Troubles.Stage, all: ReadonlyArray<Troubles.Trouble>) => {
  const troubles = all.filter((one) => one.stage === stage)
  prepare(stage)
  const servers = await Promise.all(troubles.map((one) => one.start()))
  const proxy = stage === "by proxy" ? await Troubles.proxy() : undefined
  const running = await runtime.start(stage)
  try {
    if (running === undefined) return []
    if (stage === "few ports") Network.set("ip_local_port_range", "40000\t40019")
    const used = stage === "few ports" ? await useUp(Number(new URL(troubles[0]?.case.url ?? "").port)) : []
    const outcomes = await running.probe(troubles.map((one) => one.case))
    for (const socket of used) socket.destroy()
    for (const { case: one } of troubles)
      if (Troubles.controls.includes(one.name) && outcomes[one.name]?.status !== 200)
        throw new Error(
          `${runtime.name}: "${one.name}" was not answered: ${JSON.stringify(outcomes[one.name])}; run it again`
        )
    // What a runtime sends again without being asked may come a moment later.
    await new Promise((resolve) => setTimeout(resolve, 1000))
    return troubles.map((trouble, index): Recorded.Sighting => {
      const server = servers[index]
      const spoken =
        server !== undefined && "spoken" in server && server.spoken instanceof Function ? server.spoken() : true
      return {
        trouble: trouble.case.name,
        group: trouble.group,
        arrived: server?.arrived() ?? 0,
        ...(spoken ? outcomes[trouble.case.name] : { notSpoken: true })
      }
    })
  } finally {
    await running?.close()
    for (const server of servers) server.close()
    proxy?.close()
  }
}

const lookAtAll = async (only: ReadonlyArray<string>): Promise<void> => {
  const temporary = mkdtempSync(join(folder, "run-"))
  const names = await Network.open(temporary)
  const certificates = Certificates.make(temporary)
  process.env["NODE_EXTRA_CA_CERTS"] = certificates.authority
  const troubles = Troubles.make(certificates)
  for (const runtime of Runtimes.all(folder, certificates)) {
    if (only.length > 0 && !only.includes(runtime.name)) continue
    console.log(`${runtime.name} ${runtime.version}`)
    const seen: Array<Recorded.Sighting> = []
    for (const stage of ["usual", "patient", "few ports", "by proxy", "by no proxy"] as const)
      seen.push(...(await look(runtime, stage, troubles)))
    const file = join(Recorded.folder, `${runtime.name.toLowerCase().replace(" ", "-")}.json`)
    Recorded.write(file, { runtime: runtime.name, version: runtime.version, seen })
  }
  names.close()
  Page.write()
  console.log(Page.table(Recorded.all()))
  rmSync(temporary, { recursive: true })
}

await Network.within(
  () => Runtimes.install(folder),
  () => lookAtAll(process.argv.slice(2))
)
