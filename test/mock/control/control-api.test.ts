import { assert, describe, it } from "@effect/vitest"
import type { Served, WorldControl } from "cometapi-runway-mock"
import * as Schema from "effect/Schema"
import document from "../../../generated/mock-control/contract.gen.json" with { type: "json" }
import * as Wanted from "../../../generated/mock-control/schemas.gen.ts"
import { operations } from "../../../mock/src/control/ControlApi.ts"
import { headers, post, provider, served } from "../Support.ts"

const contract: Readonly<Record<string, object>> = document.paths

/** Every operation of the document, by its name. */
const declared = Object.entries(contract).flatMap(([path, item]) =>
  Object.entries(item).flatMap(([method, operation]: [string, unknown]) => {
    const id = typeof operation === "object" && operation !== null ? Reflect.get(operation, "operationId") : undefined
    return typeof id === "string" ? [{ id, method: method.toUpperCase(), path }] : []
  })
)

interface Call {
  readonly schema: Schema.Decoder<unknown> | undefined
  /** In place of a body of JSON: the text that it has, and its media type. */
  readonly text?: RegExp
  readonly status?: number
  readonly body?: unknown
  /** In place of the parameter in the path. */
  readonly subject?: (world: WorldControl) => string
  /** What makes the call worth while. */
  readonly before?: (world: WorldControl) => unknown
  /** What the typed functions say afterwards. Without it the call answers nothing. */
  readonly same?: (world: WorldControl, mock: Served) => unknown
}

const firstTask = (world: WorldControl): string => world.tasks()[0]?.id ?? assert.fail("no task")
const theTask = { subject: firstTask, same: (world: WorldControl) => world.task(firstTask(world)) }
const inject = (world: WorldControl) => world.inject({ on: "poll", kind: "lost", rate: 0 })

/** How each operation is called, and which of the generated schemas its answer is to have. */
const calls: Readonly<Record<string, Call>> = {
  getHealth: { schema: Wanted.Health },
  listWorlds: { schema: Schema.Array(Wanted.World), same: (_, mock) => mock.worlds() },
  listScenarios: { schema: Schema.Array(Wanted.Scenario), same: (_, mock) => mock.scenarios() },
  listRecordings: { schema: Wanted.Recordings },
  getMetrics: { schema: undefined, status: 200, text: /^# HELP cometapi_runway_mock_requests_total / },
  getContract: { schema: Schema.Record(Schema.String, Schema.Json) },
  getControlContract: { schema: Schema.Record(Schema.String, Schema.Json) },
  getWorld: { schema: Wanted.World, same: (world) => world.describe() },
  resetWorld: { schema: undefined, status: 204 },
  chooseScenario: {
    schema: Wanted.World,
    body: { name: "mine", timeline: [{ state: "pending", for: "3 seconds" }, { state: "succeeded" }] },
    same: (world) => world.describe()
  },
  chooseRequirements: { schema: Wanted.World, body: { required: "minimal" }, same: (world) => world.describe() },
  getClock: { schema: Wanted.Clock, same: (world) => world.clock() },
  advanceClock: { schema: Wanted.Clock, body: { by: "45 seconds" }, same: (world) => world.clock() },
  listTasks: { schema: Schema.Array(Wanted.Task), same: (world) => world.tasks() },
  seedTask: {
    ...{ schema: Wanted.Task, status: 201 },
    body: { id: "seeded", scenario: "slow", at: "1 minute" },
    same: (world) => world.task("seeded")
  },
  inspectTask: { schema: Wanted.Task, ...theTask },
  advanceTask: { schema: Wanted.Task, ...theTask },
  finishTask: { schema: Wanted.Task, ...theTask },
  failTask: { schema: Wanted.Task, body: { as: "failed-safety-input" }, ...theTask },
  listFaults: { schema: Schema.Array(Wanted.InjectedFault), before: inject, same: (world) => world.faults() },
  injectFault: {
    ...{ schema: Wanted.InjectedFault, status: 201 },
    body: { on: "poll", kind: "latency", median: "80 millis", p99: "900 millis", nth: 3 },
    same: (world) => world.faults()[0]
  },
  removeFaults: { schema: undefined, status: 204, before: inject },
  removeFault: { schema: undefined, status: 204, before: inject, subject: () => "fault-1" },
  getAccount: {
    schema: Wanted.Account,
    before: (world) => world.limit({ daily: 3 }),
    same: (world) => world.account()
  },
  limitAccount: { schema: Wanted.Account, body: { concurrency: 2, daily: 5 }, same: (world) => world.account() },
  readJournal: { schema: Wanted.Journal, same: (world) => world.journal() },
  getReport: { schema: Wanted.Report, same: (world) => world.report() },
  verifyRequests: {
    schema: Wanted.Verification,
    body: { operation: "submit", count: 1, body: { seed: 2 } },
    same: (world) => world.verify({ operation: "submit", count: 1, body: { seed: 2 } })
  },
  // Last, because it forgets what the others are about.
  forgetWorlds: { schema: undefined, status: 204 }
}

describe("the controls over HTTP keep to their own contract", () => {
  const mock = served({ clock: "virtual" })
  const ask = (method: string, path: string, key: string | undefined, body?: unknown) =>
    fetch(mock().url + path, {
      method,
      headers: key === undefined ? {} : headers(key),
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) })
    })
  const problem = async (response: Response) => {
    assert.strictEqual(response.headers.get("content-type"), "application/problem+json")
    const said = Schema.decodeUnknownSync(Wanted.Problem)(await response.json())
    assert.strictEqual(said.status, response.status)
    assert.match(said.type, /#[A-Z_]+$/)
    return `${said.status} ${said.detail}`
  }
  const bodied = declared.filter(({ id }) => calls[id]?.body !== undefined)

  it.each(bodied)("$id refuses what it does not understand, and changes nothing", async ({ id, method, path }) => {
    const key = `wrong ${id}`
    await post(fetch, mock().url, key)
    const world = mock().world(key)
    const before = [world.describe(), world.tasks(), world.faults(), world.account()]
    const target = path.replace(/\{\w+\}/, firstTask(world))
    const valid = calls[id]?.body
    const wrong = [
      "{bad",
      "[]",
      "null",
      "5",
      '{"nonsense":1}',
      { ...(typeof valid === "object" ? valid : {}), more: 1 }
    ]
    for (const body of wrong) assert.match(await problem(await ask(method, target, key, body)), /^400 /, String(body))
    assert.match(await problem(await ask(method, target, key, "x".repeat(1024 * 1024 + 1))), /^413 /)
    assert.deepStrictEqual([world.describe(), world.tasks(), world.faults(), world.account()], before)
  })

  it("a call about a world without a key, or about one that is not there, says what to do", async () => {
    const ofWorld = declared.filter(({ path }) => !/health|worlds|scenarios|recordings|metrics|\.json/.test(path))
    assert.isAbove(ofWorld.length, 15)
    for (const { id, method, path } of ofWorld) {
      const target = path.replace(/\{\w+\}/, "x")
      const body = method === "GET" || method === "DELETE" ? undefined : (calls[id]?.body ?? {})
      assert.match(await problem(await ask(method, target, undefined, body)), /^401 .*Authorization: Bearer/, id)
      assert.match(
        await problem(await ask(method, `${target}?world=nope`, "k", body)),
        /^404 there is no world "nope"/,
        id
      )
    }
  })

  it.each([
    ["GET", "/_mock/tasks/x", undefined, /^404 .*no task "x"/],
    ["POST", "/_mock/tasks/x/finish", undefined, /^404 /],
    ["DELETE", "/_mock/faults/x", undefined, /^404 This world has no fault "x"/],
    ["POST", "/_mock/tasks", { id: "a/b" }, /^400 .*an id of 1 to 200 letters/],
    ["POST", "/_mock/tasks", { scenario: "nope" }, /^404 .*no scenario "nope"/],
    ["POST", "/_mock/tasks", { at: "yesterday" }, /^400 .*duration/],
    ["POST", "/_mock/verify", { operation: "upload" }, /^400 /],
    ["POST", "/_mock/verify", { operation: "poll", count: 1, atMost: 2 }, /^400 count is the exact number/],
    ["PUT", "/_mock/scenario", { name: "nope" }, /^404 .*no scenario "nope"; known: happy/],
    ["PUT", "/_mock/scenario", { name: "x", timeline: [] }, /^400 .*a timeline of 1 to 1000 states/],
    ["PUT", "/_mock/scenario", { name: "happy", shape: "row" }, /^400 "shape" is for a scenario of your own/],
    ["POST", "/_mock/clock/advance", { by: "-5 seconds" }, /^400 /],
    ["GET", "/_mock/journal?after=-1", undefined, /^400 /],
    ["GET", "/_mock/journal?operation=upload", undefined, /^400 /],
    ["GET", "/_mock/nowhere", undefined, /^404 .*\/_mock\/openapi\.json/],
    ["PATCH", "/_mock/account", {}, /^405 This control takes GET, PUT/]
  ] as const)("%s %s is refused", async (method, path, body, said) => {
    assert.match(await problem(await ask(method, path, "refused", body)), said)
  })

  it("has a handler for every operation of the document, and no other", () => {
    const ids = declared.map(({ id }) => id).sort()
    assert.deepStrictEqual(Object.keys(operations).sort(), ids)
    assert.deepStrictEqual(Object.keys(calls).sort(), ids, "and each is called below")
  })

  it.each(Object.entries(calls))(
    "%s answers as the document says, and what the typed function gives",
    async (id, call) => {
      const { method, path } = declared.find((one) => one.id === id) ?? assert.fail("not declared")
      const key = `call ${id}`
      assert.strictEqual((await post(fetch, mock().url, key)).status, 200)
      const world = mock().world(key)
      call.before?.(world)
      const target = path.replace(/\{\w+\}/, call.subject?.(world) ?? "")
      const response = await ask(method, target, key, call.body)
      const text = await response.text()
      assert.strictEqual(response.status, call.status ?? 200, text)
      assert.strictEqual(response.headers.get("cache-control"), "no-store")
      if (call.text !== undefined) {
        assert.match(text, call.text)
        assert.strictEqual(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8")
        return
      }
      if (call.schema === undefined) {
        assert.strictEqual(text, "")
        assert.isNull(response.headers.get("content-length"), "a 204 has no length")
        if (id !== "forgetWorlds") assert.deepInclude(world.describe(), { faults: 0 })
        assert.strictEqual(world.tasks().length, id === "resetWorld" || id === "forgetWorlds" ? 0 : 1)
        return
      }
      assert.strictEqual(response.headers.get("content-type"), "application/json")
      const body: unknown = JSON.parse(text)
      assert.deepStrictEqual(Schema.decodeUnknownSync(call.schema)(body), body)
      if (call.same === undefined) return
      const typed = JSON.stringify(call.same(world, mock())).replaceAll(provider, mock().url)
      assert.deepStrictEqual(body, JSON.parse(typed))
      // By the world's id it is the same, without a key.
      if (method !== "GET" || path === "/_mock/worlds" || path === "/_mock/scenarios" || path.endsWith(".json")) return
      const named = await ask(method, `${target}?world=${world.describe().world}`, undefined)
      assert.deepStrictEqual(await named.json(), body)
    }
  )

  it("a journal is read from where one left off, of one operation, of one task", async () => {
    const key = "journal"
    await post(fetch, mock().url, key)
    await post(fetch, mock().url, key)
    const [one, other] = mock().world(key).tasks()
    for (const task of [one, other, one]) await ask("GET", `/runwayml/v1/tasks/${task?.id}`, key)
    const numbers = async (query: string) => {
      const response = await ask("GET", `/_mock/journal?${query}`, key)
      return Schema.decodeUnknownSync(Wanted.Journal)(await response.json()).entries.map(({ number }) => number)
    }
    assert.deepStrictEqual(await numbers(""), [1, 2, 3, 4, 5])
    assert.deepStrictEqual(await numbers("after=3"), [4, 5])
    assert.deepStrictEqual(await numbers("after=5"), [])
    assert.deepStrictEqual(await numbers("operation=submit"), [1, 2])
    assert.deepStrictEqual(await numbers(`task=${other?.id}`), [2, 4])
    assert.deepStrictEqual(await numbers(`operation=poll&after=3&task=${one?.id}`), [5])
  })

  it("HEAD tells of what GET would give", async () => {
    const response = await ask("HEAD", "/_mock/world", "head")
    assert.deepStrictEqual([response.status, await response.text()], [200, ""])
  })

  it("its own document and the provider's contract can be had", async () => {
    assert.deepStrictEqual(await (await ask("GET", "/_mock/openapi.json", undefined)).json(), document)
    const given = await (await ask("GET", "/_mock/contract.json", undefined)).json()
    assert.property(given.paths, "/runwayml/v1/character_performance")
  })
})
