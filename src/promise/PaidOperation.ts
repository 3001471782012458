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
import type { Job } from "../Job.ts"
import { RunwayError } from "../RunwayError.ts"
import type { AroundAttempt } from "../Submission.ts"
import * as Task from "../Task.ts"
import * as Checks from "./Checks.ts"
import type { Engine } from "./Engine.ts"
import { PaidJob, type WaitOptions } from "./PaidJob.ts"
import type { Video } from "./Video.ts"

/** How a job is begun and waited for. */
export interface JobOptions extends WaitOptions {
  /**
   * Is told the id as soon as the job is accepted: the place to store it. The wait begins when its promise is fulfilled; when it rejects,
   * or takes longer than 30 seconds, the job rejects with `HookFailed`, which has the id. It is called after an abort too, if the id
   * arrives then.
   */
  readonly onSubmitted?: ((id: string) => unknown) | undefined
}

/** How one input is submitted. */
export interface SubmitOptions {
  /**
   * Stops the submission. Once the request has left its answer is still waited for, for the runway's `grace`, and an id that arrives is
   * what the promise is fulfilled with; otherwise it rejects with the signal's reason.
   */
  readonly signal?: AbortSignal | undefined
}

/** How `all` works. */
export interface AllOptions<Input> extends WaitOptions {
  /** How many jobs may be under way at once. A job counts until its result is taken. */
  readonly concurrency: number
  /** Like the `onSubmitted` of a single job, and also given the input. When it rejects, only that input fails. */
  readonly onSubmitted?: ((id: string, job: Place<Input>) => unknown) | undefined
}

/** One input of `all`, and its place among them, from 0. */
export interface Place<Input> {
  readonly index: number
  readonly input: Input
}

/** What became of one input. */
export type Result<Input> = Place<Input> &
  ({ readonly ok: true; readonly video: Video } | { readonly ok: false; readonly error: RunwayError })

/** One paid operation. */
export interface PaidOperation<Input, Body> extends Beside<Input, Body> {
  /** Starts a paid job at once. Awaited, it is its video. */
  (input: Input, options?: JobOptions): PaidJob
}

/** What can be done with a paid operation beside calling it. */
interface Beside<Input, Body> {
  /** The request body that an input becomes; nothing is sent. Throws the `RunwayError` of an input that is wrong. */
  readonly validate: (input: Input) => Body
  /** Starts a paid job and gives its id, for whoever waits elsewhere. */
  readonly submit: (input: Input, options?: SubmitOptions) => Promise<string>
  /**
   * Starts a job for each input, a few at a time, and gives one result per input as each ends. A failure is the result of its input and
   * sinks nothing else. Nothing is submitted ahead of a loop that has stopped; leaving the loop stops the waiting, and jobs that were
   * submitted go on at the provider.
   */
  readonly all: (
    inputs: Iterable<Input> | AsyncIterable<Input>,
    options: AllOptions<Input>
  ) => AsyncIterable<Result<Input>>
}

/** An input on its way to an operation: plain values, and what the operation takes. */
type Conversion<Plain, Input> = (plain: Plain) => Effect.Effect<Input, RunwayError>

/** Puts an operation behind the door, as it is or with another form of its input. */
export const paidOperation = <Input, Body, Plain = Input>(
  engine: Engine,
  { validate, submit }: Pick<Job<Input, Body>, "validate" | "submit">,
  about: string,
  convert: Conversion<Plain, Input>
): PaidOperation<Plain, Body> => {
  const idOf = (plain: Plain, { signal, onSubmitted }: JobOptions, tell: (id: string) => void): Promise<Task.TaskId> =>
    engine.submit(({ accept, attempted }) => {
      const stored = (id: Task.TaskId) =>
        Effect.promise(async () => {
          accept(id)
          tell(id)
          await onSubmitted?.(id)
        })
      const aroundAttempt: AroundAttempt = {
        before: () => Effect.void,
        after: (_, verdict) => Effect.sync(() => attempted(verdict))
      }
      return Effect.flatMap(convert(plain), (input) => submit(input, { onSubmitted: stored, aroundAttempt }))
    }, signal)

  const begin = (plain: Plain, options: JobOptions = {}): PaidJob => {
    const refusal = Checks.refusal(about, options, Checks.job)
    if (refusal !== undefined) return new PaidJob(engine, { task: () => Promise.reject(refusal), about }, {})
    const { onSubmitted, ...wait } = options
    const task = async (tell: (id: string) => void) =>
      engine.runSync(Task.handle(await idOf(plain, { ...defined({ onSubmitted }), signal: wait.signal }, tell)))
    return new PaidJob(engine, { task, about }, wait)
  }

  const resultOf = async (place: Place<Plain>, options: AllOptions<Plain>, signal: AbortSignal) => {
    const { onSubmitted, concurrency, ...wait } = options
    const hook = onSubmitted === undefined ? undefined : (id: string) => onSubmitted(id, place)
    try {
      const video = await begin(place.input, { ...wait, signal, ...defined({ onSubmitted: hook }) })
      return { ...place, ok: true as const, video }
    } catch (error) {
      if (error instanceof RunwayError) return { ...place, ok: false as const, error }
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
      const refusal = Checks.refusal(about, options, Checks.stoppable)
      if (refusal !== undefined) throw refusal
      return idOf(plain, options, () => {})
    },
    all
  }
  return Object.assign(begin, beside)
}

const streamOf = <A>(inputs: Iterable<A> | AsyncIterable<A>): Stream.Stream<A, unknown> =>
  Symbol.asyncIterator in inputs
    ? Stream.fromAsyncIterable(inputs, (error) => error)
    : Stream.rechunk(Stream.fromIterable(inputs), 1)
