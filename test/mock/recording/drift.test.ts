import { assert, describe, it } from "@effect/vitest"
import { RunwayMock } from "cometapi-runway-mock"
import * as Effect from "effect/Effect"
import { begin, type Change, follow, real, recordingOf } from "./Real.ts"

const key = "sk-the-real-key-0123456789"

/** Changes the answers that have these fields. */
const where =
  (name: string, change: (body: Record<string, unknown>) => unknown): Change =>
  (text) => {
    const body = JSON.parse(text)
    return name in body ? JSON.stringify(change(body)) : text
  }

const drifts: ReadonlyArray<{
  name: string
  change: Change
  severities: ReadonlyArray<"wrong" | "new">
  says: RegExp
}> = [
  {
    name: "a new field",
    change: where("status", (body) => ({ ...body, queuePosition: 4 })),
    severities: ["new"],
    says: /^new: queuePosition is a field that the contract does not name; it is 4 \(in \S+-pending and 11 more\)$/
  },
  {
    name: "a required field that is missing",
    change: where("status", ({ id: _, ...body }) => body),
    severities: ["wrong"],
    says: /^the contract is wrong: id is missing, and the contract requires it \(in \S+ and 11 more\)$/
  },
  {
    name: "a field of another type",
    change: where("createdAt", (body) => ({ ...body, createdAt: 1_777_000_000 })),
    severities: ["wrong"],
    says: /^the contract is wrong: createdAt is integer 1777000000; the contract says string or null \(in \S+ and 11 more\)$/
  },
  {
    name: "an unknown status",
    change: where("status", (body) => (body["status"] === "RUNNING" ? { ...body, status: "DREAMING" } : body)),
    severities: ["new"],
    says: /^new: status is "DREAMING", a value that the contract does not name \(in \S+-dreaming and 9 more\)$/
  },
  {
    name: "a new envelope",
    change: where("id", (body) => ({ version: 2, result: { task: body } })),
    severities: ["wrong", "new"],
    says: /^(the contract is wrong: the body has none of the documented forms; its fields are "version, result" \(in \S+-answer and \d+ more\)|the contract is wrong: id is missing, and the contract requires it \(in \S+-accepted\)|new: (version|result) is a field that the contract does not name; it is .+ \(in \S+-accepted\))$/
  }
]

describe("a provider that has drifted from the contract", () => {
  it.effect.each(drifts)(
    "with $name: it is recorded as it is, reported, and replayed as it is",
    ({ change, severities, says }) =>
      Effect.gen(function* () {
        const { recorder, out } = yield* real({ change })
        const id = yield* begin(recorder.url, key)
        const heard = yield* follow(recorder.url, id, key)
        const { complete, recordings, text } = yield* Effect.promise(() => recorder.recordings())
        assert.isTrue(complete, text)
        const [, ...lines] = text.split("\n").map((line) => line.replace("  - ", ""))
        assert.isAbove(lines.length, 0)
        for (const line of lines) assert.match(line, says)
        assert.deepStrictEqual([...new Set(recordings[0]?.deviations.map((each) => each.severity))], severities)
        assert.deepStrictEqual(recordingOf(out).deviations, recordings[0]?.deviations)

        const mock = yield* RunwayMock.serve({ port: 0, clock: "virtual", replay: out })
        const own = yield* begin(mock.url, "another-key")
        assert.notStrictEqual(own, id)
        const again = yield* follow(mock.url, own, "another-key", heard.length, Effect.void)
        const said = (all: typeof heard) =>
          all.map(({ status, text }) => [status, /"status":"(\w+)"/.exec(text)?.[1], Object.keys(JSON.parse(text))])
        assert.deepStrictEqual(said(again), said(heard))
        // Whatever the envelope, no id of the provider's is in it and no URL leads there.
        for (const { text } of again) {
          assert.notInclude(text, id)
          for (const [url] of text.matchAll(/https?:[^"]+/g)) assert.include(url, mock.url)
        }
        const replayed = yield* Effect.promise(() => mock.recordings())
        assert.deepStrictEqual(replayed.recordings[0]?.deviations, recordings[0]?.deviations)
        assert.deepStrictEqual(replayed.unrecorded, [])
      })
  )

  it.effect("in the status and in the form of an error: both are named", () =>
    Effect.gen(function* () {
      const { recorder } = yield* real({
        change: (text, { method }, outgoing) => {
          if (method === "POST") return text
          outgoing.writeHead(418, { "content-type": "application/json" }).end('{"oops":true}')
          return ""
        }
      })
      const id = yield* begin(recorder.url, key)
      yield* follow(recorder.url, id, key, 1)
      const { text } = yield* Effect.promise(() => recorder.recordings())
      assert.match(
        text,
        /new: status is 418, which the contract covers by its default answer only \(in \S+-status-418\)/
      )
      assert.match(
        text,
        /the contract is wrong: the body has none of the documented forms; its fields are "oops" \(in \S+-status-418\)/
      )
    })
  )
})
