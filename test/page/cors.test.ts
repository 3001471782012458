import { existsSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { delimiter, join } from "node:path"
import { RunwayMock } from "cometapi-runway-mock"
import { chromium } from "playwright-core"
import { expect, it } from "vitest"
import { performance as body, headers } from "../mock/Support.ts"

const candidates = [
  process.env["CHROMIUM_PATH"],
  "/usr/bin/chromium",
  ...(process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "chromium"))
]
const executablePath = candidates.find((path) => path !== undefined && existsSync(path))
const inCi = (process.env["CI"] ?? "") !== ""

/** A front-end of another origin: an empty page. */
const serveFrontEnd = () =>
  new Promise<{ readonly url: string; readonly stop: () => void }>((resolve) => {
    const server = createServer((_, answer) => {
      answer.setHeader("content-type", "text/html")
      answer.end("<!doctype html><title>front-end</title>")
    }).listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo
      resolve({ url: `http://127.0.0.1:${port}`, stop: () => server.close() })
    })
  })

it.skipIf(executablePath === undefined && !inCi)(
  "a page of another origin submits, polls, reads the headers and downloads, and cannot use the controls",
  async () => {
    await using mock = await RunwayMock.start({ port: 0, clock: "virtual" })
    const frontEnd = await serveFrontEnd()
    const browser = await chromium.launch({
      executablePath: executablePath ?? "",
      args: ["--headless", "--no-sandbox", "--disable-gpu"]
    })
    try {
      const page = await browser.newPage()
      await page.goto(frontEnd.url)
      const world = mock.world("browser")
      const seen = await page.evaluate(
        async ({ url, headers, body }) => {
          const post = () =>
            fetch(`${url}/runwayml/v1/character_performance`, { method: "POST", headers, body: JSON.stringify(body) })
          const accepted = await post()
          const { id } = await accepted.json()
          let output: string | undefined
          while (output === undefined)
            output = (await (await fetch(`${url}/runwayml/v1/tasks/${id}`, { headers })).json()).output?.[0]
          const video = await fetch(output)
          const wrong = await fetch(`${url}/runwayml/v1/character_performance`, { method: "POST", headers, body: "{}" })
          return {
            accepted: accepted.status,
            named: accepted.headers.has("x-oneapi-request-id") && accepted.headers.has("date"),
            video: (await video.arrayBuffer()).byteLength > 0,
            wrong: wrong.status,
            why: wrong.headers.has("sl-violations"),
            control: await fetch(`${url}/_mock/tasks`, { headers }).then(String, String)
          }
        },
        { url: mock.url, headers: headers("browser"), body }
      )
      expect(seen).toEqual({
        accepted: 200,
        named: true,
        video: true,
        wrong: 400,
        why: true,
        control: "TypeError: Failed to fetch"
      })
      expect(world.journal().entries.every(({ method }) => method !== "OPTIONS")).toBe(true)
      expect(world.report().findings.map(({ kind }) => kind)).toEqual(Array(8).fill("contract-violation"))
    } finally {
      await browser.close()
      frontEnd.stop()
    }
  }
)
