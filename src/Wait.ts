/**
 * The wait for a task: one look after another until the task has ended or the wait's time is up.
 *
 * It keeps looking through temporary failures, a task that is not visible yet and a status that is not known, and ends with permanent
 * refusals as typed errors. What it remembers is one value, changed by pure functions. When to look is `Poll.ts`; what an end means to
 * the caller is `Task.ts`.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { defined } from "./Defined.ts"
import type { PollPolicy } from "./Poll.ts"
import type { Runway } from "./Runway.ts"
import { OutputMissing, RunwayError, WaitTimedOut } from "./RunwayError.ts"
import { notBefore, resendable } from "./request/Retry.ts"
import * as Telemetry from "./request/Telemetry.ts"
import { isTerminal, type Task, type TaskId } from "./task/Snapshot.ts"

/** How a task is waited for; what is left out comes from the layer. */
export interface WaitOptions extends Partial<PollPolicy> {
  /** When the job was submitted. A young task may not be visible yet, and its grace counts from here. Default: now. */
  readonly submittedAt?: DateTime.Utc | undefined
}

export const operation = "wait"

/** What a wait remembers of its looks. Times are in milliseconds. */
interface Memory {
  /** How often each status, and each reason for not seeing one, was met. A map, because a status may be the word `constructor`. */
  readonly seen: ReadonlyMap<string, number>
  readonly lastTask: Task | undefined
  /** Why the last look saw nothing; none when it saw the task. */
  readonly lastError: RunwayError | undefined
  /** When the task was last known to exist: its submission, or the last time it was seen. */
  readonly provenAt: number
  /** Since when the task has said that it succeeded, and shown no output. */
  readonly finishingSince: number | undefined
}

const counted = (seen: Memory["seen"], what: string): Memory["seen"] =>
  new Map(seen).set(what, (seen.get(what) ?? 0) + 1)

const afterTask = (memory: Memory, task: Task, now: number): Memory => ({
  seen: counted(memory.seen, task.status || task._tag),
  lastTask: task,
  lastError: undefined,
  provenAt: now,
  finishingSince: task._tag === "Finishing" ? (memory.finishingSince ?? now) : undefined
})

const afterError = (memory: Memory, error: RunwayError): Memory => ({
  ...memory,
  seen: counted(memory.seen, error.reason._tag),
  lastError: error
})

/** One wait: whose task, until when, and what was seen so far. */
interface Wait {
  readonly runway: Runway["Service"]
  readonly id: TaskId
  readonly policy: PollPolicy
  readonly startedAt: number
  readonly submittedAt: number
  readonly deadline: number
  readonly memory: Ref.Ref<Memory>
}

/** One look after another: what was seen, or nothing, until the task has ended. */
export const looks = Effect.fnUntraced(function* (
  runway: Runway["Service"],
  id: TaskId,
  policy: PollPolicy & Pick<WaitOptions, "submittedAt">
): Effect.fn.Return<Stream.Stream<Option.Option<Task>, RunwayError>> {
  const startedAt = yield* Clock.currentTimeMillis
  // The clock of the machine that submitted it may run ahead of this one's.
  const submittedAt =
    policy.submittedAt === undefined ? startedAt : Math.min(startedAt, DateTime.toEpochMillis(policy.submittedAt))
  const memory = yield* Ref.make<Memory>({
    seen: new Map(),
    lastTask: undefined,
    lastError: undefined,
    provenAt: submittedAt,
    finishingSince: undefined
  })
  const deadline = startedAt + millis(policy.deadline)
  const wait: Wait = { runway, id, policy, startedAt, submittedAt, deadline, memory }

  if (policy.submittedAt !== undefined) {
    const first = submittedAt + millis(policy.firstAfter)
    yield* Effect.sleep(yield* until(Math.min(first, deadline)))
  }
  return Stream.fromEffectSchedule(look(wait), schedule(wait)).pipe(
    Stream.takeUntil(Option.exists(isTerminal)),
    // A caller's schedule may end before the task does.
    Stream.concat(Stream.unwrap(Effect.map(Ref.get(memory), ({ lastTask }) => afterLast(wait, lastTask))))
  )
})

const afterLast = (wait: Wait, lastTask: Task | undefined): Stream.Stream<never, RunwayError> =>
  lastTask !== undefined && isTerminal(lastTask) ? Stream.empty : Stream.fromEffect(timedOut(wait))

const millis = (duration: Duration.Input): number => Duration.toMillis(Duration.fromInputUnsafe(duration))

/** How long it is until a time; none when it has passed. */
const until = (time: number): Effect.Effect<Duration.Duration> =>
  Effect.map(Clock.currentTimeMillis, (now) => Duration.millis(Math.max(0, time - now)))

const look = Effect.fnUntraced(function* (wait: Wait): Effect.fn.Return<Option.Option<Task>, RunwayError> {
  const remaining = yield* until(wait.deadline)
  if (!Duration.isPositive(remaining)) return yield* timedOut(wait)
  return yield* Effect.matchEffect(wait.runway.poll(wait.id), {
    onFailure: (error) => survive(wait, error),
    onSuccess: (task) => notice(wait, task)
  }).pipe(Effect.timeoutOrElse({ duration: remaining, orElse: () => timedOut(wait) }))
})

/** The caller's schedule, which waits no longer than the deadline and no shorter than a `Retry-After` asks for. */
const schedule = ({ policy, memory, deadline }: Wait): PollPolicy["schedule"] =>
  policy.schedule.pipe(
    Schedule.modifyDelay(({ duration }) =>
      Effect.gen(function* () {
        const { lastError } = yield* Ref.get(memory)
        const delay = lastError === undefined ? duration : notBefore(duration, lastError)
        return Duration.min(delay, yield* until(deadline))
      })
    )
  )

const timedOut = Effect.fnUntraced(function* (wait: Wait): Effect.fn.Return<never, RunwayError> {
  const { seen, lastTask } = yield* Ref.get(wait.memory)
  const waited = Duration.millis((yield* Clock.currentTimeMillis) - wait.startedAt)
  const reason = new WaitTimedOut({ waited, seen: Object.fromEntries(seen) })
  return yield* new RunwayError({ operation, reason, taskId: wait.id, ...defined({ lastTask }) })
})

/** A look that saw nothing: the wait goes on where that can pass, and ends where it cannot. */
const survive = Effect.fnUntraced(function* (
  { id, policy, memory }: Wait,
  error: RunwayError
): Effect.fn.Return<Option.Option<Task>, RunwayError> {
  const { _tag } = error.reason
  yield* Telemetry.countPoll(_tag)
  const { provenAt, lastTask } = yield* Ref.get(memory)
  const isYoung = (yield* Clock.currentTimeMillis) - provenAt < millis(policy.notFoundGrace)
  if (_tag === "TaskNotFound" ? !isYoung : !resendable.read.has(_tag)) return yield* error.with({ lastTask })
  yield* Ref.update(memory, (before) => afterError(before, error))
  yield* Effect.logDebug("task not seen").pipe(Effect.annotateLogs({ taskId: id, reason: _tag }))
  return Option.none()
})

/** A look that saw the task: the wait fails only when a success has shown no output for too long. */
const notice = Effect.fnUntraced(function* (
  { id, policy, memory, submittedAt }: Wait,
  task: Task
): Effect.fn.Return<Option.Option<Task>, RunwayError> {
  const now = yield* Clock.currentTimeMillis
  const { finishingSince = now } = yield* Ref.updateAndGet(memory, (before) => afterTask(before, task, now))
  // By tag: words that the provider may invent would make series without end.
  yield* Telemetry.countPoll(task._tag)
  yield* Effect.logDebug("task seen").pipe(
    Effect.annotateLogs(defined({ taskId: id, status: task.status, progress: task.progress }))
  )
  if (isTerminal(task)) yield* Telemetry.recordEnd(task._tag, Duration.millis(now - submittedAt))
  if (task._tag === "Finishing" && now - finishingSince >= millis(policy.outputGrace)) {
    return yield* new RunwayError({ operation, reason: new OutputMissing({ task }), taskId: id, lastTask: task })
  }
  return Option.some(task)
})
