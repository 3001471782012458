/** Every answer of the corpus, before the contract: whether the schema for its operation and status takes its body. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import contract from "../../generated/contract.gen.json" with { type: "json" }
import * as Schemas from "../../generated/schemas.gen.ts"
import { type Answer, bytesOf, gets, submits } from "../corpus/Corpus.ts"

type Content = Readonly<Record<string, { readonly schema: Readonly<Record<string, unknown>> }>>

/** A response's content by media type; the shared ones stand among the components. */
const contentOf = (response: object): Content => {
  const name = "$ref" in response ? String(response.$ref).split("/").at(-1) : undefined
  const found = name === undefined ? response : Reflect.get(contract.components.responses, name)
  return Reflect.get(found, "content")
}

const parse = Schema.decodeUnknownResult(Schema.fromJsonString(Schema.Unknown))

/** Whether the contract takes an answer: JSON by its schema whatever the label, a page where the contract has pages. */
const accepts = (responses: object, answer: Answer): boolean => {
  const response = Reflect.get(responses, String(answer.status)) ?? Reflect.get(responses, "default")
  const content = contentOf(response)
  // The decoder drops a byte order mark, as parsers may (RFC 8259).
  const body = parse(new TextDecoder().decode(bytesOf(answer)))
  if (Result.isFailure(body))
    return answer.headers["content-type"]?.startsWith("text/html") === true && "text/html" in content
  const name = String(content["application/json"]?.schema["$ref"]).split("/").at(-1) as keyof typeof Schemas
  return Result.isSuccess(Schema.decodeUnknownResult<Schema.Codec<unknown>>(Schemas[name])(body.success))
}

describe.each([
  ["POST", submits, contract.paths["/runwayml/v1/character_performance"].post.responses],
  ["GET", gets, contract.paths["/runwayml/v1/tasks/{id}"].get.responses]
] as const)("the answers to the %s", (_, entries, responses) => {
  it.each(entries.map(({ name, entry }) => ({ name, entry, verdict: entry.contract.verdict })))(
    "$name is $verdict",
    ({ entry }) => {
      expect(accepts(responses, entry.answer)).toBe(entry.contract.verdict === "accepted")
    }
  )

  it("hold both kinds", () => {
    const verdicts = entries.map(({ entry }) => entry.contract.verdict)
    expect(verdicts.filter((verdict) => verdict === "accepted").length).toBeGreaterThan(50)
    expect(verdicts.filter((verdict) => verdict === "refused").length).toBeGreaterThan(50)
  })
})
