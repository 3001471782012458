import { assert, describe, it } from "@effect/vitest"
import { RunwayMock } from "cometapi-runway-mock"
import * as Effect from "effect/Effect"
import * as Contract from "../../../mock/src/contract/Contract.ts"
import { violationsHeader } from "../../../mock/src/provider/Reply.ts"
import { get, headers, performance, post, provider, violations } from "../Support.ts"

const { fetch } = Effect.runSync(RunwayMock.make())

/** The documented body, with the request's own id in place of the documented one. */
const documented = (operationId: string, status: number, name: string, requestId: string | null): unknown =>
  JSON.parse(
    JSON.stringify(Contract.namedExample(operationId, status, name).body).replace(
      /\(request id: [^)]*\)/,
      `(request id: ${requestId})`
    )
  )

/** A refusal as it is documented, once the part of its message is taken out that says what was wrong with this request. */
const withoutReasons = async (response: Response, told: RegExp): Promise<unknown> => {
  const body: { error: { message: string; param?: string } } = await response.json()
  if (response.status !== 400) return body
  const [, before = "", reasons = "", after = ""] =
    /^([^:]*): (.*)( \(request id: .*\))$/s.exec(body.error.message) ?? []
  assert.match(reasons, told)
  return { error: { ...body.error, message: before + after, param: "" } }
}

const without = (object: Record<string, string>, name: string) =>
  Object.fromEntries(Object.entries(object).filter(([key]) => key !== name))

const body = (change: Record<string, unknown>): RequestInit => ({ body: JSON.stringify({ ...performance, ...change }) })

describe("a wrong request is answered as documented, and told what is wrong", () => {
  const wrong: ReadonlyArray<readonly [string, RequestInit, number, string, RegExp]> = [
    ...Object.keys(performance).map(
      (field) =>
        [`a POST without ${field}`, body({ [field]: undefined }), 400, "invalid-request", new RegExp(field)] as const
    ),
    [
      "a reference over plain http",
      body({ reference: { type: "video", uri: "http://example.com/performance.mp4" } }),
      400,
      "invalid-request",
      /reference.*uri.*pattern/
    ],
    [
      "a reference that no parser of URLs reads",
      body({ reference: { type: "video", uri: "https://????" } }),
      400,
      "invalid-request",
      /reference.*uri.*pattern/
    ],
    [
      "a reference that is an image",
      body({ reference: { type: "image", uri: "https://e.com/a.png" } }),
      400,
      "invalid-request",
      /reference/
    ],
    [
      "an expression intensity of 9",
      body({ expressionIntensity: 9 }),
      400,
      "invalid-request",
      /expressionIntensity.*5/
    ],
    ["a seed that is no whole number", body({ seed: 1.5 }), 400, "invalid-request", /seed/],
    ["another model", body({ model: "act_one" }), 400, "invalid-request", /model/],
    ["an unknown field", body({ expresionIntensity: 3 }), 400, "invalid-request", /expresionIntensity/],
    ["a POST without a body", { body: null }, 400, "invalid-request", /required/],
    ["broken JSON", { body: "{bad" }, 400, "invalid-request", /not JSON/],
    ["bytes that are no text", { body: new Uint8Array([0xff, 0xfe]) }, 400, "invalid-request", /not JSON/],
    ["JSON that is no object", { body: "[]" }, 400, "invalid-request", /must be object/],
    [
      "another content type",
      { headers: { ...headers(), "content-type": "text/plain" } },
      400,
      "invalid-request",
      /application\/json, got text\/plain/
    ],
    [
      "a POST without the version header",
      { headers: without(headers(), "x-runway-version") },
      400,
      "invalid-request",
      /x-runway-version/
    ],
    [
      "a version that is no date",
      { headers: { ...headers(), "x-runway-version": "latest" } },
      400,
      "invalid-request",
      /x-runway-version/
    ],
    ["a POST without a key", { headers: without(headers(), "authorization") }, 401, "invalid-key", /security/],
    ["an empty key", { headers: { ...headers(), authorization: "Bearer " } }, 401, "invalid-key", /security/],
    [
      "another scheme than Bearer",
      { headers: { ...headers(), authorization: "Basic a2V5" } },
      401,
      "invalid-key",
      /security/
    ],
    [
      "broken JSON without a key",
      { headers: without(headers(), "authorization"), body: "{bad" },
      401,
      "invalid-key",
      /security/
    ],
    ["a body of more than 1 MiB", { body: "x".repeat(1024 * 1024 + 1) }, 413, "too-large", /larger than 1048576 bytes/]
  ]
  it.each(wrong)("%s", async (_, init, status, name, told) => {
    const response = await post(fetch, provider, "k", init)
    assert.strictEqual(response.status, status)
    assert.match(violations(response), told)
    const requestId = response.headers.get("x-oneapi-request-id")
    const expected = documented("createCharacterPerformance", status, name, requestId)
    assert.deepStrictEqual(await withoutReasons(response, told), expected)
  })

  it("a wrong version on the task route is an invalid request there too, and not a task that does not exist", async () => {
    const response = await get(fetch, "x", provider, "k", { headers: { ...headers(), "x-runway-version": "1" } })
    assert.strictEqual(response.status, 400)
    const requestId = response.headers.get("x-oneapi-request-id")
    const expected = documented("getTask", 400, "invalid-request", requestId)
    assert.deepStrictEqual(await withoutReasons(response, /x-runway-version/), expected)
  })

  it("the task route without a key", async () => {
    const response = await get(fetch, "x", provider, "k", { headers: {} })
    assert.strictEqual(response.status, 401)
  })

  it.each([
    ["an unknown path", "GET", "/runwayml/v1/task/x"],
    ["a path with a slash too many", "GET", "/runwayml/v1/tasks/x/"],
    ["a wrong method on the task", "DELETE", "/runwayml/v1/tasks/x"],
    ["a wrong method on the endpoint", "GET", "/runwayml/v1/character_performance"],
    ["a method nobody knows", "PROPFIND", "/runwayml/v1/tasks/x"]
  ])("%s is sent to the front page, which is on no other host", async (_, method, path) => {
    const response = await fetch(provider + path, { method, headers: headers(), redirect: "manual" })
    assert.deepStrictEqual([response.status, response.headers.get("location")], [301, "/"])
    assert.match(response.headers.get("content-type") ?? "", /^text\/html/)
    for (const text of [await response.text(), violations(response)]) {
      assert.include(text, "POST /runwayml/v1/character_performance")
      assert.include(text, "GET /runwayml/v1/tasks/{id}")
    }
  })

  it.each(["%", "%zz", "a%2Fb", "%7Bid%7D", "%00", "é", "x".repeat(5000)])(
    "an odd task id is only one that does not exist: %s",
    async (id) => {
      const response = await get(fetch, id)
      assert.strictEqual(response.status, 400)
      assert.deepStrictEqual(await response.json(), Contract.namedExample("getTask", 400, "task-not-exist").body)
    }
  )

  it("violations stay JSON, ASCII and under 8 kB, however many there are", async () => {
    const fields = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`größe${index}`.repeat(40), 1]))
    const header = violationsHeader(
      Object.keys(fields).map((name) => ({ location: ["request", "body", name], severity: "Error", message: name }))
    )
    assert.isBelow(header.length, 8 * 1024)
    assert.match(header, /^[\x20-\x7e]+$/)
    const said: ReadonlyArray<{ readonly message: string }> = JSON.parse(header)
    assert.match(said.at(-1)?.message ?? "", /^and \d+ more$/)
    const response = await post(fetch, provider, "k", body(fields))
    assert.strictEqual(response.status, 400)
    assert.match(violations(response), /größe0/)
  })
})

describe("Prefer asks for a documented answer, as with plain Prism", () => {
  const ask = (operationId: string, prefer: string, accept = "*/*") => {
    const asked = { headers: { ...headers(), prefer, accept } }
    return operationId === "getTask" ? get(fetch, "x", provider, "k", asked) : post(fetch, provider, "k", asked)
  }

  it.each(Contract.examples.map((example) => [example.operationId, example.status, example.name, example] as const))(
    "%s %s %s comes back exactly as it is documented",
    async (operationId, declared, name, { mediaType, body }) => {
      const status = declared === "default" ? 418 : Number(declared)
      const response = await ask(operationId, `code=${status}, example=${name}`, mediaType)
      assert.strictEqual(response.status, status)
      assert.strictEqual(response.headers.get("content-type"), mediaType)
      const text = await response.text()
      assert.deepStrictEqual(mediaType === "text/html" ? text : JSON.parse(text), body)
      assert.isNull(response.headers.get("sl-violations"))
    }
  )

  it("with the documented headers", async () => {
    const response = await ask("getTask", "code=429")
    assert.strictEqual(response.headers.get("retry-after"), "5")
  })

  it("also as query parameters", async () => {
    const response = await get(fetch, "x?__code=503&__example=model-not-found")
    assert.deepStrictEqual(
      [response.status, await response.json()],
      [503, Contract.namedExample("getTask", 503, "model-not-found").body]
    )
  })

  it("but a wrong request stays wrong", async () => {
    const response = await post(fetch, provider, "k", { headers: { ...headers(), prefer: "code=503" }, body: "{}" })
    assert.strictEqual(response.status, 400)
  })

  it("and what the contract does not have is refused, naming what it has", async () => {
    const unknown = await ask("getTask", "code=200, example=nope")
    assert.strictEqual(unknown.status, 404)
    assert.strictEqual(unknown.headers.get("content-type"), "application/problem+json")
    assert.match(await unknown.text(), /Its examples are: .*200 pending, 200 throttled/)
    assert.strictEqual((await ask("getTask", "code=abc")).status, 422)
    assert.strictEqual((await ask("getTask", "code=200", "nonsense")).status, 406)
  })

  it("while another preference changes nothing", async () => {
    const response = await ask("getTask", "respond-async, wait=10")
    assert.deepStrictEqual(await response.json(), Contract.namedExample("getTask", 400, "task-not-exist").body)
  })
})
