/**
 * The contract as data: its operations, what each of them is for, and its named examples.
 *
 * Every body that the mock answers starts here, as an example that the contract declares. The mock knows no operation by name: what an
 * operation is for follows from its answers, so an operation that is added to the contract is mocked without a change of the mock.
 *
 * @module
 */
import * as Result from "effect/Result"
import document from "../../../generated/contract.gen.json" with { type: "json" }
import { decoded, field } from "../Unknown.ts"
import * as TaskShape from "./TaskShape.ts"

/** One documented answer, with the name that the contract gives it. */
export interface Example {
  readonly operationId: string
  /** As declared: `"200"`, or `"default"`. */
  readonly status: string
  readonly name: string
  readonly mediaType: string
  readonly body: unknown
  /** Headers that an answer has beside its media type: only a recorded one says which. */
  readonly headers?: Readonly<Record<string, string>>
}

/** What an operation is for: `submit` starts a paid task, `poll` asks about one task. */
export type Kind = "submit" | "poll" | "other"

/** One operation of the contract. */
export interface Route {
  readonly method: string
  readonly path: string
  readonly operationId: string
  readonly kind: Kind
  /** The first documented body of a request, where the operation takes one. */
  readonly request: unknown
  /** What one accepted request costs in dollars, where the contract says so. */
  readonly price: number | undefined
  /** The documented value of each header that a request has, by the header's name as the contract spells it. */
  readonly headers: Readonly<Record<string, string>>
  /** The names of the headers that a request must have, in lower case. */
  readonly requiredHeaders: ReadonlySet<string>
}

interface Reference {
  readonly $ref?: string
}
interface SchemaObject extends Reference {
  readonly required?: ReadonlyArray<string>
}
interface ExampleObject extends Reference {
  readonly value?: unknown
}
interface MediaType {
  readonly schema?: SchemaObject
  readonly examples?: Readonly<Record<string, ExampleObject>>
}
/** The body of a request or of an answer. */
interface Content extends Reference {
  readonly content?: Readonly<Record<string, MediaType>>
}
interface Parameter extends Reference {
  readonly name?: string
  readonly in?: string
  readonly required?: boolean
  readonly example?: unknown
}
interface Operation {
  readonly operationId: string
  readonly "x-price"?: { readonly amount: number; readonly currency: string }
  readonly parameters?: ReadonlyArray<Parameter>
  readonly requestBody?: Content
  readonly responses: Readonly<Record<string, Content>>
}
interface Contract {
  readonly info: { readonly version: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

const contract: Contract = document

/** The contract's own version. */
export const { version } = contract.info

/** What a reference into the document points to, or the value itself where it is no reference. */
export const resolve = <A extends Reference>(value: A): A => {
  if (value.$ref === undefined) return value
  const names = value.$ref.split("/").slice(1)
  const target = names.reduce<unknown>(
    (node, name) => field(node, name.replaceAll("~1", "/").replaceAll("~0", "~")),
    document
  )
  // An OpenAPI document has the same kind of thing at both ends of a reference; one that leads nowhere is left as it is.
  return target === undefined ? value : (target as A)
}

const operations = Object.entries(contract.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation }))
)

const examplesOf = ({ operationId, responses }: Operation): ReadonlyArray<Example> =>
  Object.entries(responses).flatMap(([status, answer]) =>
    Object.entries(resolve(answer).content ?? {}).flatMap(([mediaType, { examples = {} }]) =>
      Object.entries(examples).map(([name, example]) => ({
        operationId,
        status,
        name,
        mediaType,
        body: resolve(example).value
      }))
    )
  )

const hasId = ({ schema = {}, examples = {} }: MediaType): boolean =>
  resolve(schema).required?.includes("id") === true ||
  Object.values(examples).some((example) => typeof field(resolve(example).value, "id") === "string")

/** A POST that answers with an id starts a task. A GET that ends in a parameter and answers with a task is a poll of it. */
const kindOf = (method: string, path: string, operation: Operation): Kind => {
  const success = resolve(operation.responses["200"] ?? {}).content ?? {}
  if (method === "POST") return Object.values(success).some(hasId) ? "submit" : "other"
  const aboutOne = method === "GET" && path.split("/").at(-1)?.startsWith("{") === true
  const isPoll =
    aboutOne && examplesOf(operation).some(({ status, body }) => status === "200" && TaskShape.isTask(body))
  return isPoll ? "poll" : "other"
}

const headersOf = ({ parameters = [] }: Operation): Readonly<Record<string, string>> =>
  Object.fromEntries(
    parameters.map(resolve).flatMap(({ name, in: place, example }) => {
      const isHeader = place === "header" && name !== undefined && example !== undefined
      return isHeader ? [[name, String(example)]] : []
    })
  )

const requiredHeadersOf = ({ parameters = [] }: Operation): ReadonlySet<string> =>
  new Set(
    parameters.map(resolve).flatMap(({ name, in: place, required }) => {
      const isRequired = place === "header" && name !== undefined && required === true
      return isRequired ? [name.toLowerCase()] : []
    })
  )

const requestOf = ({ requestBody = {} }: Operation): unknown => {
  const [first] = Object.values(resolve(requestBody).content?.["application/json"]?.examples ?? {})
  return first === undefined ? undefined : resolve(first).value
}

/** The operations of the contract, in its order. */
export const routes: ReadonlyArray<Route> = operations.map(({ path, method, operation }) => ({
  method,
  path,
  operationId: operation.operationId,
  kind: kindOf(method, path, operation),
  request: requestOf(operation),
  price: operation["x-price"]?.currency === "USD" ? operation["x-price"].amount : undefined,
  headers: headersOf(operation),
  requiredHeaders: requiredHeadersOf(operation)
}))

const routesById: ReadonlyMap<string, Route> = new Map(routes.map((route) => [route.operationId, route]))

/** The operation with this id. */
export const routeOf = (operationId: string): Route | undefined => routesById.get(operationId)

/** The operations of one kind, in the contract's order. */
export const routesOf = (kind: Kind): ReadonlyArray<Route> => routes.filter((route) => route.kind === kind)

/** Whether a path is one of this route's, however its letters are written: `%74asks` is `tasks`. */
export const matches = ({ path }: Pick<Route, "path">, actual: string): boolean => {
  const [template, parts] = [path.split("/"), actual.split("/").map(decoded)]
  const fits = (part: string, index: number) => (part.startsWith("{") ? parts[index] !== "" : part === parts[index])
  return template.length === parts.length && template.every(fits)
}

/** The operation that a request is about, by its address alone. */
export const routeAt = (method: string, path: string): Route | undefined =>
  routes.find((route) => route.method === method && matches(route, path))

/** What a path has in the place of its route's last parameter, or nothing where the route has none. */
export const parameterOf = ({ path }: Pick<Route, "path">, actual: string): string | undefined => {
  const index = path.split("/").findLastIndex((part) => part.startsWith("{"))
  return index < 0 ? undefined : decoded(actual.split("/")[index] ?? "")
}

/** Every named example of every answer, in the contract's order. */
export const examples: ReadonlyArray<Example> = operations.flatMap(({ operation }) => examplesOf(operation))

/** The examples of an operation for a status. The contract's default answer is for every status that it does not name. */
export const examplesWith = (operationId: string, status: number): ReadonlyArray<Example> => {
  const ofOperation = examples.filter((example) => example.operationId === operationId)
  const documented = ofOperation.filter((example) => example.status === String(status))
  return documented.length > 0 ? documented : ofOperation.filter((example) => example.status === "default")
}

/** What the contract says of an operation's answer with this status and media type. */
export interface DocumentedAnswer {
  /** Whether the contract names the status itself, and not only its default answer. */
  readonly isNamed: boolean
  /** The JSON schema of the body; nothing where no answer of this media type is documented. */
  readonly schema: unknown
}

/** Looks up what the contract says of an answer; nothing where it has no such operation. */
export const documentedAnswer = (
  operationId: string,
  status: number,
  mediaType: string
): DocumentedAnswer | undefined => {
  const found = operations.find(({ operation }) => operation.operationId === operationId)
  if (found === undefined) return undefined
  const { responses } = found.operation
  const named = responses[String(status)]
  const { content = {} } = resolve(named ?? responses["default"] ?? {})
  return { isNamed: named !== undefined, schema: content[mediaType]?.schema }
}

/** The example that the contract has under this operation, status and name, or a sentence that lists the names there are. */
export const lookUp = (operationId: string, status: number | string, name: string): Result.Result<Example, string> => {
  const ofOperation = examples.filter((example) => example.operationId === operationId)
  const named = ofOperation.find((example) => example.status === String(status) && example.name === name)
  if (named !== undefined) return Result.succeed(named)
  const known = ofOperation.map((example) => `${example.status} ${example.name}`).join(", ")
  return Result.fail(
    known === ""
      ? `The contract has no operation "${operationId}"; known: ${routes.map((route) => route.operationId).join(", ")}`
      : `The contract has no example "${name}" for status ${status} of ${operationId}; known: ${known}`
  )
}

/** As `lookUp`, but throws the sentence as an error, because an unknown name is a mistake in the mock, never in a request. */
export const namedExample = (operationId: string, status: number | string, name: string): Example =>
  Result.getOrThrowWith(lookUp(operationId, status, name), (problem) => new Error(problem))

const findExample = (operationId: string, status: number, name: string): Example => {
  const kind = routeOf(operationId)?.kind
  const candidates = examples.filter((example) => example.status === String(status))
  const [own, related] = [
    candidates.filter((example) => example.operationId === operationId),
    candidates.filter((example) => routeOf(example.operationId)?.kind === kind)
  ]
  const isNamed = (example: Example) => example.name === name
  return own.find(isNamed) ?? own[0] ?? related.find(isNamed) ?? related[0] ?? namedExample(operationId, status, name)
}

const chosenExamples = new Map<string, Example>()

/**
 * The example that an operation answers with in a situation: the one that is usually so named, else its first one for that status,
 * else that of another operation of its kind. An operation need not repeat every example of its relatives.
 *
 * Throws, as `namedExample` does, where the contract has no example of that status for operations of this kind.
 */
export const exampleFor = (operationId: string, status: number, name: string): Example => {
  const situation = `${operationId} ${status} ${name}`
  const example = chosenExamples.get(situation) ?? findExample(operationId, status, name)
  chosenExamples.set(situation, example)
  return example
}

/** The answer of an operation that succeeds. */
export const successOf = (operationId: string): Example => exampleFor(operationId, 200, "accepted")
