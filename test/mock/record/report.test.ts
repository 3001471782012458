import { assert, describe, it } from "@effect/vitest"
import { ClientMisconduct, type Fault, type FindingKind, RunwayMock, type WorldControl } from "cometapi-runway-mock"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import { type Fetch, finishedOutput, get, headers, outcomeOf, outputOf, performance, post, submit } from "../Support.ts"

const key = "sk-test-0123456789"

const make = (options: Parameters<typeof RunwayMock.make>[0] = {}) =>
  Effect.map(RunwayMock.make(options), (mock) => ({ fetch: mock.fetch, world: mock.world(key), mock }))

const kinds = (world: WorldControl): ReadonlyArray<FindingKind> => world.report().findings.map(({ kind }) => kind)

/** What `expectClean` throws. */
const complaint = (world: WorldControl): ClientMisconduct => {
  try {
    world.expectClean()
  } catch (error) {
    assert.instanceOf(error, ClientMisconduct)
    return error
  }
  return assert.fail("it found nothing")
}

const start = (fetch: Fetch) => submit(fetch, undefined, key)
const poll = (fetch: Fetch, id: string) => Effect.promise(() => get(fetch, id, undefined, key))
const send = (fetch: Fetch, init?: RequestInit) =>
  Effect.promise(() =>
    post(fetch, undefined, key, init).then(
      ({ status }) => status,
      () => "no answer"
    )
  )

/** Polls as a patient client does, until the task has ended. */
const collect = (fetch: Fetch, id: string) =>
  Effect.gen(function* () {
    for (let polls = 0; polls < 20; polls++) {
      yield* TestClock.adjust("6 seconds")
      const body: unknown = yield* Effect.promise(async () => (await get(fetch, id, undefined, key)).json())
      if (JSON.stringify(body).includes("SUCCEEDED")) return body
    }
    return assert.fail("the task never ended")
  })

describe("the report on the client", () => {
  it.effect("finds nothing in a patient client, and says what it did", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make()
      const body = yield* collect(fetch, yield* start(fetch))
      yield* Effect.promise(() => fetch(outputOf(body)))
      const report = world.report()
      assert.isTrue(report.clean)
      assert.deepInclude(report, { submissions: 1, accepted: 1, downloads: 1, others: 0, findings: [] })
      assert.strictEqual(
        report.text,
        `The client behaved: 1 POST (1 accepted, 1 different), ${report.polls} polls, 1 download; paid for 1 job ($0.40), collected 1 job ($0.40).`
      )
      world.expectClean()
    })
  )

  it.effect("finds a POST that is sent again although the lost one was accepted", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make()
      world.inject({ on: "submit", kind: "lost", once: true })
      assert.strictEqual(yield* send(fetch), "no answer")
      assert.deepStrictEqual(kinds(world), ["paid-orphan"])
      world.expectClean()
      assert.strictEqual(yield* send(fetch), 200)
      const [finding] = world.report().findings
      assert.deepStrictEqual(world.report().money, {
        accepted: { jobs: 2, dollars: 0.8 },
        collected: { jobs: 0, dollars: 0 },
        orphaned: { jobs: 1, dollars: 0.4 },
        paidTwice: { jobs: 1, dollars: 0.4 }
      })
      assert.strictEqual(finding?.kind, "duplicate-submission")
      assert.deepStrictEqual(finding?.requests, [1, 2])
      assert.match(
        finding?.message ?? "",
        /^The same body was accepted, and charged, twice: tasks [\da-f-]{36}, [\da-f-]{36}\. A POST whose/
      )
    })
  )

  it.effect("counts a job whose id never came as money gone, and fails a test with it where no fault made it", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make()
      world.inject({ on: "submit", kind: "lost", once: true })
      assert.strictEqual(yield* send(fetch), "no answer")
      const { clean, findings, text } = world.report()
      assert.isFalse(clean)
      assert.deepInclude(findings[0], { kind: "paid-orphan", byFault: true, requests: [1] })
      assert.include(text, "paid for 1 job ($0.40), orphaned 1 job ($0.40)")
      assert.isTrue(world.report({ allow: ["paid-orphan"] }).clean)
      world.expectClean()
      assert.deepStrictEqual(world.describe().money, world.report().money)
      // The answer to this one was there, and the client was not.
      const patience = new AbortController()
      const other = yield* RunwayMock.make({ onRequest: () => patience.abort() })
      yield* Effect.promise(() => post(other.fetch, undefined, key, { signal: patience.signal }).catch(() => undefined))
      assert.match(complaint(other.world(key)).message, /paid-orphan: Task [\da-f-]{36} was paid for \(\$0\.40\)/)
    })
  )

  it.effect("knows that a client that polls a task knows its id, wherever it had it from", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make()
      world.inject({ on: "submit", kind: "truncated", once: true })
      yield* send(fetch)
      assert.deepStrictEqual(kinds(world), ["paid-orphan"])
      yield* poll(fetch, world.tasks()[0]?.id ?? "")
      assert.deepStrictEqual(kinds(world), ["never-collected"])
      yield* collect(fetch, world.tasks()[0]?.id ?? "")
      world.expectClean()
      assert.deepStrictEqual(world.report().money.collected, { jobs: 1, dollars: 0.4 })
    })
  )

  it.effect("knows the same POST whatever the order of its fields, and another one by any of its values", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make()
      const reversed = Object.fromEntries(Object.entries(performance).reverse())
      yield* send(fetch)
      yield* send(fetch, { body: JSON.stringify({ ...performance, seed: 2 }) })
      assert.notInclude(kinds(world), "duplicate-submission")
      yield* send(fetch, { body: JSON.stringify(reversed) })
      assert.include(kinds(world), "duplicate-submission")
      assert.deepStrictEqual(
        world.report().intents.map(({ sent, accepted }) => [sent, accepted]),
        [
          [2, 2],
          [1, 1]
        ]
      )
    })
  )

  it.effect("lets a POST be sent again that was not accepted", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make()
      world.inject({ on: "submit", kind: "status", status: 503, first: 2 })
      world.inject({ on: "submit", kind: "reset", nth: 3 })
      const answers = [yield* send(fetch), yield* send(fetch), yield* send(fetch), yield* send(fetch)]
      assert.deepStrictEqual(answers, [503, 503, "no answer", 200])
      assert.deepStrictEqual(
        world.report().intents.map(({ sent, accepted }) => [sent, accepted]),
        [[4, 1]]
      )
      world.expectClean({ allow: ["never-collected"] })
    })
  )

  it.effect("lets a POST be sent again whose job has failed, once the client has heard so", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make()
      const first = yield* start(fetch)
      world.fail(first)
      yield* poll(fetch, first)
      yield* collect(fetch, yield* start(fetch))
      world.expectClean()
      const third = yield* start(fetch)
      world.fail(third)
      assert.deepStrictEqual(kinds(world), ["duplicate-submission", "never-collected"])
    })
  )

  it.effect("finds a POST that is sent again, however many others there were, and counts those", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make({ limits: { tasks: 1100 } })
      for (let seed = 1; seed <= 1001; seed++) yield* send(fetch, { body: JSON.stringify({ ...performance, seed }) })
      yield* send(fetch, { body: JSON.stringify({ ...performance, seed: 1001 }) })
      assert.include(kinds(world), "duplicate-submission")
      assert.match(world.report().text, /1002 POSTs \(1002 accepted, 1001 different\)/)
    })
  )

  it.effect("does not take a timer's jitter for haste where time runs fast", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make({ scale: 100 })
      const id = yield* start(fetch)
      yield* poll(fetch, id)
      yield* TestClock.adjust("45 millis")
      yield* poll(fetch, id)
      assert.deepStrictEqual(kinds(world), ["never-collected"])
      yield* TestClock.adjust("20 millis")
      yield* poll(fetch, id)
      assert.deepStrictEqual(kinds(world), ["poll-too-fast", "never-collected"])
    })
  )

  it.effect("finds polls that come too soon, and not those after five seconds", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make()
      const id = yield* start(fetch)
      for (const pause of [5, 5, 5] as const) {
        yield* poll(fetch, id)
        yield* TestClock.adjust(`${pause} seconds`)
      }
      yield* poll(fetch, id)
      assert.deepStrictEqual(kinds(world), ["never-collected"])
      yield* TestClock.adjust("2 seconds")
      yield* poll(fetch, id)
      yield* TestClock.adjust("1 second")
      yield* poll(fetch, id)
      const [finding] = world.report().findings
      assert.strictEqual(finding?.kind, "poll-too-fast")
      assert.strictEqual(finding?.taskId, id)
      assert.deepStrictEqual(finding?.requests, [6, 7])
      assert.match(
        finding?.message ?? "",
        /was polled too soon twice, first 2 s after its last answer: the provider asks for 5 s at least\.$/
      )
    })
  )

  it.effect("lets a poll be sent again at once that got no answer", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make()
      const id = yield* start(fetch)
      world.inject({ on: "poll", kind: "reset", first: 2 })
      for (let tries = 0; tries < 3; tries++)
        yield* Effect.ignore(Effect.tryPromise(() => get(fetch, id, undefined, key)))
      assert.deepStrictEqual(kinds(world), ["never-collected"])
    })
  )

  const slow = [
    { kind: "latency", median: "1 minute" },
    { kind: "drip", bytes: 1, every: "1 second" }
  ] as const satisfies ReadonlyArray<Partial<Fault>>
  for (const fault of slow) {
    /** Asks, and gives up two seconds later, before all of the answer is there. */
    const giveUp = (ask: (init: RequestInit) => Promise<Response>) =>
      Effect.gen(function* () {
        const patience = new AbortController()
        const asking = outcomeOf(ask({ signal: patience.signal }))
        yield* TestClock.adjust("2 seconds")
        patience.abort()
        const outcome = yield* Effect.promise(() => asking)
        assert.isTrue("failed" in outcome || "broken" in outcome)
      })

    it.effect(`does not take an answer for heard that was given up: the end of a task under ${fault.kind}`, () =>
      Effect.gen(function* () {
        const { fetch, world } = yield* make()
        const id = yield* start(fetch)
        world.finish(id)
        world.inject({ on: "poll", once: true, ...fault })
        yield* giveUp((init) => get(fetch, id, undefined, key, init))
        assert.isFalse(world.task(id).collected)
        yield* poll(fetch, id)
        world.expectClean()
        assert.strictEqual(world.report().polls, 2)
      })
    )

    it.effect(`nor the id of a task under ${fault.kind}`, () =>
      Effect.gen(function* () {
        const { fetch, world } = yield* make()
        yield* poll(fetch, "unknown")
        world.inject({ on: "submit", once: true, ...fault })
        yield* giveUp((init) => post(fetch, undefined, key, init))
        assert.strictEqual(world.report().accepted, 1)
        world.expectClean()
      })
    )

    it.live(`nor one that a real connection carries under ${fault.kind}`, () =>
      Effect.gen(function* () {
        const { url, world: worldOf } = yield* RunwayMock.serve({ port: 0 })
        const world = worldOf(key)
        const id = yield* submit(globalThis.fetch, url, key)
        world.finish(id)
        world.inject({ on: "poll", once: true, ...fault })
        const patience = new AbortController()
        const asking = outcomeOf(get(globalThis.fetch, id, url, key, { signal: patience.signal }))
        while (world.report().polls === 0) yield* Effect.yieldNow
        patience.abort()
        yield* Effect.promise(() => asking)
        yield* Effect.promise(() => get(globalThis.fetch, id, url, key))
        world.expectClean()
      })
    )
  }

  it.effect("does not miss a task whose end was told under a wrong content type, nor hold it against a client", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make()
      const id = yield* start(fetch)
      world.finish(id)
      world.inject({ on: "poll", kind: "content-type", once: true })
      yield* poll(fetch, id)
      world.expectClean()
      yield* poll(fetch, id)
      world.expectClean()
    })
  )

  it.effect("does not miss a task that waits for ever, behind one that never ends", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make({ account: { concurrency: 1 } })
      world.choose("stuck")
      yield* start(fetch)
      world.choose("happy")
      yield* send(fetch, { body: JSON.stringify({ ...performance, seed: 2 }) })
      world.expectClean()
      world.limit({ concurrency: 2 })
      assert.deepStrictEqual(kinds(world), ["never-collected"])
    })
  )

  it.effect("finds polls after the end, until the output's URL wants to be had anew", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make({ scenario: "expired-output" })
      const id = yield* start(fetch)
      yield* collect(fetch, id)
      yield* TestClock.adjust("31 seconds")
      yield* poll(fetch, id)
      assert.deepStrictEqual(kinds(world), [], "half of the URL's minute is over: a fresh one is fetched")
      yield* TestClock.adjust("6 seconds")
      yield* poll(fetch, id)
      const [finding] = world.report().findings
      assert.strictEqual(finding?.kind, "poll-after-end")
      assert.match(
        finding?.message ?? "",
        /was polled once after request \d+ had told how it ended: nothing more comes\.$/
      )
    })
  )

  it.effect("lets a fresh URL be asked for as soon as there is one, however late the end was heard of", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make({ scenario: "expired-output" })
      const id = yield* start(fetch)
      yield* TestClock.adjust("85 seconds")
      const old = outputOf(yield* Effect.promise(async () => (await get(fetch, id, undefined, key)).json()))
      yield* TestClock.adjust("25 seconds")
      const fresh = outputOf(yield* Effect.promise(async () => (await get(fetch, id, undefined, key)).json()))
      assert.notStrictEqual(fresh, old)
      world.expectClean()
    })
  )

  it.effect("finds polls after a failure, however late: no output wants to be had anew", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make()
      const id = yield* start(fetch)
      world.fail(id)
      yield* poll(fetch, id)
      yield* TestClock.adjust("13 hours")
      yield* poll(fetch, id)
      assert.deepStrictEqual(kinds(world), ["poll-after-end"])
    })
  )

  for (const fault of [
    { kind: "reset" },
    { kind: "cut" },
    { kind: "status", status: 503 }
  ] as const satisfies ReadonlyArray<Partial<Fault>>) {
    it.effect(`lets a task be polled again whose download met ${fault.kind}, until one has arrived`, () =>
      Effect.gen(function* () {
        const { fetch, world } = yield* make()
        const id = yield* start(fetch)
        const video = finishedOutput(world, id)
        const download = Effect.promise(() => outcomeOf(fetch(video)))
        yield* poll(fetch, id)
        world.inject({ on: "asset", once: true, ...fault })
        yield* download
        yield* TestClock.adjust("6 seconds")
        yield* poll(fetch, id)
        assert.deepStrictEqual(kinds(world), [])
        yield* download
        yield* TestClock.adjust("6 seconds")
        yield* poll(fetch, id)
        assert.deepStrictEqual(kinds(world), ["poll-after-end"])
      })
    )
  }

  it.effect("lets a task be polled again whose download was refused", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make()
      const id = yield* start(fetch)
      const body = yield* collect(fetch, id)
      yield* TestClock.adjust("6 seconds")
      yield* Effect.promise(() => fetch(outputOf(body).replace(/.{6}$/, "wrong!")))
      yield* poll(fetch, id)
      assert.deepStrictEqual(kinds(world), [])
    })
  )

  for (const as of ["seconds", "date", "millis"] as const) {
    it.effect(`finds a POST and a poll that come before Retry-After in ${as} allows it`, () =>
      Effect.gen(function* () {
        const { fetch, world } = yield* make()
        world.inject({ on: "submit", kind: "status", status: 429, retryAfter: 7, retryAfterAs: as, first: 2 })
        world.inject({ on: "poll", kind: "status", status: 429, retryAfter: 7, retryAfterAs: as, first: 2 })
        yield* send(fetch)
        yield* TestClock.adjust("8 seconds")
        yield* send(fetch)
        assert.deepStrictEqual(kinds(world), [], "the first one waited")
        yield* TestClock.adjust("4 seconds")
        const id = yield* start(fetch)
        assert.deepStrictEqual(kinds(world), ["retry-after-ignored", "never-collected"])
        yield* TestClock.adjust("6 seconds")
        yield* poll(fetch, id)
        yield* TestClock.adjust("5 seconds")
        yield* poll(fetch, id)
        const [submitted, polled] = world.report().findings
        assert.match(
          submitted?.message ?? "",
          /^Retry-After was ignored once: the POST came again \d(\.\d)? s too early after request 2\.$/
        )
        assert.match(
          polled?.message ?? "",
          /^Retry-After was ignored once: the poll came again \d(\.\d)? s too early after request 4\.$/
        )
      })
    )
  }

  it.effect("a virtual clock supposes that clients wait as they are told", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make({ clock: "virtual" })
      world.inject({ on: "submit", kind: "status", status: 429, retryAfter: 60, once: true })
      yield* send(fetch)
      const id = yield* start(fetch)
      assert.strictEqual(world.task(id).createdAt, "2026-05-01T12:01:00.000Z")
      assert.deepStrictEqual(kinds(world), ["never-collected"])
    })
  )

  it.effect("finds requests that break the contract, and a POST without the version's header", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make()
      const { "x-runway-version": _, ...versionless } = headers(key)
      yield* send(fetch, { headers: versionless })
      yield* send(fetch, { body: JSON.stringify({ ...performance, model: "act_one" }) })
      yield* send(fetch, { body: JSON.stringify({ ...performance, model: "act_one" }) })
      yield* Effect.promise(() =>
        fetch("https://api.cometapi.com/runwayml/v1/task/x", { headers: headers(key), redirect: "manual" })
      )
      const { findings } = world.report()
      assert.deepStrictEqual(
        findings.map(({ kind, requests }) => [kind, requests]),
        [
          ["version-header-missing", [1]],
          ["contract-violation", [2, 3]],
          ["contract-violation", [4]]
        ]
      )
      assert.match(findings[1]?.message ?? "", /^A request broke the contract twice, at request\.body\.model: /)
    })
  )

  it.effect("finds a task that was paid for and never collected, and none that cannot end", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make()
      const id = yield* start(fetch)
      yield* poll(fetch, id)
      const [finding] = world.report().findings
      assert.deepInclude(finding, { kind: "never-collected", taskId: id, requests: [1] })
      assert.isFalse(world.task(id).collected)
      const stuck = yield* make({ scenario: "stuck" })
      yield* start(stuck.fetch)
      assert.isTrue(stuck.world.report().clean)
    })
  )

  it.effect("is kept short: the same again is the same finding, and there are a hundred at most", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make({ limits: { tasks: 200 } })
      for (let n = 0; n < 60; n++) yield* send(fetch)
      const duplicate = world.report().findings.find(({ kind }) => kind === "duplicate-submission")
      assert.match(duplicate?.message ?? "", /accepted, and charged, 60 times: tasks ([\da-f-]{36}, ){5}…\./)
      assert.isAtMost(duplicate?.requests.length ?? 0, 20)
      for (let seed = 0; seed < 60; seed++)
        yield* send(fetch, { body: JSON.stringify({ ...performance, seed: seed + 100 }) })
      const { findings, dropped, intents } = world.report()
      assert.deepStrictEqual([findings.length, dropped, intents.length], [100, 21, 61])
    })
  )

  it.effect("fails a test with a text that says what happened, and lets through what the test allows", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* make()
      yield* start(fetch)
      yield* start(fetch)
      const error = complaint(world)
      assert.match(
        error.message,
        /^The client did 3 things that it should not \(world \w{12}; 2 POSTs \(2 accepted, 1 different\), 0 polls, 0 downloads; paid for 2 jobs \(\$0\.80\), paid twice 1 job \(\$0\.40\)\):\n- duplicate-submission: .* \(requests 1, 2\)\n- never-collected: .* \(request 1\)\n- never-collected: .* \(request 2\)$/
      )
      assert.deepStrictEqual(error.report, world.report())
      world.expectClean({ allow: ["duplicate-submission", "never-collected"] })
      assert.isFalse(world.report().clean, "allowing changes nothing of the report itself")
      world.reset()
      world.expectClean()
    })
  )
})
