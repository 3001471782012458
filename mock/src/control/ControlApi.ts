/**
 * The mock's controls over HTTP: a thin layer over `Control.ts`, as `openapi/mock-control.yaml` describes it.
 *
 * It finds the operation and the world, reads what was sent, and answers with what the functions return. It does not decide who may call:
 * the door that a request comes in by does, with `Guard.ts`.
 *
 * @module
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import contract from "../../../generated/contract.gen.json" with { type: "json" }
import document from "../../../generated/mock-control/contract.gen.json" with { type: "json" }
import type { paths } from "../../../generated/mock-control/paths.gen.ts"
import * as Schemas from "../../../generated/mock-control/schemas.gen.ts"
import manifest from "../../package.json" with { type: "json" }
import { type Answer, problem } from "../contract/Answer.ts"
import * as Contract from "../contract/Contract.ts"
import { Written } from "../faults/Fault.ts"
import { RunwayMockError } from "../MockError.ts"
import * as Incoming from "../provider/Incoming.ts"
import * as Reply from "../provider/Reply.ts"
import * as Control from "./Control.ts"
import * as Metrics from "./Metrics.ts"

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

const Allow = Schema.Array(Schemas.FindingKind)
const After = Schema.optional(Schema.NumberFromString.check(Schema.isInt(), Schema.isGreaterThanOrEqualTo(0)))

const json = (body: unknown, status = 200): Answer => ({
  status,
  headers: { "content-type": "application/json" },
  body,
  outsideContract: true
})
const nothing: Answer = { status: 204, headers: {}, body: undefined }

/** One operation of the document, carried out. */
type Handler = (call: Call) => Answer | Promise<Answer>

type Method = "get" | "put" | "post" | "delete"

/** The body that the document has for this control and status. */
type BodyOf<Path extends keyof paths, Verb extends Method, Status extends 200 | 201> = paths[Path][Verb] extends {
  readonly responses: { readonly [status in Status]: { readonly content: { readonly "application/json": infer Body } } }
}
  ? Body
  : never

/** A control that answers with a body, whose type is the document's. */
const answers =
  <Path extends keyof paths, Verb extends Method>(body: (call: Call) => BodyOf<Path, Verb, 200>): Handler =>
  (call) =>
    json(body(call))

/** A control that makes something. */
const creates =
  <Path extends keyof paths, Verb extends Method>(body: (call: Call) => BodyOf<Path, Verb, 201>): Handler =>
  (call) =>
    json(body(call), 201)

/** A control that answers without a body. */
const does =
  (act: (call: Call) => void): Handler =>
  (call) => {
    act(call)
    return nothing
  }

const health = ({ mock }: Call): BodyOf<"/_mock/health", "get", 200> => {
  const worlds = mock.worlds.all()
  return {
    status: "ok",
    version: manifest.version,
    uptime: mock.uptime() / 1000,
    worlds: worlds.length,
    tasks: worlds.reduce((sum, { size }) => sum + size, 0),
    clock: mock.clock,
    scale: mock.scale
  }
}

const chooseScenario = ({ world, body }: Call): BodyOf<"/_mock/scenario", "put", 200> => {
  const { timeline, ...choice } = read(Schemas.ScenarioChoice, body)
  if (timeline !== undefined) return world().choose({ ...choice, timeline })
  const { name, ...idle } = choice
  const [field] = Object.keys(idle)
  if (field === undefined) return world().choose(name)
  const why = `"${field}" is for a scenario of your own, and this one has no timeline: add it, or give the name alone`
  throw new Refused(400, "INVALID_CALL", why)
}

const removeFault = ({ world, subject }: Call): void => {
  if (world().heal(subject)) return
  const known = world().faults()
  const ids = known.map(({ id }) => id).join(", ")
  throw new Refused(404, "UNKNOWN_FAULT", `This world has no fault "${subject}"; it has ${ids || "none"}`)
}

const readJournal = ({ world, query }: Call): BodyOf<"/_mock/journal", "get", 200> => {
  const parameter = (name: string) => query.get(name) ?? undefined
  const operation = read(Schema.optional(Schemas.Operation), parameter("operation"))
  return world().journal({ after: read(After, parameter("after")), operation, task: parameter("task") })
}

const listRecordings = async ({ mock }: Call): Promise<Answer> => {
  const recordings: BodyOf<"/_mock/recordings", "get", 200> = await Control.recordingsOf(mock)
  return json(recordings)
}

const getMetrics = async ({ mock }: Call): Promise<Answer> => ({
  ...json(await mock.metrics.read(mock.worlds.all())),
  headers: { "content-type": Metrics.mediaType }
})

/** What each operation of the document does, by its name there. */
export const operations: Readonly<Record<string, Handler>> = {
  getHealth: answers<"/_mock/health", "get">(health),
  listWorlds: answers<"/_mock/worlds", "get">(({ mock }) => Control.ofMock(mock).worlds()),
  forgetWorlds: does(({ mock }) => Control.ofMock(mock).reset()),
  // A scenario comes back as its author wrote it, and a length that was written in this process need not be a text.
  listScenarios: ({ mock }) => json(Control.ofMock(mock).scenarios()),
  listRecordings,
  getMetrics,
  getContract: () => json(contract),
  getControlContract: () => json(document),
  getWorld: answers<"/_mock/world", "get">(({ world }) => world().describe()),
  resetWorld: does(({ world }) => world().reset()),
  chooseScenario: answers<"/_mock/scenario", "put">(chooseScenario),
  getClock: answers<"/_mock/clock", "get">(({ world }) => world().clock()),
  advanceClock: answers<"/_mock/clock/advance", "post">(({ world, body }) =>
    world().advance(read(Schemas.Advance, body).by)
  ),
  listTasks: answers<"/_mock/tasks", "get">(({ world }) => world().tasks()),
  seedTask: creates<"/_mock/tasks", "post">(({ world, body }) => world().seed(read(Schemas.Seed, body))),
  inspectTask: answers<"/_mock/tasks/{id}", "get">(({ world, subject }) => world().task(subject)),
  advanceTask: answers<"/_mock/tasks/{id}/advance", "post">(({ world, subject }) => world().step(subject)),
  finishTask: answers<"/_mock/tasks/{id}/finish", "post">(({ world, subject }) => world().finish(subject)),
  failTask: answers<"/_mock/tasks/{id}/fail", "post">(({ world, subject, body }) =>
    world().fail(subject, read(Schemas.Failure, body === undefined ? {} : body).as)
  ),
  listFaults: answers<"/_mock/faults", "get">(({ world }) => world().faults()),
  injectFault: creates<"/_mock/faults", "post">(({ world, body }) => world().inject(read(Written, body))),
  removeFaults: does(({ world }) => world().heal()),
  removeFault: does(removeFault),
  getAccount: answers<"/_mock/account", "get">(({ world }) => world().account()),
  limitAccount: answers<"/_mock/account", "put">(({ world, body }) => world().limit(read(Schemas.Account, body))),
  readJournal: answers<"/_mock/journal", "get">(readJournal),
  chooseRequirements: answers<"/_mock/requirements", "put">(({ world, body }) =>
    world().require(read(Schemas.Requirements, body).required)
  ),
  verifyRequests: answers<"/_mock/verify", "post">(({ world, body }) =>
    world().verify(read(Schemas.ExpectedRequests, body))
  ),
  getReport: answers<"/_mock/report", "get">(({ world, query }) =>
    world().report({ allow: read(Allow, query.getAll("allow")) })
  )
}

const routes = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).flatMap(([method, operation]) =>
    "operationId" in operation ? [{ path, method: method.toUpperCase(), operationId: operation.operationId }] : []
  )
)

/** The world that a call is about: that of its key, or the one that it names. */
const worldOf = (mock: Control.Mock, request: Request, url: URL): Control.WorldControl => {
  const id = url.searchParams.get("world")
  const key = Incoming.keyOf(request.headers)
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
  const content = await Incoming.read(request)
  if (Result.isFailure(content))
    throw new Refused(413, "TOO_LARGE", `A body may have ${Incoming.bodyLimit} bytes at most`)
  if (content.success.length === 0) return undefined
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(content.success))
  } catch {
    throw new Refused(400, "INVALID_BODY", "The body is no JSON")
  }
}

/** What is answered where no control has this path, or none of them takes this method. */
const noControl = (sameAddress: typeof routes): Answer => {
  if (sameAddress.length === 0)
    return problem(404, "NO_ROUTE", "There is no such control; GET /_mock/openapi.json names them all")
  const allow = sameAddress.map(({ method }) => method).join(", ")
  const answer = problem(405, "NO_METHOD", `This control takes ${allow}`)
  return { ...answer, headers: { ...answer.headers, allow } }
}

const answerTo = async (mock: Control.Mock, request: Request, url: URL): Promise<Answer> => {
  const { pathname, searchParams: query } = url
  const isGet = request.method === "GET" || request.method === "HEAD"
  const sameAddress = routes.filter((route) => Contract.matches(route, pathname))
  const route = sameAddress.find(({ method }) => method === request.method || (isGet && method === "GET"))
  const operation = operations[route?.operationId ?? ""]
  if (route === undefined || operation === undefined) return noControl(sameAddress)
  const subject = Contract.parameterOf(route, pathname) ?? ""
  const body = isGet ? undefined : await bodyOf(request)
  return operation({ mock, world: () => worldOf(mock, request, url), subject, query, body })
}

/** Answers a request to the controls. */
export const serve = async (mock: Control.Mock, request: Request): Promise<Response> => {
  const answer = await answerTo(mock, request, new URL(request.url)).catch(refusalOf)
  const headers = { ...answer.headers, "cache-control": "no-store", "x-content-type-options": "nosniff" }
  return Reply.toResponse({ ...answer, headers }, [], request.method === "HEAD")
}
