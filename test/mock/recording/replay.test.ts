import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { ReplayIncomplete, RunwayMock } from "cometapi-runway-mock"
import * as Effect from "effect/Effect"
import { get, performance, post } from "../Support.ts"
import { begin, filesOf, follow, pass, real, recordingOf } from "./Real.ts"

const key = "sk-the-real-key-0123456789"
const still = Effect.void

/** What a run says, without what is each run's own: ids, times, and where the video is. */
const comparable = (heard: ReadonlyArray<{ status: number; text: string }>) =>
  heard.map(({ status, text }) => [
    status,
    text
      .replace(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, "ID")
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+(Z|\+08:00)/g, "TIME")
      .replace(/"(submit|start|finish)_time":\d+/g, '"$1_time":TIME')
      .replace(/https?:[^"]*/g, "URL")
      .replace(/request id: [^)]*/g, "request id")
  ])

/** Records one job to its end. */
const recorded = (scenario: string) =>
  Effect.gen(function* () {
    const setting = yield* real({ provider: { scenario } })
    const id = yield* begin(setting.recorder.url, key)
    const heard = yield* follow(setting.recorder.url, id, key)
    const report = yield* Effect.promise(() => setting.recorder.recordings())
    return { ...setting, id, heard, report }
  })

describe("a recording that is replayed", () => {
  it.effect.each([
    "happy",
    "failed-asset",
    "envelope",
    "throttled",
    "not-visible-yet",
    "success-without-output-then-output"
  ])("answers a client on a virtual clock as the provider did: %s", (scenario) =>
    Effect.gen(function* () {
      const { heard, out, report } = yield* recorded(scenario)
      assert.deepStrictEqual([report.complete, report.text], [true, "character-performance-1: as the contract says"])
      const mock = yield* RunwayMock.serve({ port: 0, clock: "virtual", replay: out })
      const id = yield* begin(mock.url, "another-key")
      const again = yield* follow(mock.url, id, "another-key", heard.length, still)
      assert.isAtLeast(heard.length, 2)
      assert.deepStrictEqual(comparable(again), comparable(heard))
      // No URL leads to the provider, and no id is the provider's.
      for (const { text } of again) {
        assert.include(text.includes("http") ? text : mock.url, mock.url)
        assert.isTrue(text.includes(id) || text.includes("task_not_exist"))
      }
    })
  )

  it.effect("says the same in the same order to a client that polls a little faster or slower", () =>
    Effect.gen(function* () {
      const { recorder, out } = yield* real({ provider: { scenario: "throttled" } })
      const id = yield* begin(recorder.url, key)
      const heard = yield* follow(recorder.url, id, key, 60, pass(5.3))
      const order = (all: typeof heard) =>
        all
          .map(({ text }) => /"(?:status|code)":"(\w+)"/.exec(text)?.[1])
          .filter((status, index, before) => status !== before[index - 1])
      assert.deepStrictEqual(order(heard), ["THROTTLED", "PENDING", "RUNNING", "SUCCEEDED"])
      for (const seconds of [5, 4, 7]) {
        const mock = yield* RunwayMock.serve({ port: 0, replay: out })
        const own = yield* begin(mock.url, "another-key")
        assert.deepStrictEqual(order(yield* follow(mock.url, own, "another-key", 90, pass(seconds))), order(heard))
      }
    })
  )

  it.effect("keeps its timing on a clock that runs faster, and its progress", () =>
    Effect.gen(function* () {
      const { heard, out } = yield* recorded("happy")
      const mock = yield* RunwayMock.serve({ port: 0, scale: 10, replay: out })
      const id = yield* begin(mock.url, "another-key")
      const again = yield* follow(mock.url, id, "another-key", heard.length, pass(0.5))
      assert.deepStrictEqual(comparable(again), comparable(heard))
      assert.match(JSON.stringify(comparable(again)), /progress.{0,4}:0\.\d/)
    })
  )

  it.effect("has the recorded video, and a report that is complete once all of it was asked for", () =>
    Effect.gen(function* () {
      const { out } = yield* recorded("happy")
      writeFileSync(join(out, "character-performance-1.mp4"), "the video of this very job")
      const mock = yield* RunwayMock.serve({ port: 0, clock: "virtual", replay: out })
      const before = yield* Effect.promise(() => mock.recordings())
      assert.deepStrictEqual(before.recordings[0]?.neverAsked, ["all of it: its POST never came"])
      const id = yield* begin(mock.url, "another-key")
      const [first] = yield* follow(mock.url, id, "another-key", 1, still)
      assert.strictEqual(first?.status, 200)
      const between = yield* Effect.promise(() => mock.recordings())
      assert.deepStrictEqual(between.recordings[0]?.neverAsked, [
        "the answer RUNNING",
        "the answer SUCCEEDED",
        "the video"
      ])
      const failure = yield* Effect.promise(() => mock.expectReplayed().catch((error: unknown) => error))
      assert.instanceOf(failure, ReplayIncomplete)
      assert.match(String(failure), /never asked for: the answer SUCCEEDED/)
      const heard = yield* follow(mock.url, id, "another-key", 20, still)
      const output = /"output":\["([^"]+)"/.exec(heard.at(-1)?.text ?? "")?.[1] ?? ""
      const video = yield* Effect.promise(async () => (await fetch(output)).text())
      assert.strictEqual(video, "the video of this very job")
      yield* Effect.promise(() => mock.expectReplayed())
    })
  )

  it.effect("is chosen as any scenario is: by key, by an asset's URL, by header, by control", () =>
    Effect.gen(function* () {
      const { out } = yield* recorded("failed-asset")
      const mock = yield* RunwayMock.serve({ port: 0, clock: "virtual", replay: out, scenario: "happy" })
      const name = "character-performance-1"
      const url = `https://scenario.mock.test/${name}/x.png`
      const inBody = { ...performance, character: { type: "image", uri: url } }
      mock.world("by-control").choose(name)
      const ends = yield* Effect.all([
        begin(mock.url, `mock-${name}-1`).pipe(
          Effect.flatMap((id) => follow(mock.url, id, `mock-${name}-1`, 20, still))
        ),
        begin(mock.url, "by-body", inBody).pipe(Effect.flatMap((id) => follow(mock.url, id, "by-body", 20, still))),
        begin(mock.url, "by-control").pipe(Effect.flatMap((id) => follow(mock.url, id, "by-control", 20, still))),
        begin(mock.url, "any").pipe(Effect.flatMap((id) => follow(mock.url, id, "any", 20, still)))
      ])
      assert.deepStrictEqual(
        ends.map((heard) => /"status":"(\w+)"/.exec(heard.at(-1)?.text ?? "")?.[1]),
        ["FAILED", "FAILED", "FAILED", "SUCCEEDED"]
      )
      const listed = yield* Effect.promise(() => fetch(`${mock.url}/_mock/scenarios`))
      assert.include(yield* Effect.promise(() => listed.text()), `"name":"${name}"`)
      assert.include(
        mock.scenarios().map((each) => each.name),
        name
      )
    })
  )

  it.effect(
    "answers each POST by its body, in the order of the recordings, and one that was not recorded with a 400",
    () =>
      Effect.gen(function* () {
        const { recorder, out } = yield* real({
          provider: { faults: [{ on: "submit", kind: "status", status: 429, retryAfter: 7, nth: 1 }] }
        })
        const refusal = yield* begin(recorder.url, key)
        assert.include(refusal, "rate limit")
        const id = yield* begin(recorder.url, key)
        yield* follow(recorder.url, id, key)
        const mock = yield* RunwayMock.serve({ port: 0, clock: "virtual", replay: out })
        const say = (body: object) =>
          Effect.promise(async () => {
            const answer = await post(fetch, mock.url, "another-key", { body: JSON.stringify(body) })
            return [answer.status, answer.headers.get("retry-after"), /NO_RECORDING/.test(await answer.text())]
          })
        assert.deepStrictEqual(yield* say(performance), [429, "7", false])
        assert.deepStrictEqual(yield* say({ ...performance, seed: 2 }), [400, null, true])
        assert.deepStrictEqual(yield* say(performance), [200, null, false])
        assert.deepStrictEqual(yield* say(performance), [400, null, true])
        const { unrecorded, complete } = yield* Effect.promise(() => mock.recordings())
        assert.isFalse(complete)
        assert.match(
          unrecorded.join("\n"),
          /no recorded POST has this body\): .*"seed":2[\s\S]*it was recorded 2 times/
        )
      })
  )

  it.effect("never opens a connection: the provider hears nothing while it is replayed", () =>
    Effect.gen(function* () {
      const { front, out } = yield* recorded("happy")
      const before = front.seen.length
      const mock = yield* RunwayMock.serve({ port: 0, clock: "virtual", replay: out })
      const id = yield* begin(mock.url, "another-key")
      yield* follow(mock.url, id, "another-key", 20, still)
      yield* Effect.promise(() =>
        post(fetch, mock.url, "another-key", { body: JSON.stringify({ ...performance, seed: 9 }) })
      )
      yield* Effect.promise(() => get(fetch, "another-id", mock.url, "another-key"))
      yield* Effect.promise(() => fetch(`${mock.url}/v1/models`, { redirect: "manual" }))
      assert.strictEqual(front.seen.length, before)
    })
  )

  it.effect("does not start where it is stale, broken, or not there", () =>
    Effect.gen(function* () {
      const { out } = yield* recorded("failed-asset")
      const file = join(out, "character-performance-1.json")
      const text = readFileSync(file, "utf8")
      const reasonFor = (content: string | undefined, replay: Parameters<typeof RunwayMock.make>[0]) =>
        Effect.gen(function* () {
          if (content !== undefined) writeFileSync(file, content)
          return yield* Effect.flip(RunwayMock.make(replay))
        })
      const old = text.replace(/"recordedAt": "[^"]*"/, '"recordedAt": "2020-01-01T00:00:00.000Z"')
      const stale = yield* reasonFor(old, { replay: out })
      assert.match(
        stale.message,
        /^the recording "character-performance-1" is \d+ days old and may be 90: record it anew/
      )
      yield* RunwayMock.make({ replay: { from: out, maxAge: "100000 days" } })
      const wrong = yield* reasonFor(text.replace('"format": 1', '"format": 2'), { replay: out })
      assert.deepStrictEqual(wrong.reason._tag, "BrokenRecording")
      assert.match(wrong.message, /character-performance-1\.json cannot be played: .*format/)
      const outside = yield* reasonFor(text.replace('"polls"', '"video": { "file": "../../etc/passwd" }, "polls"'), {
        replay: out
      })
      assert.match(outside.message, /cannot be played: .*video/)
      const lost = yield* reasonFor(text.replace('"example": "character-performance-1-failed"', '"example": "x"'), {
        replay: out
      })
      assert.match(lost.message, /its examples have no "x" for status 200 \(application\/json\) of getTask/)
      const nowhere = yield* reasonFor(text, { replay: `${out}/none` })
      assert.match(nowhere.message, /none cannot be played: .*ENOENT/)
      const both = yield* reasonFor(undefined, { replay: out, record: { from: "https://api.cometapi.com", out } })
      assert.strictEqual(both.message, "record cannot be given together with replay")
    })
  )
})

describe("a recording", () => {
  it.effect("is a file that people can read, with the answers as examples of the contract", () =>
    Effect.gen(function* () {
      const { out } = yield* recorded("happy")
      assert.deepStrictEqual(Object.keys(filesOf(out)).sort(), [
        "character-performance-1.json",
        "character-performance-1.mp4"
      ])
      const { examples, submit, polls, deviations, contract } = recordingOf(out)
      assert.deepStrictEqual([deviations, contract, submit.body], [[], "0.1.0", performance])
      assert.deepStrictEqual(
        examples.createCharacterPerformance["200"]["application/json"]["character-performance-1-accepted"].value,
        {
          id: "5b91e444-c232-deaf-a4d7-8aef3e57336b"
        }
      )
      assert.deepStrictEqual(
        polls.map(({ after }: { after: number }) => after),
        polls.map((_: unknown, index: number) => 5000 * (index + 1))
      )
      const named = examples.getTask["200"]["application/json"]["character-performance-1-succeeded"]
      assert.match(named.summary, /^Recorded on \d{4}-\d\d-\d\d$/)
      assert.deepInclude(named.value, { id: "5b91e444-c232-deaf-a4d7-8aef3e57336b", status: "SUCCEEDED" })
    })
  )
})
