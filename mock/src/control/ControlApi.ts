/**
 * The mock's controls over HTTP: a thin skin over `Control.ts`, as `openapi/mock-control.yaml` describes it.
 *
 * It finds the operation and the world, reads what was sent, and writes down what the functions give. Who may call is decided
 * at the door that a request comes in by.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import contract from "../../../generated/contract.gen.json" with { type: "json" }
import document from "../../../generated/mock-control/contract.gen.json" with { type: "json" }
import * as Wanted from "../../../generated/mock-control/schemas.gen.ts"
import manifest from "../../package.json" with { type: "json" }
import { type Answer, problem } from "../contract/Answer.ts"
import * as Contract from "../contract/Contract.ts"
import { RunwayMockError } from "../MockError.ts"
import * as Provider from "../provider/Provider.ts"
import * as Reply from "../provider/Reply.ts"
import { decoded } from "../Unknown.ts"
import * as Control from "./Control.ts"

/** What an operation is called with. */
interface Call {
  readonly mock: Control.Mock
  /** The world that is meant; only asked for by operations that are about one. */
  readonly world: () => Control.WorldControl
  /** The parameter in the path, where there is one. */
  readonly subject: string
  readonly query: URLSearchParams
  readonly body: unknown
}

/** Why a call is not carried out, as its answer. */
class Refused extends Error {
  readonly answer: Answer
  constructor(status: number, name: string, detail: string) {
    super(detail)
    this.answer = problem(status, name, detail)
  }
}

const read = <S extends Schema.ConstraintDecoder<unknown>>(schema: S, value: unknown): S["Type"] => {
  const result = Schema.decodeUnknownResult(schema, { onExcessProperty: "error", errors: "all" })(value)
  if (Result.isSuccess(result)) return result.success
  throw new Refused(400, "INVALID_CALL", `This call cannot be understood: ${result.failure.message.slice(0, 2000)}`)
}

const After = Schema.optional(Schema.NumberFromString.check(Schema.isInt(), Schema.isGreaterThanOrEqualTo(0)))

const json = (body: unknown, status = 200): Answer => ({
  ...{ status, headers: { "content-type": "application/json" } },
  ...{ body, outsideContract: true }
})
const nothing: Answer = { status: 204, headers: {}, body: undefined }

/** What each operation of the document does, by its name there. */
export const operations: Readonly<Record<string, (call: Call) => Answer>> = {
  getHealth: ({ mock: { worlds, clock, scale, uptime } }) => {
    const all = worlds.all()
    const tasks = all.reduce((sum, { size }) => sum + size, 0)
    const { version } = manifest
    return json({ status: "ok", version, uptime: uptime() / 1000, worlds: all.length, tasks, clock, scale })
  },
  listWorlds: ({ mock }) => json(Control.ofMock(mock).worlds()),
  forgetWorlds: ({ mock }) => {
    Control.ofMock(mock).reset()
    return nothing
  },
  listScenarios: ({ mock }) => json(Control.ofMock(mock).scenarios()),
  getWorld: ({ world }) => json(world().describe()),
  resetWorld: ({ world }) => {
    world().reset()
    return nothing
  },
  chooseScenario: ({ world, body }) => {
    const { timeline, ...choice } = read(Wanted.ScenarioChoice, body)
    return json(world().choose(timeline === undefined ? choice.name : { ...choice, timeline }))
  },
  getClock: ({ world }) => json(world().clock()),
  advanceClock: ({ world, body }) => json(world().advance(read(Wanted.Advance, body).by)),
  listTasks: ({ world }) => json(world().tasks()),
  inspectTask: ({ world, subject }) => json(world().task(subject)),
  advanceTask: ({ world, subject }) => json(world().step(subject)),
  finishTask: ({ world, subject }) => json(world().finish(subject)),
  failTask: ({ world, subject, body }) =>
    json(world().fail(subject, read(Wanted.Failure, body === undefined ? {} : body).as)),
  listFaults: ({ world }) => json(world().faults()),
  injectFault: ({ world, body }) => json(world().inject(read(Wanted.Fault, body)), 201),
  removeFaults: ({ world }) => {
    world().heal()
    return nothing
  },
  removeFault: ({ world, subject }) => {
    if (world().heal(subject)) return nothing
    const known = world()
      .faults()
      .map(({ id }) => id)
    throw new Refused(
      404,
      "UNKNOWN_FAULT",
      `This world has no fault "${subject}"; it has ${known.join(", ") || "none"}`
    )
  },
  getAccount: ({ world }) => json(world().account()),
  limitAccount: ({ world, body }) => json(world().limit(read(Wanted.Account, body))),
  readJournal: ({ world, query }) => {
    const asked = (name: string) => query.get(name) ?? undefined
    const operation = read(Schema.optional(Wanted.Operation), asked("operation"))
    return json(world().journal({ after: read(After, asked("after")), operation, task: asked("task") }))
  },
  getReport: ({ world }) => json(world().report())
}

const routes = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).flatMap(([method, operation]) =>
    "operationId" in operation ? [{ path, method: method.toUpperCase(), operationId: operation.operationId }] : []
  )
)

/** The world that a call is about: that of its key, or the one that it names. */
const worldOf = (mock: Control.Mock, request: Request, url: URL): Control.WorldControl => {
  const id = url.searchParams.get("world")
  const key = Provider.keyOf(request.headers)
  if (id !== null) return Control.ofId(mock, id, url.origin)
  if (key !== undefined) return Control.ofKey(mock, key, url.origin)
  const how = 'send the key of the program under test as "Authorization: Bearer …", or name a world with ?world='
  throw new Refused(401, "WHICH_WORLD", `This call is about one world: ${how}`)
}

const statusOf: Readonly<Partial<Record<RunwayMockError["reason"]["_tag"], number>>> = {
  UnknownTask: 404,
  UnknownWorld: 404,
  UnknownScenario: 404
}

const refusalOf = (error: unknown): Answer => {
  if (error instanceof Refused) return error.answer
  if (error instanceof RunwayMockError) {
    const { _tag } = error.reason
    return problem(statusOf[_tag] ?? 400, _tag.replace(/\B[A-Z]/g, "_$&").toUpperCase(), error.message)
  }
  return problem(500, "FAILED", `The mock could not answer: ${String(error)}`)
}

const bodyOf = async (request: Request): Promise<unknown> => {
  const bytes = await Provider.read(request)
  if (bytes === "too large") throw new Refused(413, "TOO_LARGE", `A body may have ${Provider.bodyLimit} bytes at most`)
  if (bytes.length === 0) return undefined
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes))
  } catch {
    throw new Refused(400, "INVALID_BODY", "The body is no JSON")
  }
}

const answerTo = async (mock: Control.Mock, request: Request, url: URL): Promise<Answer> => {
  const { pathname, searchParams: query } = url
  const isGet = request.method === "GET" || request.method === "HEAD"
  if (isGet && pathname === "/_mock/openapi.json") return json(document)
  if (isGet && pathname === "/_mock/contract.json") return json(contract)
  const there = routes.filter((route) => Contract.matches(route, pathname))
  const route = there.find(({ method }) => method === request.method || (isGet && method === "GET"))
  const operation = operations[route?.operationId ?? ""]
  if (route === undefined || operation === undefined) {
    if (there.length === 0)
      return problem(404, "NO_ROUTE", "There is no such control; GET /_mock/openapi.json names them all")
    const allow = there.map(({ method }) => method).join(", ")
    const answer = problem(405, "NO_METHOD", `This control takes ${allow}`)
    return { ...answer, headers: { ...answer.headers, allow } }
  }
  const parameter = route.path.split("/").findIndex((part) => part.startsWith("{"))
  const subject = parameter < 0 ? "" : decoded(pathname.split("/")[parameter] ?? "")
  const body = isGet ? undefined : await bodyOf(request)
  return operation({ mock, world: () => worldOf(mock, request, url), subject, query, body })
}

/** Answers a request to the controls. */
export const serve = async (mock: Control.Mock, request: Request): Promise<Response> => {
  const answer = await answerTo(mock, request, new URL(request.url)).catch(refusalOf)
  const headers = { ...answer.headers, "cache-control": "no-store", "x-content-type-options": "nosniff" }
  return Reply.toResponse({ ...answer, headers }, [], request.method === "HEAD")
}
