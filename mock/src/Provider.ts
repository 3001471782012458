/**
 * The provider's behaviour as one web-standard function: a request comes in, a response goes out, at the time that a clock tells.
 *
 * It reads the request, lets Prism judge it, looks up or creates the task, and has the answer checked. It opens no socket, starts no
 * timer and never sleeps: every answer is ready at once, and only a world's clock and its polls move a task on.
 */
import * as Answer from "./Answer.ts"
import * as Asset from "./Asset.ts"
import * as Choice from "./Choice.ts"
import * as Contract from "./Contract.ts"
import * as Overlay from "./Overlay.ts"
import * as Preference from "./Preference.ts"
import * as Prism from "./Prism.ts"
import * as Reply from "./Reply.ts"
import type { Moment, Script } from "./Scenario.ts"
import { type Making, type Task, type World, Worlds } from "./World.ts"

/** A larger request body is answered 413. */
export const bodyLimit = 1024 * 1024

export interface Settings extends Making {
  /** The scenarios that a POST can ask for, by name. */
  readonly scripts: ReadonlyMap<string, Script>
}

/** The body as bytes, or that it is too large: then no more than `bodyLimit` of it was kept. */
const read = async (request: Request): Promise<Uint8Array | "too large"> => {
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
  readonly unreadable?: string
}

const parse = (bytes: Uint8Array, contentType: string | null): Body => {
  if (bytes.length === 0) return { value: undefined }
  if (!/^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(contentType ?? "")) {
    return { value: undefined, unreadable: `Content-Type must be application/json, got ${contentType || "none"}` }
  }
  try {
    // Prism takes a falsy body for none at all, and so says "required": that is as wrong, and as well explained.
    return { value: JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) }
  } catch (error) {
    return {
      value: undefined,
      unreadable: `Request body is not JSON: ${error instanceof Error ? error.message : String(error)}`
    }
  }
}

const decoded = (segment: string): string => {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/** The bearer token, if there is one. */
const keyOf = (headers: Headers): string | undefined => /^Bearer\s+(.+)$/.exec(headers.get("authorization") ?? "")?.[1]

const factsOf = (world: World, task: Task, moment: Moment, origin: string): Overlay.Facts => {
  const { createdAt, script } = task
  const { progress, startedAfter, finishedAfter } = moment
  const at = (after: number | undefined) => (after === undefined ? undefined : createdAt + after)
  const times = { createdAt, startedAt: at(startedAfter), finishedAt: at(finishedAfter) }
  const outputUrl = Asset.urlOf(origin, task.id, times.finishedAt ?? createdAt, world.now(), script.outputLasts)
  return { id: task.id, ...times, progress, outputUrl }
}

/** Builds the function. Each call of this makes a provider that knows no tasks. */
export const make = (settings: Settings): ((request: Request) => Promise<Response>) => {
  const { scripts, limits } = settings
  const worlds = new Worlds(settings)

  const asset = async (request: Request, taskId: string): Promise<Response> => {
    const world = worlds.with(taskId)
    const found = world?.look(taskId)
    return world !== undefined && found !== undefined && Overlay.hasOutput(found.moment.body)
      ? Asset.serve(request, taskId, world.now())
      : Asset.missing()
  }

  /** A right POST's answer. A wrong use of the mock is a 400, which no client sends again. */
  const submit = (world: World, body: unknown, headers: Headers): Answer.Answer => {
    const wish = Choice.wishOf(body, headers)
    const script = wish === undefined ? world.script : scripts.get(wish.name)
    if (script === undefined) {
      const known = [...scripts.keys()].join(", ")
      const why = `There is no scenario "${wish?.name}", which ${wish?.from} asks for; known: ${known}`
      return Answer.problem(400, "UNKNOWN_SCENARIO", why)
    }
    const task = world.submit(script)
    if (task === undefined) {
      const why = `This key has ${limits.tasks} tasks, and the mock keeps no more for one: use another key, or raise the limit`
      return Answer.problem(400, "TOO_MANY_TASKS", why)
    }
    const accepted = Contract.namedExample("createCharacterPerformance", 200, "accepted")
    return Answer.fromExample(accepted, { id: task.id })
  }

  const poll = (world: World, id: string, origin: string): Answer.Answer => {
    const found = world.poll(id)
    if (found === undefined) return Answer.fromExample(Contract.namedExample("getTask", 400, "task-not-exist"))
    const { task, moment } = found
    const body = Overlay.overlay(moment.example.body, factsOf(world, task, moment, origin))
    const { outsideContract } = task.script
    return { ...Answer.fromExample(moment.example, Overlay.merge(body, moment.with)), outsideContract }
  }

  return async (request) => {
    const { origin, pathname, searchParams } = new URL(request.url)
    if (pathname.startsWith("/assets/")) return asset(request, Asset.taskIdOf(pathname) ?? "")
    const key = keyOf(request.headers)
    const world = key === undefined ? undefined : worlds.of(key)
    const requestId = (world ?? worlds.nobodys).nextRequestId()
    if (pathname === "/" && (request.method === "GET" || request.method === "HEAD"))
      return Reply.frontPage(request, requestId)

    const preference = Preference.parse(request.headers, searchParams)
    if (typeof preference === "string") {
      return Reply.toResponse(Answer.problem(422, "UNPROCESSABLE_ENTITY", preference), [], requestId)
    }
    const bytes = await read(request)
    const tooLarge = bytes === "too large"
    const body = tooLarge ? { value: undefined } : parse(bytes, request.headers.get("content-type"))
    const segments = pathname.split("/").map(decoded)
    const { "content-length": _, ...headers } = Object.fromEntries(request.headers)

    const reply = await Prism.ask({
      method: request.method,
      // Written anew, because Prism's URI templates do not survive a stray percent sign.
      path: segments.map(encodeURIComponent).join("/"),
      query: Object.fromEntries(searchParams),
      headers,
      body: body.value,
      unreadable: tooLarge ? `Request body is larger than ${bodyLimit} bytes` : body.unreadable,
      preference,
      answer: (operationId) => {
        if (world === undefined) {
          const why = `The mock keeps ${limits.worlds} keys and all are in use: use fewer, or raise the limit`
          return Answer.problem(400, "TOO_MANY_WORLDS", why)
        }
        return operationId === "createCharacterPerformance"
          ? submit(world, body.value, request.headers)
          : poll(world, segments.at(-1) ?? "", origin)
      }
    })
    if (reply.kind === "unrouted") return Reply.moved(request, reply.violations, requestId)
    if (tooLarge && reply.answer.status === 400) {
      const example = Contract.namedExample("createCharacterPerformance", 413, "too-large")
      return Reply.toResponse(Answer.fromExample(example), reply.violations, requestId)
    }
    const untouched = preference !== undefined && reply.violations.length === 0
    return Reply.toResponse(reply.answer, reply.violations, untouched ? undefined : requestId)
  }
}
