/**
 * `npm run doors`: the packed packages on every runtime. Each of the three doors (Effect client, Promise, bindings) makes a video on the packed mock,
 * and meets a refused connection, an unknown host, and TLS to a plain port. Writes the table of docs/platforms.md, and fails where a cell is not
 * what is promised there, or where the mock got another number of paid requests. `npm run doors -- Bun` looks at the runtimes named, and writes nothing.
 *
 * Needs what `npm run platforms` needs but iptables. Node, Bun and Deno import the installed package as it is; workerd and Chromium get it bundled.
 *
 * @module
 */
import { spawn } from "node:child_process"
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { rolldown } from "rolldown"
import { install, pack } from "../../../test/package/Packed.ts"
import * as Certificates from "../Certificates.ts"
import * as Network from "../Network.ts"
import * as Runtimes from "../Runtimes.ts"
import * as Table from "./Table.ts"

const platforms = dirname(import.meta.dirname)
const folder = join(dirname(dirname(platforms)), "node_modules", ".cache", "platforms")
const project = join(folder, "doors")
const bundled = join(project, "bundled")

/** A project that has installed both packages, with the probe in it. */
const prepare = async (): Promise<void> => {
  Runtimes.install(folder)
  rmSync(project, { recursive: true, force: true })
  const packed = mkdtempSync(join(folder, "packed-"))
  const { client, mock } = await pack(packed)
  install(project, { "cometapi-runway": client, "cometapi-runway-mock": mock })
  rmSync(packed, { recursive: true })
  copyFileSync(join(import.meta.dirname, "probe.js"), join(project, "probe.js"))
  copyFileSync(join(platforms, "run.js"), join(project, "run.js"))
  const built = await rolldown({
    input: join(project, "probe.js"),
    platform: "browser",
    external: /^node:/,
    logLevel: "silent"
  })
  // What is for Node only stays in chunks of its own, which are loaded when they are asked for.
  await built.write({ dir: bundled, chunkFileNames: "[name].js" })
}

/** The packed mock's command, on a clock that plays each job at once. */
const startMock = async () => {
  const command = join(project, "node_modules/cometapi-runway-mock/lib/bin.js")
  const child = spawn(process.execPath, [command, "--port", "0", "--clock", "virtual", "--json"], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  let said = ""
  for await (const chunk of child.stdout) {
    said += String(chunk)
    if (said.includes("\n")) break
  }
  const { url }: { readonly url: string } = JSON.parse(said.split("\n")[0] ?? "")
  return { url, close: () => child.kill("SIGTERM") }
}

/** How many paid requests came with a key. */
const submissions = async (url: string, apiKey: string): Promise<string> => {
  const expected = { operation: "submit", status: 200, count: Table.doors.length }
  const response = await fetch(`${url}/_mock/verify`, {
    method: "POST",
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
    body: JSON.stringify(expected)
  })
  const { ok, text }: { readonly ok: boolean; readonly text: string } = await response.json()
  return ok ? "" : text
}

const lookAtAll = async (only: ReadonlyArray<string>): Promise<void> => {
  const temporary = mkdtempSync(join(folder, "run-"))
  const names = await Network.open(temporary)
  const certificates = Certificates.make(temporary)
  const mock = await startMock()
  const plain = new URL(mock.url).port
  const bases: Readonly<Record<Table.Trouble, string>> = {
    "the provider answers": mock.url,
    "connection refused": "http://127.0.0.1:19009",
    "no such host": "https://name.invalid:19009",
    "TLS to a plain port": `https://127.0.0.1:${plain}`
  }
  const seen: Array<Table.Seen> = []
  const modules = readdirSync(bundled).map((name) => join(bundled, name))
  for (const runtime of Runtimes.all<Table.Case, Table.Outcome>(folder, certificates, { home: project, modules })) {
    if (only.length > 0 && !only.includes(runtime.name)) continue
    console.log(`${runtime.name} ${runtime.version}`)
    const apiKey = `doors-${runtime.name.toLowerCase().replace(" ", "-")}`
    const running = await runtime.start("usual")
    if (running === undefined) throw new Error(`${runtime.name} was not started`)
    const outcomes = await running.probe(Table.cases(apiKey, bases)).finally(running.close)
    seen.push({ ...runtime, outcomes, paid: await submissions(mock.url, apiKey) })
  }
  mock.close()
  names.close()
  rmSync(temporary, { recursive: true })
  console.log(Table.table(seen))
  const wrong = Table.wrong(seen)
  for (const one of wrong) console.error(one)
  if (wrong.length > 0) process.exitCode = 1
  else if (only.length === 0) Table.write(seen)
}

await Network.within(prepare, () => lookAtAll(process.argv.slice(2)))
