/**
 * A paid operation, and all that can be done with any of them: check its input, submit it, generate one result or many.
 *
 * It knows no operation by name. An operation's own module says what its input is and which call of the bindings writes it; the rest is
 * the same for all and stands here once, above all that the id of a job that is paid for cannot get lost between submitting and waiting.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { Bindings } from "./Bindings.ts"
import * as Options from "./Options.ts"
import * as Purchase from "./Purchase.ts"
import { Runway } from "./Runway.ts"
import { InvalidInput, RunwayError } from "./RunwayError.ts"
import * as Shown from "./Shown.ts"
import type { Operation, SubmitOptions } from "./Submission.ts"
import * as Task from "./Task.ts"

/** What an operation's own module says of it. */
export interface Definition<Input, Body extends object> {
  /** Method and path. They must stand in the contract: a typing error does not compile. */
  readonly operation: Operation
  /** Makes the request body of an input, or says what is wrong with it. `checker` in `request/Input.ts` makes it from the contract. */
  readonly validate: (input: Input) => Effect.Effect<Body, RunwayError>
  /** The call of the bindings that writes the request. */
  readonly send: (bindings: Bindings, body: Body) => Promise<unknown>
}

/** How `generate` submits and waits, and whom it tells. The wait begins when `onSubmitted` is done. */
export interface GenerateOptions extends Task.WaitOptions, SubmitOptions {}

/** One input of `generateAll` and its result. */
export interface Generated<Input> {
  /** The input's place among the inputs, from 0: results come in the order in which they end. */
  readonly index: number
  readonly input: Input
  readonly result: Result.Result<Task.Succeeded, RunwayError>
}

/** How `generateAll` works. */
export interface GenerateAllOptions<Input> extends Omit<GenerateOptions, "onSubmitted" | "intent"> {
  /** How many jobs may be under way at once. A job counts until its result is taken from the stream. */
  readonly concurrency: number
  /** Like the `onSubmitted` of `generate`, and also given the input. If it fails, dies or never ends, only that input fails, with its id. */
  readonly onSubmitted?:
    | ((id: Task.TaskId, job: { readonly index: number; readonly input: Input }) => Effect.Effect<unknown, RunwayError>)
    | undefined
  /** Like the `intent` of `generate`, for each input. */
  readonly intent?: ((job: { readonly index: number; readonly input: Input }) => string) | undefined
}

/** A paid operation. */
export interface Job<Input, Body> {
  /** The request body that an input becomes; nothing is sent. */
  readonly validate: (input: Input) => Effect.Effect<Body, RunwayError>
  /** Starts a paid job and gives its id. */
  readonly submit: (input: Input, options?: SubmitOptions) => Effect.Effect<Task.TaskId, RunwayError, Runway>
  /** Starts a paid job and waits for its result. */
  readonly generate: (input: Input, options?: GenerateOptions) => Effect.Effect<Task.Succeeded, RunwayError, Runway>
  /** Starts a paid job for each input and gives one result per input, as each ends. */
  readonly generateAll: <E, R>(
    inputs: Stream.Stream<Input, E, R>,
    options: GenerateAllOptions<Input>
  ) => Stream.Stream<Generated<Input>, E | RunwayError, R | Runway>
}

/** Makes a paid operation out of its definition. */
export const make = <Input, Body extends object>({
  operation,
  validate,
  send
}: Definition<Input, Body>): Job<Input, Body> => {
  /** Submits a body that was checked. */
  const start = Effect.fnUntraced(function* (body: Body, options: SubmitOptions | undefined) {
    const runway = yield* Runway
    return yield* runway.submit({ operation, body, send: (bindings) => send(bindings, body) }, options)
  })

  const submit: Job<Input, Body>["submit"] = Effect.fnUntraced(function* (input, options) {
    yield* Options.check("submit", options, Options.submit)
    return yield* start(yield* validate(input), options)
  })

  const generate: Job<Input, Body>["generate"] = Effect.fn("Runway.generate")(function* (input, options) {
    yield* Options.check("generate", options, Options.generate)
    const body = yield* validate(input)
    const span = yield* Effect.currentSpan.pipe(Effect.orElseSucceed(() => undefined))
    let handle: Task.Handle | undefined
    const id = yield* start(body, {
      ...options,
      onSubmitted: Effect.fnUntraced(function* (id) {
        handle = yield* Task.handle(id)
        span?.attribute("runway.task.id", id)
        yield* options?.onSubmitted?.(id) ?? Effect.void
      })
    })
    const end = Task.wait(handle ?? id, options)
    return yield* recordingEnd(end, (outcome) => Purchase.settle({ operation, body }, options ?? {}, id, outcome))
  })

  const generateAll: Job<Input, Body>["generateAll"] = (inputs, options) =>
    Stream.unwrap(
      Effect.map(Options.check("generateAll", options, Options.generateAll, ["concurrency"]), () => {
        const { concurrency, onSubmitted, intent, ...rest } = options
        const one = (input: Input, index: number) =>
          Effect.flatMap(named(intent, { index, input }), (intent) =>
            generate(input, {
              ...rest,
              intent,
              onSubmitted: onSubmitted === undefined ? undefined : (id) => onSubmitted(id, { index, input })
            })
          ).pipe(
            Effect.result,
            Effect.map((result): Generated<Input> => ({ index, input, result })),
            // What is logged of a job must lead back to its input.
            Effect.annotateLogs({ inputIndex: index })
          )
        return Stream.mapEffect(inputs, one, { concurrency, unordered: true })
      })
    )

  return { validate, submit, generate, generateAll }
}

/** The intent of one input of many. A function that throws is that input's failure and nobody else's. */
const named = <Input>(
  intent: GenerateAllOptions<Input>["intent"],
  job: { readonly index: number; readonly input: Input }
): Effect.Effect<string | undefined, RunwayError> =>
  Effect.try({
    try: () => intent?.(job),
    catch: (error) => {
      const problem = { path: "intent", message: `threw ${Shown.thrown(error)}` }
      return new RunwayError({ operation: "generateAll", reason: new InvalidInput({ problems: [problem] }) })
    }
  })

/** A wait whose end is written down, where it is the job's end. */
const recordingEnd = <A, R>(
  wait: Effect.Effect<A, RunwayError, R>,
  record: (outcome: "succeeded" | "failed" | "cancelled") => Effect.Effect<void>
): Effect.Effect<A, RunwayError, R> =>
  wait.pipe(
    Effect.tap(() => record("succeeded")),
    Effect.tapError(({ reason }) => {
      if (reason._tag === "TaskFailed") return record("failed")
      return reason._tag === "TaskCancelled" ? record("cancelled") : Effect.void
    })
  )
