/**
 * A paid operation for programs that do not use Effect: call it for a job, or check, submit, or make many.
 *
 * It knows no operation by name: whatever `Job.make` makes can be put behind it.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { defined } from "../Defined.ts"
import { isPaidAgain, type Job, type PreflightOption } from "../Job.ts"
import type { PurchasePolicy, Reuse } from "../Purchase.ts"
import { InvalidInput, RunwayError } from "../RunwayError.ts"
import type { AroundAttempt } from "../Submission.ts"
import * as Task from "../Task.ts"
import * as Checks from "./Checks.ts"
import type { Engine } from "./Engine.ts"
import { type KeepOptions, keepingIn } from "./Keeping.ts"
import { PaidJob, type Tell, type WaitOptions } from "./PaidJob.ts"
import { type PurchaseOptions, type Reused, reusedOf } from "./Purchase.ts"
import type { Video } from "./Video.ts"

/** How a job is begun and waited for. */
export interface JobOptions<Body> extends WaitOptions, PurchaseOptions, KeepOptions, PreflightOption<Body> {
  /**
   * Is told the id as soon as the job is accepted: the place to store it. The wait begins when its promise is fulfilled; when it rejects,
   * or takes longer than 30 seconds, the job rejects with `HookFailed`, which has the id. It is called after an abort too, if the id
   * arrives then.
   */
  readonly onSubmitted?: ((id: string) => unknown) | undefined
}

/** How one input is submitted. */
export interface SubmitOptions<Body> extends PurchaseOptions, PreflightOption<Body> {
  /**
   * Stops the submission. Once the request has left its answer is still waited for, for the runway's `grace`, and an id that arrives is
   * what the promise is fulfilled with; otherwise it rejects with the signal's reason.
   */
  readonly signal?: AbortSignal | undefined
}

/** How `all` works. */
export interface AllOptions<Input, Body> extends WaitOptions, PurchasePolicy, KeepOptions, PreflightOption<Body> {
  /** How many jobs may be under way at once. A job counts until its result is taken. */
  readonly concurrency: number
  /** Like the `onSubmitted` of a single job, and also given the input. When it rejects, only that input fails. */
  readonly onSubmitted?: ((id: string, job: Place<Input>) => unknown) | undefined
  /** Like the `intent` of a single job, for each input. */
  readonly intent?: ((job: Place<Input>) => string) | undefined
}

/** One input of `all`, and its place among them, from 0. */
export interface Place<Input> {
  readonly index: number
  readonly input: Input
}

/** What became of one input. */
export type Result<Input> = Place<Input> & {
  /** The job that the ledger knew for this input, if it knew one. */
  readonly reused: Reused | undefined
} & ({ readonly ok: true; readonly video: Video } | { readonly ok: false; readonly error: RunwayError })

/** One paid operation. */
export interface PaidOperation<Input, Body> extends Beside<Input, Body> {
  /** Starts a paid job at once. Awaited, it is its video. */
  (input: Input, options?: JobOptions<Body>): PaidJob
}

/** What can be done with a paid operation beside calling it. */
interface Beside<Input, Body> {
  /** The request body that an input becomes; nothing is sent. Throws the `RunwayError` of an input that is wrong. */
  readonly validate: (input: Input) => Body
  /** Starts a paid job and gives its id, for whoever waits elsewhere. */
  readonly submit: (input: Input, options?: SubmitOptions<Body>) => Promise<string>
  /**
   * Starts a job for each input, a few at a time, and gives one result per input as each ends. A failure is the result of its input and
   * sinks nothing else. Nothing is submitted ahead of a loop that has stopped; leaving the loop stops the waiting, and jobs that were
   * submitted go on at the provider.
   */
  readonly all: (
    inputs: Iterable<Input> | AsyncIterable<Input>,
    options: AllOptions<Input, Body>
  ) => AsyncIterable<Result<Input>>
}

/** What a submission is to call. */
interface Report {
  readonly accept: (id: string) => void
  readonly reuse: (reuse: Reuse) => void
}

/** An input on its way to an operation: plain values, and what the operation takes. */
type Conversion<Plain, Input> = (plain: Plain) => Effect.Effect<Input, RunwayError>

/** Puts an operation behind the door, as it is or with another form of its input. */
export const paidOperation = <Input, Body, Plain = Input>(
  engine: Engine,
  { validate, submit, operation }: Pick<Job<Input, Body>, "validate" | "submit"> & { readonly operation?: string },
  about: string,
  convert: Conversion<Plain, Input>
): PaidOperation<Plain, Body> => {
  const idOf = submitting(engine, submit, convert)

  const begin = beginning<Input, Body, Plain>(engine, { validate, operation, about, convert, idOf })

  const resultOf = async (place: Place<Plain>, options: AllOptions<Plain, Body>, signal: AbortSignal) => {
    const { onSubmitted, intent, concurrency, ...rest } = options
    const hook = onSubmitted === undefined ? undefined : (id: string) => onSubmitted(id, place)
    let reused: Reused | undefined
    try {
      const named = intent === undefined ? undefined : nameOf(about, () => intent(place))
      const job = begin(place.input, { ...rest, signal, ...defined({ onSubmitted: hook, intent: named }) })
      // Where there is no id, awaiting the job says why.
      reused = await job.reused.catch(() => undefined)
      return { ...place, reused, ok: true as const, video: await job }
    } catch (error) {
      if (error instanceof RunwayError) return { ...place, reused, ok: false as const, error }
      throw error
    }
  }

  const all: PaidOperation<Plain, Body>["all"] = (inputs, options) => {
    const refusal = Checks.refusal(about, options, Checks.all, ["concurrency"])
    if (refusal !== undefined) throw refusal
    const { concurrency, signal } = options
    const results = streamOf(inputs).pipe(
      Stream.mapEffect(
        (input, index) =>
          // What it rejects with is the signal's reason, which ends the whole loop.
          Effect.promise((interrupted) => {
            const stop = signal === undefined ? interrupted : AbortSignal.any([signal, interrupted])
            return resultOf({ index, input }, options, stop)
          }),
        { concurrency, unordered: true }
      )
    )
    return Stream.toAsyncIterableWith(results, Context.empty())
  }

  const beside: Beside<Plain, Body> = {
    validate: (plain) => engine.runSync(Effect.flatMap(convert(plain), validate)),
    submit: async (plain, options = {}) => {
      const refusal = Checks.refusal(about, options, Checks.submit)
      if (refusal !== undefined) throw refusal
      return idOf(plain, options, { accept: () => {}, reuse: () => {} })
    },
    all
  }
  return Object.assign(begin, beside)
}

interface Beginning<Input, Body, Plain> {
  readonly validate: Job<Input, Body>["validate"]
  readonly operation: string | undefined
  readonly about: string
  readonly convert: Conversion<Plain, Input>
  readonly idOf: ReturnType<typeof submitting<Input, Body, Plain>>
}

/** What begins a job: it submits at once, and waits when somebody asks for its result. */
const beginning =
  <Input, Body, Plain>(engine: Engine, { validate, operation, about, convert, idOf }: Beginning<Input, Body, Plain>) =>
  (plain: Plain, options: JobOptions<Body> = {}): PaidJob => {
    const refusal = Checks.refusal(about, options, Checks.job)
    if (refusal !== undefined) return new PaidJob(engine, { task: () => Promise.reject(refusal), about }, {})
    // The first job may be followed by another, so this is what the ledger knew of the present one.
    let known: Reuse | undefined
    const latest = () => known
    const task = async (tell: Tell) => {
      known = undefined
      const reuse = (reuse: Reuse) => {
        known = reuse
        tell.reuse(reusedOf(reuse))
      }
      const id = await idOf(plain, options, { accept: tell.accept, reuse })
      const submittedAt = latest()?.submittedAt
      return submittedAt === undefined ? engine.runSync(Task.handle(id)) : new Task.Handle({ id, submittedAt })
    }
    const isMadeAgain = async (error: RunwayError) =>
      known !== undefined && isPaidAgain(options.again ?? (await engine.purchasePolicy()).again, error)
    const { archive, intent } = options
    const keeping =
      archive === undefined
        ? undefined
        : keepingIn(engine, archive, {
            before: () => (known?.because === "succeeded" ? known.taskId : undefined),
            made: Effect.map(Effect.flatMap(convert(plain), validate), (body) => ({ operation, body })),
            intent
          })
    return new PaidJob(engine, { task, about, isMadeAgain, keeping }, options)
  }

/** Submits an input, calls the hooks, and gives the id. */
const submitting =
  <Input, Body, Plain>(engine: Engine, submit: Job<Input, Body>["submit"], convert: Conversion<Plain, Input>) =>
  (plain: Plain, options: JobOptions<Body>, report: Report): Promise<Task.TaskId> =>
    engine.submit(({ accept, attempted }) => {
      const { onSubmitted, preflight, intent, budget, price, creditPrice, again } = options
      const stored = (id: Task.TaskId) =>
        Effect.promise(async () => {
          accept(id)
          report.accept(id)
          await onSubmitted?.(id)
        })
      const aroundAttempt: AroundAttempt = {
        before: () => Effect.void,
        after: (_, verdict) => Effect.sync(() => attempted(verdict))
      }
      const onReused = (reuse: Reuse) => Effect.sync(() => report.reuse(reuse))
      const told = { onSubmitted: stored, onReused, aroundAttempt, intent, budget, price, creditPrice, again }
      return Effect.flatMap(convert(plain), (input) => submit(input, { ...told, preflight }))
    }, options.signal)

/** The intent of one input. A function that throws is that input's failure and nobody else's. */
const nameOf = (operation: string, name: () => string): string => {
  try {
    return name()
  } catch (error) {
    const problem = { path: "intent", message: `threw ${error instanceof Error ? error.message : String(error)}` }
    throw new RunwayError({ operation, reason: new InvalidInput({ problems: [problem] }) })
  }
}

const streamOf = <A>(inputs: Iterable<A> | AsyncIterable<A>): Stream.Stream<A, unknown> =>
  Symbol.asyncIterator in inputs
    ? Stream.fromAsyncIterable(inputs, (error) => error)
    : Stream.rechunk(Stream.fromIterable(inputs), 1)
