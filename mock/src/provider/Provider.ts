/**
 * The provider's behaviour as one web-standard function: a request comes in, an answer goes out, with what a fault does to it.
 *
 * It reads the request, lets Prism judge it, looks up or creates the task, has the answer checked, and writes it all down. It opens no
 * socket, starts no timer and never sleeps: every answer is ready at once, and only a world's clock and its polls move a task on.
 */
import type { Operation } from "../../../generated/mock-control/types.gen.ts"
import * as Answer from "../contract/Answer.ts"
import * as Contract from "../contract/Contract.ts"
import * as Overlay from "../contract/DynamicFields.ts"
import * as Wire from "../faults/Delivery.ts"
import { operationIds, type Strike } from "../faults/Fault.ts"
import type { Entry } from "../record/Journal.ts"
import { type Conduct, intentOf } from "../record/Report.ts"
import { decoded } from "../Unknown.ts"
import type { Script } from "../world/Scenario.ts"
import type { Glimpse, Refusal, Task, World, Worlds } from "../world/World.ts"
import * as Asset from "./Output.ts"
import * as Preference from "./Preference.ts"
import * as Prism from "./Prism.ts"
import * as Reply from "./Reply.ts"
import * as Choice from "./ScenarioChoice.ts"

/** A larger request body is answered 413. */
export const bodyLimit = 1024 * 1024

export interface Settings {
  readonly worlds: Worlds
  /** The scenarios that a POST can ask for, by name. */
  readonly scripts: ReadonlyMap<string, Script>
  /** Told of each request, once its answer is known. */
  readonly onRequest: (entry: Entry, world: World) => void
}

/** The body as bytes, or that it is too large: then no more than `bodyLimit` of it was kept. */
export const read = async (request: Request): Promise<Uint8Array | "too large"> => {
  const chunks: Array<Uint8Array> = []
  let size = 0
  if (request.body === null) return new Uint8Array()
  // Leaving the loop cancels the rest of the body.
  for await (const chunk of request.body) {
    size += chunk.byteLength
    if (size > bodyLimit) return "too large"
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

interface Body {
  readonly value: unknown
  /** What was sent, for the journal. */
  readonly text?: string
  readonly unreadable?: string
}

const parse = (bytes: Uint8Array | "too large", contentType: string | null): Body => {
  if (bytes === "too large") return { value: undefined, unreadable: `Request body is larger than ${bodyLimit} bytes` }
  if (bytes.length === 0) return { value: undefined }
  const text = new TextDecoder().decode(bytes)
  if (!/^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(contentType ?? "")) {
    return { value: undefined, text, unreadable: `Content-Type must be application/json, got ${contentType || "none"}` }
  }
  try {
    // Prism takes a falsy body for none at all, and so says "required": that is as wrong, and as well explained.
    return { value: JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)), text }
  } catch (error) {
    // Without the piece of the body that the engine quotes: it may be anybody's key.
    const why = (error instanceof Error ? error.message : String(error)).replace(/, .*is not valid JSON$/s, "")
    return { ...{ value: undefined, text }, unreadable: `Request body is not JSON: ${why}` }
  }
}

/** The bearer token, if there is one. */
export const keyOf = (headers: Headers): string | undefined =>
  /^Bearer\s+(.+)$/.exec(headers.get("authorization") ?? "")?.[1]

/** What must not be found in anything that is kept: the key, however it was sent. */
const secretOf = (headers: Headers): string | undefined =>
  headers
    .get("authorization")
    ?.replace(/^[a-z]+\s+/i, "")
    .trim()

/** What a request is for, by its address alone: a fault strikes before anybody has looked at it more closely. */
const operationOf = (method: string, path: string): Operation => {
  if (path.startsWith("/assets/")) return "asset"
  const route = Contract.routes.find((route) => route.method === method && Contract.matches(route, path))
  return (["submit", "poll"] as const).find((operation) => operationIds[operation] === route?.operationId) ?? "other"
}

/** So long after a task's turn came. */
const timeOf = ({ admittedAt, createdAt }: Task, after: number | undefined): number | undefined =>
  after === undefined ? undefined : (admittedAt ?? createdAt) + after

const factsOf = (world: World, { task, moment }: Glimpse, origin: string): Overlay.Facts => {
  const { createdAt, script } = task
  const { progress, startedAfter, finishedAfter } = moment
  const times = { createdAt, startedAt: timeOf(task, startedAfter), finishedAt: timeOf(task, finishedAfter) }
  const outputUrl = Asset.urlOf(origin, task.id, times.finishedAt ?? createdAt, world.now(), script.outputLasts)
  return { id: task.id, ...times, progress, outputUrl }
}

/** What a poll of a task is answered with at this moment. Asking is no poll. */
export const bodyOf = (world: World, glimpse: Glimpse, origin: string): unknown => {
  const { example, with: otherwise } = glimpse.moment
  return Overlay.merge(Overlay.overlay(example.body, factsOf(world, glimpse, origin)), otherwise)
}

/** Until when an answer asks its caller to stay away, in the world's time. */
const notBeforeOf = ({ headers }: Answer.Answer, now: number): number | undefined => {
  const millis = headers["retry-after-ms"]
  if (millis !== undefined) return now + Number(millis)
  const said = headers["retry-after"]
  if (said === undefined) return undefined
  const until = /^[\d.]+$/.test(said) ? now + Number(said) * 1000 : Date.parse(said)
  return Number.isNaN(until) ? undefined : until
}

/** A request, and what it is for. */
interface Asked {
  readonly request: Request
  readonly url: URL
  readonly operation: Operation
}

/** How a task has ended, if it has, and until when the URL that a poll is given at this moment is the newest. */
const endOf = ({ task, moment }: Glimpse, at: number): Conduct["ended"] => {
  if (!Overlay.hasEnded(moment.body)) return undefined
  if (!Overlay.hasOutput(moment.body)) return { succeeded: false, outputFreshUntil: Number.POSITIVE_INFINITY }
  const finishedAt = timeOf(task, moment.finishedAfter) ?? task.createdAt
  return { succeeded: true, outputFreshUntil: Asset.freshUntil(finishedAt, at, task.script.outputLasts) }
}

/** What one request came to. */
interface Visit {
  readonly answer: Answer.Answer
  readonly violations: ReadonlyArray<Answer.Violation>
  readonly body: Body
  /** The same for the same POST. */
  readonly intent: string | undefined
  /** The task that was made or asked about. */
  readonly taskId: string | undefined
  /** What a poll was told. */
  readonly told: Glimpse | undefined
}

/** Builds the function. */
export const make = ({ scripts, worlds, onRequest }: Settings): ((request: Request) => Promise<Wire.Delivery>) => {
  const download = async (
    request: Request,
    taskId: string,
    world: World,
    strike: Strike | undefined
  ): Promise<Visit> => {
    const found = world.look(taskId)
    const right = found !== undefined && Overlay.hasOutput(found.moment.body)
    const answer = right ? await Asset.serve(request, taskId, world.now()) : Asset.missing()
    return {
      ...{ violations: [], body: { value: undefined }, intent: undefined, told: undefined },
      taskId: found === undefined ? undefined : taskId,
      answer: Wire.answerUnder(strike, answer, world.now())
    }
  }

  const refused = (refusal: Refusal): Answer.Answer => {
    if (refusal.refused === "daily") {
      const { refused: _, until } = refusal
      const example = Answer.fromExample(Contract.namedExample("createCharacterPerformance", 429, "native"))
      return { ...example, headers: { ...example.headers, "retry-after": new Date(until).toUTCString() } }
    }
    const why = `This key has ${worlds.limits.tasks} tasks, and the mock keeps no more for one: use another key, or raise the limit`
    return Answer.problem(400, "TOO_MANY_TASKS", why)
  }

  /** A right POST's answer. A wrong use of the mock is a 400, which no client sends again. */
  const submit = (world: World, body: unknown, headers: Headers): { answer: Answer.Answer; taskId?: string } => {
    const wish = Choice.wishOf(body, headers)
    const script = wish === undefined ? world.script : scripts.get(wish.name)
    if (script === undefined) {
      const known = [...scripts.keys()].join(", ")
      const why = `There is no scenario "${wish?.name}", which ${wish?.from} asks for; known: ${known}`
      return { answer: Answer.problem(400, "UNKNOWN_SCENARIO", why) }
    }
    const task = world.submit(script)
    if ("refused" in task) return { answer: refused(task) }
    const accepted = Contract.namedExample("createCharacterPerformance", 200, "accepted")
    return { answer: Answer.fromExample(accepted, { id: task.id }), taskId: task.id }
  }

  const poll = (world: World, id: string, origin: string): { answer: Answer.Answer; told?: Glimpse } => {
    const told = world.poll(id)
    if (told === undefined)
      return { answer: Answer.fromExample(Contract.namedExample("getTask", 400, "task-not-exist")) }
    const { outsideContract } = told.task.script
    return {
      told,
      answer: { ...Answer.fromExample(told.moment.example, bodyOf(world, told, origin)), outsideContract }
    }
  }

  /** A request to the API. `world` is absent where the key is, or where the mock has no room for it. */
  const call = async (
    { request, url, operation }: Asked,
    world: World | undefined,
    strike: Strike | undefined
  ): Promise<Visit> => {
    const requestId = (world ?? worlds.nobodys).nextRequestId()
    const preference = Preference.parse(request.headers, url.searchParams)
    const bytes = await read(request)
    const body = parse(bytes, request.headers.get("content-type"))
    const segments = url.pathname.split("/").map(decoded)
    const pollId = operation === "poll" ? segments.at(-1) : undefined
    const known = pollId !== undefined && world?.has(pollId) ? pollId : undefined
    const intent = intentOf(body.value)
    if (world !== undefined) {
      world.waited(world.report.dueAt(operation, { intent, taskId: known }))
      if (known !== undefined) world.arrive(known)
    }
    if (typeof preference === "string") {
      const answer = Answer.problem(422, "UNPROCESSABLE_ENTITY", preference)
      return {
        ...{ violations: [], body, intent, told: undefined, taskId: known },
        answer: Reply.numbered(answer, requestId)
      }
    }
    const { "content-length": _, "content-type": type, ...others } = Object.fromEntries(request.headers)
    // What no body is said to be means nothing, and Prism fails over a type that is none.
    const headers = type === undefined || bytes.length === 0 ? others : { ...others, "content-type": type }
    let taskId = known
    let told: Glimpse | undefined
    const reply = await Prism.ask({
      method: request.method,
      // Written anew, because Prism's URI templates do not survive a stray percent sign.
      path: segments.map(encodeURIComponent).join("/"),
      query: Object.fromEntries(url.searchParams),
      headers,
      body: body.value,
      unreadable: body.unreadable,
      preference,
      answer: (operationId) => {
        if (world === undefined) {
          const why = `The mock keeps ${worlds.limits.worlds} keys and all are in use: use fewer, or raise the limit`
          return Answer.problem(400, "TOO_MANY_WORLDS", why)
        }
        // It never got here; what is answered instead is put in its place below.
        if (strike?.fault?.accepted === false) return Answer.fromExample(Contract.firstExample(operationId))
        if (operationId === "createCharacterPerformance") {
          const submitted = submit(world, body.value, request.headers)
          taskId = submitted.taskId
          return submitted.answer
        }
        const polled = poll(world, segments.at(-1) ?? "", url.origin)
        told = polled.told
        return polled.answer
      }
    })
    const tooLarge = bytes === "too large" && reply.kind !== "unrouted" && reply.answer.status === 400
    const right =
      reply.kind === "unrouted"
        ? Reply.moved()
        : tooLarge
          ? Answer.fromExample(Contract.namedExample("createCharacterPerformance", 413, "too-large"))
          : reply.answer
    const answer = Wire.answerUnder(strike, right, (world ?? worlds.nobodys).now())
    // An answer that was asked for by name stays exactly as the contract has it.
    const untouched = preference !== undefined && reply.violations.length === 0
    return {
      ...{ violations: reply.violations, body, intent, taskId, told },
      answer: untouched ? answer : Reply.numbered(answer, requestId)
    }
  }

  /** Writes a request down, and gives what its answer tells the client once it arrives. */
  const record = (asked: Asked, world: World, strike: Strike | undefined, visit: Visit, took: number) => {
    const { request, url, operation } = asked
    const { answer, body, taskId } = visit
    const at = world.now()
    const entry = world.journal.record({
      ...{ at, operation, taskId, violations: [...visit.violations], took: Math.round(took * 100) / 100 },
      ...{ method: request.method, path: url.pathname + url.search, headers: request.headers, body: body.text },
      key: secretOf(request.headers),
      answer: Wire.isNever(Wire.fateUnder(strike)) ? undefined : answer,
      fault: strike && {
        ids: strike.faults.map(({ id }) => id),
        kinds: strike.faults.map(({ kind }) => kind),
        ...(strike.delay > 0 ? { delay: strike.delay } : {})
      }
    })
    const conduct: Conduct = {
      ...{ number: entry.number, at, operation, violations: entry.violations, taskId, status: answer.status },
      versioned: request.headers.has("x-runway-version"),
      intent: visit.intent,
      heard: Wire.heardUnder(strike),
      notBefore: notBeforeOf(answer, at),
      ended: visit.told && endOf(visit.told, at)
    }
    world.report.observe(conduct)
    onRequest(entry, world)
    return { at, arrived: () => world.report.arrived(conduct) }
  }

  return async (request) => {
    const started = performance.now()
    const url = new URL(request.url)
    const operation = operationOf(request.method, url.pathname)
    const key = keyOf(request.headers)
    const assetOf = operation === "asset" ? (Asset.taskIdOf(url.pathname) ?? "") : undefined
    const own = assetOf !== undefined ? worlds.with(assetOf) : key === undefined ? undefined : worlds.of(key)
    const world = own ?? worlds.nobodys
    const strike = operation === "other" ? undefined : world.faults.strike(operation)
    const asked = { request, url, operation }
    const visit =
      assetOf === undefined ? await call(asked, own, strike) : await download(request, assetOf, world, strike)
    const { at, arrived } = record(asked, world, strike, visit, performance.now() - started)
    const response = Reply.toResponse(visit.answer, visit.violations, request.method === "HEAD")
    // By which a caller can read a Retry-After that is a date, whatever time it is here.
    response.headers.set("date", new Date(at).toUTCString())
    return { response, delay: strike?.delay ?? 0, fate: Wire.fateUnder(strike), arrived }
  }
}
