import { spawnSync } from "node:child_process"
import { describe, expect, it } from "vitest"

/** What `npm run check:offline` makes of a program. */
const judge = (code: string) => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/offline.ts", process.execPath, "-e", code], {
    encoding: "utf8"
  })
  return { status, verdict: stderr.trim().split("\n").at(-1) }
}

const quiet = judge("0")
const missing = quiet.verdict?.startsWith("Not proven") === true && process.env["REQUIRE_OFFLINE"] !== "1"

describe.skipIf(missing)("the proof that a check talks to nobody outside the machine", () => {
  it("lets a program pass that talks to nobody, or to itself", () => {
    expect(quiet).toEqual({ status: 0, verdict: "names asked for: none; attempts to reach an address outside: 0" })
    const toItself = judge(`
      const server = require("node:http").createServer((_, answer) => answer.end())
      server.listen(0, "127.0.0.1", async () => {
        await fetch("http://localhost:" + server.address().port)
        server.close()
      })`)
    expect(toItself).toEqual(quiet)
  })

  it.each([
    ["looks a host up and takes no for an answer", "fetch('https://telemetry.example.com').catch(() => {})"],
    ["asks the name server itself", "require('node:dns').resolve4('telemetry.example.com', () => {})"]
  ])("fails one that %s, and names the host", (_, code) => {
    expect(judge(code)).toEqual({
      status: 1,
      verdict: "names asked for: telemetry.example.com; attempts to reach an address outside: 0"
    })
  })

  it.each([
    ["an address", "http://192.0.2.1/"],
    ["an IPv6 address", "http://[2001:db8::1]/"]
  ])("fails one that connects to %s without asking for a name", (_, url) => {
    expect(judge(`fetch("${url}").catch(() => {})`)).toEqual({
      status: 1,
      verdict: "names asked for: none; attempts to reach an address outside: 1"
    })
  })

  it("passes on how the program ended", () => {
    expect(judge("process.exit(7)").status).toBe(7)
  })
})
