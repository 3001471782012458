/**
 * The provider's behaviour as one web-standard function: a request comes in, a response goes out, at the time that a clock tells.
 *
 * It reads the request, lets Prism judge it, looks up or creates the task, and has the answer checked. It opens no socket, starts no
 * timer and never sleeps: every answer is ready at once, and only the clock moves a task on.
 */
import * as Answer from "./Answer.ts"
import * as Asset from "./Asset.ts"
import * as Contract from "./Contract.ts"
import * as Overlay from "./Overlay.ts"
import * as Preference from "./Preference.ts"
import * as Prism from "./Prism.ts"
import * as Reply from "./Reply.ts"
import { type Moment, type Script, stateAt } from "./Scenario.ts"
import { type Task, Worlds } from "./World.ts"

/** A larger request body is answered 413. */
export const bodyLimit = 1024 * 1024

export interface Settings {
  /** The mock's time now, in milliseconds since 1970. */
  readonly now: () => number
  readonly scriptFor: (key: string) => Script
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

/** Builds the function. Each call of this makes a provider that knows no tasks. */
export const make = ({ now, scriptFor }: Settings): ((request: Request) => Promise<Response>) => {
  const worlds = new Worlds(scriptFor)
  const nextRequestId = Reply.requestIds()

  const momentOf = (task: Task): Moment => stateAt(task.script, Math.max(0, now() - task.createdAt))

  const factsOf = (task: Task, moment: Moment, origin: string): Overlay.Facts => {
    const { progress, startedAfter, finishedAfter } = moment
    const at = (after: number | undefined) => (after === undefined ? undefined : task.createdAt + after)
    const outputUrl = Asset.urlOf(origin, task.id, at(finishedAfter) ?? task.createdAt)
    const times = { createdAt: task.createdAt, startedAt: at(startedAfter), finishedAt: at(finishedAfter) }
    return { id: task.id, ...times, progress, outputUrl }
  }

  const asset = async (request: Request, taskId: string): Promise<Response> => {
    const task = worlds.find(taskId)
    return task !== undefined && Overlay.hasOutput(momentOf(task).example.body) ? Asset.serve(request) : Asset.missing()
  }

  return async (request) => {
    const { origin, pathname, searchParams } = new URL(request.url)
    if (pathname.startsWith("/assets/")) return asset(request, Asset.taskIdOf(pathname) ?? "")
    const requestId = nextRequestId(now())
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
    const key = request.headers.get("authorization")?.replace(/^Bearer\s+/, "") ?? ""
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
        const world = worlds.of(key)
        const submitted = operationId === "createCharacterPerformance"
        const task = submitted ? world.submit(now()) : world.find(segments.at(-1) ?? "")
        if (task === undefined) return Answer.fromExample(Contract.namedExample(operationId, 400, "task-not-exist"))
        const moment = momentOf(task)
        const example = submitted ? Contract.namedExample(operationId, 200, "accepted") : moment.example
        return Answer.fromExample(example, Overlay.overlay(example.body, factsOf(task, moment, origin)))
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
