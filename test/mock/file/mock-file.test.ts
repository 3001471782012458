import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Ajv2020 } from "ajv/dist/2020.js"
import { type ConfigChange, RunwayMock, RunwayMockError, type ServeOptions } from "cometapi-runway-mock"
import schema from "../../../generated/mock-control/mock.schema.json" with { type: "json" }
import * as Expected from "../../../mock/src/file/Expected.ts"
import { get, headers, post } from "../Support.ts"

/** A file in a folder of its own. */
const written = (content: unknown): string => {
  const file = join(mkdtempSync(join(tmpdir(), "cometapi-runway-mock-file-")), "mock.json")
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content))
  return file
}

const started = (content: unknown, options: ServeOptions = {}) =>
  RunwayMock.start({ port: 0, ...options, config: written(content) })

/** What a mock says of a file that it does not start with, a line for each mistake. */
const refusal = async (content: unknown, options: ServeOptions = {}): Promise<ReadonlyArray<string>> => {
  try {
    await using _ = await started(content, options)
  } catch (error) {
    assert.instanceOf(error, RunwayMockError)
    const [first = "", ...lines] = error.message.split("\n")
    assert.match(first, /mock\.json has (a mistake|\d+ mistakes):$/)
    return lines.map((line) => line.trim())
  }
  return assert.fail("it starts with that")
}

const idOf = async (answer: Promise<Response>): Promise<string> => (await (await answer).json()).id

const all = {
  $schema: "./node_modules/cometapi-runway-mock/mock.schema.json",
  port: 0,
  host: "127.0.0.1",
  control: "loopback",
  publicUrl: "https://mock.example.test",
  clock: "manual",
  virtualStart: "2026-06-01T12:00:00Z",
  seed: 7,
  scenario: "mine",
  scenarios: [{ name: "mine", timeline: [{ state: "pending", for: "3 seconds" }, { state: "succeeded" }] }],
  required: "minimal",
  faults: [{ on: "asset", kind: "reset", once: true }],
  account: { concurrency: 2, daily: 5 },
  prices: { createCharacterPerformance: 0.5 },
  limits: { worlds: 10, tasks: 10, journal: 100, idle: "1 hour" },
  keys: {
    "test-*": { faults: [{ on: "poll", kind: "reset", once: true }] },
    "test-slow-*": {
      scenario: "slow",
      account: { daily: 1 },
      required: "full",
      tasks: [{ id: "from-before", scenario: "happy", at: "1 minute" }]
    }
  }
}

describe("mock.json", () => {
  it("says all that the options say, for every key and for keys that fit a pattern", async () => {
    await using mock = await started(all)
    const [any, slow] = [mock.world("any-key"), mock.world("test-slow-1")]
    assert.include(any.describe(), { scenario: "mine", required: "minimal", faults: 1, tasks: 0 })
    assert.strictEqual(any.describe().now, "2026-06-01T12:00:00.000Z")
    assert.deepStrictEqual(any.account(), { concurrency: 2, daily: 5 })
    assert.include(slow.describe(), { scenario: "slow", required: "full", faults: 2 })
    assert.deepStrictEqual(slow.account(), { daily: 1 })
    assert.include(slow.task("from-before"), { scenario: "happy", age: 60 })
    await (await post(fetch, mock.url, "any-key")).text()
    assert.deepStrictEqual(any.report().money.accepted, { jobs: 1, dollars: 0.5 })
    assert.strictEqual(
      (await post(fetch, mock.url, "test-slow-1")).status,
      429,
      "the seeded one was the day's only one"
    )
    slow.reset()
    assert.deepStrictEqual(
      mock
        .world("test-slow-1")
        .tasks()
        .map(({ id }) => id),
      ["from-before"],
      "a reset world begins with them again"
    )
  })

  it("goes behind what the program says, field by field", async () => {
    const options: ServeOptions = { scenario: "stuck", account: { daily: 9 }, seed: undefined, scale: undefined }
    await using mock = await started(all, options)
    assert.strictEqual(mock.world("k").describe().scenario, "stuck")
    assert.deepStrictEqual(mock.world("k").account(), { concurrency: 2, daily: 9 })
  })

  it("is what editors know by its JSON Schema, which comes from the same source", async () => {
    const validate = new Ajv2020({ allErrors: true }).compile(schema)
    assert.isTrue(validate(all), JSON.stringify(validate.errors))
    for (const wrong of [{ prt: 1 }, { port: "1" }, { keys: { "*": { fault: [] } } }, { clock: "virtul" }]) {
      assert.isFalse(validate(wrong), JSON.stringify(wrong))
      assert.isNotEmpty(await refusal(wrong))
    }
    assert.deepStrictEqual(Expected.namesAt([]), Object.keys(schema.properties))
  })

  it.each<readonly [what: string, content: unknown, lines: ReadonlyArray<RegExp>]>([
    [
      "a misspelt name",
      { sceanrio: "happy" },
      [/^sceanrio is not known: did you mean "scenario"\? Known here: .*port/]
    ],
    ["a wrong type", { port: "4010" }, [/^port must be a whole number from 0 to 65535; got "4010"$/]],
    [
      "a number out of range",
      { account: { daily: -1 } },
      [/^account\.daily must be a whole number, 0 or more; got -1$/]
    ],
    [
      "a word that is none of the choices",
      { clock: "fast" },
      [/^clock must be one of real, virtual, manual; got "fast"$/]
    ],
    [
      "a missing field",
      { faults: [{ kind: "reset" }] },
      [/^faults\[0\]\.on is missing; it must be submit, poll or asset$/]
    ],
    ["no list", { scenarios: {} }, [/^scenarios must be a list, in \[ \]; got \{\}$/]],
    [
      "no duration",
      { limits: { idle: "soon" } },
      [/^limits\.idle must be a duration such as "45 seconds"; got "soon"$/]
    ],
    [
      "a fault without sense",
      { faults: [{ on: "poll", kind: "status" }] },
      [/^faults\[0\] cannot happen: "status" must/]
    ],
    [
      "a scenario that cannot be played",
      { scenarios: [{ name: "a", timeline: [{ state: "runing" }] }] },
      [/^scenarios\[0\] cannot be played: .*no example "runing".*running/]
    ],
    [
      "two scenarios of one name",
      {
        scenarios: [
          { name: "a", timeline: [{ state: "running" }] },
          { name: "a", timeline: [{ state: "running" }] }
        ]
      },
      [/^scenarios\[1\]\.name is "a", and so is that of scenarios\[0\]$/]
    ],
    [
      "a scenario that nobody knows",
      { keys: { "test-*": { scenario: "slwo" } } },
      [/^keys\["test-\*"\]\.scenario is "slwo", .*did you mean "slow"\?/]
    ],
    [
      "two tasks of one id",
      { keys: { "a*": { tasks: [{ id: "x" }, { id: "x", scenario: "hapy" }] } } },
      [/^keys\["a\*"\]\.tasks\[1\]\.id is "x", as that/, /tasks\[1\]\.scenario is "hapy", .*did you mean "happy"\?/]
    ],
    [
      "a price of nothing",
      { prices: { createStatue: 1 } },
      [/^prices\.createStatue is no paid operation: known here: create/]
    ],
    ["no object", [], [/^the file must be an object, in \{ \}; got \[\]$/]],
    ["no JSON", '{\n  "port": 1,\n}', [/^line 3, column 1 is no JSON: .*no comma after the last item/]],
    ["half of one", '{ "port": 1', [/^line 1, column 12 is no JSON/]],
    [
      "a recording that was made up",
      { scenarios: [{ name: "a", recorded: true, timeline: [{ state: "running" }] }] },
      [/"recorded" is said of recordings only/]
    ],
    [
      "five at once",
      { prt: 1, scale: 0, faults: [{ on: "pol", kind: "reset" }], scenario: "hapy", account: { concurrency: 1.5 } },
      [
        /^prt is not known: did you mean "port"/,
        /^faults\[0\]\.on must be submit, poll or asset; got "pol"$/,
        /^account\.concurrency/,
        /^scale must be a number above 0; got 0$/,
        /^scenario is "hapy"/
      ]
    ]
  ])("tells where the mistake is and what is possible: %s", async (_, content, lines) => {
    const actual = await refusal(content)
    assert.strictEqual(actual.length, lines.length, actual.join("\n"))
    for (const line of lines)
      assert.isTrue(
        actual.some((each) => line.test(each)),
        `${line} in ${actual.join("\n")}`
      )
  })

  it("may be missing only where nobody named it", async () => {
    const file = written("{}").replace("mock.json", "other.json")
    const failed = await RunwayMock.start({ port: 0, config: file }).catch((error: unknown) => error)
    assert.match(String(failed), /other\.json has a mistake:\n {2}the file cannot be read: it is not there/)
  })
})

describe("a mock that watches its file", () => {
  /** A mock, its file, and what it says of each version of that. */
  const watching = async (content: object) => {
    const config = written(content)
    const heard: Array<ConfigChange> = []
    let wake = () => {}
    const mock = await RunwayMock.start({
      ...{ port: 0, config, watch: true },
      onConfig: (change) => {
        heard.push(change)
        wake()
      }
    })
    const edit = async (next: unknown): Promise<ConfigChange> => {
      const known = heard.length
      writeFileSync(config, typeof next === "string" ? next : JSON.stringify(next))
      while (heard.length === known)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      return heard.at(-1) ?? assert.fail("nothing was heard")
    }
    return { mock, edit }
  }

  it("keeps the tasks, and lets other faults and scenarios hold for a key in use", async () => {
    const { mock, edit } = await watching({ clock: "manual", faults: [{ on: "asset", kind: "reset", once: true }] })
    await using _ = mock
    const id = await idOf(post(fetch, mock.url, "k"))
    const injected = mock.world("k").inject({ on: "poll", kind: "latency", median: "1 millis" })
    const change = await edit({
      clock: "manual",
      scenario: "stuck",
      account: { daily: 1 },
      keys: { k: { faults: [{ on: "poll", kind: "status", status: 503 }], tasks: [{ id: "seeded" }] } }
    })
    assert.deepStrictEqual(change.needsRestart, [])
    assert.isUndefined(change.error)
    assert.strictEqual((await get(fetch, id, mock.url, "k")).status, 503)
    assert.strictEqual((await post(fetch, mock.url, "k")).status, 429)
    const world = mock.world("k")
    assert.deepStrictEqual(
      [world.describe().scenario, world.tasks().map(({ scenario }) => scenario)],
      ["stuck", ["happy", "stuck"]]
    )
    assert.deepStrictEqual(
      world.faults().map(({ id, fault }) => (id === injected.id ? "injected" : `${fault.on} ${fault.kind}`)),
      ["injected", "poll status"],
      "what a test injected stays"
    )
  })

  it("keeps what a control chose, and what a fault has counted", async () => {
    const fault = { on: "poll", kind: "status", status: 503, once: true }
    const { mock, edit } = await watching({ clock: "manual", faults: [fault] })
    await using _ = mock
    const world = mock.world("k")
    world.choose("slow")
    world.limit({ daily: 3 })
    const id = await idOf(post(fetch, mock.url, "k"))
    assert.strictEqual((await get(fetch, id, mock.url, "k")).status, 503)
    await edit({ clock: "manual", faults: [fault], scenario: "stuck", account: { daily: 1 } })
    assert.notStrictEqual((await get(fetch, id, mock.url, "k")).status, 503, "it was once, and has happened")
    assert.strictEqual(mock.world("k").describe().scenario, "slow")
    assert.deepStrictEqual(mock.world("k").account(), { daily: 3 })
  })

  it("goes on with the last right version where one has a mistake, and says what is only read at the start", async () => {
    const { mock, edit } = await watching({ clock: "manual", scenario: "stuck" })
    await using _ = mock
    const broken = await edit({ clock: "manual", scenario: "stukc" })
    assert.match(broken.error?.message ?? "", /scenario is "stukc", .*did you mean "stuck"/)
    assert.strictEqual(mock.world("k").describe().scenario, "stuck")
    assert.match((await edit("{")).error?.message ?? "", /is no JSON/)
    assert.strictEqual((await post(fetch, mock.url, "k", { headers: headers("k") })).status, 200)
    const right = await edit({ clock: "virtual", port: 1, scenario: "slow" })
    assert.deepStrictEqual([right.error, right.needsRestart], [undefined, ["clock", "port"]])
    assert.strictEqual(mock.world("another").describe().scenario, "slow")
  })

  it("needs a file to watch", async () => {
    const failed = await RunwayMock.start({ port: 0, watch: true }).catch((error: unknown) => error)
    assert.match(String(failed), /watch is about the file of config, and there is none/)
  })
})
