import { request } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import { RunwayMock, type ServeOptions } from "cometapi-runway-mock"
import { get, outputOf, post } from "../Support.ts"

type Headers = Readonly<Record<string, string>>

/** The status and the body that a path is answered with, for a caller that sets each header itself. */
const ask = (port: number, path: string, headers: Headers = {}) =>
  new Promise<{ readonly status: number | undefined; readonly text: string }>((resolve, reject) => {
    const asking = request({ port, host: "127.0.0.1", path, headers }, (response) => {
      let text = ""
      response.on("data", (chunk) => {
        text += String(chunk)
      })
      response.on("end", () => resolve({ status: response.statusCode, text }))
    })
    asking.on("error", reject).end()
  })

const start = (options: ServeOptions) => RunwayMock.start({ port: 0, clock: "manual", ...options })

describe("a mock with a control token", () => {
  const controlToken = "open-sesame-1"

  it("answers a control only with the token, on whatever machine, and everything else without", async () => {
    for (const control of ["loopback", "anywhere"] as const) {
      await using mock = await start({ control, controlToken })
      const status = async (path: string, token?: string) =>
        (await ask(mock.port, path, token === undefined ? {} : { "X-Mock-Control-Token": token })).status
      assert.deepStrictEqual(
        [
          await status("/_mock/worlds"),
          await status("/_mock/worlds", "open-sesame-2"),
          await status("/_mock/worlds", "")
        ],
        [401, 401, 401]
      )
      assert.strictEqual(await status("/_mock/worlds", controlToken), 200)
      for (const path of ["/", "/_mock/page/page.js", "/_mock/health"])
        assert.strictEqual(await status(path), 200, path)
      assert.strictEqual((await post(fetch, mock.url, "k")).status, 200)
      assert.strictEqual(mock.world("k").tasks().length, 1, "a program in the same process needs none")
    }
  })

  it("says what to do, and not which token is right", async () => {
    await using mock = await start({ controlToken })
    const { text } = await ask(mock.port, "/_mock/worlds", { "X-Mock-Control-Token": "nonsense" })
    assert.match(text, /#CONTROL_TOKEN.*X-Mock-Control-Token/)
    assert.notInclude(text, controlToken)
  })

  it.each(["short", "with a space", "schlüssel-schlüssel"])("does not start with the token %j", async (token) => {
    const failed = await start({ controlToken: token }).catch((error: unknown) => error)
    assert.match(String(failed), /controlToken must have 8 letters at least/)
    assert.notInclude(String(failed), token)
  })
})

describe("a mock behind a forwarder", () => {
  const publicUrl = "https://mock.example.test"

  it("has its outputs' URLs there, whatever host a request names, and they work", async () => {
    await using mock = await start({ publicUrl })
    assert.strictEqual(mock.publicUrl, publicUrl)
    const { id } = await (await post(fetch, mock.url, "k")).json()
    assert.include(mock.world("k").finish(id).output ?? "", `${publicUrl}/assets/`)
    const output = outputOf(await (await get(fetch, id, mock.url, "k")).json())
    assert.isTrue(output.startsWith(`${publicUrl}/assets/`), output)
    assert.strictEqual((await fetch(output.replace(publicUrl, mock.url))).status, 200)
  })

  it("lets its own page there use the controls, and no other page and no other name", async () => {
    await using mock = await start({ publicUrl: `${publicUrl}/` })
    const status = async (headers: Headers) => (await ask(mock.port, "/_mock/worlds", headers)).status
    const local = `127.0.0.1:${mock.port}`
    const right: ReadonlyArray<Headers> = [
      { Host: "mock.example.test", Origin: publicUrl, "Sec-Fetch-Site": "same-origin" },
      { Host: local, Origin: publicUrl },
      { Host: local }
    ]
    for (const headers of right) assert.strictEqual(await status(headers), 200, JSON.stringify(headers))
    const wrong: ReadonlyArray<Headers> = [
      { Host: "other.example.test", Origin: publicUrl },
      { Host: "mock.example.test", Origin: "https://evil.example" },
      { Host: "mock.example.test.evil.example" },
      { Host: local, Origin: publicUrl, "Sec-Fetch-Site": "cross-site" }
    ]
    for (const headers of wrong) assert.strictEqual(await status(headers), 403, JSON.stringify(headers))
  })

  it.each(["mock.example.test", "ftp://mock.example.test", `${publicUrl}/path`, "https://user@mock.example.test"])(
    "does not start with %s as its URL",
    async (wrong) => {
      const failed = await start({ publicUrl: wrong }).catch((error: unknown) => error)
      assert.match(String(failed), /publicUrl must be/)
    }
  )
})

describe("a path that is written in percent", () => {
  it("means the same, over HTTP and in process", async () => {
    await using mock = await start({})
    const { id } = await (await post(fetch, mock.url, "k")).json()
    mock.world("k").finish(id)
    const output = outputOf(await (await get(fetch, id, mock.url, "k")).json()).slice(mock.url.length)
    const paths = ["/runwayml/v1/%74asks/ID", "/%72unwayml/v1/tasks/ID", `${output.replace("/assets", "/%61ssets")}`]
    for (const path of paths.map((each) => each.replace("ID", id))) {
      const headers = { authorization: "Bearer k", "x-runway-version": "2024-11-06" }
      const { status } = await ask(mock.port, path, headers)
      assert.deepStrictEqual([status, (await mock.fetch(mock.url + path, { headers })).status], [200, 200], path)
    }
    const { entries } = mock.world("k").journal()
    const operations = entries.map(({ operation, operationId, taskId }) => [operation, operationId, taskId === id])
    assert.deepStrictEqual(operations, [
      ["submit", "createCharacterPerformance", true],
      ["poll", "getTask", true],
      ...Array.from({ length: 4 }, () => ["poll", "getTask", true]),
      ...Array.from({ length: 2 }, () => ["asset", undefined, true])
    ])
    assert.strictEqual(
      (await ask(mock.port, "/%5Fmock/worlds")).status,
      301,
      "a control has one spelling, which is guarded"
    )
  })
})
