/**
 * Prism in process, the judge of every request and of every answer: `judge` finds the operation and checks the request, `verify` checks
 * the mock's answer before it leaves, `prefer` gives Prism's own answer to a caller who asks for one with a `Prefer` header.
 *
 * It never says what a right request is answered: that is the mock's part. Everything that is peculiar to Prism (and its fp-ts) stays here.
 *
 * @module
 */
import { hash } from "node:crypto"
import { createRequire } from "node:module"
import { setImmediate as nextTurn } from "node:timers/promises"
import type {
  IHttpConfig,
  IHttpRequest,
  IHttpResponse,
  PrismHttpComponents,
  PrismHttpInstance
} from "@stoplight/prism-http"
import type * as validator from "@stoplight/prism-http/dist/validator/index.js"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import document from "../../../generated/operations.gen.json" with { type: "json" }
import { type Answer, fromExample, problem, type Violation } from "../contract/Answer.ts"
import * as Contract from "../contract/Contract.ts"
import * as HtmlPage from "../contract/HtmlPage.ts"
import type { Required } from "../world/World.ts"
import type { Preference } from "./Preference.ts"

/** A request in the form that Prism judges. */
export interface JudgedRequest {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
  /** The body as it was sent, where that is known: a request that is sent again is recognised by it. */
  readonly sent?: string | undefined
  /** Why the body could not be read, in place of what Prism would say about it. */
  readonly unreadable: string | undefined
}

type Operations = Parameters<PrismHttpInstance["request"]>[1]
/** What Prism knows of one operation of the contract. */
export type Operation = Operations[number]

/** What Prism says of a request to an operation of the contract. */
export interface Judgement {
  readonly operation: Operation
  readonly operationId: string
  /** Whether the request is as the contract wants it, lacks a key, or is wrong in another way. */
  readonly form: "right" | "keyless" | "wrong"
  readonly violations: ReadonlyArray<Violation>
}

/** An answer that nothing else is to be done about, with what was found wrong. */
interface FinalAnswer {
  readonly answer: Answer
  readonly violations: ReadonlyArray<Violation>
}

// TypeScript infers of the file only that there are strings where Prism's types have enumerations.
const operations = document as Array<unknown> as Operations

/** The same value with what a minimal body must have in the place of what every body must have, where the contract names that. */
const relaxed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(relaxed)
  if (!Predicate.isReadonlyObject(value)) return value
  const copy: Record<string, unknown> = Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, relaxed(item)])
  )
  return "x-minimal-required" in copy ? { ...copy, required: copy["x-minimal-required"] } : copy
}

let minimal: Operations | undefined
const operationsFor = (required: Required): Operations => {
  if (required === "full") return operations
  // Made when it is first needed, and once: Prism remembers what it has compiled by the schema's identity.
  minimal ??= relaxed(operations) as Operations
  return minimal
}

const quiet = () => {}
// Prism wants a pino with three levels of its own and calls nothing but these; loading and feeding a real one would serve nobody.
const logger = {
  level: "silent",
  trace: quiet,
  debug: quiet,
  info: quiet,
  warn: quiet,
  error: quiet,
  fatal: quiet,
  success: quiet,
  note: quiet,
  start: quiet,
  child: () => logger
}

// Prism is CommonJS, and `import` finds its default exports elsewhere under Node than under vitest.
const require = createRequire(import.meta.url)

/** The parts of Prism that judge. */
interface Parts extends Pick<PrismHttpComponents, "route"> {
  readonly validateInput: typeof validator.validateInput
  readonly validateOutput: typeof validator.validateOutput
  readonly validateSecurity: typeof validator.validateSecurity
}

const load = (): Parts => require("./PrismParts.cjs")
let loaded: Parts | undefined
const parts = (): Parts => {
  loaded ??= load()
  return loaded
}

/** Prism as a whole, with its own mock and its faker, for whoever asks with a `Prefer`. */
const loadMocker = () => {
  const { factory }: typeof import("@stoplight/prism-core") = require("@stoplight/prism-core")
  const mocker: { default: PrismHttpComponents["mock"] } = require("@stoplight/prism-http/dist/mocker")
  return { factory, mock: mocker.default }
}

type Diagnostic = { path?: Array<string>; code?: string | number; severity: number; message: string }

const severities = ["Error", "Warning", "Information", "Hint"]
const violation =
  (side: "request" | "response") =>
  ({ path = [], code, severity, message }: Diagnostic): Violation => ({
    location: [side, ...path],
    severity: severities[severity] ?? "Error",
    ...(code === undefined ? {} : { code }),
    message
  })

const cannotRead = (message: string): Diagnostic => ({ path: ["body"], code: "parse", severity: 0, message })

const toPrism = ({ method, path, query, headers, body }: JudgedRequest): IHttpRequest => ({
  // Prism names the methods it knows; for any other it finds no operation, which is what is wanted.
  method: method.toLowerCase() as IHttpRequest["method"],
  url: { path, query: { ...query } },
  headers: { ...headers },
  body
})

/** What is answered where Prism finds no operation, or no answer, for a request. */
const unanswered = (error: Error, path: string): FinalAnswer => {
  // Known by its form: in the published package the parts that judge and the one that answers have each a class of their own for it.
  const [name, detail] = "detail" in error ? [error.name, String(error.detail)] : ["", error.message]
  return name.endsWith("_MATCHED_ERROR") ? unrouted(name, error.message, path) : impossible(detail)
}

/** The contract has no such operation, and the provider redirects such a request to its front page, where there is nothing more. */
const unrouted = (name: string, why: string, path: string): FinalAnswer => {
  const routes = Contract.routes.map(({ method, path }) => `${method} ${path}`).join(", ")
  const [, code = name] = name.split("#")
  const message = `${why}; the routes are: ${routes}`
  const answer = path === "/" ? HtmlPage.front() : HtmlPage.moved()
  return { answer, violations: [{ location: ["request"], severity: "Error", code, message }] }
}

/** The contract has the operation and Prism has no answer: only a `Prefer` can ask for one that is not there. */
const impossible = (detail: string): FinalAnswer => {
  const names = new Set(Contract.examples.map(({ status, name }) => `${status} ${name}`))
  const why = `The contract has no such answer (${detail}). Its examples are: ${[...names].join(", ")}`
  return { answer: problem(404, "NOT_FOUND", why), violations: [] }
}

/** The answer to a request that the mock itself could not answer as it should. */
export const failure = (detail: string, violations: ReadonlyArray<Violation> = []): FinalAnswer => ({
  answer: problem(500, "VIOLATIONS", detail, violations),
  violations
})

const formOf = (diagnostics: ReadonlyArray<Diagnostic>): Judgement["form"] => {
  if (!diagnostics.some(({ severity }) => severity === 0)) return "right"
  return diagnostics.some(({ code }) => code === 401) ? "keyless" : "wrong"
}

/** The names that the contract gives to parameters in this place. */
const namedIn = (place: "headers" | "query"): ReadonlyArray<string> =>
  operations.flatMap(({ request }) => request?.[place]?.map(({ name }) => name) ?? [])

/** The headers that Prism looks at, beside that with the key. */
const judgedHeaders: ReadonlySet<string> = new Set([
  "content-type",
  ...namedIn("headers").map((name) => name.toLowerCase())
])
const judgedParameters: ReadonlySet<string> = new Set(namedIn("query"))

const only = (fields: Readonly<Record<string, string>>, names: ReadonlySet<string>): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => names.has(name)))

/** The same request with no more than Prism looks at, and without the key itself: which one it is changes no judgement, and none may be kept. */
const essence = ({ headers, query, ...request }: JudgedRequest): JudgedRequest => {
  const { authorization } = headers
  const judged = only(headers, judgedHeaders)
  const key =
    authorization === undefined ? {} : { authorization: /^Bearer\s.+$/.test(authorization) ? "Bearer key" : "other" }
  return { ...request, query: only(query, judgedParameters), headers: { ...judged, ...key } }
}

type Judged = Result.Result<Judgement, FinalAnswer>

const mostRemembered = 1000
const longestRemembered = 1000

/** What was said of requests, by all that Prism sees of them. A client that polls asks the same again and again, and so does one whose tests post one body. */
const remembered = new Map<string, Judged>()

/** What a body is known by, without keeping any of it; nothing for one that is not known as it was sent. */
const markOf = ({ body, sent, unreadable }: JudgedRequest): string | undefined => {
  if (body === undefined && unreadable === undefined) return ""
  return sent === undefined || unreadable !== undefined ? undefined : hash("sha256", sent, "base64")
}

/** Whether what was said may be kept: what is wrong with a body quotes it, and no body may be kept. */
const isKeepable = (judged: Judged, mark: string): boolean =>
  mark === "" || (Result.isSuccess(judged) && judged.success.violations.length === 0)

/** Judges a request by what a body must have. It fails with the answer to one that the contract has no operation for. */
export const judge = (request: JudgedRequest, required: Required = "full"): Judged => {
  const seen = essence(request)
  const { method, path, query, headers } = seen
  const mark = markOf(seen)
  if (mark === undefined) return judgeAnew(seen, required)
  const all = JSON.stringify([required, method, path, query, headers, mark])
  const known = remembered.get(all)
  if (known !== undefined) return known
  const judged = judgeAnew(seen, required)
  if (remembered.size >= mostRemembered) remembered.clear()
  if (all.length <= longestRemembered && isKeepable(judged, mark)) remembered.set(all, judged)
  return judged
}

const judgeAnew = (request: JudgedRequest, required: Required): Judged => {
  const { route, validateInput, validateSecurity } = parts()
  const input = toPrism(request)
  const routed = route({ resources: operationsFor(required), input })
  if (routed._tag === "Left") return Result.fail(unanswered(routed.left, request.path))
  const operation = routed.right
  const asked = { resource: operation, element: input }
  const security = validateSecurity(asked)
  const checked = request.unreadable === undefined ? validateInput(asked) : undefined
  const diagnostics: ReadonlyArray<Diagnostic> = [
    ...(security._tag === "Left" ? security.left : []),
    ...(checked?._tag === "Left" ? checked.left : []),
    ...(request.unreadable === undefined ? [] : [cannotRead(request.unreadable)])
  ]
  return Result.succeed({
    operation,
    operationId: operation.iid ?? "",
    form: formOf(diagnostics),
    violations: diagnostics.map(violation("request"))
  })
}

/** Checks an answer of the mock. It fails, with a 500 in its place, where the answer breaks the contract without being meant to. */
export const verify = (operation: Operation, answer: Answer): Result.Result<Answer, FinalAnswer> => {
  if (answer.outsideContract === true) return Result.succeed(answer)
  const { status, headers, body } = answer
  const element: IHttpResponse = { statusCode: status, headers: { ...headers }, body }
  const checked = parts().validateOutput({ resource: operation, element })
  return checked._tag === "Right" ? Result.succeed(answer) : Result.fail(broken(checked.left))
}

const broken = (diagnostics: ReadonlyArray<Diagnostic>): FinalAnswer => {
  const violations = diagnostics.map(violation("response"))
  const what = violations.map(({ location, message }) => `${location.join(".")}: ${message}`).join("; ")
  return failure(`The mock's own answer breaks the contract: ${what}`, violations)
}

/** Prism's own answer, for a caller who asks for one with a `Prefer`. Prism checks both the request and that answer itself. */
export const prefer = async (request: JudgedRequest, preference: Preference): Promise<FinalAnswer> => {
  try {
    return await mocked(request, preference)
  } catch (error) {
    // Prism throws over an Accept header that is no media type, which it reads only here.
    return {
      answer: problem(406, "NOT_ACCEPTABLE", error instanceof Error ? error.message : String(error)),
      violations: []
    }
  }
}

const mocked = async (request: JudgedRequest, preference: Preference): Promise<FinalAnswer> => {
  const { factory, mock } = loadMocker()
  const { route, validateInput, validateOutput, validateSecurity } = parts()
  const { unreadable } = request
  // A fresh config and a fresh instance for each request: Prism writes into the config, and our part of it belongs to this request.
  const config: IHttpConfig = {
    isProxy: false,
    checkSecurity: true,
    validateRequest: true,
    validateResponse: true,
    errors: false,
    upstreamProxy: undefined,
    mock: { dynamic: false, ...preference }
  }
  const prism = factory(config, {
    logger,
    route,
    mock,
    validateOutput,
    validateInput:
      unreadable === undefined ? validateInput : () => ({ _tag: "Left", left: [cannotRead(unreadable)] }) as const,
    // Its type knows only the part of the request that it looks at.
    validateSecurity: (asked: Parameters<typeof validateInput>[0]) => {
      const checked = validateSecurity(asked)
      return checked._tag === "Left" ? checked : ({ _tag: "Right", right: asked.element } as const)
    },
    forward: () => {
      throw new Error("The mock forwards nothing")
    }
  })
  const result = await prism.request(toPrism(request), operations, config)()
  if (result._tag === "Left") return unanswered(result.left, request.path)
  const { output, validations } = result.right
  if (validations.output.length > 0) return broken(validations.output)
  return {
    answer: { status: output.statusCode, headers: output.headers ?? {}, body: output.body },
    violations: validations.input.map(violation("request"))
  }
}

/**
 * Loads Prism and lets it compile each schema of the contract, by one request to each operation. Without it, that happens at the first request
 * of each kind. No task comes of it. Between two operations whoever asks already is answered.
 */
export const warmUp = async (): Promise<void> => {
  for (const { method, path, operationId, request, headers } of Contract.routes) {
    const documented = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
    const judgement = judge({
      method,
      path,
      query: {},
      body: request,
      unreadable: undefined,
      headers: {
        ...Object.fromEntries(documented),
        authorization: "Bearer warm-up",
        "content-type": "application/json"
      }
    })
    const [success] = Contract.examplesWith(operationId, 200)
    if (Result.isSuccess(judgement) && success !== undefined) verify(judgement.success.operation, fromExample(success))
    await nextTurn()
  }
}
