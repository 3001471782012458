/**
 * A request that was answered, written down: an entry in its world's journal, and what it means for the report on the client.
 *
 * It changes no answer. What may be kept of a request is for the journal to say, and what was wrong with it for the report.
 *
 * @module
 */
import type { Answer, Violation } from "../contract/Answer.ts"
import type { Route } from "../contract/Contract.ts"
import * as Delivery from "../faults/Delivery.ts"
import type { FaultHit } from "../faults/Faults.ts"
import type { Entry } from "../record/Journal.ts"
import type { RequestFacts } from "../record/Report.ts"
import type { TaskView, World } from "../world/World.ts"
import type { Address } from "./Incoming.ts"
import * as Incoming from "./Incoming.ts"
import * as TaskBody from "./TaskBody.ts"

/** What one request came to. */
export interface AnsweredRequest {
  readonly answer: Answer
  readonly violations: ReadonlyArray<Violation>
  readonly body: Incoming.Body
  /** The same for the same POST. */
  readonly intent: string | undefined
  /** The task that was made or asked about. */
  readonly taskId: string | undefined
  /** The task as a poll answered it. */
  readonly view: TaskView | undefined
}

/** A request that was written down. */
interface Recorded {
  readonly entry: Entry
  /** To be called when the client has the answer. */
  readonly arrived: () => void
}

/** The time, in the world's, before which an answer asks its caller not to come again. */
const notBeforeOf = ({ headers }: Answer, { time }: World): number | undefined => {
  const now = time.now()
  const millis = headers["retry-after-ms"]
  if (millis !== undefined) return now + Number(millis)
  const wait = headers["retry-after"]
  if (wait === undefined) return undefined
  const until = /^[\d.]+$/.test(wait) ? now + Number(wait) * 1000 : time.until(Date.parse(wait))
  return Number.isNaN(until) ? undefined : until
}

const faultOf = (hit: FaultHit | undefined): Entry["fault"] =>
  hit && {
    ids: hit.faults.map(({ id }) => id),
    kinds: hit.faults.map(({ kind }) => kind),
    ...(hit.delay > 0 ? { delay: hit.delay } : {})
  }

const versionHeader = "x-runway-version"

/** Whether the contract asks for the version of the API in a request to this operation. */
const asksForVersion = (route: Route | undefined): boolean => route?.requiredHeaders.has(versionHeader) === true

/** Writes a request down. `took` is how many milliseconds it took to answer. */
export const record = (
  { request, url, operation, route }: Address,
  world: World,
  hit: FaultHit | undefined,
  answered: AnsweredRequest & { readonly price: number | undefined },
  took: number
): Recorded => {
  const { answer, body, taskId, view } = answered
  const at = world.now()
  const entry = world.journal.record({
    at,
    operation,
    operationId: route?.operationId,
    taskId,
    violations: [...answered.violations],
    took: Math.round(took * 100) / 100,
    method: request.method,
    path: url.pathname + url.search,
    headers: request.headers,
    body: body.text,
    key: Incoming.secretOf(request.headers),
    answer: Delivery.isNever(Delivery.outcomeUnder(hit)) ? undefined : answer,
    fault: faultOf(hit)
  })
  const facts: RequestFacts = {
    number: entry.number,
    at,
    operation,
    violations: entry.violations,
    taskId,
    status: answer.status,
    versioned: !asksForVersion(route) || request.headers.has(versionHeader),
    intent: answered.intent,
    price: answered.price,
    faulted: hit !== undefined,
    received: Delivery.receivedUnder(hit),
    notBefore: notBeforeOf(answer, world),
    ended: view && TaskBody.endOf(view, at)
  }
  world.report.observe(facts)
  return { entry, arrived: () => world.report.arrived(facts) }
}
