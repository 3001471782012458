/**
 * The contract as data: its routes and its named examples.
 *
 * Every body that the mock answers starts here, as an example the contract declares. Nothing in the mock writes a body of its own,
 * so a change of the contract changes the mock, and an example that the contract does not have cannot be asked for.
 */
import document from "../../../generated/contract.gen.json" with { type: "json" }

/** One documented answer, with the name that the contract gives it. */
export interface Example {
  readonly operationId: string
  /** As declared: `"200"`, or `"default"`. */
  readonly status: string
  readonly name: string
  readonly mediaType: string
  readonly body: unknown
}

/** One route, for telling people what is there. */
export interface Route {
  readonly method: string
  readonly path: string
  readonly operationId: string
  /** The first documented body of a request, where the route takes one. */
  readonly request: unknown
}

interface MediaType {
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>
}
interface Answer {
  readonly $ref?: string
  readonly content?: Readonly<Record<string, MediaType>>
}
interface Operation {
  readonly operationId: string
  readonly requestBody?: Answer
  readonly responses: Readonly<Record<string, Answer>>
}
interface Contract {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly responses: Readonly<Record<string, Answer>> }
}

const contract: Contract = document

const resolve = (answer: Answer): Answer =>
  answer.$ref === undefined ? answer : (contract.components.responses[answer.$ref.split("/").at(-1) ?? ""] ?? answer)

const operations = Object.entries(contract.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation }))
)

/** The routes of the contract, in its order. */
export const routes: ReadonlyArray<Route> = operations.map(({ path, method, operation }) => ({
  method,
  path,
  operationId: operation.operationId,
  request: Object.values(operation.requestBody?.content?.["application/json"]?.examples ?? {})[0]?.value
}))

/** Whether a path is one of this route's. */
export const matches = ({ path }: Pick<Route, "path">, actual: string): boolean => {
  const [wanted, given] = [path.split("/"), actual.split("/")]
  const fits = (part: string, index: number) => (part.startsWith("{") ? given[index] !== "" : part === given[index])
  return wanted.length === given.length && wanted.every(fits)
}

/** Every named example of every answer, in the contract's order. */
export const examples: ReadonlyArray<Example> = operations.flatMap(({ operation }) =>
  Object.entries(operation.responses).flatMap(([status, answer]) =>
    Object.entries(resolve(answer).content ?? {}).flatMap(([mediaType, content]) =>
      Object.entries(content.examples ?? {}).map(([name, { value }]) => ({
        operationId: operation.operationId,
        status,
        name,
        mediaType,
        body: value
      }))
    )
  )
)

/**
 * The example that the contract has under this operation, status and name.
 *
 * Throws an error that lists the names there are, because an unknown one is a mistake in the mock or in a scenario, never in a request.
 */
export const namedExample = (operationId: string, status: number | string, name: string): Example => {
  const ofOperation = examples.filter((example) => example.operationId === operationId)
  const found = ofOperation.find((example) => example.status === String(status) && example.name === name)
  if (found !== undefined) return found
  const known = ofOperation.map((example) => `${example.status} ${example.name}`).join(", ")
  throw new Error(
    known === ""
      ? `The contract has no operation "${operationId}"; known: ${routes.map((route) => route.operationId).join(", ")}`
      : `The contract has no example "${name}" for status ${status} of ${operationId}; known: ${known}`
  )
}

/** The first example of an operation, which is one of its success. */
export const firstExample = (operationId: string): Example =>
  examples.find((example) => example.operationId === operationId) ?? namedExample(operationId, 200, "")
