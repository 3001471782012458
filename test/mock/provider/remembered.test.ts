import { assert, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Prism from "../../../mock/src/provider/Prism.ts"

const poll = (headers: Record<string, string>, path = "/runwayml/v1/tasks/one") =>
  Prism.judge({ method: "GET", path, query: {}, headers, body: undefined, unreadable: undefined })

const formOf = (judged: ReturnType<typeof poll>) => (Result.isSuccess(judged) ? judged.success.form : "no operation")

const version = { "x-runway-version": "2024-11-06" }
const key = { authorization: "Bearer k" }

it("what Prism said of a poll is not taken for what it says of one with another header, key or path", () => {
  for (const _ of ["anew", "from memory"]) {
    assert.strictEqual(formOf(poll({ ...version, ...key })), "right")
    assert.strictEqual(formOf(poll({ ...version, authorization: "Bearer other" })), "right")
    assert.strictEqual(formOf(poll(version)), "keyless")
    assert.strictEqual(formOf(poll({ ...version, authorization: "Basic k" })), "keyless")
    assert.strictEqual(formOf(poll({ ...key, "x-runway-version": "1" })), "wrong")
    assert.strictEqual(formOf(poll({ ...version, ...key }, "/runwayml/v1/nothing/one")), "no operation")
  }
})

const submission = {
  character: { type: "image", uri: "https://example.com/portrait.png" },
  reference: { type: "video", uri: "https://example.com/performance.mp4" },
  model: "act_two",
  bodyControl: true,
  expressionIntensity: 3,
  seed: 1,
  ratio: "1280:720",
  contentModeration: { publicFigureThreshold: "auto" }
}

const post = (body: object, headers: Record<string, string> = { ...version, ...key }, required?: "full" | "minimal") =>
  Prism.judge(
    {
      method: "POST",
      path: "/runwayml/v1/character_performance",
      query: {},
      headers: { ...headers, "content-type": "application/json" },
      body,
      sent: JSON.stringify(body),
      unreadable: undefined
    },
    required
  )

it("what Prism said of a POST is not taken for what it says of one with another body, key or list of required fields", () => {
  const { seed: _, ...seedless } = submission
  for (const _ of ["anew", "from memory"]) {
    assert.strictEqual(formOf(post(submission)), "right")
    assert.strictEqual(formOf(post({ ...submission, seed: "one" })), "wrong")
    assert.strictEqual(formOf(post(submission, version)), "keyless")
    assert.strictEqual(formOf(post(seedless)), "wrong")
    assert.strictEqual(formOf(post(seedless, { ...version, ...key }, "minimal")), "right")
  }
})

it("the judgement of a POST that was right is made once, and that of a wrong one, which quotes the body, is not kept", () => {
  const judgement = (body: object) => Result.getOrThrow(post(body))
  assert.strictEqual(judgement({ ...submission, seed: 7 }), judgement({ ...submission, seed: 7 }))
  assert.notStrictEqual(judgement({ ...submission, seed: "7" }), judgement({ ...submission, seed: "7" }))
})
