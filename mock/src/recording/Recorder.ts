/**
 * The door to the real provider: it forwards what the client under test sends, hands the answer back as it came, and saves the job.
 *
 * It forwards requests to the contract's operations and nothing else, each of them once, with the client's own key, which it never writes
 * down. The client's own polls drive the job: nothing is sent that the client did not send, except one request for the finished video.
 *
 * @module
 */
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import { problem, type Violation } from "../contract/Answer.ts"
import * as Contract from "../contract/Contract.ts"
import * as Delivery from "../faults/Delivery.ts"
import * as Incoming from "../provider/Incoming.ts"
import * as Prism from "../provider/Prism.ts"
import * as Provider from "../provider/Provider.ts"
import * as Reply from "../provider/Reply.ts"
import type { Entry, ReceivedRequest } from "../record/Journal.ts"
import type { World } from "../world/World.ts"
import type { Worlds } from "../world/Worlds.ts"
import { idIn, type RawAnswer, type RawExchange, type RecordedJob, recordingOf } from "./RecordedJob.ts"
import * as RecordingFile from "./RecordingFile.ts"
import { type RecordingState, type RecordingsReport, reportOf } from "./RecordingReport.ts"
import type { RedactedHosts } from "./Redaction.ts"
import * as Upstream from "./Upstream.ts"
import * as Video from "./Video.ts"

/** How a recorder works; its options were checked. */
export interface Settings {
  /** The provider, without a path. */
  readonly from: URL
  readonly folder: string
  readonly hosts: RedactedHosts
  /** A longer video is not saved, in bytes. */
  readonly videoLimit: number
  /** The time, in milliseconds. */
  readonly now: () => number
  /** Where requests are written down for those who watch. */
  readonly worlds: Worlds
  readonly onRequest: (entry: Entry, world: World) => void
}

/** A recorder. */
export interface Recorder {
  readonly handle: Delivery.Handler
  /** Waits for what is still being saved, and says what was found. */
  readonly report: () => Promise<RecordingsReport>
}

/** A request that may be forwarded. */
interface Forwarded {
  readonly address: Incoming.Address
  readonly route: Contract.Route
  readonly key: string | undefined
  readonly bytes: Uint8Array
}

/** What came of a forwarded request. */
interface Exchanged extends RawExchange {
  readonly came: Upstream.Incoming | Upstream.Failure
}

const refuse = (status: number, name: string, detail: string): Delivery.Delivery =>
  Delivery.whole(Reply.toResponse(problem(status, name, detail), []))

const notForwarded = ({ request, url }: Incoming.Address): Delivery.Delivery => {
  const routes = Contract.routes.map(({ method, path }) => `${method} ${path}`).join(", ")
  const why = `${request.method} ${url.pathname} is not forwarded to the provider; while recording, only these are: ${routes}`
  return refuse(404, "NOT_FORWARDED", why)
}

/** The answer as it is kept. */
const rawOf = ({ status, headers, body }: Upstream.Incoming): RawAnswer => {
  const named = Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]))
  const mediaType = (named["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? ""
  const text = Upstream.textOf(body, named["content-encoding"])
  const value = text === undefined || text === "" ? undefined : mediaType.includes("json") ? parsed(text) : text
  return { status, mediaType, headers: named, body: value }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const forward = async ({ address, route, bytes }: Forwarded, { from, now }: Settings): Promise<Exchanged> => {
  const { request, url } = address
  const askedAt = now()
  const target = new URL(url.pathname + url.search, from)
  const came = await Upstream.send({ url: target, method: request.method, headers: request.headers, body: bytes })
  const times = { operationId: route.operationId, askedAt, answeredAt: now(), came }
  if (!Upstream.isAnswer(came)) return { ...times, failure: came.message === "" ? came.code : came.message }
  // Half an answer is no example of anything.
  return came.broken === undefined ? { ...times, answer: rawOf(came) } : { ...times, failure: came.broken }
}

/** Statuses that a response without a body has. */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304])

/** A status that a web-standard response can have. */
const isStatus = (status: number): boolean => status >= 200 && status <= 599

/** What the client gets: the answer as it came, or the failure of the connection. */
const deliver = ({ came }: Exchanged): Delivery.Delivery => {
  const arrived = () => {}
  if (!Upstream.isAnswer(came) || !isStatus(came.status)) {
    // Node says ECONNRESET of a connection that was closed, too, and calls that a hang-up.
    const kind = "code" in came && came.message.includes("ECONNRESET") ? "reset" : "closed"
    return { response: new Response(null), delay: 0, outcome: { kind }, arrived }
  }
  const { status, headers, body, broken } = came
  const fields: Array<[string, string]> = headers.map(([name, value]) => [name, value])
  if (broken === undefined)
    return Delivery.whole(new Response(bodiless.has(status) ? null : body, { status, headers: fields }))
  // A cut never delivers all of a body, so one byte more stands behind those that came.
  const longer = new Uint8Array(body.length + 1)
  longer.set(body)
  const response = new Response(longer, { status, headers: fields })
  return { response, delay: 0, outcome: { kind: "cut", bytes: body.length }, arrived }
}

/** What the contract has against a request. It is forwarded all the same: the provider is to say what it thinks of it. */
const violationsOf = (address: Incoming.Address, body: Incoming.Body): ReadonlyArray<Violation> => {
  try {
    const judged = Prism.judge(Provider.toJudge(address, body))
    return Result.isSuccess(judged) ? judged.success.violations : []
  } catch {
    // What Prism cannot judge is forwarded too.
    return []
  }
}

/** The value of a body that was sent. */
const bodyOf = ({ address: { request }, bytes }: Forwarded): Promise<Incoming.Body> =>
  request.method === "GET" ? Promise.resolve(Incoming.noBody) : Incoming.bodyOf(request, bytes)

/** A kind of job, from the path of the operation that starts it: `character-performance`. */
const kindOf = ({ path, kind }: Contract.Route): string =>
  kind === "poll" ? "task" : (path.split("/").filter(Boolean).at(-1)?.replaceAll("_", "-") ?? "job")

class Jobs {
  readonly #settings: Settings
  readonly #jobs: Array<RecordedJob> = []
  readonly #unsaved = new Map<RecordedJob, Array<string>>()
  /** Why jobs could not be kept at all. */
  readonly #lost: Array<string> = []
  /** One file is written at a time. */
  #writing: Promise<void> = Promise.resolve()
  readonly #videos = new Set<Promise<void>>()

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /** Keeps what came of a request, and comes back when it is saved. It never rejects: the client's answer must not depend on a disk. */
  async keep(
    forwarded: Forwarded,
    exchanged: Exchanged,
    body: Incoming.Body,
    violations: ReadonlyArray<string>
  ): Promise<RecordedJob | undefined> {
    const { route } = forwarded
    if (route.kind === "other") return undefined
    const { came: _, ...exchange } = exchanged
    try {
      const job = await (route.kind === "submit"
        ? this.#begin(forwarded, {
            ...exchange,
            headers: this.#headersOf(forwarded),
            body: body.value ?? body.text,
            violations
          })
        : this.#follow(forwarded, exchange))
      await this.#save(job)
      this.#fetchVideo(job, exchange.answer?.body)
      return job
    } catch (error) {
      this.lose(error)
      return undefined
    }
  }

  /** Remembers that something could not be kept. */
  lose(error: unknown): void {
    this.#lost.push(error instanceof Error ? error.message : String(error))
  }

  #headersOf({ address, route }: Forwarded): Record<string, string> {
    const documented = Object.keys(route.headers).map((name) => name.toLowerCase())
    return Object.fromEntries(
      [...documented, "content-type"].flatMap((name) => {
        const value = address.request.headers.get(name)
        return value === null ? [] : [[name, value] as const]
      })
    )
  }

  async #create(forwarded: Forwarded, submit: RecordedJob["submit"], taskId: string | undefined): Promise<RecordedJob> {
    const name = await RecordingFile.claimName(this.#settings.folder, kindOf(forwarded.route))
    const recordedAt = new Date().toISOString()
    const job: RecordedJob = { name, key: forwarded.key, recordedAt, taskId, submit, polls: [], video: undefined }
    this.#jobs.push(job)
    return job
  }

  #begin(forwarded: Forwarded, submit: NonNullable<RecordedJob["submit"]>): Promise<RecordedJob> {
    return this.#create(forwarded, submit, idIn(submit.answer))
  }

  async #follow(forwarded: Forwarded, poll: RawExchange): Promise<RecordedJob> {
    const { route, key, address } = forwarded
    const id = Contract.parameterOf(route, address.url.pathname) ?? ""
    const ofKey = this.#jobs.filter((job) => job.key === key)
    // A POST whose answer has no documented form said the id in its own way, and the poll shows where.
    const job =
      ofKey.find(({ taskId }) => taskId === id) ??
      ofKey.find(({ taskId, submit }) => taskId === undefined && mentions(submit?.answer?.body, id)) ??
      (await this.#create(forwarded, undefined, id))
    job.taskId = id
    job.polls.push(poll)
    return job
  }

  #save(job: RecordedJob): Promise<void> {
    const { folder, from, hosts } = this.#settings
    this.#writing = this.#writing.then(() =>
      RecordingFile.write(folder, { name: job.name, recording: recordingOf(job, from.origin, hosts) }).catch((error) =>
        this.#note(job, `${job.name}.json: ${error instanceof Error ? error.message : String(error)}`)
      )
    )
    return this.#writing
  }

  #note(job: RecordedJob, problem: string): void {
    this.#unsaved.set(job, [...(this.#unsaved.get(job) ?? []), problem])
  }

  /** Saves the finished video in the background, once. */
  #fetchVideo(job: RecordedJob, body: unknown): void {
    const output = Video.outputIn(body)
    if (output === undefined || job.video !== undefined) return
    job.video = { missing: "it was still being fetched" }
    const { folder, videoLimit } = this.#settings
    const saving = Video.save(folder, job.name, output, videoLimit)
      .then((video) => {
        job.video = video
        if (video.missing !== undefined) this.#note(job, `the video: ${video.missing}`)
        return this.#save(job)
      })
      .finally(() => this.#videos.delete(saving))
    this.#videos.add(saving)
  }

  async report(): Promise<RecordingsReport> {
    await Promise.all(this.#videos)
    await this.#writing
    const { from, hosts } = this.#settings
    const states = this.#jobs.map((job): RecordingState => {
      const { recordedAt, deviations } = recordingOf(job, from.origin, hosts)
      return { name: job.name, recordedAt, deviations, neverAsked: [], unsaved: this.#unsaved.get(job) ?? [] }
    })
    const lost = this.#lost.map((problem) => ({
      name: "(a job)",
      recordedAt: "",
      deviations: [],
      neverAsked: [],
      unsaved: [problem]
    }))
    return reportOf([...states, ...lost], [])
  }
}

/** Whether a value has this text anywhere in it. */
const mentions = (value: unknown, text: string): boolean =>
  text.length >= 8 && value !== undefined && (Predicate.isString(value) ? value : JSON.stringify(value)).includes(text)

/** Writes a forwarded request down for those who watch. */
const watch = (
  { worlds, onRequest }: Settings,
  { address, route, key }: Forwarded,
  exchanged: Exchanged,
  facts: Pick<ReceivedRequest, "taskId" | "body" | "violations">
): void => {
  const { request, url, operation } = address
  const bearer = Incoming.keyOf(request.headers)
  const world = (bearer === undefined ? undefined : worlds.of(bearer)) ?? worlds.keyless()
  const entry = world.journal.record({
    operationId: route.operationId,
    ...facts,
    at: exchanged.askedAt,
    operation,
    method: request.method,
    path: url.pathname + url.search,
    key,
    headers: request.headers,
    took: exchanged.answeredAt - exchanged.askedAt,
    answer: exchanged.answer,
    fault: undefined
  })
  onRequest(entry, world)
}

/** Makes a recorder. */
export const make = (settings: Settings): Recorder => {
  const jobs = new Jobs(settings)
  const handle: Delivery.Handler = async (request, sent) => {
    const address = Incoming.addressOf(request)
    const { route } = address
    if (route === undefined) return notForwarded(address)
    const content = await Incoming.read(request, sent)
    if (Result.isFailure(content)) {
      const why = `The body is larger than ${Incoming.bodyLimit} bytes, and is not forwarded`
      return refuse(413, "BODY_TOO_LARGE", why)
    }
    const forwarded: Forwarded = { address, route, key: Incoming.secretOf(request.headers), bytes: content.success }
    const body = await bodyOf(forwarded)
    const violations = violationsOf(address, body)
    const exchanged = await forward(forwarded, settings)
    // From here on the job may be paid for: the client gets its answer, whatever becomes of the recording.
    const words = violations.map(({ location, message }) => `${location.join(".")}: ${message}`)
    const job = await jobs.keep(forwarded, exchanged, body, words)
    try {
      watch(settings, forwarded, exchanged, { taskId: job?.taskId, body: body.text, violations: [...violations] })
    } catch (error) {
      jobs.lose(error)
    }
    return deliver(exchanged)
  }
  return { handle, report: () => jobs.report() }
}
