import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { getHttpOperationsFromSpec } from "@stoplight/prism-http"
import { createServer } from "@stoplight/prism-http-server"
import { afterAll, beforeAll } from "vitest"
import * as Contract from "../../../mock/src/contract/Contract.ts"
import { get, headers, performance, post } from "../Support.ts"

const quiet = () => {}
const logger = {
  ...{ level: "silent", trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet, fatal: quiet },
  ...{ success: quiet, note: quiet, start: quiet },
  child: () => logger
}

// The server of `prism mock`, without the command around it: nothing of the mock is involved here but the list of examples.
describe("the contract file under plain Prism", () => {
  let url = ""
  let close = async () => {}
  beforeAll(async () => {
    const file = fileURLToPath(new URL("../../../openapi/cometapi-runway.yaml", import.meta.url))
    const server = createServer(await getHttpOperationsFromSpec(file), {
      cors: false,
      components: { logger },
      config: {
        isProxy: false,
        ...{
          checkSecurity: true,
          validateRequest: true,
          validateResponse: true,
          errors: true,
          upstreamProxy: undefined
        },
        mock: { dynamic: false }
      }
    })
    close = () => server.close()
    url = await server.listen(0, "127.0.0.1")
  })
  afterAll(() => close())

  it.each(Contract.examples.map((example) => [example.operationId, example.status, example.name, example] as const))(
    "%s %s %s is served with its declared status",
    async (operationId, declared, name, { mediaType, body }) => {
      const status = declared === "default" ? 418 : Number(declared)
      const prefer = `code=${status}, example=${name}`
      const asked = { headers: { ...headers(), prefer, accept: mediaType } }
      const response = await (operationId === "getTask"
        ? get(fetch, "x", url, "k", asked)
        : post(fetch, url, "k", asked))
      assert.strictEqual(response.status, status)
      const text = await response.text()
      assert.deepStrictEqual(mediaType === "text/html" ? text : JSON.parse(text), body)
      assert.isNull(response.headers.get("sl-violations"), "Prism finds nothing wrong with the answer")
    }
  )

  it("has both of the contract's operations, and refuses a wrong request", async () => {
    assert.lengthOf(Contract.routes, 2)
    assert.strictEqual((await post(fetch, url, "k", { body: "{}" })).status, 400)
    assert.strictEqual((await get(fetch, "x", url, "k", { headers: {} })).status, 401)
  })

  it("refuses a body without any one of its eight fields", async () => {
    assert.lengthOf(Object.keys(performance), 8)
    for (const field of Object.keys(performance)) {
      const body = JSON.stringify({ ...performance, [field]: undefined })
      assert.strictEqual((await post(fetch, url, "k", { body })).status, 400, field)
    }
  })

  it.each([
    ["https://????", 400],
    ["https://example.com/my clip.mp4", 400],
    ["https://example.com/performance.mp4", 200],
    ["HTTPS://example.com/performance.mp4", 200]
  ])("judges an asset's URL by the contract's pattern: %s is answered %d", async (uri, status) => {
    const body = JSON.stringify({ ...performance, reference: { type: "video", uri } })
    assert.strictEqual((await post(fetch, url, "k", { body })).status, status)
  })
})
