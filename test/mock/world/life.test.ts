import { assert, describe, it } from "@effect/vitest"
import { RunwayMock } from "cometapi-runway-mock"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { TestClock } from "effect/testing"
import { BareTask, TaskEnvelope } from "../../../generated/schemas.gen.ts"
import * as Prism from "../../../mock/src/provider/Prism.ts"
import * as Provider from "../../../mock/src/provider/Provider.ts"
import * as Time from "../../../mock/src/Time.ts"
import { compile, type Script } from "../../../mock/src/world/Scenario.ts"
import { Worlds } from "../../../mock/src/world/Worlds.ts"
import { type Fetch, get, headers, outputOf, performance, poll, post, provider, submit } from "../Support.ts"

const bare = Schema.decodeUnknownSync(BareTask)
const envelope = Schema.decodeUnknownSync(TaskEnvelope)
const notExist = { code: "task_not_exist", message: "task_not_exist", data: null }

const mp4 = async (response: Response) => {
  assert.strictEqual(response.status, 200)
  assert.strictEqual(response.headers.get("content-type"), "video/mp4")
  const bytes = new Uint8Array(await response.arrayBuffer())
  assert.strictEqual(response.headers.get("content-length"), String(bytes.length))
  assert.strictEqual(new TextDecoder().decode(bytes.subarray(4, 8)), "ftyp")
  return bytes
}

describe("a task's life on the test clock", () => {
  it.effect("goes from invisible over pending and running to a video, in Runway's own shape", () =>
    Effect.gen(function* () {
      const { fetch } = yield* RunwayMock
      yield* TestClock.setTime(Date.UTC(2026, 4, 1, 12))
      const id = yield* submit(fetch)
      assert.match(id, /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
      const early = yield* poll(fetch, id)
      assert.deepStrictEqual([early.status, early.body], [400, notExist])

      yield* TestClock.adjust("2 seconds")
      const pending = yield* poll(fetch, id)
      assert.deepStrictEqual(bare(pending.body), { id, status: "PENDING", createdAt: "2026-05-01T12:00:00.000Z" })

      const seen: Array<unknown> = []
      yield* TestClock.adjust("8 seconds")
      for (let second = 0; second < 50; second += 10) {
        const running = bare((yield* poll(fetch, id)).body)
        assert.strictEqual(running.status, "RUNNING")
        seen.push(running.progress)
        yield* TestClock.adjust("10 seconds")
      }
      assert.deepStrictEqual(seen, [0, 0.2, 0.4, 0.6, 0.8])

      const done = yield* poll(fetch, id)
      const task = bare(done.body)
      assert.strictEqual(done.status, 200)
      assert.strictEqual(task.status, "SUCCEEDED")
      const output = Array.isArray(task.output) ? String(task.output[0]) : assert.fail("no output")
      assert.match(output, new RegExp(`^${provider}/assets/${id}\\.mp4\\?_jwt=[\\w-]+\\.[\\w-]+\\.[\\w-]+$`))
      yield* Effect.promise(() => fetch(output).then(mp4))
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual((yield* poll(fetch, id)).body, done.body, "a finished task stays as it is")
    }).pipe(Effect.provide(RunwayMock.layer()))
  )

  it.effect("goes the same way in the gateway's envelope", () =>
    Effect.gen(function* () {
      const { fetch } = yield* RunwayMock
      yield* TestClock.setTime(Date.UTC(2026, 4, 1, 12))
      const created = Date.UTC(2026, 4, 1, 12) / 1000
      const id = yield* submit(fetch)
      assert.deepStrictEqual((yield* poll(fetch, id)).body, notExist)
      const row = Effect.gen(function* () {
        const { body } = yield* poll(fetch, id)
        const { data } = envelope(body)
        assert.isNotNull(data)
        assert.strictEqual(data.task_id, id)
        const inner = data.data === null ? undefined : Schema.decodeUnknownOption(BareTask)(data.data)
        const task = inner?._tag === "Some" ? inner.value : undefined
        const times = [data.submit_time, data.start_time, data.finish_time]
        return { status: data.status, progress: data.progress, times, task }
      })
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* row, {
        status: "SUBMITTED",
        progress: "10%",
        times: [created, 0, 0],
        task: undefined
      })
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(yield* row, {
        status: "QUEUED",
        progress: "20%",
        times: [created, 0, 0],
        task: { id, status: "PENDING", createdAt: "2026-05-01T20:00:00+08:00" }
      })
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(yield* row, {
        status: "IN_PROGRESS",
        progress: "30%",
        times: [created, created + 10, 0],
        task: { id, status: "RUNNING", createdAt: "2026-05-01T20:00:00+08:00", progress: 0.5 }
      })
      yield* TestClock.adjust("25 seconds")
      const done = yield* row
      assert.deepStrictEqual(
        [done.status, done.progress, done.times],
        ["SUCCESS", "100%", [created, created + 10, created + 60]]
      )
      const output = Array.isArray(done.task?.output) ? String(done.task.output[0]) : assert.fail("no output")
      yield* Effect.promise(() => fetch(output).then(mp4))
    }).pipe(Effect.provide(RunwayMock.layer({ scenario: "envelope" })))
  )

  it.effect("runs as many times faster than the clock as scale says", () =>
    Effect.gen(function* () {
      const { fetch } = yield* RunwayMock
      const id = yield* submit(fetch)
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(bare((yield* poll(fetch, id)).body).progress, 0.6)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(bare((yield* poll(fetch, id)).body).status, "SUCCEEDED")
    }).pipe(Effect.provide(RunwayMock.layer({ scale: 20 })))
  )

  it.effect("answers an Effect HttpClient that honours the Fetch reference", () =>
    Effect.gen(function* () {
      const response = yield* HttpClient.get(`${provider}/runwayml/v1/tasks/any`, { headers: headers() })
      assert.deepStrictEqual([response.status, yield* response.json], [400, notExist])
    }).pipe(Effect.provide([FetchHttpClient.layer, RunwayMock.layer()]))
  )
})

describe("worlds", () => {
  it.effect("do not see each other's tasks", () =>
    Effect.gen(function* () {
      const { fetch } = yield* RunwayMock
      const mine = yield* submit(fetch, provider, "mine")
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual((yield* poll(fetch, mine, provider, "mine")).status, 200)
      const theirs = yield* poll(fetch, mine, provider, "theirs")
      assert.deepStrictEqual([theirs.status, theirs.body], [400, notExist])
    }).pipe(Effect.provide(RunwayMock.layer()))
  )

  it.effect("give the same ids to the same key in the same order, and nothing of the key", () =>
    Effect.gen(function* () {
      const one = yield* RunwayMock.make()
      const other = yield* RunwayMock.make({ scenario: "envelope" })
      const key = "5ec2e7"
      const ids = [yield* submit(one.fetch, provider, key), yield* submit(one.fetch, provider, key)]
      yield* submit(other.fetch, provider, "somebody in between")
      assert.deepStrictEqual(ids, [
        yield* submit(other.fetch, provider, key),
        yield* submit(other.fetch, provider, key)
      ])
      const all = [...ids, yield* submit(one.fetch, provider, "other")]
      assert.strictEqual(new Set(all).size, 3)
      assert.isFalse(all.some((id) => id.replaceAll("-", "").includes(key)))
    })
  )

  it.effect("play the scenario that their key names", () =>
    Effect.gen(function* () {
      const { fetch } = yield* RunwayMock
      const keys = ["mock-envelope", "mock-envelope-worker-7", "mock-envelopes", "mock-key", "any"]
      const ids = yield* Effect.forEach(keys, (key) => submit(fetch, provider, key))
      yield* TestClock.adjust("2 minutes")
      const shapes = yield* Effect.forEach(keys, (key, index) =>
        Effect.map(poll(fetch, ids[index] ?? "", provider, key), ({ body }) => (Schema.is(TaskEnvelope)(body) ? 1 : 0))
      )
      assert.deepStrictEqual(shapes, [1, 1, 0, 0, 0])
    }).pipe(Effect.provide(RunwayMock.layer()))
  )
})

describe("an output", () => {
  const finished = Effect.gen(function* () {
    const { fetch } = yield* RunwayMock
    const id = yield* submit(fetch)
    const early = yield* Effect.promise(() => fetch(`${provider}/assets/${id}.mp4`))
    assert.strictEqual(early.status, 404, "a task at work has no output")
    yield* TestClock.adjust("1 minute")
    return { fetch, id, url: outputOf((yield* poll(fetch, id)).body) }
  })

  it.effect("answers HEAD, ranges and ETags as a storage host does", () =>
    Effect.gen(function* () {
      const { fetch, url } = yield* finished
      const all = yield* Effect.promise(() => fetch(url).then(mp4))
      const size = all.length
      const ask = (init: RequestInit) =>
        Effect.promise(async () => {
          const response = await fetch(url, init)
          const { status, headers } = response
          return { status, headers, bytes: new Uint8Array(await response.arrayBuffer()) }
        })
      const range = (value: string) => ask({ headers: { range: value } })

      const head = yield* ask({ method: "HEAD" })
      assert.deepStrictEqual([head.status, head.headers.get("content-length"), head.bytes.length], [200, `${size}`, 0])
      assert.strictEqual(head.headers.get("accept-ranges"), "bytes")
      for (const [asked, from, to] of [
        ["bytes=0-99", 0, 99],
        ["bytes=100-", 100, size - 1],
        ["bytes=-10", size - 10, size - 1],
        [`bytes=5-${size * 2}`, 5, size - 1]
      ] as const) {
        const part = yield* range(asked)
        assert.deepStrictEqual(
          [part.status, part.headers.get("content-range")],
          [206, `bytes ${from}-${to}/${size}`],
          asked
        )
        assert.deepStrictEqual(part.bytes, all.slice(from, to + 1), asked)
      }
      const beyond = yield* range(`bytes=${size}-`)
      assert.deepStrictEqual([beyond.status, beyond.headers.get("content-range")], [416, `bytes */${size}`])
      for (const nonsense of ["bytes=9-3", "lines=1-2", "bytes=0-1,4-5"]) {
        assert.strictEqual((yield* range(nonsense)).status, 200, nonsense)
      }
      const etag = head.headers.get("etag") ?? ""
      assert.strictEqual((yield* ask({ headers: { "if-none-match": etag } })).status, 304)
      assert.strictEqual((yield* ask({ headers: { range: "bytes=0-1", "if-range": etag } })).status, 206)
      assert.strictEqual((yield* ask({ headers: { range: "bytes=0-1", "if-range": '"old"' } })).status, 200)
      assert.strictEqual((yield* ask({ method: "DELETE" })).status, 405)
    }).pipe(Effect.provide(RunwayMock.layer()))
  )

  it.effect("is there for tasks only, whatever the path says", () =>
    Effect.gen(function* () {
      const { fetch, id } = yield* finished
      for (const path of [
        "unknown.mp4",
        "performance.mp4",
        "..%2fassets%2fperformance.mp4",
        "%2e%2e%2fpackage.json",
        "%zz.mp4",
        `${id}.mov`,
        ""
      ]) {
        const response = yield* Effect.promise(() => fetch(`${provider}/assets/${path}`))
        assert.strictEqual(response.status, 404, path)
      }
    }).pipe(Effect.provide(RunwayMock.layer()))
  )
})

describe("fetch in process", () => {
  it.effect("takes a Request as well as a URL and options", () =>
    Effect.gen(function* () {
      const { fetch } = yield* RunwayMock
      const request = new Request(`${provider}/runwayml/v1/character_performance`, {
        method: "POST",
        headers: headers(),
        body: JSON.stringify(performance)
      })
      assert.strictEqual((yield* Effect.promise(() => fetch(request))).status, 200)
      const url = new URL(`${provider}/runwayml/v1/tasks/x`)
      assert.strictEqual((yield* Effect.promise(() => fetch(url, { headers: headers() }))).status, 400)
    }).pipe(Effect.provide(RunwayMock.layer()))
  )

  it.effect("rejects with the signal's reason, before and during the request", () =>
    Effect.gen(function* () {
      const { fetch } = yield* RunwayMock
      const reason = new Error("no longer wanted")
      const before = yield* Effect.promise(() =>
        get(fetch, "x", provider, "k", { signal: AbortSignal.abort(reason) }).catch((error) => error)
      )
      assert.strictEqual(before, reason)
      const during = yield* Effect.promise(() => {
        const controller = new AbortController()
        const answer = post(fetch, provider, "k", { signal: controller.signal }).catch((error) => error)
        controller.abort(reason)
        return answer
      })
      assert.strictEqual(during, reason)
    }).pipe(Effect.provide(RunwayMock.layer()))
  )

  it.effect("follows a redirect, or not, as it is told", () =>
    Effect.gen(function* () {
      const { fetch } = yield* RunwayMock
      const wrong = (redirect: RequestRedirect) =>
        Effect.promise(() => fetch(`${provider}/runwayml/v2/tasks/x`, { redirect }).catch((error) => error))
      const [manual, follow, error] = yield* Effect.forEach(["manual", "follow", "error"] as const, wrong)
      assert.deepStrictEqual([manual.status, manual.headers.get("location")], [301, "/"])
      assert.deepStrictEqual([follow.status, follow.headers.get("content-type")], [200, "text/html; charset=utf-8"])
      assert.instanceOf(error, TypeError)
    }).pipe(Effect.provide(RunwayMock.layer()))
  )

  it.effect("gives each answer a request id of its own, the same in every run", () =>
    Effect.gen(function* () {
      const ids = Effect.gen(function* () {
        const { fetch } = yield* RunwayMock.make()
        return [(yield* poll(fetch, "x")).requestId, (yield* poll(fetch, "x")).requestId]
      })
      const first = yield* ids
      assert.match(first[0] ?? "", /^\d{23}[A-Za-z]{8}$/)
      assert.notStrictEqual(first[0], first[1])
      assert.deepStrictEqual(yield* ids, first)
    })
  )
})

describe("the mock's own answer", () => {
  const { operation } = Result.getOrThrow(
    Prism.judge({
      method: "GET",
      path: "/runwayml/v1/tasks/x",
      query: {},
      headers: headers(),
      body: undefined,
      unreadable: undefined
    })
  )
  const json = { "content-type": "application/json" }

  for (const [what, answer, named] of [
    ["a body that breaks the contract", { status: 200, headers: json, body: { id: 5 } }, /breaks the contract: .*id/],
    [
      "a media type that the contract does not have",
      { status: 200, headers: { "content-type": "text/html" }, body: "" },
      /media type/
    ],
    ["an error of no known form", { status: 400, headers: json, body: { oops: true } }, /breaks the contract/]
  ] as const) {
    it(`is a loud 500 when it has ${what}`, () => {
      const verified = Prism.verify(operation, answer)
      if (Result.isSuccess(verified)) return assert.fail("it was let through")
      const reply = verified.failure
      assert.strictEqual(reply.answer.status, 500)
      assert.strictEqual(reply.answer.headers["content-type"], "application/problem+json")
      assert.match(JSON.stringify(reply.answer.body), named)
      assert.isNotEmpty(reply.violations)
    })
  }

  it("is a loud 500 when the mock throws", async () => {
    class Broken extends Map<string, Script> {
      override get(): never {
        throw new Error("a bug in the mock")
      }
    }
    const script = Result.getOrThrow(compile({ name: "only", timeline: [{ state: "succeeded" }] }))
    const worlds = new Worlds({
      rulesFor: () => ({ script, faults: [], account: {}, required: "full", tasks: [] }),
      seed: 1,
      time: () => Time.virtual(() => 0),
      limits: { worlds: 1, tasks: 1, journal: 1, idle: 1000 },
      uptime: () => 0
    })
    const handle = Provider.make({ worlds, scripts: new Broken(), priceOf: () => undefined, onRequest: () => {} })
    const door: Fetch = async (input, init) => (await handle(new Request(input, init))).response
    const response = await post(door, provider, "k", { headers: { ...headers("k"), "x-mock-scenario": "only" } })
    assert.strictEqual(response.status, 500)
    assert.match(await response.text(), /a bug in the mock/)
  })
})
