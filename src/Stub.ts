/**
 * A `Runway` that sends nothing: what a unit test provides in place of a client, to say itself what the provider does.
 *
 * It answers submissions and looks with what the test says, calls `onSubmitted` like the client, and knows no HTTP, key, ledger or pace. What a request
 * looks like on the wire, and what its failures do, is tested against the mock instead.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { defined } from "./Defined.ts"
import { defaultPoll, type PollPolicy } from "./Poll.ts"
import type { RunwayError } from "./RunwayError.ts"
import type { Submission, SubmitOptions } from "./Submission.ts"
import { makeOutputUrl, Succeeded, type Task, TaskId } from "./task/Snapshot.ts"

/** What a stub does. Whatever is left out goes well. */
export interface StubOptions {
  /**
   * Answers a paid job, which was checked before, with the id of its task. Default: every job is accepted, as `task-1`, `task-2` and so on.
   */
  readonly submit?: ((job: Pick<Submission, "operation" | "body">) => Effect.Effect<string, RunwayError>) | undefined
  /**
   * What a task shows when it is looked at for the n-th time, from 1. Default: it has succeeded, with a video at `https://example.com/<id>.mp4`.
   */
  readonly get?: ((id: TaskId, look: number) => Effect.Effect<Task, RunwayError>) | undefined
  /** How tasks are waited for. Default: without a pause, at most a thousand looks. */
  readonly poll?: Partial<PollPolicy> | undefined
}

/** What a stub offers: all that the service of a client does. */
export interface Stub {
  readonly ledger: undefined
  readonly version: string
  readonly purchasePolicy: Record<never, never>
  readonly submit: (job: Submission, options?: SubmitOptions) => Effect.Effect<TaskId, RunwayError>
  readonly get: (id: TaskId) => Effect.Effect<Task, RunwayError>
  readonly poll: (id: TaskId) => Effect.Effect<Task, RunwayError>
  readonly hasSubmitted: (id: TaskId) => boolean
  readonly pollPolicy: PollPolicy
  readonly baseUrl: string
}

/** Makes the stub. */
export const make = ({ submit, get, poll = {} }: StubOptions): Stub => {
  const looks = new Map<TaskId, number>()
  const submitted = new Set<TaskId>()
  const read = (id: TaskId): Effect.Effect<Task, RunwayError> =>
    Effect.suspend(() => {
      const look = (looks.get(id) ?? 0) + 1
      looks.set(id, look)
      return get === undefined ? Effect.succeed(succeeded(id)) : get(id, look)
    })
  return {
    submit: Effect.fnUntraced(function* ({ operation, body }, options) {
      const id = TaskId.make(submit === undefined ? `task-${submitted.size + 1}` : yield* submit({ operation, body }))
      submitted.add(id)
      yield* options?.onSubmitted?.(id) ?? Effect.void
      return id
    }),
    get: read,
    poll: read,
    hasSubmitted: (id) => submitted.has(id),
    pollPolicy: { ...defaultPoll, firstAfter: 0, schedule: withoutPause, ...defined(poll) },
    baseUrl: "https://stub.invalid",
    version: "",
    ledger: undefined,
    purchasePolicy: {}
  }
}

const withoutPause: PollPolicy["schedule"] = Schedule.recurs(999)

const succeeded = (id: TaskId): Task =>
  new Succeeded({
    id,
    status: "SUCCEEDED",
    output: [makeOutputUrl(`https://example.com/${encodeURIComponent(id)}.mp4`)]
  })
