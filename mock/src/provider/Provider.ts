/**
 * The provider: one function from a request to its answer and how that is delivered, in one way through.
 *
 * Each request comes in, is judged by Prism, acts on its world, has its answer verified by Prism, may be hit by a fault, and is written
 * down before it is delivered. Nothing here opens a socket, starts a timer or sleeps: every answer is ready at once, and only a world's
 * clock and its polls move a task on.
 *
 * @module
 */
import * as Result from "effect/Result"
import * as Answer from "../contract/Answer.ts"
import * as Contract from "../contract/Contract.ts"
import * as Delivery from "../faults/Delivery.ts"
import type { FaultHit } from "../faults/Faults.ts"
import { intentOf } from "../record/Intent.ts"
import type { Entry } from "../record/Journal.ts"
import { decoded } from "../Unknown.ts"
import type { Script } from "../world/Scenario.ts"
import type { TaskView, World } from "../world/World.ts"
import type { Worlds } from "../world/Worlds.ts"
import * as Action from "./Action.ts"
import * as Incoming from "./Incoming.ts"
import * as Output from "./Output.ts"
import * as Preference from "./Preference.ts"
import * as Prism from "./Prism.ts"
import * as Refusal from "./Refusal.ts"
import * as Reply from "./Reply.ts"
import { type AnsweredRequest, record } from "./RequestRecord.ts"

export interface Settings {
  readonly worlds: Worlds
  /** The scenarios that a POST can ask for, by name. */
  readonly scripts: ReadonlyMap<string, Script>
  /** What one job costs in dollars, where that is known. */
  readonly priceOf: (route: Contract.Route) => number | undefined
  /** Called with each request, once its answer is known. */
  readonly onRequest: (entry: Entry, world: World) => void
}

/** A request on its way through. */
interface Call {
  readonly address: Incoming.Address
  /** The world of its key; absent where the key is, or where the mock has no room for it. */
  readonly ownWorld: World | undefined
  /** Where it is written down: its own world, else that of requests without a key. */
  readonly world: World
  readonly hit: FaultHit | undefined
}

/** What a request to the API is answered, before any fault. */
interface Intended {
  readonly answer: Answer.Answer
  readonly violations: ReadonlyArray<Answer.Violation>
  readonly taskId?: string | undefined
  readonly view?: TaskView | undefined
}

/** The request as Prism judges it. */
export const toJudge = ({ request, url }: Incoming.Address, body: Incoming.Body): Prism.JudgedRequest => {
  const { "content-length": _, "content-type": type, ...others } = Object.fromEntries(request.headers)
  const key = Incoming.keyOf(request.headers)
  // Prism knows the scheme's name in one spelling only.
  const headers = key === undefined ? others : { ...others, authorization: `Bearer ${key}` }
  return {
    method: request.method,
    // Written anew, because Prism's URI templates do not survive a stray percent sign.
    path: url.pathname.split("/").map(decoded).map(encodeURIComponent).join("/"),
    query: Object.fromEntries(url.searchParams),
    // The type of a body that is not there means nothing, and Prism fails over one that is no media type.
    headers: type === undefined || Incoming.isEmpty(body) ? headers : { ...headers, "content-type": type },
    body: body.value,
    sent: body.text,
    unreadable: body.unreadable
  }
}

/** What a judged request does, and what that is answered. A wrong request gets the contract's own word for it, and does nothing. */
const actOn = (settings: Settings, call: Call, body: Incoming.Body, judgement: Prism.Judgement): Action.Acted => {
  const { operationId, form, violations } = judgement
  const { worlds, scripts } = settings
  const { address, ownWorld, hit } = call
  if (form === "keyless") return { answer: Action.documented(operationId, 401, "invalid-key") }
  if (form === "wrong")
    return { answer: Refusal.explained(Action.documented(operationId, 400, "invalid-request"), violations) }
  if (ownWorld === undefined) {
    const why = `The mock keeps ${worlds.limits.worlds} keys and all are in use: use fewer, or raise the limit`
    return { answer: Answer.problem(400, "TOO_MANY_WORLDS", why) }
  }
  // The fault keeps the request from the provider, and its own answer takes the place of this one.
  if (hit?.fault?.accepted === false) return { answer: Answer.fromExample(Contract.successOf(operationId)) }
  return Action.act(ownWorld, operationId, address, body, { limits: worlds.limits, scripts })
}

/** Judge, act on the world, verify. */
const answerOf = (settings: Settings, call: Call, body: Incoming.Body): Intended => {
  try {
    const judged = Prism.judge(toJudge(call.address, body), call.world.required)
    if (Result.isFailure(judged)) return judged.failure
    const { operation, violations } = judged.success
    const { answer, taskId, view } = actOn(settings, call, body, judged.success)
    const verified = Prism.verify(operation, answer)
    return Result.isSuccess(verified) ? { answer, violations, taskId, view } : { ...verified.failure, taskId, view }
  } catch (error) {
    return Prism.failure(`The mock could not answer: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** The task that a poll names, if the world has it. */
const polledTask = ({ address: { route, url, operation }, ownWorld }: Call): string | undefined => {
  if (operation !== "poll" || route === undefined) return undefined
  const id = Contract.parameterOf(route, url.pathname)
  return id !== undefined && ownWorld?.has(id) ? id : undefined
}

/** Lets a virtual clock catch up with the time that a patient caller would have waited before this request. */
const wait = ({ address: { operation }, ownWorld }: Call, intent: string | undefined, taskId: string | undefined) => {
  if (ownWorld === undefined) return
  ownWorld.waited(ownWorld.report.dueAt(operation, { intent, taskId }))
  if (taskId !== undefined) ownWorld.arrive(taskId)
}

/** The documented answer to a body that is too large, in place of the one to a wrong request. */
const tooLarge = ({ address: { route } }: Call): Answer.Answer =>
  Action.documented(route?.operationId ?? Contract.routesOf("submit")[0]?.operationId ?? "", 413, "too-large")

/** Answers a request to the API. */
const answerCall = async (settings: Settings, call: Call, sent: Uint8Array | undefined): Promise<AnsweredRequest> => {
  const { address, hit, world } = call
  const { request, url, route } = address
  const requestId = world.nextRequestId()
  const parsed = Preference.parse(request.headers, url.searchParams)
  const body = await Incoming.bodyOf(request, sent)
  const intent = intentOf(route?.operationId, body.value)
  const asked = polledTask(call)
  wait(call, intent, asked)
  if (Result.isFailure(parsed)) {
    const answer = Reply.numbered(Answer.problem(422, "UNPROCESSABLE_ENTITY", parsed.failure), requestId)
    return { answer, violations: [], body, intent, taskId: asked, view: undefined }
  }
  const preference = parsed.success
  const intended: Intended =
    preference === undefined ? answerOf(settings, call, body) : await Prism.prefer(toJudge(address, body), preference)
  const { violations, taskId = asked, view } = intended
  const isTooLarge = body.isTooLarge === true && intended.answer.status === 400
  const answer = Delivery.answerUnder(
    hit,
    isTooLarge ? tooLarge(call) : intended.answer,
    world.time.dateAfter,
    route?.operationId
  )
  // An answer that was asked for by name stays exactly as the contract has it.
  const isUntouched = preference !== undefined && violations.length === 0
  return { answer: isUntouched ? answer : Reply.numbered(answer, requestId), violations, body, intent, taskId, view }
}

/** Answers a request for an output. */
const answerDownload = async ({ address, world, hit }: Call, taskId: string): Promise<AnsweredRequest> => {
  const acted = await Action.download(world, taskId, address)
  return {
    answer: Delivery.answerUnder(hit, acted.answer, world.time.dateAfter, undefined),
    violations: [],
    body: Incoming.noBody,
    intent: undefined,
    taskId: acted.taskId,
    view: undefined
  }
}

/** Finds the world of a request, and what hits it there. */
const receive = ({ worlds }: Settings, address: Incoming.Address, outputOf: string | undefined): Call => {
  const key = Incoming.keyOf(address.request.headers)
  const ofKey = () => (key === undefined ? undefined : worlds.of(key))
  const ownWorld = outputOf === undefined ? ofKey() : worlds.with(outputOf, Output.worldIdOf(address.url))
  const world = ownWorld ?? worlds.keyless()
  const hit = address.operation === "other" ? undefined : world.faults.strike(address.operation)
  return { address, ownWorld, world, hit }
}

/** Builds the function. */
export const make =
  (settings: Settings): Delivery.Handler =>
  async (request, sent) => {
    const started = performance.now()
    const address = Incoming.addressOf(request)
    const outputOf = address.operation === "asset" ? (Output.taskIdOf(address.url.pathname) ?? "") : undefined
    const call = receive(settings, address, outputOf)
    const { world, hit } = call
    const answered = await (outputOf === undefined ? answerCall(settings, call, sent) : answerDownload(call, outputOf))
    const price = address.route && settings.priceOf(address.route)
    const { entry, arrived } = record(address, world, hit, { ...answered, price }, performance.now() - started)
    settings.onRequest(entry, world)
    const body = Reply.written(answered.answer, request.method === "HEAD")
    const response = Reply.toResponse(answered.answer, answered.violations, body)
    // On the clock that a Retry-After is reckoned from, whatever time it is in this world.
    response.headers.set("date", new Date(world.time.dateAfter(0)).toUTCString())
    const text = typeof body === "string" ? body : undefined
    return { response, text, delay: hit?.delay ?? 0, outcome: Delivery.outcomeUnder(hit), arrived }
  }
