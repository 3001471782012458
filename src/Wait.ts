/**
 * The wait for a task: one look after another until the task has ended or the wait's time is up.
 *
 * It keeps looking through temporary failures, a task that is not visible yet and a status that is not known, and ends with permanent
 * refusals as typed errors. What it remembers is one value, changed by pure functions. When to look is `Poll.ts`; what an end means to
 * the caller is `Task.ts`.
 *
 * Its time is the monotonic clock's, so nobody who sets the machine's clock makes the wait longer or shorter. Only the age of a task at the
 * beginning comes from dates.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Pull from "effect/Pull"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { defined } from "./Defined.ts"
import { defaultNotFoundGrace, type PollPolicy } from "./Poll.ts"
import type { Runway } from "./Runway.ts"
import { type LastError, OutputMissing, type Reason, RunwayError, WaitTimedOut } from "./RunwayError.ts"
import { notBefore, resendable } from "./request/Retry.ts"
import * as Telemetry from "./request/Telemetry.ts"
import { isTerminal, type Task, type TaskId, type Terminal } from "./task/Snapshot.ts"

/** How a task is waited for; what is left out comes from the layer. */
export interface WaitOptions extends Partial<PollPolicy> {
  /** When the job was submitted. A young task may not be visible yet, and its grace counts from here. Default: now. */
  readonly submittedAt?: DateTime.Utc | undefined
}

export const operation = "wait"

/** What a wait remembers of its looks. Times are in milliseconds of the monotonic clock. */
interface Memory {
  /** How often each status, and each reason for not seeing one, was met. A map, because a status may be the word `constructor`. */
  readonly seen: ReadonlyMap<string, number>
  readonly lastTask: Task | undefined
  /** Why the last look saw nothing; none when it saw the task. */
  readonly lastError: RunwayError | undefined
  /** The latest look that saw nothing, even when later ones saw the task. */
  readonly latestError: RunwayError | undefined
  /** How many looks in a row were met by an answer that has to do with the key, the id or the base URL. */
  readonly doubtful: number
  readonly isWarned: boolean
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
  latestError: memory.latestError,
  doubtful: 0,
  isWarned: memory.isWarned,
  provenAt: now,
  finishingSince: task._tag === "Finishing" ? (memory.finishingSince ?? now) : undefined
})

const afterError = (memory: Memory, error: RunwayError): Memory => ({
  ...memory,
  seen: counted(memory.seen, error.reason._tag),
  lastError: error,
  latestError: error,
  doubtful: doubts.has(error.reason._tag) ? memory.doubtful + 1 : memory.doubtful
})

/** The reasons that a wrong key, id or base URL has. */
const doubts: ReadonlySet<Reason["_tag"]> = new Set([
  "Unauthorized",
  "Forbidden",
  "Rejected",
  "TaskNotFound",
  "UnexpectedAnswer"
])

/** How many such looks in a row make a warning: a task may be invisible for a few seconds, and a page in between comes and goes. */
const doubtfulLooks = 3

/** One wait: whose task, until when, and what was seen so far. Times are in milliseconds of the monotonic clock. */
interface Wait {
  readonly runway: Runway["Service"]
  readonly id: TaskId
  readonly policy: Terms
  /** Whether the submission is known, and with it that the task exists: by its date, or because this layer made it. */
  readonly isSubmitted: boolean
  readonly startedAt: number
  readonly submittedAt: number
  readonly deadline: number
  readonly memory: Ref.Ref<Memory>
  /** What the caller's schedule says after a look: how long to wait for the next. */
  readonly step: Effect.Success<ReturnType<typeof Schedule.toStep<unknown, Option.Option<Task>, never, never>>>
}

/** What is waited for, and how. */
export type Terms = PollPolicy & Pick<WaitOptions, "submittedAt">

/** One look after another, as a stream: what each saw, or nothing, until the task has ended. */
export const looks = (
  runway: Runway["Service"],
  id: TaskId,
  terms: Terms
): Stream.Stream<Option.Option<Task>, RunwayError> =>
  Stream.unwrap(
    Effect.map(begin(runway, id, terms), (wait) =>
      Stream.paginate(Option.none<Option.Option<Task>>(), (last) =>
        Effect.map(next(wait, last), (seen) => [
          [seen],
          Option.exists(seen, isTerminal) ? Option.none() : Option.some(Option.some(seen))
        ])
      )
    )
  )

/** The same as a loop, which holds little while it sleeps: it tells of each task that is seen, and gives the last. */
export const follow = Effect.fnUntraced(function* (
  runway: Runway["Service"],
  id: TaskId,
  terms: Terms,
  onSeen: (task: Task) => Effect.Effect<void>
): Effect.fn.Return<Terminal, RunwayError> {
  const wait = yield* begin(runway, id, terms)
  for (let last = Option.none<Option.Option<Task>>(); ; ) {
    const seen = yield* next(wait, last)
    last = Option.some(seen)
    if (Option.isNone(seen)) continue
    yield* onSeen(seen.value)
    if (isTerminal(seen.value)) return seen.value
  }
})

const begin = Effect.fnUntraced(function* (
  runway: Runway["Service"],
  id: TaskId,
  policy: Terms
): Effect.fn.Return<Wait> {
  const startedAt = yield* now
  const { submittedAt: date } = policy
  // The clock of the machine that submitted it may run ahead of this one's.
  const age = date === undefined ? 0 : Math.max(0, (yield* Clock.currentTimeMillis) - DateTime.toEpochMillis(date))
  const submittedAt = startedAt - age
  const memory = yield* Ref.make<Memory>({
    seen: new Map(),
    lastTask: undefined,
    lastError: undefined,
    latestError: undefined,
    doubtful: 0,
    isWarned: false,
    provenAt: submittedAt,
    finishingSince: undefined
  })
  const deadline = startedAt + millis(policy.deadline)
  const isSubmitted = date !== undefined || runway.hasSubmitted(id)
  const step = yield* Schedule.toStep(policy.schedule)
  return { runway, id, policy, isSubmitted, startedAt, submittedAt, deadline, memory, step }
})

/** The next look, when it is due. `last` is what the look before has seen, if there was one. */
const next = (wait: Wait, last: Option.Option<Option.Option<Task>>): Effect.Effect<Option.Option<Task>, RunwayError> =>
  Effect.andThen(Option.isNone(last) ? beforeFirst(wait) : pause(wait, last.value), look(wait))

/** A job that was submitted just now is given the time in which none has ended. */
const beforeFirst = ({ policy, submittedAt, deadline }: Wait): Effect.Effect<void> => {
  if (policy.submittedAt === undefined) return Effect.void
  const first = submittedAt + millis(policy.firstAfter)
  return Effect.flatMap(until(Math.min(first, deadline)), Effect.sleep)
}

/** Sleeps as long as the caller's schedule says, but no longer than the deadline and no shorter than a `Retry-After` asks for. */
const pause = (wait: Wait, seen: Option.Option<Task>): Effect.Effect<void, RunwayError> =>
  Effect.flatMap(Clock.currentTimeMillis, (at) => wait.step(at, seen)).pipe(
    Effect.flatMap(([, delay]) => Effect.flatMap(limited(wait, delay), Effect.sleep)),
    // A caller's schedule may end before the task does.
    Pull.catchDone(() => timedOut(wait))
  )

const limited = ({ memory, deadline }: Wait, delay: Duration.Duration): Effect.Effect<Duration.Duration> =>
  Effect.flatMap(Ref.get(memory), ({ lastError }) => {
    const asked = lastError === undefined ? delay : notBefore(delay, lastError)
    return Effect.map(until(deadline), (left) => Duration.min(asked, left))
  })

const millis = (duration: Duration.Input): number => Duration.toMillis(Duration.fromInputUnsafe(duration))

/** The monotonic clock's time in milliseconds. */
const now: Effect.Effect<number> = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos) / 1e6)

/** How long it is until a time; none when it has passed. A timer drops fractions of a millisecond, so the last one counts as passed. */
const until = (time: number): Effect.Effect<Duration.Duration> =>
  Effect.map(now, (now) => Duration.millis(time - now < 1 ? 0 : time - now))

const look = Effect.fnUntraced(function* (wait: Wait): Effect.fn.Return<Option.Option<Task>, RunwayError> {
  const remaining = yield* until(wait.deadline)
  if (!Duration.isPositive(remaining)) return yield* atDeadline(wait)
  return yield* seeing(wait, wait.runway.poll(wait.id)).pipe(
    Effect.timeoutOrElse({ duration: remaining, orElse: () => atDeadline(wait) })
  )
})

const seeing = (wait: Wait, look: Effect.Effect<Task, RunwayError>): Effect.Effect<Option.Option<Task>, RunwayError> =>
  Effect.matchEffect(look, {
    onFailure: (error) => survive(wait, error),
    onSuccess: (task) => notice(wait, task)
  })

/** So much later than the deadline only a machine that slept notices it; a busy one is seconds late at most. */
const oversleeping = 5000

/** A last look is tried again when it fails, for a machine that has just woken up may have no network yet. */
const lastLook = Duration.seconds(30)

/** The deadline has passed. A machine that slept past it takes one last look: the task may have ended long ago. */
const atDeadline = Effect.fnUntraced(function* (wait: Wait): Effect.fn.Return<Option.Option<Task>, RunwayError> {
  if ((yield* now) - wait.deadline >= oversleeping) {
    yield* Effect.logDebug("slept past the deadline, taking one last look").pipe(
      Effect.annotateLogs({ taskId: wait.id })
    )
    const seen = yield* seeing(wait, wait.runway.get(wait.id)).pipe(
      Effect.timeoutOrElse({ duration: lastLook, orElse: () => timedOut(wait) })
    )
    if (Option.exists(seen, isTerminal)) return seen
  }
  return yield* timedOut(wait)
})

const timedOut = Effect.fnUntraced(function* (wait: Wait): Effect.fn.Return<never, RunwayError> {
  const { seen, lastTask, latestError } = yield* Ref.get(wait.memory)
  const waited = Duration.millis(Math.round((yield* now) - wait.startedAt))
  const lastError = latestError === undefined ? undefined : summary(latestError)
  const reason = new WaitTimedOut({ waited, seen: Object.fromEntries(seen), ...defined({ lastError }) })
  return yield* new RunwayError({ operation, reason, taskId: wait.id, ...defined({ lastTask }) })
})

const summary = ({ reason, status, requestId }: RunwayError): LastError => ({
  reason: reason._tag,
  ...defined({ status, requestId }),
  excerpt: excerptOf(reason)
})

/** What the provider said, or what went wrong on the way. */
const excerptOf = (reason: Reason): string => {
  if ("said" in reason) return reason.said
  if (!("problem" in reason)) return ""
  return "excerpt" in reason && reason.excerpt !== "" ? `${reason.problem}: ${reason.excerpt}` : reason.problem
}

/** How long an unknown task is waited for, in milliseconds: not long when nothing proves that there ever was one. */
const notFoundGrace = (policy: PollPolicy, isProven: boolean): number =>
  millis(policy.notFoundGrace ?? (isProven ? defaultNotFoundGrace.proven : defaultNotFoundGrace.bareId))

/** A look that saw nothing: the wait goes on where that can pass, and ends where it cannot. */
const survive = Effect.fnUntraced(function* (
  wait: Wait,
  error: RunwayError
): Effect.fn.Return<Option.Option<Task>, RunwayError> {
  const { _tag } = error.reason
  yield* Telemetry.countPoll(_tag)
  const { provenAt, lastTask, isWarned, doubtful } = yield* Ref.updateAndGet(wait.memory, (before) =>
    afterError(before, error)
  )
  const grace = notFoundGrace(wait.policy, wait.isSubmitted || lastTask !== undefined)
  const isYoung = (yield* now) - provenAt < grace
  const isFinal = _tag === "TaskNotFound" ? !isYoung : !resendable.read.has(_tag)
  if (!isWarned && doubts.has(_tag) && (isFinal || doubtful >= doubtfulLooks)) yield* warn(wait, error)
  if (isFinal) return yield* error.with({ lastTask })
  yield* Effect.logDebug("task not seen").pipe(Effect.annotateLogs({ taskId: wait.id, reason: _tag }))
  return Option.none()
})

/** Says once, and long before the deadline, that something may be wrong which no waiting puts right. */
const warn = Effect.fnUntraced(function* (
  { id, runway, memory }: Wait,
  { reason, status, requestId }: RunwayError
): Effect.fn.Return<void> {
  yield* Ref.update(memory, (before) => ({ ...before, isWarned: true }))
  yield* Effect.logWarning("the task cannot be seen; check the base URL, the key and the id").pipe(
    Effect.annotateLogs(
      defined({
        taskId: id,
        baseUrl: runway.baseUrl,
        reason: reason._tag,
        status,
        requestId,
        said: excerptOf(reason) || undefined
      })
    )
  )
})

/** A look that saw the task: the wait fails only when a success has shown no output for too long. */
const notice = Effect.fnUntraced(function* (
  { id, policy, memory, submittedAt }: Wait,
  task: Task
): Effect.fn.Return<Option.Option<Task>, RunwayError> {
  const at = yield* now
  const { finishingSince = at } = yield* Ref.updateAndGet(memory, (before) => afterTask(before, task, at))
  // By tag: words that the provider may invent would make series without end.
  yield* Telemetry.countPoll(task._tag)
  yield* Effect.logDebug("task seen").pipe(
    Effect.annotateLogs(defined({ taskId: id, status: task.status, progress: task.progress }))
  )
  if (isTerminal(task)) yield* Telemetry.recordEnd(task._tag, Duration.millis(at - submittedAt))
  if (task._tag === "Finishing" && at - finishingSince >= millis(policy.outputGrace)) {
    return yield* new RunwayError({ operation, reason: new OutputMissing({ task }), taskId: id, lastTask: task })
  }
  return Option.some(task)
})
