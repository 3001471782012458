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
