/**
 * What a real answer has that the contract does not say: the contract is wrong about it, or there is something new in it.
 *
 * Prism is asked too, but it does not see fields that nobody documented, and of several documented forms it blames all. So each answer is
 * also compared with the one documented form that it is nearest to. Nothing here changes an answer.
 *
 * @module
 */
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Contract from "../contract/Contract.ts"
import * as Prism from "../provider/Prism.ts"
import { field } from "../Unknown.ts"

/** `"wrong"`: the contract promises something else. `"new"`: the contract allows it and does not name it. All other answers are fine. */
export type Severity = "wrong" | "new"

/** One difference between a real answer and the contract. */
export interface Deviation {
  readonly severity: Severity
  /** The place in the answer, such as `data.status`. */
  readonly at: string
  readonly problem: string
}

/** An answer as it is compared. */
export interface RealAnswer {
  readonly status: number
  readonly mediaType: string
  readonly body: unknown
}

/** How well a value fits a schema. */
interface Fit {
  readonly deviations: ReadonlyArray<Deviation>
  /** How many of its fields the schema names: of two forms that do not fit, the one that names more of them was meant. */
  readonly known: number
}

const fits: Fit = { deviations: [], known: 0 }
const wrong = (at: string, problem: string): Fit => ({ deviations: [{ severity: "wrong", at, problem }], known: 0 })
const fresh = (at: string, problem: string): Fit => ({ deviations: [{ severity: "new", at, problem }], known: 0 })

const together = (parts: ReadonlyArray<Fit>): Fit => ({
  deviations: parts.flatMap(({ deviations }) => deviations),
  known: parts.reduce((sum, { known }) => sum + known, 0)
})

const wrongOf = ({ deviations }: Fit): number => deviations.filter(({ severity }) => severity === "wrong").length

const typeOf = (value: unknown): string => {
  if (value === null) return "null"
  if (Array.isArray(value)) return "array"
  return Number.isInteger(value) ? "integer" : typeof value
}

const list = (value: unknown): ReadonlyArray<unknown> =>
  Array.isArray(value) ? value : value === undefined ? [] : [value]

const isType = (wanted: unknown, value: unknown): boolean => {
  const actual = typeOf(value)
  return wanted === actual || (wanted === "number" && actual === "integer")
}

/** A text of the answer, short enough for a sentence. */
const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

const below = (at: string, name: string): string => (at === "" ? name : `${at}.${name}`)

const fieldsOf = (schema: unknown, value: object, at: string): Fit => {
  const properties = field(schema, "properties")
  const missing = list(field(schema, "required")).flatMap((name) =>
    Object.hasOwn(value, String(name))
      ? []
      : [wrong(below(at, String(name)), "is missing, and the contract requires it")]
  )
  // An object of which the contract names no field may have any.
  if (!Predicate.isReadonlyObject(properties)) return together(missing)
  const named = Object.entries(value).map(([name, item]): Fit => {
    const place = below(at, name)
    if (!Object.hasOwn(properties, name))
      return fresh(place, `is a field that the contract does not name; it is ${shown(item)}`)
    const { deviations } = compare(field(properties, name), item, place)
    return { deviations, known: 1 }
  })
  return together([...missing, ...named])
}

const nearest = (branches: ReadonlyArray<Fit>): Fit | undefined =>
  [...branches].sort((a, b) => wrongOf(a) - wrongOf(b) || (wrongOf(a) === 0 ? 0 : b.known - a.known))[0]

/** A text that only a form without a list of values allows, where another form has such a list. */
const isUnlisted = (schemas: ReadonlyArray<unknown>, value: unknown): boolean => {
  const values = schemas.flatMap((schema) => list(field(schema, "enum")))
  return typeof value === "string" && values.length > 0 && !values.includes(value)
}

const choose = (forms: ReadonlyArray<unknown>, value: unknown, at: string): Fit => {
  const schemas = forms.map(resolved)
  const best = nearest(schemas.map((schema) => compare(schema, value, at))) ?? fits
  if (wrongOf(best) > 0 && best.known === 0 && Predicate.isReadonlyObject(value)) {
    const names = Object.keys(value).join(", ")
    return wrong(at, `has none of the documented forms; its fields are ${names === "" ? "none" : shown(names)}`)
  }
  return wrongOf(best) === 0 && isUnlisted(schemas, value)
    ? fresh(at, `is ${shown(value)}, a value that the contract does not name`)
    : best
}

const resolved = (schema: unknown): unknown => (Predicate.isObject(schema) ? Contract.resolve(schema) : schema)

/** Compares a value with a schema of the contract. */
const compare = (reference: unknown, value: unknown, at: string): Fit => {
  const schema = resolved(reference)
  const forms = [...list(field(schema, "anyOf")), ...list(field(schema, "oneOf"))]
  if (forms.length > 0) return choose(forms, value, at)
  const types = list(field(schema, "type"))
  if (types.length > 0 && !types.some((type) => isType(type, value)))
    return wrong(at, `is ${typeOf(value)} ${shown(value)}; the contract says ${types.join(" or ")}`)
  const constant = field(schema, "const")
  if (constant !== undefined && constant !== value)
    return wrong(at, `is ${shown(value)}; the contract says ${shown(constant)}`)
  const values = list(field(schema, "enum"))
  if (values.length > 0 && !values.includes(value))
    return wrong(at, `is ${shown(value)}; the contract says ${values.join(", ")}`)
  const item = field(schema, "items")
  if (Array.isArray(value) && item !== undefined)
    return { ...together(value.map((each, index) => compare(item, each, `${at}[${index}]`))), known: 1 }
  return Predicate.isReadonlyObject(value) && !Array.isArray(value) ? fieldsOf(schema, value, at) : fits
}

const operations = new Map<string, Prism.Operation | undefined>()

/** What Prism knows of an operation: it finds that by a right request only. */
const operationOf = (operationId: string): Prism.Operation | undefined => {
  if (operations.has(operationId)) return operations.get(operationId)
  const route = Contract.routeOf(operationId)
  const judged =
    route &&
    Prism.judge({
      method: route.method,
      path: route.path.replace(/\{[^}]*\}/g, "any"),
      query: {},
      headers: {},
      body: undefined,
      unreadable: undefined
    })
  const operation = judged !== undefined && Result.isSuccess(judged) ? judged.success.operation : undefined
  operations.set(operationId, operation)
  return operation
}

/** What Prism has against an answer. */
const judgedByPrism = (operationId: string, { status, mediaType, body }: RealAnswer): ReadonlyArray<Deviation> => {
  const operation = operationOf(operationId)
  if (operation === undefined) return []
  const verified = Prism.verify(operation, { status, headers: { "content-type": mediaType }, body })
  if (Result.isSuccess(verified)) return []
  return verified.failure.violations.map(({ location, severity, message }) => ({
    severity: severity === "Error" ? "wrong" : "new",
    at: location.slice(1).join("."),
    problem: message
  }))
}

/** Compares a real answer of an operation with the contract. */
export const deviationsOf = (operationId: string, answer: RealAnswer): ReadonlyArray<Deviation> => {
  const { status, mediaType, body } = answer
  const documented = Contract.documentedAnswer(operationId, status, mediaType)
  if (documented === undefined) return []
  const unnamed = documented.isNamed
    ? []
    : fresh("status", `is ${status}, which the contract covers by its default answer only`).deviations
  if (documented.schema === undefined) {
    const problem = `is ${mediaType === "" ? "missing" : mediaType}; the contract has no such answer for status ${status}`
    return [...unnamed, ...wrong("content-type", problem).deviations]
  }
  const own = compare(documented.schema, body, "").deviations
  // What the nearest form says is easier to act on than what Prism says of all forms.
  const isExplained = own.some(({ severity }) => severity === "wrong")
  return [...unnamed, ...own, ...(isExplained ? [] : judgedByPrism(operationId, answer))]
}
