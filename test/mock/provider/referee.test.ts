import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { scenarioNames } from "cometapi-runway-mock"
import * as Effect from "effect/Effect"
import { Fetch } from "effect/http/FetchHttpClient"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/testing/TestClock"
import { afterAll, beforeAll } from "vitest"
import * as Contract from "../../../mock/src/contract/Contract.ts"
import { CharacterPerformance, Runway } from "../../../src/index.ts"
import { input } from "../../support/Provider.ts"
import { get, headers, performance, post, served } from "../Support.ts"

// `prism proxy` knows the contract's file and nothing of the mock: it stands between a caller and the mock and judges both.
describe("an independent referee", () => {
  const mock = served({ clock: "virtual" })
  const file = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))
  let url = ""
  let stop = async () => {}
  beforeAll(async () => {
    const cli = file("node_modules/@stoplight/prism-cli/dist/index.js")
    const contract = file("openapi/cometapi-runway.yaml")
    const prism = spawn(process.execPath, [cli, "proxy", contract, mock().url, "-p", "0", "--errors"], {
      env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0" },
      stdio: ["ignore", "pipe", "inherit"]
    })
    stop = async () => {
      prism.kill()
      await once(prism, "close")
    }
    let said = ""
    while (url === "") {
      said += String((await once(prism.stdout, "data"))[0])
      url = /listening on (http:\/\/[\w.:]+\d)/.exec(said)?.[1] ?? ""
    }
    // Nobody has to listen to the rest, and a full pipe must not stop it.
    prism.stdout.resume()
  })
  afterAll(() => stop())

  /** Fails where the referee found anything. */
  const fair = async (asking: Promise<Response>): Promise<{ status: number; body: string }> => {
    const response = await asking
    const body = await response.text()
    assert.isNull(response.headers.get("sl-violations"), body)
    assert.notInclude(body, "stoplight.io/prism/errors")
    return { status: response.status, body }
  }

  it("sees an answer that breaks the contract", async () => {
    const key = "mock-malformed-referee"
    await fair(post(fetch, url, key))
    const id = mock().world(key).tasks()[0]?.id ?? assert.fail("no task")
    const answers: Array<string> = []
    for (let count = 0; count < 14; count += 1) {
      const response = await get(fetch, id, url, key)
      answers.push(`${response.status} ${await response.text()}`)
    }
    const flagged = answers.filter((answer) => answer.startsWith("500 "))
    assert.lengthOf(flagged, 1, "one poll is malformed")
    assert.match(flagged[0] ?? "", /stoplight\.io\/prism\/errors#VIOLATIONS.*"response","body".*status/)
  })

  it("sees a request that breaks the contract", async () => {
    const wrong = await post(fetch, url, "wrong", { body: JSON.stringify({ ...performance, ratio: 5 }) })
    assert.match(await wrong.text(), /stoplight\.io\/prism\/errors#UNPROCESSABLE_ENTITY.*"ratio"/)
    assert.strictEqual(mock().world("wrong").report().submissions, 0, "it never got to the mock")
  })

  it.each(scenarioNames.filter((name) => name !== "malformed"))("has nothing against a life of %s", async (name) => {
    const key = `mock-${name}-referee`
    const { body } = await fair(post(fetch, url, key))
    const { id } = JSON.parse(body)
    const seen = new Set<string>()
    for (let count = 0; count < 14; count += 1) seen.add((await fair(get(fetch, id, url, key))).body)
    mock().world(key).advance("20 minutes")
    seen.add((await fair(get(fetch, id, url, key))).body)
    assert.isAbove(seen.size, 1)
    const [task] = mock().world(key).tasks()
    assert.strictEqual(task?.polls, 15)
    assert.strictEqual(task?.ended, name !== "stuck")
  })

  it.effect.each(["happy", "envelope", "row", "not-visible-yet", "throttled", "failed-safety-input", "unknown-status"])(
    "has nothing against a whole job of our client that ends as %s",
    (name) =>
      Effect.gen(function* () {
        const key = `mock-${name}-referee-client`
        const violations: Array<string | null> = []
        const watched: typeof fetch = async (...request) => {
          const response = await fetch(...request)
          violations.push(response.headers.get("sl-violations"))
          return response
        }
        // On the mock's virtual clock each poll is five seconds after the one before it.
        const schedule = Schedule.spaced("1 millis")
        const runway = Runway.layer({ apiKey: key, baseUrl: url, poll: { schedule, firstAfter: 0 } })
        const exit = yield* Effect.exit(CharacterPerformance.generate(input)).pipe(
          Effect.provide(runway),
          Effect.provideService(Fetch, watched),
          TestClock.withLive
        )
        assert.strictEqual(exit._tag, name.startsWith("failed") ? "Failure" : "Success")
        assert.isAbove(violations.length, 2)
        assert.deepStrictEqual(
          violations.filter((found) => found !== null),
          []
        )
        assert.strictEqual(mock().world(key).tasks()[0]?.ended, true)
        mock().world(key).expectClean()
      })
  )

  const errors = Contract.examples.filter(({ status }) => !status.startsWith("2"))
  it.each(errors)("nor against $operationId $status $name", async ({ operationId, status: declared, name }) => {
    const on = operationId === "getTask" ? "poll" : "submit"
    const status = declared === "default" ? 418 : Number(declared)
    const key = `${on} ${status} ${name}`
    mock().world(key).inject({ on, kind: "status", status, example: name, retryAfter: 3 })
    const answer = await fair(on === "poll" ? get(fetch, "x", url, key) : post(fetch, url, key))
    assert.strictEqual(answer.status, status)
  })

  it("nor against the mock's own refusals of a right request", async () => {
    assert.strictEqual((await fair(get(fetch, "unknown", url, "k"))).status, 400)
    const limited = mock().world("limited")
    limited.limit({ daily: 0 })
    assert.strictEqual((await fair(post(fetch, url, "limited"))).status, 429)
    assert.strictEqual((await fair(get(fetch, "x", url, "k", { headers: headers("k") }))).status, 400)
  })
})
