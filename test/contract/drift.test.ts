import { execFile } from "node:child_process"
import { once } from "node:events"
import { createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"
import { type Running, RunwayMock, type Scenario } from "cometapi-runway-mock"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { post } from "../mock/Support.ts"

/** A provider that has changed in one thing. */
const changed = (name: string, state: string, fields: Record<string, unknown>): Scenario => ({
  name,
  timeline: [{ state, with: fields }],
  outsideContract: true
})

let mock: Running
beforeAll(async () => {
  const scenarios = [
    changed("odd-type", "succeeded", { createdAt: 5 }),
    changed("new-field", "running", { eta: 90 }),
    changed("new-status", "running", { status: "DREAMING" })
  ]
  mock = await RunwayMock.start({ port: 0, clock: "virtual", scenarios })
  // The mock takes any key; the provider does not take this one.
  mock.world("sk-no-such-key").inject({ on: "poll", kind: "status", status: 401, example: "invalid-key" })
})
afterAll(() => mock.stop())

/** What `npm run drift` says. */
const drift = (baseUrl: string, key: string | undefined, tasks: ReadonlyArray<string> = []) =>
  new Promise<{ code: unknown; lines: ReadonlyArray<string>; text: string }>((resolve) => {
    const args = ["scripts/drift.ts", "--base-url", baseUrl, ...tasks.flatMap((id) => ["--task", id])]
    const { COMETAPI_KEY: _, ...env } = process.env
    const environment = key === undefined ? env : { ...env, COMETAPI_KEY: key }
    execFile(process.execPath, args, { env: environment }, (error, out, err) => {
      const lines = out.split("\n").filter((line) => line !== "")
      resolve({ code: error === null ? 0 : error.code, lines, text: out + err })
    })
  })

/** Starts a job and gives its id. */
const job = async (key: string): Promise<string> => (await (await post(fetch, mock.url, key)).json()).id

/** Asks a server that is nothing but one function. */
const against = async (listener: RequestListener, key: string) => {
  const server = createServer(listener).listen(0, "127.0.0.1")
  await once(server, "listening")
  try {
    return await drift(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, key)
  } finally {
    server.close()
  }
}

describe("npm run drift", () => {
  it("finds nothing where all is as the contract says, and shows neither the key nor what a field holds", async () => {
    const key = "mock-happy-drift-canary"
    const ids = [await job(key), await job(key)]
    for (const id of ids) mock.world(key).finish(id)
    const { code, lines, text } = await drift(mock.url, key, ids)
    expect(lines, text).toEqual([
      "fine: a wrong key is refused",
      "fine: a body that asks for nothing is refused",
      "fine: an unknown task does not exist",
      ...ids.map((id) => `fine: task ${id}`)
    ])
    expect(code).toBe(0)
    expect(text).not.toMatch(/canary|_jwt|\.mp4/)
  })

  it("never submits: what it posts breaks the contract, and the mock accepts none of it", async () => {
    await drift(mock.url, "mock-happy-drift-poor")
    expect(mock.world("mock-happy-drift-poor").tasks()).toEqual([])
    const entries = mock.world("mock-happy-drift-poor").journal().entries
    const posts = entries.filter(({ method }) => method === "POST")
    expect(posts).toHaveLength(1)
    expect(posts[0]?.violations).not.toEqual([])
  })

  it.each([
    ["odd-type", 1, "contract wrong: task ID: the body of 200 is none that the contract describes"],
    ["new-field", 3, "new: task ID: the field eta is not in the contract"],
    ["new-status", 3, "new: task ID: status has a value that the contract does not list"]
  ])("tells %s", async (scenario, expected, line) => {
    const key = `mock-${scenario}-drift`
    const id = await job(key)
    const { code, lines, text } = await drift(mock.url, key, [id])
    expect(lines.at(-1)?.replace(id, "ID"), text).toBe(line)
    expect(code).toBe(expected)
  })

  it("says what a field is called that is new inside of the envelope", async () => {
    const envelope = {
      code: "success",
      data: { task_id: "t", status: "SUCCESS", data: { id: "t", status: "FAILED", eta: 1 }, price: 2 }
    }
    const { lines, code } = await against((request, answer) => {
      answer.setHeader("content-type", "application/json")
      answer.end(JSON.stringify(request.method === "GET" ? envelope : {}))
    }, "k")
    expect(lines).toContain("new: an unknown task does not exist: the field data.data.eta is not in the contract")
    expect(lines).toContain("new: an unknown task does not exist: the field data.price is not in the contract")
    expect(code, "an unknown task is answered").toBe(1)
  })

  it("is alarmed by a provider that takes anything for a job, which got nothing that it could make", async () => {
    const bodies: Array<string> = []
    const { lines, code } = await against(async (request, answer) => {
      for await (const chunk of request) bodies.push(String(chunk))
      answer.setHeader("content-type", "application/json")
      answer.end('{"id":"1"}')
    }, "k")
    expect(lines).toContain("contract wrong: a body that asks for nothing is refused: expected 400, and 200 came")
    expect(code).toBe(1)
    expect(bodies).toEqual(['{"model":"no_such_model"}'])
  })

  it("takes a redirect and a web page for what they are: the route is gone", async () => {
    const { lines, code } = await against((request, answer) => {
      if (request.method === "POST") return answer.writeHead(301, { location: "/" }).end()
      return answer.setHeader("content-type", "text/html").end("<html></html>")
    }, "k")
    expect(lines).toContain(
      "contract wrong: an unknown task does not exist: 200 came as text/html, which the contract does not have"
    )
    expect(lines).toContain("new: a body that asks for nothing is refused: the status 301 is not in the contract")
    expect(code).toBe(1)
  })

  it.each([429, 502, 503, 504, 522])("does not call it drift that the provider is busy or away: %d", async (status) => {
    const { lines, code } = await against((_, answer) => answer.writeHead(status).end("<html></html>"), "k")
    expect(lines).toEqual([
      `unanswered: a wrong key is refused: ${status} came`,
      `unanswered: a body that asks for nothing is refused: ${status} came`,
      `unanswered: an unknown task does not exist: ${status} came`
    ])
    expect(code).toBe(2)
  })

  it("asks only what needs no key where it has none", async () => {
    const { lines, code } = await drift(mock.url, undefined)
    expect(lines).toEqual([
      "fine: a wrong key is refused",
      "unasked: a body that asks for nothing is refused: COMETAPI_KEY is not set",
      "unasked: an unknown task does not exist: COMETAPI_KEY is not set"
    ])
    expect(code).toBe(0)
  })

  it("does not call silence drift", async () => {
    const closed = await RunwayMock.start({ port: 0 })
    await closed.stop()
    const { lines, code } = await drift(closed.url, "k")
    expect(lines[0]).toBe("unanswered: a wrong key is refused: ECONNREFUSED")
    expect(code).toBe(2)
  })

  it("refuses a base URL that is none", async () => {
    const { text, code } = await drift("nowhere", "k")
    expect(text).toContain("--base-url must be a URL")
    expect(code).toBe(2)
  })
})
