import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { canonicalJson, digest, key } from "../../src/ledger/Intent.ts"
import { IntentUnresolved, time } from "../../src/ledger/LedgerError.ts"

const operation = "POST /runwayml/v1/character_performance"
const body = (uri: string) => ({ character: { type: "image", uri }, seed: 1 })

describe("an intent", () => {
  it("is the same whatever the order of fields and whatever has no value", () => {
    assert.strictEqual(canonicalJson({ b: [1, { d: null, c: "é" }], a: undefined }), '{"b":[1,{"c":"é","d":null}]}')
    assert.strictEqual(canonicalJson({ a: 1e21, "10": 0, "9": -0 }), '{"10":0,"9":0,"a":1e+21}')
    assert.strictEqual(
      canonicalJson({ "\u20ac": 1, "\r": 2, "\ud83d\ude02": 3, "\ufb33": 4 }),
      '{"\\r":2,"\u20ac":1,"\ud83d\ude02":3,"\ufb33":4}'
    )
  })

  it.effect("differs by operation, by body, and by the bytes behind a URL where they are known", () =>
    Effect.gen(function* () {
      const one = body("https://example.com/a.png")
      const same = yield* digest(operation, { seed: 1, character: { uri: one.character.uri, type: "image" } })
      const first = yield* digest(operation, one)
      assert.strictEqual(first, same)
      assert.match(first, /^[0-9a-f]{64}$/)
      assert.notStrictEqual(yield* digest("POST /other", one), first)
      assert.notStrictEqual(yield* digest(operation, body("https://example.com/b.png")), first)
      const seen = yield* digest(operation, one, { [one.character.uri]: "etag-1" })
      const changed = yield* digest(operation, one, { [one.character.uri]: "etag-2" })
      assert.notStrictEqual(seen, changed)
    })
  )

  it.effect("stays the same under a new signature when the bytes are known to be the same", () =>
    Effect.gen(function* () {
      const monday = "https://example.com/a.png?X-Amz-Signature=1"
      const friday = "https://example.com/a.png?X-Amz-Signature=2"
      assert.strictEqual(
        yield* digest(operation, body(monday), { [monday]: "etag" }),
        yield* digest(operation, body(friday), { [friday]: "etag" })
      )
      assert.notStrictEqual(yield* digest(operation, body(monday)), yield* digest(operation, body(friday)))
    })
  )

  it("has the caller's own key, or one that is derived", () => {
    assert.strictEqual(key("job-42", "ab"), "job-42")
    assert.strictEqual(key(undefined, "ab"), "sha256:ab")
  })
})

describe("an intent whose outcome is not known", () => {
  const known = {
    intent: "job-42",
    attempt: 2,
    sentAt: time(Date.UTC(2026, 10, 24)),
    answerBy: time(Date.UTC(2026, 10, 24, 0, 1, 30)),
    bodyDigest: "ab".repeat(32)
  }

  it("says what to look for, where, and what to tell the ledger then", () => {
    const error = new IntentUnresolved({ ...known, state: "unknown", evidence: "connection lost" })
    assert.isFalse(error.isRetryable)
    assert.strictEqual(
      error.message,
      'nothing was sent, because attempt 2 for the intent "job-42" was sent 2026-11-24T00:00:00.000Z and it is not known whether it was ' +
        "accepted and charged (connection lost). Look for it in the provider's console (body sha256 abababababab…), then tell the ledger: " +
        "adopt the id that you found, or release the intent so that it may be sent again"
    )
  })

  it("may be tried again while another is at it", () => {
    const error = new IntentUnresolved({ ...known, state: "sending" })
    assert.isTrue(error.isRetryable)
    assert.match(error.message, /may still be answered until 2026-11-24T00:01:30\.000Z\. Try again then$/)
  })
})
