import { assert, describe, it } from "@effect/vitest"
import { RunwayMock, scenarioNames } from "cometapi-runway-mock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { TestClock } from "effect/testing"
import { BareTask, ErrorAnswer, TaskAnswer, TaskEnvelope, TaskRow } from "../../../generated/schemas.gen.ts"
import { outputOf, type Poll, poll, provider, submit } from "../Support.ts"

const isEnvelope = Schema.is(TaskEnvelope)
const isRow = Schema.is(TaskRow)

/** One poll in a word. What is not the contract's makes it throw. */
const word = ({ status, body }: Poll): string => {
  if (status !== 200) return JSON.stringify(Reflect.get(Schema.decodeUnknownSync(ErrorAnswer)(body), "code"))
  Schema.decodeUnknownSync(TaskAnswer)(body)
  if (isEnvelope(body)) return `envelope ${body.data?.status ?? "null"}`
  if (isRow(body)) return `row ${body.status}`
  const { status: said, output, failureCode } = Schema.decodeUnknownSync(BareTask)(body)
  return [said, ...(failureCode ? [failureCode] : []), ...(Array.isArray(output) ? [output.length] : [])].join(" ")
}

const absent = '"task_not_exist"'
const envelopes = [absent, "envelope SUBMITTED", "envelope QUEUED", "envelope IN_PROGRESS"]

/** What a caller sees who polls every second, without repetitions. */
const lives: Readonly<Record<string, ReadonlyArray<string>>> = {
  happy: [absent, "PENDING", "RUNNING", "SUCCEEDED 1"],
  slow: [absent, "PENDING", "RUNNING", "SUCCEEDED 1"],
  throttled: [absent, "THROTTLED", "PENDING", "RUNNING", "SUCCEEDED 1"],
  "not-visible-yet": [absent, "RUNNING", "SUCCEEDED 1"],
  stuck: [absent, "PENDING", "RUNNING"],
  "failed-safety-input": [absent, "PENDING", "FAILED SAFETY.INPUT.IMAGE"],
  "failed-safety-output": [absent, "PENDING", "RUNNING", "FAILED SAFETY.OUTPUT.VIDEO"],
  "failed-asset": [absent, "PENDING", "FAILED ASSET.INVALID"],
  "failed-internal": [absent, "PENDING", "RUNNING", "FAILED INTERNAL"],
  cancelled: [absent, "PENDING", "RUNNING", "CANCELLED"],
  "success-without-output-then-output": [absent, "PENDING", "RUNNING", "SUCCEEDED 0", "SUCCEEDED 1"],
  "success-url-in-fail-reason": [...envelopes, "envelope SUCCESS"],
  envelope: [...envelopes, "envelope SUCCESS"],
  "envelope-then-bare": [...envelopes, "SUCCEEDED 1"],
  row: [absent, "row IN_PROGRESS", "row SUCCESS"],
  "null-data": ["envelope null", "envelope IN_PROGRESS", "envelope SUCCESS"],
  "unknown-status": [absent, "PENDING", "POSTPROCESSING", "envelope UNKNOWN", "SUCCEEDED 1"],
  malformed: [absent, "not the contract's", "RUNNING", "SUCCEEDED 1"],
  "expired-output": [absent, "PENDING", "RUNNING", "SUCCEEDED 1"]
}

describe("a built-in scenario", () => {
  it("is known by its name, all of them", () => {
    assert.deepStrictEqual([...scenarioNames], Object.keys(lives))
  })

  for (const [name, life] of Object.entries(lives)) {
    it.effect(`${name} keeps to the contract from its beginning to its end, which stays`, () =>
      Effect.gen(function* () {
        const { fetch } = yield* RunwayMock.make()
        const key = `mock-${name}-1`
        const id = yield* submit(fetch, provider, key)
        const seen: Array<string> = []
        const second = Effect.gen(function* () {
          const answer = yield* poll(fetch, id, provider, key)
          const said = name === "malformed" && JSON.stringify(answer.body).includes('"status":5')
          const now = said ? "not the contract's" : word(answer)
          if (now !== seen.at(-1)) seen.push(now)
          return answer
        })
        while (seen.at(-1) !== life.at(-1) && seen.length < 10) {
          yield* second
          yield* TestClock.adjust(name === "slow" ? "3 seconds" : "1 second")
        }
        yield* TestClock.adjust("1 hour")
        const { body } = yield* second
        assert.deepStrictEqual(seen, life)
        const url = /https:[^"]+\/assets\/[^"]+/.exec(JSON.stringify(body))?.[0]
        assert.strictEqual(url !== undefined, / 1$|SUCCESS$/.test(life.at(-1) ?? ""))
        if (url !== undefined) assert.strictEqual((yield* Effect.promise(() => fetch(url))).status, 200)
      })
    )
  }

  it.effect("success-url-in-fail-reason has its output there and nowhere else", () =>
    Effect.gen(function* () {
      const { fetch } = yield* RunwayMock.make({ scenario: "success-url-in-fail-reason" })
      const id = yield* submit(fetch)
      yield* TestClock.adjust("1 minute")
      const { data } = Schema.decodeUnknownSync(TaskEnvelope)((yield* poll(fetch, id)).body)
      assert.isNull(data?.data)
      const url = data?.fail_reason ?? ""
      assert.strictEqual((yield* Effect.promise(() => fetch(url))).status, 200)
    })
  )
})

describe("an output's URL", () => {
  const status = (fetch: typeof globalThis.fetch, url: string) =>
    Effect.promise(async () => {
      const response = await fetch(url)
      return response.status === 200 ? 200 : `${response.status} ${await response.text()}`
    })
  const expired = /^403 This URL has expired: get the task again/

  for (const [scenario, lasts, before] of [
    ["expired-output", "1 minute", "59 seconds"],
    ["happy", "24 hours", "23 hours"]
  ] as const) {
    it.effect(`of ${scenario} expires after ${lasts}, and a later poll has a fresh one`, () =>
      Effect.gen(function* () {
        const { fetch } = yield* RunwayMock.make({ scenario })
        const id = yield* submit(fetch)
        yield* TestClock.adjust("1 minute")
        const url = outputOf((yield* poll(fetch, id)).body)
        yield* TestClock.adjust(before)
        assert.strictEqual(yield* status(fetch, url), 200)
        yield* TestClock.adjust(lasts)
        assert.match(String(yield* status(fetch, url)), expired)
        const fresh = outputOf((yield* poll(fetch, id)).body)
        assert.notStrictEqual(fresh, url)
        assert.strictEqual(yield* status(fetch, fresh), 200)
      })
    )
  }

  it.effect("expires by the polls of a virtual clock too", () =>
    Effect.gen(function* () {
      const { fetch } = yield* RunwayMock.make({ scenario: "expired-output", clock: "virtual" })
      const id = yield* submit(fetch)
      let url: string | undefined
      for (let polls = 0; polls < 12; polls += 1) {
        const { body } = yield* poll(fetch, id)
        url = polls === 11 ? outputOf(body) : undefined
      }
      assert.strictEqual(yield* status(fetch, url ?? ""), 200)
      for (let polls = 0; polls < 12; polls += 1) yield* poll(fetch, id)
      assert.match(String(yield* status(fetch, url ?? "")), expired)
    })
  )

  it.effect("works only as it was signed", () =>
    Effect.gen(function* () {
      const { fetch } = yield* RunwayMock.make()
      const ids = [yield* submit(fetch), yield* submit(fetch)]
      yield* TestClock.adjust("1 minute")
      const [mine = "", other = ""] = yield* Effect.forEach(ids, (id) =>
        Effect.map(poll(fetch, id), ({ body }) => outputOf(body))
      )
      const [path = "", signature = ""] = mine.split("?_jwt=")
      const [head = "", claims = "", proof = ""] = signature.split(".")
      const longer = Buffer.from(
        JSON.stringify({ ...JSON.parse(Buffer.from(claims, "base64url").toString()), exp: 9_999_999_999 })
      ).toString("base64url")
      assert.match(String(yield* status(fetch, path)), /^403 This URL is not signed/)
      for (const wrong of [other.split("?_jwt=")[1], `${head}.${longer}.${proof}`, "x", "a.b.c", ""]) {
        assert.match(String(yield* status(fetch, `${path}?_jwt=${wrong}`)), /^403 This URL's signature is wrong/)
      }
      assert.strictEqual(yield* status(fetch, mine), 200)
    })
  )
})
