import { Ajv2020 } from "ajv/dist/2020.js"
import { type Running, RunwayMock } from "cometapi-runway-mock"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import document from "../../../generated/mock-control/contract.gen.json" with { type: "json" }

// What the controls' document says of a body and what the mock does with it are two readings of one thing. Here a validator that others wrote judges by
// the document, the mock is asked, and both have to agree on thousands of bodies, wrong ones and right ones.

const key = "refusals"
const authorization = `Bearer ${key}`
const task = "a-task"

/** Right bodies of each control that takes one; the wrong ones are made of them. */
const right: Readonly<Record<string, ReadonlyArray<Record<string, unknown>>>> = {
  "PUT /_mock/scenario": [
    { name: "happy" },
    {
      ...{ name: "mine", about: "A line.", shape: "bare", outputLasts: "2 hours", outsideContract: false },
      timeline: [{ state: "pending", for: "5 seconds" }, { state: "running", polls: 2 }, { state: "succeeded" }]
    },
    { name: "one", timeline: [{ state: "failed", status: 200, with: { failure: "No." } }] }
  ],
  "POST /_mock/clock/advance": [{ by: "5 seconds" }, { by: "0 millis" }, { by: "1.5 hours" }],
  "PUT /_mock/requirements": [{ required: "full" }, { required: "minimal" }],
  "POST /_mock/tasks": [{}, { id: "seeded", scenario: "happy", at: "1 minute" }],
  "POST /_mock/tasks/{id}/fail": [{}, { as: "failed-safety-input" }],
  "POST /_mock/faults": [
    { on: "submit", kind: "lost", once: true, accepted: true },
    { on: "poll", kind: "reset", nth: 2, first: 3, rate: 0.5 },
    { on: "asset", kind: "truncated" },
    { on: "poll", kind: "status", status: 429, example: "rate-limited", retryAfter: 7, retryAfterAs: "date" },
    { on: "asset", kind: "status", status: 403 },
    { on: "submit", kind: "drip", bytes: 10, every: "5 millis", accepted: true },
    { on: "submit", kind: "cut", bytes: 10, accepted: false },
    { on: "submit", kind: "content-type" },
    { on: "asset", kind: "oversized", bytes: 1000 },
    { on: "submit", kind: "latency", median: "80 millis", p99: "900 millis" }
  ],
  "PUT /_mock/account": [{}, { concurrency: 1, daily: 0 }],
  "POST /_mock/verify": [
    { operation: "submit", task, status: 200, count: 1, body: { seed: 1 } },
    { operation: "poll", atLeast: 0, atMost: 2 }
  ]
}

/** Values that some field may have and others not. */
const values: ReadonlyArray<unknown> = [
  ...[
    null,
    true,
    false,
    "",
    "x",
    "happy",
    "running",
    "row",
    task,
    "5 seconds",
    "0 seconds",
    "-5 seconds",
    "5 fortnights",
    "99999 days",
    "soon",
    "a/b"
  ],
  ...[-1, 0, 0.5, 1, 1.5, 2, 200, 399, 400, 503, 600, 1_000_000_001, "1", [], ["x"], {}, { x: 1 }]
]

type Body = Record<string, unknown>
const isBody = (value: unknown): value is Body => typeof value === "object" && value !== null && !Array.isArray(value)

/** Every body that has one thing otherwise than this one: a field less, a field more, another value in it; in what it contains too. */
const variants = (body: Body, fields: ReadonlyMap<string, ReadonlyArray<unknown>>): ReadonlyArray<Body> => [
  ...Object.keys(body).map((name) => Object.fromEntries(Object.entries(body).filter(([other]) => other !== name))),
  ...[...fields].flatMap(([name, known]) => [...values, ...known].map((value) => ({ ...body, [name]: value }))),
  ...Object.entries(body).flatMap(([name, value]) => {
    if (isBody(value)) return variants(value, fields).map((changed) => ({ ...body, [name]: changed }))
    if (!Array.isArray(value)) return []
    const items = value.flatMap((item: unknown, index) =>
      isBody(item) ? variants(item, fields).map((changed) => value.with(index, changed)) : []
    )
    return [...items, [...value, ...value], new Array(1001).fill(value[0])].map((list) => ({ ...body, [name]: list }))
  })
]

/**
 * What the document cannot say, because it depends on another value, on the provider's contract, or on what this world has. A body that the document
 * lets through and the mock refuses has to be refused in one of these words.
 */
const onlyTheMockKnows: ReadonlyArray<RegExp> = [
  /there is no scenario ".*"; known/,
  /this world has a task ".*" already/,
  /thirty years at most/,
  /has no example ".*"/,
  /"example" must be one that the contract has/,
  /"p99" must be a duration no shorter than the median/,
  /atLeast must not be above atMost/,
  /is the last state and stays/,
  /is not the last state, so it must say how long it lasts/,
  /its shape is ".*", but ".*" is/,
  /must be an example of a task that is over/
]

const met = new Set<RegExp>()
const isMocks = (said: string): boolean => {
  const known = onlyTheMockKnows.filter((words) => words.test(said))
  for (const words of known) met.add(words)
  return known.length > 0
}

const ajv = new Ajv2020({ strict: false, validateFormats: false })
ajv.addSchema(document, "controls")

const controls = Object.entries(right).map(([control, bodies]) => {
  const [method = "", path = ""] = control.split(" ")
  const pointer = `/paths/${path.replaceAll("~", "~0").replaceAll("/", "~1")}/${method.toLowerCase()}/requestBody`
  const schema = `controls#${pointer}/content/application~1json/schema`.replaceAll("{", "%7B").replaceAll("}", "%7D")
  return { control, method, path: path.replace("{id}", task), bodies, allows: ajv.compile({ $ref: schema }) }
})

/** The fields of this control's bodies, and of what they contain, each with the values that the right ones have there. */
const fieldsOf = (
  bodies: ReadonlyArray<Body>,
  into = new Map<string, Array<unknown>>()
): Map<string, Array<unknown>> => {
  for (const body of bodies)
    for (const [name, value] of Object.entries(body)) {
      into.set(name, [...(into.get(name) ?? []), value])
      fieldsOf([value].flat().filter(isBody), into)
    }
  return into.set("nonsense", [])
}

describe("the controls refuse what their document forbids, and nothing else", () => {
  let mock: Running
  beforeAll(async () => {
    mock = await RunwayMock.start({ port: 0, clock: "virtual" })
  })
  afterAll(() => mock.stop())

  const ask = async (method: string, path: string, body: unknown) => {
    mock.world(key).reset()
    mock.world(key).seed({ id: task })
    const answer = await mock.fetch(`${mock.url}${path}`, {
      method,
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify(body)
    })
    const text = await answer.text()
    return { ok: answer.ok, status: answer.status, said: answer.ok ? "" : String(JSON.parse(text).detail) }
  }

  it.each(controls)("$control", async ({ method, path, bodies, allows }) => {
    for (const body of bodies) {
      expect(allows(body), JSON.stringify([body, allows.errors])).toBe(true)
      expect(await ask(method, path, body), JSON.stringify(body)).toMatchObject({ ok: true })
    }
    const fields = fieldsOf(bodies)
    const tried = new Set<string>()
    const disagreements: Array<string> = []
    let refused = 0
    for (const body of [
      ...values.filter((value) => !isBody(value)),
      ...bodies.flatMap((each) => variants(each, fields))
    ]) {
      const text = JSON.stringify(body)
      if (tried.has(text)) continue
      tried.add(text)
      const allowed = allows(body)
      const { ok, status, said } = await ask(method, path, body)
      if (!ok) refused += 1
      if (status >= 500) disagreements.push(`${text}: ${status}`)
      if (allowed === ok || (allowed && isMocks(said))) continue
      disagreements.push(`${text}: the document ${allowed ? "allows" : "forbids"} it; the mock says ${said || "yes"}`)
    }
    expect(disagreements.slice(0, 40)).toEqual([])
    expect(refused).toBeGreaterThan(20)
  })

  it("and there is nothing that only the mock knows, apart from what was met", () => {
    expect(onlyTheMockKnows.filter((words) => !met.has(words))).toEqual([])
  })

  it("and takes every control that has a body", () => {
    const taking = Object.entries<object>(document.paths).flatMap(([path, item]) =>
      Object.entries(item).flatMap(([method, operation]: [string, unknown]) =>
        typeof operation === "object" && operation !== null && "requestBody" in operation
          ? [`${method.toUpperCase()} ${path}`]
          : []
      )
    )
    expect(Object.keys(right).sort()).toEqual(taking.sort())
  })
})
