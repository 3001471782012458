import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import contract from "../../generated/contract.gen.json" with { type: "json" }
import * as Schemas from "../../generated/schemas.gen.ts"

/** A JSON body that the contract names, with the schema it stands under. */
interface Example {
  readonly place: string
  readonly schema: keyof typeof Schemas
  readonly value: unknown
}

type Node = Readonly<Record<string, unknown>>
const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && !Array.isArray(value)

/** Every named example of every JSON body, wherever in the contract it is written. */
const findExamples = (node: unknown, place: ReadonlyArray<string> = []): ReadonlyArray<Example> => {
  if (!isNode(node)) return []
  const { schema, examples } = node
  if (place.at(-1) === "application/json" && isNode(schema) && isNode(examples)) {
    const name = String(schema["$ref"]).split("/").at(-1) as keyof typeof Schemas
    return Object.entries(examples).map(([key, example]) => ({
      place: `${place.filter((step) => step !== "content" && step !== "application/json").join(" ")}: ${key}`,
      schema: name,
      value: isNode(example) ? example["value"] : undefined
    }))
  }
  return Object.entries(node).flatMap(([key, child]) => findExamples(child, [...place, key]))
}

const examples = findExamples(contract)

const decodes = (schema: keyof typeof Schemas, value: unknown): boolean =>
  Result.isSuccess(
    Schema.decodeUnknownResult<Schema.Codec<unknown>>(Schemas[schema], { onExcessProperty: "error" })(value)
  )

describe("every named example of the contract", () => {
  it("is found", () => {
    expect(examples.length).toBeGreaterThan(45)
    expect(new Set(examples.map(({ schema }) => schema))).toEqual(
      new Set(["CharacterPerformanceRequest", "TaskAccepted", "TaskAnswer", "ErrorAnswer"])
    )
  })

  it.each(examples)("decodes with its generated schema ($place)", ({ schema, value }) => {
    expect(decodes(schema, value)).toBe(true)
  })
})

/** One change to a body, in one place. */
interface Break {
  readonly what: string
  readonly value: unknown
}

const replaced = (
  root: unknown,
  path: ReadonlyArray<string>,
  change: (parent: Record<string, unknown>, key: string) => void
) => {
  const copy = structuredClone(root)
  const parent = path.slice(0, -1).reduce<unknown>((value, key) => (isNode(value) ? value[key] : undefined), copy)
  const key = path.at(-1)
  if (isNode(parent) && key !== undefined) change(parent as Record<string, unknown>, key)
  return copy
}

const paths = (value: unknown, path: ReadonlyArray<string> = []): ReadonlyArray<ReadonlyArray<string>> =>
  isNode(value)
    ? Object.entries(value).flatMap(([key, child]) => [[...path, key], ...paths(child, [...path, key])])
    : []

/** Places where the contract lets anything in: the provider's own metadata, and the insides of Runway's list of issues. */
const isOpen = (place: string): boolean => /^(data\.)?data\b|^issues\b/.test(place)

/** Fields without which a body is not what it claims to be, as the contract says; an envelope's `data` is told by its `code`. */
const isRequired = (schema: string, place: string, body: unknown): boolean => {
  if (schema === "TaskAnswer" && place === "data") return isNode(body) && "code" in body
  const rules: Readonly<Record<string, RegExp>> = {
    CharacterPerformanceRequest:
      /^(character|reference|bodyControl|expressionIntensity|seed|model|ratio|contentModeration)(\.(type|uri))?$/,
    TaskAccepted: /^id$/,
    TaskAnswer: /^(id|status|task_id|code)$|^data\.(task_id|status)$/,
    ErrorAnswer: /^(error|code|message)$|^error\.message$/
  }
  return rules[schema]?.test(place) === true
}

/** Each example without one required field, and with each typed field of a type that the contract allows nowhere but in open places. */
const breaks = ({ schema, value }: Example): ReadonlyArray<Break> =>
  paths(value).flatMap((path) => {
    const place = path.join(".")
    const change = (what: string, change: (parent: Record<string, unknown>, key: string) => void) => ({
      what: `${place} ${what}`,
      value: replaced(value, path, change)
    })
    const required = isRequired(schema, place, value)
    return [
      ...(required ? [change("dropped", (parent, key) => delete parent[key])] : []),
      ...(required || !isOpen(place)
        ? [change("of another type", (parent, key) => Object.assign(parent, { [key]: [{}] }))]
        : [])
    ]
  })

describe("every named example, broken in one place, is refused", () => {
  const broken = examples.flatMap((example) => breaks(example).map((change) => ({ ...example, ...change })))

  it("in many places", () => {
    expect(broken.length).toBeGreaterThan(300)
  })

  it.each(broken)("$place: $what", ({ schema, value }) => {
    expect(decodes(schema, value)).toBe(false)
  })

  const request = examples.find(({ schema }) => schema === "CharacterPerformanceRequest")?.value as object
  it.each([
    ["character.type", { character: { type: "audio", uri: "https://example.com/a.mp4" } }],
    ["reference.type", { reference: { type: "image", uri: "https://example.com/a.mp4" } }],
    ["model", { model: "act_one" }],
    ["contentModeration.publicFigureThreshold", { contentModeration: { publicFigureThreshold: "high" } }],
    ["ratio", { ratio: "16:9" }],
    ["expressionIntensity below", { expressionIntensity: 0 }],
    ["expressionIntensity above", { expressionIntensity: 6 }],
    ["expressionIntensity between", { expressionIntensity: 2.5 }],
    ["seed below", { seed: -1 }],
    ["seed above", { seed: 4294967296 }],
    ["an http:// asset", { reference: { type: "video", uri: "http://example.com/a.mp4" } }],
    ["an unknown field", { bodycontrol: true }]
  ])("a request with a wrong value: %s", (_, change) => {
    expect(decodes("CharacterPerformanceRequest", { ...request, ...change })).toBe(false)
  })

  it("an envelope whose code is not success is no task answer", () => {
    expect(decodes("TaskAnswer", { code: "task_not_exist", message: "task_not_exist", data: null })).toBe(false)
  })
})

describe("answers stay open", () => {
  it.each(examples.filter(({ schema }) => schema === "TaskAnswer" || schema === "TaskAccepted"))(
    "to fields the contract does not know ($place)",
    ({ schema, value }) => {
      const decoded = Schema.decodeUnknownSync<Schema.Codec<unknown>>(Schemas[schema])({
        ...(value as object),
        brandNew: { a: 1 }
      })
      expect(decoded).toMatchObject({ brandNew: { a: 1 } })
    }
  )

  it.each([
    { id: "t", status: "PAUSED" },
    { task_id: "t", status: "PAUSED" },
    { code: "success", data: { task_id: "t", status: "PAUSED" } }
  ])("to statuses the contract does not know (%j)", (value) => {
    expect(decodes("TaskAnswer", value)).toBe(true)
  })
})
