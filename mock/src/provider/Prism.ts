/**
 * Prism in process: it finds the route, checks the key's presence and the request, and checks our answer before it leaves.
 *
 * The mock says what a right request is answered, and a wrong one gets the contract's word for it; one that asks for a documented
 * answer with `Prefer` gets Prism's own. Everything that is peculiar to Prism (and its fp-ts) stays in this file.
 */
import { createRequire } from "node:module"
import type {
  IHttpConfig,
  IHttpRequest,
  IHttpResponse,
  PrismHttpComponents,
  PrismHttpInstance
} from "@stoplight/prism-http"
import document from "../../../generated/operations.gen.json" with { type: "json" }
import { type Answer, fromExample, problem, type Violation } from "../contract/Answer.ts"
import * as Contract from "../contract/Contract.ts"
import type { Preference } from "./Preference.ts"

export interface Question {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
  /** Why the body could not be read, in place of what Prism would say about it. */
  readonly unreadable: string | undefined
  readonly preference: Preference | undefined
  /** The answer to a right request. */
  readonly answer: (operationId: string) => Answer
}

/**
 * `dynamic`: our answer. `static`: Prism's own, for a `Prefer`. `unrouted`: the contract has no such operation.
 * `failed`: the mock is at fault.
 */
export type Reply =
  | {
      readonly kind: "dynamic" | "static" | "failed"
      readonly answer: Answer
      readonly violations: ReadonlyArray<Violation>
    }
  | { readonly kind: "unrouted"; readonly violations: ReadonlyArray<Violation> }

const quiet = () => {}
// Prism wants a pino with three levels of its own and calls nothing but these; loading and feeding one would serve nobody.
const logger = {
  ...{ level: "silent", trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet, fatal: quiet },
  ...{ success: quiet, note: quiet, start: quiet },
  child: () => logger
}

type Operations = Parameters<PrismHttpInstance["request"]>[1]
// TypeScript infers of the file only that there are strings where Prism's types have enumerations.
const operations = document as Array<unknown> as Operations

// Prism is CommonJS, and `import` finds its default exports elsewhere under Node than under vitest.
const require = createRequire(import.meta.url)

/**
 * The parts of Prism that judge, each by itself. Its index is twice as much to load, of which nothing is used here: faker for made-up
 * answers, a proxy, readers of other formats than ours. The files are Prism's own affair, so its version is pinned exactly.
 */
const load = () => {
  const { factory }: typeof import("@stoplight/prism-core") = require("@stoplight/prism-core")
  const { ProblemJsonError }: typeof import("@stoplight/prism-http") = require("@stoplight/prism-http/dist/types")
  const router: { default: PrismHttpComponents["route"] } = require("@stoplight/prism-http/dist/router")
  const validator: typeof import("@stoplight/prism-http/dist/validator/index.js") = require("@stoplight/prism-http/dist/validator")
  const { validateInput, validateOutput, validateSecurity } = validator
  const components = {
    ...{ logger, forward, route: router.default, validateInput, validateOutput },
    // Its type knows only the part of the request that it looks at.
    validateSecurity: (asked: Parameters<typeof validateInput>[0]) => {
      const said = validateSecurity(asked)
      return said._tag === "Left" ? said : ({ _tag: "Right", right: asked.element } as const)
    }
  }
  return { factory, ProblemJsonError, components }
}
let loaded: ReturnType<typeof load> | undefined

const forward = () => {
  throw new Error("The mock forwards nothing")
}

/** Prism's own mock with its faker, for whoever asks with a `Prefer`. */
const loadMock = () => {
  const mocker: { default: PrismHttpComponents["mock"] } = require("@stoplight/prism-http/dist/mocker")
  return mocker.default
}

/**
 * Prism is four hundred modules and compiles each schema when it first meets it: that happens at the first question of each kind,
 * or here, where every route is asked once. No task comes of it.
 */
export const warmUp = async (): Promise<void> => {
  for (const { method, path, request } of Contract.routes) {
    await ask({
      ...{ method, path, query: {}, body: request, unreadable: undefined, preference: undefined },
      headers: {
        authorization: "Bearer warm-up",
        "x-runway-version": "2024-11-06",
        "content-type": "application/json"
      },
      answer: (operationId) => fromExample(Contract.firstExample(operationId))
    })
  }
}

const severities = ["Error", "Warning", "Information", "Hint"]
type Diagnostic = { path?: Array<string>; code?: string | number; severity: number; message: string }
const violation =
  (side: "request" | "response") =>
  ({ path = [], code, severity, message }: Diagnostic): Violation => ({
    location: [side, ...path],
    severity: severities[severity] ?? "Error",
    ...(code === undefined ? {} : { code }),
    message
  })

const failed = (detail: string, violations: ReadonlyArray<Violation> = []): Reply => ({
  kind: "failed",
  answer: problem(500, "VIOLATIONS", detail, violations),
  violations
})

/** Answers one question. Never rejects. */
export const ask = async (question: Question): Promise<Reply> => {
  try {
    return await answer(question)
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    // Prism throws over an Accept header that is no media type, and reads it only to honour a Prefer.
    return question.preference === undefined
      ? failed(`The mock could not answer: ${detail}`)
      : { kind: "static", answer: problem(406, "NOT_ACCEPTABLE", detail), violations: [] }
  }
}

/** What Prism wants of a mock, without its library for it. */
const right = ({ status, headers, body }: Answer) => {
  const response: IHttpResponse = { statusCode: status, headers: { ...headers }, body }
  return () => ({ _tag: "Right", right: response }) as const
}

const cannotRead = (message: string) => ({ path: ["body"], code: "parse", severity: 0, message })

/** Our answer. A wrong request gets the contract's word for it: Prism's choice would be an example that is about something else. */
const ours = (question: Question, operationId: string, { validations }: { validations: Array<Diagnostic> }): Answer => {
  if (!validations.some(({ severity }) => severity === 0)) return question.answer(operationId)
  const keyless = validations.some(({ code }) => code === 401)
  return fromExample(
    keyless
      ? Contract.namedExample(operationId, 401, "invalid-key")
      : Contract.namedExample(operationId, 400, "invalid-request")
  )
}

const answer = async (question: Question): Promise<Reply> => {
  loaded ??= load()
  const { factory, ProblemJsonError, components } = loaded
  // A fresh config and a fresh instance for each request: Prism writes into the config, and our part of it belongs to this request.
  const config: IHttpConfig = {
    isProxy: false,
    ...{ checkSecurity: true, validateRequest: true, validateResponse: true, errors: false, upstreamProxy: undefined },
    mock: { dynamic: false, ...question.preference }
  }
  const { preference, unreadable } = question
  let given: Answer | undefined
  const mock: PrismHttpComponents["mock"] = ({ resource, input }) => {
    given = ours(question, resource.iid ?? "", input)
    return right(given)
  }
  const prism = factory(config, {
    ...components,
    // A preference is Prism's own business.
    mock: preference === undefined ? mock : loadMock(),
    ...(unreadable === undefined ? {} : { validateInput: () => ({ _tag: "Left", left: [cannotRead(unreadable)] }) })
  })
  const { method, path, query, headers, body } = question
  const request: IHttpRequest = {
    // Prism names the methods it knows; for any other it finds no operation, which is what is wanted.
    method: method.toLowerCase() as IHttpRequest["method"],
    url: { path, query: { ...query } },
    headers: { ...headers },
    body
  }
  const result = await prism.request(request, operations, config)()
  if (result._tag === "Left") {
    const { left } = result
    const [name, detail] = left instanceof ProblemJsonError ? [left.name, left.detail] : ["", left.message]
    return name.endsWith("_MATCHED_ERROR") ? unrouted(name, left.message) : impossible(detail)
  }
  const { output, validations } = result.right
  const broken = given?.outsideContract === true ? [] : validations.output.map(violation("response"))
  if (broken.length > 0) {
    const what = broken.map(({ location, message }) => `${location.join(".")}: ${message}`).join("; ")
    return failed(`The mock's own answer breaks the contract: ${what}`, broken)
  }
  return {
    kind: preference === undefined ? "dynamic" : "static",
    answer: { status: output.statusCode, headers: output.headers ?? {}, body: output.body },
    violations: validations.input.map(violation("request"))
  }
}

const unrouted = (name: string, why: string): Reply => {
  const routes = Contract.routes.map(({ method, path }) => `${method} ${path}`).join(", ")
  const [, code = name] = name.split("#")
  const message = `${why}; the routes are: ${routes}`
  return { kind: "unrouted", violations: [{ location: ["request"], severity: "Error", code, message }] }
}

/** The route is known and Prism has no answer: only a `Prefer` can ask for one that is not there. */
const impossible = (detail: string): Reply => {
  const names = new Set(Contract.examples.map(({ status, name }) => `${status} ${name}`))
  const why = `The contract has no such answer (${detail}). Its examples are: ${[...names].join(", ")}`
  return { kind: "static", answer: problem(404, "NOT_FOUND", why), violations: [] }
}
