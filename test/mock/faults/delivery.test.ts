import { connect } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import {
  type Fault,
  type FaultKind,
  type Mock,
  RunwayMock,
  RunwayMockError,
  type Scenario,
  type StatusFault
} from "cometapi-runway-mock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { TestClock } from "effect/testing"
import * as Contract from "../../../mock/src/contract/Contract.ts"
import { catchUp, until } from "../../support/Provider.ts"
import {
  type Fetch,
  finishedOutput,
  get,
  headers,
  outcomeOf,
  performance,
  post,
  provider,
  raw,
  said,
  served,
  submit
} from "../Support.ts"

/** Every kind, with what it needs, and so quick that real time does not matter. */
const on = "poll"
const faults: Readonly<Record<FaultKind, Fault>> = {
  status: { on, kind: "status", status: 503 },
  reset: { on, kind: "reset" },
  lost: { on, kind: "lost" },
  stall: { on, kind: "stall" },
  drip: { on, kind: "drip", bytes: 700, every: "1 millis" },
  truncated: { on, kind: "truncated" },
  cut: { on, kind: "cut" },
  html: { on, kind: "html" },
  redirect: { on, kind: "redirect" },
  empty: { on, kind: "empty" },
  "content-type": { on, kind: "content-type" },
  oversized: { on, kind: "oversized", bytes: 100_000 },
  latency: { on, kind: "latency", median: "1 millis" }
}
const kinds = Object.values(faults)

/** The same fault on a POST. Where its answer says that there is a task, there is one, and the type knows. */
const onSubmit = (fault: Fault, accepted: boolean | undefined): Fault => {
  if (accepted === undefined) return { ...fault, on: "submit" }
  return fault.kind === "drip" || fault.kind === "content-type" || fault.kind === "latency"
    ? { ...fault, on: "submit", accepted: true }
    : { ...fault, on: "submit", accepted }
}

const closed = { name: "SocketError", message: "other side closed", code: "UND_ERR_SOCKET" }
const failedBy = (cause: object) => ({ failed: { name: "TypeError", message: "fetch failed", cause } })

describe("a fault that makes no sense is refused, and the field is named", () => {
  const on = "poll"
  const wrong: ReadonlyArray<readonly [string, Record<string, unknown>, RegExp]> = [
    ["another kind", { on, kind: "explode" }, /"kind" must be one of status, reset, .*; got "explode"/],
    ["a name that every object has", { on, kind: "toString" }, /"kind" must be one of/],
    ["another target", { on: "upload", kind: "lost" }, /"on" must be one of submit, poll, asset; got "upload"/],
    ["a field of another kind", { on, kind: "lost", bytes: 5 }, /"bytes" means nothing for "lost"/],
    ["a median without latency", { on, kind: "drip", median: "1 second" }, /"median" means nothing for "drip"/],
    ["a poll that is accepted", { on, kind: "lost", accepted: true }, /"accepted" is about a POST/],
    [
      "an answer that lies",
      { on: "submit", kind: "latency", median: "1 second", accepted: false },
      /"accepted" cannot/
    ],
    ["a status without one", { on, kind: "status" }, /"status" must say which/],
    ["a status of success", { on, kind: "status", status: 200 }, /"status" must be .* from 400 to 599; got 200/],
    ["no status at all", { on: "asset", kind: "status", status: 999 }, /"status" must be .* got 999/],
    [
      "an example that the contract does not have",
      { on, kind: "status", status: 429, example: "nope" },
      /"example" must be one that the contract has for 429: rate-limited, .*; got "nope"/
    ],
    ["an example of a download", { on: "asset", kind: "status", status: 403, example: "x" }, /"example" is for/],
    ["a wait that is over", { on, kind: "status", status: 429, retryAfter: -1 }, /"retryAfter" must .* got -1/],
    ["a wait of no time", { on, kind: "status", status: 429, retryAfter: Number.NaN }, /"retryAfter" must/],
    ["a wait without end", { on, kind: "status", status: 429, retryAfter: 1e13 }, /"retryAfter" must/],
    [
      "a wait in hours",
      { on, kind: "status", status: 429, retryAfter: 1, retryAfterAs: "hours" },
      /"retryAfterAs" must be one of seconds, date, millis; got "hours"/
    ],
    ["a form of no wait", { on, kind: "status", status: 429, retryAfterAs: "date" }, /"retryAfterAs" says how/],
    ["a zeroth time", { on, kind: "lost", nth: 0 }, /"nth" must be a whole number above 0; got 0/],
    ["half a time", { on, kind: "lost", first: 1.5 }, /"first" must be a whole number/],
    ["no bytes", { on, kind: "cut", bytes: 0 }, /"bytes" must be a whole number/],
    ["more bytes than can be counted", { on, kind: "oversized", bytes: 1e21 }, /"bytes" must be a whole number/],
    ["a rate above 1", { on, kind: "lost", rate: 1.5 }, /"rate" must be a share from 0 to 1; got 1.5/],
    ["a rate that is no number", { on, kind: "lost", rate: Number.NaN }, /"rate" must/],
    ["a drip without a pause", { on, kind: "drip", every: "0 millis" }, /"every" must be a duration/],
    ["a pause in words", { on, kind: "drip", every: "soon" }, /"every" must be a duration .* got "soon"/],
    ["a latency without a median", { on, kind: "latency" }, /"median" must be a duration .* got none/],
    ["a latency without end", { on, kind: "latency", median: "Infinity" }, /"median" must be a duration/],
    [
      "a p99 below the median",
      { on, kind: "latency", median: "2 seconds", p99: "1 second" },
      /"p99" must be a duration no shorter than the median; got "1 second"/
    ]
  ]
  it.effect.each(wrong)("%s", ([, fault, named]) =>
    Effect.gen(function* () {
      const broken = fault as unknown as Fault // What a caller without types can send.
      const refused = yield* Effect.flip(RunwayMock.make({ faults: [broken] }))
      assert.match(refused.message, named)
      const { fetch, ...control } = yield* RunwayMock.make()
      const world = control.world("k")
      assert.throws(() => world.inject(broken), RunwayMockError, named)
      assert.deepStrictEqual(world.faults(), [], "nothing was changed")
      const response = yield* Effect.promise(() =>
        fetch(`${provider}/_mock/faults`, { method: "POST", headers: headers("k"), body: JSON.stringify(broken) })
      )
      assert.strictEqual(response.status, 400)
    })
  )

  it.effect("one fault too many is refused, so that no request has to be held against thousands", () =>
    Effect.gen(function* () {
      const world = (yield* RunwayMock.make()).world("k")
      for (let count = 0; count < 100; count += 1) world.inject({ on: "poll", kind: "lost" })
      assert.throws(() => world.inject({ on: "poll", kind: "lost" }), /100 faults already/)
    })
  )
})

const pending: Scenario = { name: "pending", timeline: [{ state: "pending" }] }

describe("each kind of fault looks the same in process as over a real socket", () => {
  const mock = served({ clock: "virtual", scenario: pending })
  /** Another mock of the same kind: the same key lives the same life in both. */
  const inProcess = Effect.runSync(RunwayMock.make({ clock: "virtual", scenario: pending }))

  interface Door {
    readonly fetch: Fetch
    readonly mock: Mock
    readonly base: string
  }
  const doors = (): ReadonlyArray<Door> => [
    { fetch, mock: mock(), base: mock().url },
    { fetch: inProcess.fetch, mock: inProcess, base: provider }
  ]

  /** What a caller is told, giving up where nothing comes. */
  const told = async ({ mock, base }: Door, key: string, ask: (signal: AbortSignal) => Promise<Response>) => {
    const giveUp = new AbortController()
    const before = mock.world(key).journal().last
    const outcome = outcomeOf(ask(giveUp.signal), base)
    const stalls = mock
      .world(key)
      .faults()
      .some(({ fault }) => fault.kind === "stall")
    if (stalls) {
      await Effect.runPromise(until(() => mock.world(key).journal().last > before))
      giveUp.abort(new Error("given up"))
    }
    return outcome
  }

  const submitted = async (door: Door, key: string): Promise<string> => {
    assert.strictEqual((await post(door.fetch, door.base, key)).status, 200)
    return door.mock.world(key).tasks()[0]?.id ?? assert.fail("no task")
  }

  const both = async (tell: (door: Door) => Promise<unknown>) => {
    const [http, process] = await Promise.all(doors().map(tell))
    assert.deepStrictEqual(process, http)
    return process
  }

  /** What is to be seen of each kind; anything that is not named here is as without it. */
  const expected = (kind: FaultKind, right: { status: number; type: string | null; body: string }): object => {
    const { body } = right
    const bytes = right.type === "video/mp4" ? Buffer.from(body, "base64") : Buffer.from(body)
    const half = bytes.subarray(0, Math.floor(bytes.length / 2))
    const part = right.type === "video/mp4" ? half.toString("base64") : half.toString()
    const changed: Partial<Record<FaultKind, object>> = {
      reset: failedBy({ name: "Error", message: "read ECONNRESET", code: "ECONNRESET" }),
      lost: failedBy(closed),
      stall: { failed: { name: "Error", message: "given up" } },
      truncated: { ...right, body: part },
      cut: { ...right, body: part, broken: { name: "TypeError", message: "terminated", cause: closed } },
      empty: { ...right, body: "" },
      "content-type": { ...right, type: "text/plain; charset=utf-8" },
      oversized: { ...right, body: " ".repeat(100_000) }
    }
    return changed[kind] ?? right
  }

  const right = (fetch: () => Promise<Response>, base: string) =>
    outcomeOf(fetch(), base).then((outcome) => ("status" in outcome ? outcome : assert.fail("no answer")))

  const own: ReadonlySet<FaultKind> = new Set<FaultKind>(["status", "html", "redirect", "oversized", "content-type"])

  it.each(kinds)("$kind, on a POST: it is accepted as it says, and otherwise not", async (fault) => {
    // An answer that can be read says that there is a task, so there is one.
    const choices = ["drip", "content-type", "latency"].includes(fault.kind)
      ? [undefined, true]
      : [undefined, true, false]
    for (const accepted of choices) {
      const key = `submit ${fault.kind} ${accepted}`
      const outcome = await both(async (door) => {
        const { mock, fetch, base } = door
        const world = mock.world(key)
        world.inject(onSubmit(fault, accepted))
        const outcome = await told(door, key, (signal) => post(fetch, base, key, { signal }))
        const { submissions, intents } = world.report()
        const tasks = world.tasks().map(({ id }) => id)
        return { outcome, tasks, submissions, accepted: intents[0]?.accepted, hits: world.faults()[0]?.hits }
      })
      const early = ["status", "reset", "html", "redirect"].includes(fault.kind)
      const made = (accepted ?? !early) ? 1 : 0
      assert.deepInclude(outcome, { submissions: 1, accepted: made, hits: 1 })
      const { tasks } = inProcess.world(key).describe()
      assert.strictEqual(tasks, made, `accepted: ${accepted}`)
    }
  })

  it.each(kinds)("$kind, on a poll", async (fault) => {
    const key = `poll ${fault.kind}`
    const outcome = await both(async (door) => {
      const { mock, fetch, base } = door
      const id = await submitted(door, key)
      const answer = await right(() => get(fetch, id, base, key), base)
      mock.world(key).inject({ ...fault, on: "poll" })
      const outcome = await told(door, key, (signal) => get(fetch, id, base, key, { signal }))
      const [task] = mock.world(key).tasks()
      assert.deepStrictEqual(JSON.parse(answer.body), { id, status: "PENDING", createdAt: task?.createdAt })
      // Another poll is five seconds later, and tells the same.
      if (!own.has(fault.kind)) assert.deepStrictEqual(outcome, expected(fault.kind, answer))
      return outcome
    })
    if (fault.kind === "status") assert.deepInclude(outcome, { status: 503, type: "application/json" })
    if (fault.kind === "html") assert.deepInclude(outcome, { status: 200, type: "text/html; charset=utf-8" })
    if (fault.kind === "redirect") assert.deepInclude(outcome, { status: 301, location: "/" })
    if (fault.kind === "truncated" && typeof outcome === "object" && outcome !== null && "body" in outcome)
      assert.throws(() => JSON.parse(String(outcome.body)), SyntaxError)
  })

  it.each(kinds)("$kind, on a download: GET, HEAD, a range, and a file that is known already", async (fault) => {
    const key = `asset ${fault.kind}`
    await both(async (door) => {
      const { mock, fetch, base } = door
      const world = mock.world(key)
      const url = finishedOutput(world, await submitted(door, key)).replace(/^https?:\/\/[^/]+/, base)
      const etag = (await fetch(url, { method: "HEAD" })).headers.get("etag") ?? assert.fail("no etag")
      const asks: ReadonlyArray<RequestInit> = [
        {},
        { method: "HEAD" },
        { headers: { range: "bytes=4-103" } },
        { headers: { "if-none-match": etag } },
        { headers: { range: "bytes=999999-" } }
      ]
      const outcomes: Array<unknown> = []
      for (const [index, init] of asks.entries()) {
        world.heal()
        const answer = await right(() => fetch(url, init), base)
        world.inject({ ...fault, on: "asset" })
        const outcome = await told(door, key, (signal) => fetch(url, { ...init, signal, redirect: "manual" }))
        if (index === 0 && !own.has(fault.kind)) assert.deepStrictEqual(outcome, expected(fault.kind, answer))
        if (index === 1 && "body" in outcome) assert.strictEqual(outcome.body, "", "HEAD has no body, whatever happens")
        outcomes.push(outcome)
      }
      return outcomes
    })
  })

  it("a redirect that the caller did not want, and one that it follows", async () => {
    for (const redirect of ["error", "follow"] as const) {
      const outcome = await both(async (door) => {
        const { mock, fetch, base } = door
        const key = `redirect ${redirect}`
        const id = await submitted(door, key)
        mock.world(key).inject({ on: "poll", kind: "redirect" })
        return outcomeOf(get(fetch, id, base, key, { redirect }), base)
      })
      if (redirect === "follow") assert.deepInclude(outcome, { status: 200, type: "text/html; charset=utf-8" })
      else assert.deepStrictEqual(outcome, failedBy({ name: "Error", message: "unexpected redirect" }))
    }
  })

  it("a cut is one however many bytes it lets through", async () => {
    const outcomes: Array<unknown> = []
    for (const bytes of [1, 10, 1_000_000]) {
      const key = `cut ${bytes}`
      outcomes.push(
        await both(async (door) => {
          door.mock.world(key).inject({ on: "submit", kind: "cut", bytes })
          return outcomeOf(post(door.fetch, door.base, key), door.base)
        })
      )
    }
    const wholeOf = (key: string) => JSON.stringify({ id: inProcess.world(key).tasks()[0]?.id })
    const broken = { name: "TypeError", message: "terminated", cause: closed }
    assert.deepInclude(outcomes[0], { body: "{", broken })
    assert.deepInclude(outcomes[1], { body: wholeOf("cut 10").slice(0, 10), broken })
    assert.deepInclude(outcomes[2], { body: wholeOf("cut 1000000").slice(0, -1), broken })
  })
})

describe("over a real socket", () => {
  const mock = served({ clock: "virtual" })
  const request = (key: string, path = "/runwayml/v1/character_performance") => {
    const body = JSON.stringify(performance)
    const lines = [`POST ${path} HTTP/1.1`, "Host: 127.0.0.1", `Content-Length: ${body.length}`]
    const given = Object.entries(headers(key)).map(([name, value]) => `${name}: ${value}`)
    return `${[...lines, ...given].join("\r\n")}\r\n\r\n${body}`
  }

  it("reset is a reset, without a byte and without a task", async () => {
    mock().world("reset").inject({ on: "submit", kind: "reset" })
    assert.strictEqual(await raw(mock().port, request("reset")), "(ECONNRESET)")
    assert.lengthOf(mock().world("reset").tasks(), 0)
  })

  it("lost is closed without a byte, also to a caller that keeps its own side open, and the task is there", async () => {
    mock().world("lost").inject({ on: "submit", kind: "lost" })
    const socket = connect({ port: mock().port, host: "127.0.0.1", allowHalfOpen: true })
    const heard: Array<string> = []
    socket.on("data", (chunk) => heard.push(String(chunk))).on("error", (error) => heard.push(String(error)))
    socket.write(request("lost"))
    await new Promise((resolve) => socket.once("end", resolve))
    assert.deepStrictEqual(heard, [])
    assert.lengthOf(mock().world("lost").tasks(), 1)
    socket.destroy()
  })

  it("cut ends in the middle of what its Content-Length promised", async () => {
    mock().world("cut").inject({ on: "submit", kind: "cut", bytes: 5 })
    const answer = await raw(mock().port, request("cut"))
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n[\s\S]*content-length: 45\r\n[\s\S]*\r\n\r\n\{"id"$/)
  })

  it("truncated is a whole answer whose JSON is broken", async () => {
    mock().world("truncated").inject({ on: "submit", kind: "truncated" })
    const response = await post(fetch, mock().url, "truncated")
    const text = await response.text()
    assert.strictEqual(response.headers.get("content-length"), String(text.length))
    assert.throws(() => JSON.parse(text))
  })

  it("an answer to a pipelined request that is reset, lost or cut takes the connection with it", async () => {
    for (const kind of ["reset", "lost", "cut"] as const) {
      const key = `pipelined ${kind}`
      // The second is dealt with while the first still waits.
      mock().world(key).inject({ on: "submit", kind: "latency", median: "20 millis", nth: 1 })
      mock().world(key).inject({ on: "submit", kind, nth: 2 })
      const answer = await raw(mock().port, request(key) + request(key))
      assert.isAtMost(answer.split("HTTP/1.1 200").length - 1, kind === "cut" ? 2 : 1, kind)
      assert.strictEqual((await post(fetch, mock().url, key)).status, 200)
    }
  })

  it.live("a stalled caller hears nothing, and is let go of when it gives up", () =>
    Effect.gen(function* () {
      const world = mock().world("stall")
      world.inject({ on: "submit", kind: "stall" })
      // One that shows when the server, too, has closed its side.
      const socket = connect({ port: mock().port, host: "127.0.0.1", allowHalfOpen: true })
      const heard: Array<string> = []
      socket.on("data", (chunk) => heard.push(String(chunk)))
      socket.write(request("stall"))
      yield* until(() => world.journal().last === 1)
      yield* catchUp
      assert.deepStrictEqual(heard, [])
      assert.isFalse(socket.readableEnded)
      assert.lengthOf(world.tasks(), 1)
      socket.end()
      yield* Effect.promise(() => new Promise((resolve) => socket.once("close", resolve)))
      assert.deepStrictEqual(heard, [])
    })
  )

  it.effect("the server stops although callers are stalled, delayed and dripped at", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { url, world } = yield* RunwayMock.serve({ port: 0 }).pipe(Scope.provide(scope))
      world("stall").inject({ on: "submit", kind: "stall" })
      world("drip").inject({ on: "submit", kind: "drip", every: "1 hour" })
      world("latency").inject({ on: "submit", kind: "latency", median: "1 hour" })
      const keys = ["stall", "drip", "latency"]
      const outcomes = keys.map((key) => outcomeOf(post(fetch, url, key), url))
      yield* until(() => keys.every((key) => world(key).journal().last === 1))
      yield* Scope.close(scope, Exit.void)
      for (const outcome of yield* Effect.promise(() => Promise.all(outcomes))) {
        if (!("failed" in outcome)) assert.property(outcome, "broken")
      }
    })
  )

  it.effect("drip comes in as many pieces as it says, a pause before each but the first, and is right in the end", () =>
    Effect.gen(function* () {
      const { url, world } = yield* RunwayMock.serve({ port: 0 })
      world("k").inject({ on: "submit", kind: "drip", bytes: 10, every: "3 seconds" })
      const response = yield* Effect.promise(() => post(fetch, url, "k"))
      const reader = response.body?.getReader() ?? assert.fail("no body")
      const pieces: Array<string> = []
      let ended = false
      const reading = (async () => {
        for (let part = await reader.read(); !part.done; part = await reader.read())
          pieces.push(Buffer.from(part.value).toString())
        ended = true
      })()
      for (let piece = 1; piece <= 5; piece += 1) {
        yield* until(() => pieces.length === piece)
        yield* TestClock.adjust("2 seconds")
        yield* catchUp
        assert.strictEqual(pieces.length, piece, "not before its time")
        yield* TestClock.adjust("1 second")
      }
      yield* Effect.promise(() => reading)
      assert.isTrue(ended)
      assert.deepStrictEqual(
        pieces.map(({ length }) => length),
        [10, 10, 10, 10, 5]
      )
      assert.deepStrictEqual(JSON.parse(pieces.join("")), { id: world("k").tasks()[0]?.id })
    })
  )

  it.effect("latency holds the answer back, and a caller that leaves meanwhile is forgotten", () =>
    Effect.gen(function* () {
      const { url, world } = yield* RunwayMock.serve({ port: 0 })
      world("k").inject({ on: "submit", kind: "latency", median: "80 millis" })
      let status = 0
      const leave = new AbortController()
      const left = outcomeOf(post(fetch, url, "k", { signal: leave.signal }))
      const answered = post(fetch, url, "k").then((response) => {
        status = response.status
      })
      yield* until(() => world("k").journal().last === 2)
      leave.abort(new Error("given up"))
      assert.deepStrictEqual(yield* Effect.promise(() => left), { failed: { name: "Error", message: "given up" } })
      yield* TestClock.adjust("79 millis")
      yield* catchUp
      assert.strictEqual(status, 0)
      yield* TestClock.adjust("1 millis")
      yield* Effect.promise(() => answered)
      assert.strictEqual(status, 200)
      assert.deepInclude(world("k").journal().entries[0]?.fault, { kinds: ["latency"], delay: 80 })
    })
  )

  it.live("an oversized body waits for its reader, and is dropped when the reader leaves", () =>
    Effect.gen(function* () {
      const size = 2 ** 31
      mock().world("huge").inject({ on: "submit", kind: "oversized", bytes: size })
      const before = process.memoryUsage().arrayBuffers
      const socket = connect(mock().port, "127.0.0.1")
      socket.write(request("huge"))
      const head = yield* Effect.promise(() => new Promise((resolve) => socket.once("data", resolve)))
      socket.pause()
      assert.match(String(head), new RegExp(`content-length: ${size}\r\n`))
      for (let turn = 0; turn < 100; turn += 1) yield* catchUp
      assert.isBelow(process.memoryUsage().arrayBuffers - before, 32 * 1024 * 1024)
      socket.destroy()
      assert.strictEqual((yield* Effect.promise(() => post(fetch, mock().url, "another"))).status, 200)
    })
  )

  it("an oversized body is as large as it says, to one who reads it all", async () => {
    mock().world("large").inject({ on: "submit", kind: "oversized", bytes: 3_000_001 })
    const response = await post(fetch, mock().url, "large")
    assert.strictEqual((await response.arrayBuffer()).byteLength, 3_000_001)
  })
})

describe("in process, on the test clock", () => {
  const make = (fault: Fault) =>
    Effect.gen(function* () {
      const mock = yield* RunwayMock.make({ faults: [fault] })
      return { fetch: mock.fetch, world: mock.world("test-key") }
    })
  const givenUp = new Error("given up")

  it.effect.each([
    ["stalled", { on: "submit", kind: "stall" }],
    ["held back", { on: "submit", kind: "latency", median: "1 hour" }]
  ] as const)("a caller that is %s is rid of it at once when it aborts", ([, fault]) =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make(fault)
      const giveUp = new AbortController()
      const outcome = outcomeOf(post(fetch, provider, "test-key", { signal: giveUp.signal }))
      yield* until(() => world.journal().last === 1)
      giveUp.abort(givenUp)
      assert.deepStrictEqual(yield* Effect.promise(() => outcome), { failed: said(givenUp) })
      assert.lengthOf(world.tasks(), 1, "the task is there all the same")
    })
  )

  it.effect("a body that drips or never ends breaks with the caller's reason as soon as it aborts", () =>
    Effect.gen(function* () {
      for (const fault of [
        { on: "submit", kind: "drip", every: "1 hour" },
        { on: "submit", kind: "oversized" }
      ] as const) {
        const { fetch } = yield* make(fault)
        const giveUp = new AbortController()
        const response = yield* Effect.promise(() => post(fetch, provider, "test-key", { signal: giveUp.signal }))
        const reader = response.body?.getReader() ?? assert.fail("no body")
        yield* Effect.promise(() => reader.read())
        const next = (async () => {
          // What was under way already may still come.
          for (;;) if ((await reader.read()).done) return "ended"
        })().catch((error: unknown) => error)
        giveUp.abort(givenUp)
        assert.strictEqual(yield* Effect.promise(() => next), givenUp, fault.kind)
      }
    })
  )

  it.effect("an oversized body is made as it is read, and cancelled by who has had enough", () =>
    Effect.gen(function* () {
      const { fetch } = yield* make({ on: "submit", kind: "oversized", bytes: Number.MAX_SAFE_INTEGER })
      const before = process.memoryUsage().arrayBuffers
      const response = yield* Effect.promise(() => post(fetch))
      assert.strictEqual(response.headers.get("content-length"), String(Number.MAX_SAFE_INTEGER))
      const reader = response.body?.getReader() ?? assert.fail("no body")
      for (let read = 0; read < 10; read += 1) yield* Effect.promise(() => reader.read())
      yield* catchUp
      assert.isBelow(process.memoryUsage().arrayBuffers - before, 32 * 1024 * 1024)
      yield* Effect.promise(() => reader.cancel())
    })
  )

  it.effect("the latency of several faults is added, and half of the answers come before the median", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make({ on: "poll", kind: "latency", median: "2 seconds", p99: "20 seconds" })
      world.inject({ on: "poll", kind: "latency", median: "1 second" })
      const asked = Array.from({ length: 400 }, () => get(fetch, "x"))
      yield* until(() => world.journal().last === 400)
      const delays = world.journal().entries.map(({ fault }) => fault?.delay ?? 0)
      const share = (most: number) => delays.filter((delay) => delay <= most).length / delays.length
      assert.isAbove(Math.min(...delays), 1000)
      assert.approximately(share(3000), 0.5, 0.1)
      assert.isAbove(share(21_000), 0.97)
      assert.isBelow(share(21_000), 1)
      yield* TestClock.adjust("1 day")
      yield* Effect.promise(() => Promise.all(asked))
    })
  )
})

describe("which requests are hit", () => {
  /** Which of so many polls are hit. */
  const hits = (options: { readonly seed?: number; readonly key?: string }, fault: Partial<StatusFault>, count = 12) =>
    Effect.gen(function* () {
      const { fetch, world } = yield* RunwayMock.make({ clock: "virtual", seed: options.seed })
      const { key = "k" } = options
      const injected = world(key).inject({ on: "poll", kind: "status", status: 503, ...fault })
      const hit: Array<number> = []
      for (let index = 1; index <= count; index += 1) {
        const { status } = yield* Effect.promise(() => get(fetch, "x", provider, key))
        if (status === 503) hit.push(index)
      }
      const [listed] = world(key).faults()
      assert.deepStrictEqual(listed, { ...injected, seen: count, hits: hit.length })
      const marked = world(key)
        .journal()
        .entries.flatMap(({ fault, number }) => (fault?.ids[0] === "fault-1" ? number : []))
      assert.deepStrictEqual(marked, hit, "the journal tells the same")
      return hit
    })

  it.effect("the nth, the first so many, only once, every one, or those of which all that is said is true", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* hits({}, { nth: 3 }), [3])
      assert.deepStrictEqual(yield* hits({}, { first: 2 }), [1, 2])
      assert.deepStrictEqual(yield* hits({}, { once: true }), [1])
      assert.deepStrictEqual(yield* hits({}, { nth: 3, first: 2 }), [])
      assert.lengthOf(yield* hits({}, {}), 12)
      assert.lengthOf(yield* hits({}, { rate: 0 }), 0)
      assert.lengthOf(yield* hits({}, { rate: 1 }), 12)
    })
  )

  it.effect("a share by chance: the same with the same seed, another with another seed or key", () =>
    Effect.gen(function* () {
      const pattern = yield* hits({ seed: 7 }, { rate: 0.5 }, 200)
      assert.approximately(pattern.length, 100, 30)
      assert.deepStrictEqual(yield* hits({ seed: 7 }, { rate: 0.5 }, 200), pattern)
      assert.notDeepEqual(yield* hits({ seed: 8 }, { rate: 0.5 }, 200), pattern)
      assert.notDeepEqual(yield* hits({ seed: 7, key: "other" }, { rate: 0.5 }, 200), pattern)
      const [first] = pattern
      assert.deepStrictEqual(yield* hits({ seed: 7 }, { rate: 0.5, once: true }, 200), [first])
    })
  )

  it.effect("of several, the one that was injected first, until it is removed", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* RunwayMock.make()
      const ask = Effect.map(
        Effect.promise(() => get(fetch, "x", provider, "k")),
        ({ status }) => status
      )
      const { id } = world("k").inject({ on: "poll", kind: "status", status: 503 })
      world("k").inject({ on: "poll", kind: "status", status: 429 })
      assert.strictEqual(yield* ask, 503)
      assert.isTrue(world("k").heal(id))
      assert.isFalse(world("k").heal(id))
      assert.strictEqual(yield* ask, 429)
      assert.isTrue(world("k").heal())
      assert.strictEqual(yield* ask, 400, "no task, and no fault")
    })
  )

  it.effect("of several that happen once, one after the other: none is spent behind another", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* RunwayMock.make()
      for (const status of [503, 429]) world("k").inject({ on: "poll", kind: "status", status, once: true })
      world("k").inject({ on: "poll", kind: "latency", median: "0 millis", once: true })
      const told = () => Effect.promise(() => get(fetch, "x", provider, "k"))
      const statuses = [(yield* told()).status, (yield* told()).status, (yield* told()).status]
      assert.deepStrictEqual(statuses, [503, 429, 400])
      assert.deepStrictEqual(
        world("k")
          .faults()
          .map(({ seen, hits }) => [seen, hits]),
        [
          [3, 1],
          [3, 1],
          [3, 1]
        ]
      )
      assert.deepStrictEqual(
        world("k")
          .journal()
          .entries.map(({ fault }) => fault?.kinds),
        [["status", "latency"], ["status"], undefined]
      )
    })
  )

  it.effect("one world's alone, and of the requests that it is for", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* RunwayMock.make({ clock: "virtual" })
      const mine = yield* submit(fetch, provider, "mine")
      const theirs = yield* submit(fetch, provider, "theirs")
      for (const on of ["submit", "poll", "asset"] as const)
        world("mine").inject({ on, kind: "status", status: 503, first: 1000 })
      const [myOutput, theirOutput] = [finishedOutput(world("mine"), mine), finishedOutput(world("theirs"), theirs)]
      const told = (key: string, id: string, output: string) =>
        Effect.promise(async () => [
          (await post(fetch, provider, key)).status,
          (await get(fetch, id, provider, key)).status,
          (await fetch(output)).status
        ])
      assert.deepStrictEqual(yield* told("mine", mine, myOutput), [503, 503, 503])
      assert.deepStrictEqual(yield* told("theirs", theirs, theirOutput), [200, 200, 200])
      assert.strictEqual((yield* Effect.promise(() => get(fetch, mine, provider, "", { headers: {} }))).status, 401)
      assert.deepStrictEqual(
        world("mine")
          .faults()
          .map(({ seen, hits }) => [seen, hits]),
        [
          [1, 1],
          [1, 1],
          [1, 1]
        ]
      )
      assert.strictEqual(
        (yield* Effect.promise(() => fetch(`${provider}/other`, { headers: headers("mine"), redirect: "manual" })))
          .status,
        301
      )
    })
  )
})

describe("a status", () => {
  const examples = Contract.examples.flatMap(({ operationId, status, name, mediaType, body }) =>
    status.startsWith("2")
      ? []
      : [
          {
            on: operationId === "getTask" ? ("poll" as const) : ("submit" as const),
            status: status === "default" ? 418 : Number(status),
            ...{ example: name, mediaType, body }
          }
        ]
  )

  it.effect.each(examples)(
    "$status $example, on a $on, is answered as the contract has it",
    ({ on, status, example, mediaType, body }) =>
      Effect.gen(function* () {
        const { fetch, world } = yield* RunwayMock.make()
        world("k").inject({ on, kind: "status", status, example })
        const response = yield* Effect.promise(() =>
          on === "submit" ? post(fetch, provider, "k") : get(fetch, "x", provider, "k")
        )
        assert.strictEqual(response.status, status)
        assert.strictEqual(response.headers.get("content-type"), mediaType)
        const text = yield* Effect.promise(() => response.text())
        const own = /\(request id: [^)]*\)/
        const documented = typeof body === "string" ? body : JSON.stringify(body)
        assert.strictEqual(text.replace(own, ""), documented.replace(own, ""))
        assert.lengthOf(world("k").tasks(), 0)
      })
  )

  const waits = (fetch: Fetch, key = "k") =>
    Effect.promise(async () => {
      const { headers } = await get(fetch, "x", provider, key)
      return [headers.get("retry-after"), headers.get("retry-after-ms")]
    })
  const limited = (retryAfter: number, retryAfterAs?: StatusFault["retryAfterAs"]): Fault => ({
    ...{ on: "poll", kind: "status", status: 429, retryAfter },
    ...(retryAfterAs === undefined ? {} : { retryAfterAs })
  })

  it.effect("says how long to wait in each of the forms, a date by the client's clock and not by the world's", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2027, 1, 3, 4))
      const { fetch, world } = yield* RunwayMock.make({ clock: "virtual" })
      for (const [fault, expected] of [
        [limited(7), ["7", null]],
        [limited(0), ["0", null]],
        [limited(1.5), ["1.5", null]],
        [limited(7, "seconds"), ["7", null]],
        [limited(1.5, "millis"), [null, "1500"]],
        [limited(7, "date"), ["Wed, 03 Feb 2027 04:00:07 GMT", null]],
        // Rounded up, because a date has whole seconds and too early is wrong.
        [limited(6.5, "date"), ["Wed, 03 Feb 2027 04:00:07 GMT", null]]
      ] as const) {
        const key = JSON.stringify(fault)
        world(key).inject(fault)
        assert.deepStrictEqual(yield* waits(fetch, key), [...expected], key)
      }
    })
  )

  it.effect(
    "has a date that the client's clock comes to when the wait is over, however fast and far the world's time has gone",
    () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(Date.UTC(2026, 4, 1, 12))
        const { fetch, world } = yield* RunwayMock.make({ scale: 20 })
        const id = yield* submit(fetch, provider, "k")
        world("k").inject({ ...limited(200, "date"), first: 1 })
        yield* TestClock.adjust("22 minutes")
        world("k").advance("1 hour")
        const limitedAnswer = yield* Effect.promise(() => get(fetch, id, provider, "k"))
        assert.strictEqual(limitedAnswer.headers.get("date"), "Fri, 01 May 2026 12:22:00 GMT")
        assert.strictEqual(limitedAnswer.headers.get("retry-after"), "Fri, 01 May 2026 12:22:10 GMT")
        yield* TestClock.adjust("10 seconds")
        yield* Effect.promise(() => get(fetch, id, provider, "k"))
        world("k").expectClean({ allow: ["never-collected"] })
        world("k").inject({ ...limited(200, "date"), first: 1 })
        yield* Effect.promise(() => get(fetch, id, provider, "k"))
        yield* TestClock.adjust("5 seconds")
        yield* Effect.promise(() => get(fetch, id, provider, "k"))
        assert.include(
          world("k")
            .report()
            .findings.map(({ kind }) => kind),
          "retry-after-ignored"
        )
      })
  )

  it.effect("that asks for the longest wait leaves a virtual world able to tell the time", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* RunwayMock.make({ clock: "virtual" })
      const id = yield* submit(fetch, provider, "k")
      world("k").inject(limited(1e9, "millis"))
      for (let poll = 0; poll < 300; poll += 1)
        assert.strictEqual((yield* Effect.promise(() => get(fetch, id, provider, "k"))).status, 429)
      world("k").heal()
      assert.strictEqual((yield* Effect.promise(() => get(fetch, id, provider, "k"))).status, 200)
      assert.match(world("k").clock().now, /^9000-01-01T/)
    })
  )

  it.effect("of a download is a plain text", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* RunwayMock.make({ clock: "virtual" })
      const output = finishedOutput(world("k"), yield* submit(fetch, provider, "k"))
      world("k").inject({ on: "asset", kind: "status", status: 503, retryAfter: 2 })
      const outcome = yield* Effect.promise(() => outcomeOf(fetch(output)))
      assert.deepInclude(outcome, { status: 503, retryAfter: "2", type: "text/plain; charset=utf-8" })
    })
  )
})
