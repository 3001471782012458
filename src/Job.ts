/**
 * A paid operation, and all that can be done with any of them: check its input, submit it, generate one result or many.
 *
 * It knows no operation by name. An operation's own module says what its input is and which call of the bindings writes it; the rest is
 * the same for all and stands here once, above all that the id of a job that is paid for cannot get lost between submitting and waiting.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import type * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as Archive from "./archive/Archive.ts"
import type { Bindings } from "./Bindings.ts"
import { errorsOf, type Finding, PreflightRefused } from "./Finding.ts"
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

/** Looks at what a body refers to, before it is paid for. */
type Preflight<Body> = (body: Body) => Effect.Effect<{ readonly findings: ReadonlyArray<Finding> }, RunwayError>

/** What is looked at before an input is submitted. */
export interface PreflightOption<Body> {
  /**
   * Looks at the assets first: `check` of `cometapi-runway/preflight`. Where it finds an error nothing is sent, and the call fails with
   * `PreflightRefused`. A job that the ledger knows as paid is not looked at again. Default: nothing is looked at.
   */
  readonly preflight?: Preflight<Body> | undefined
}

/** How `submit` sends. */
export interface JobSubmitOptions<Body> extends SubmitOptions, PreflightOption<Body> {}

/** How `generate` submits and waits, whom it tells, and where it keeps the video. The wait begins when `onSubmitted` is done. */
export interface GenerateOptions<Body> extends Task.WaitOptions, JobSubmitOptions<Body> {
  /** Where the video is kept (`cometapi-runway/archive`): then the job has succeeded only when its bytes are there. Default: nowhere. */
  readonly archive?: Archive.Archive | undefined
  /** Is told what was kept, as the last thing. If it fails, the call does, with the task's id. */
  readonly onKept?: ((kept: Archive.Kept) => Effect.Effect<unknown, RunwayError>) | undefined
}

/** One input of `generateAll` and its result. */
export interface Generated<Input> {
  /** The input's place among the inputs, from 0: results come in the order in which they end. */
  readonly index: number
  readonly input: Input
  readonly result: Result.Result<Task.Succeeded, RunwayError>
  /** The job that the ledger knew for this input, if it knew one: then nothing was sent for it, or only because that job had failed. */
  readonly reused: Purchase.Reuse | undefined
  /** What the archive keeps of it, where there is an archive. */
  readonly kept: Archive.Kept | undefined
}

/** How `generateAll` works. */
export interface GenerateAllOptions<Input, Body>
  extends Omit<GenerateOptions<Body>, "onSubmitted" | "onReused" | "onKept" | "intent"> {
  /** How many jobs may be under way at once. A job counts until its result is taken from the stream. */
  readonly concurrency: number
  /** Like the `onSubmitted` of `generate`, and also given the input. If it fails, dies or never ends, only that input fails, with its id. */
  readonly onSubmitted?:
    | ((id: Task.TaskId, job: { readonly index: number; readonly input: Input }) => Effect.Effect<unknown, RunwayError>)
    | undefined
  /** Like the `onReused` of `generate`, and also given the input. */
  readonly onReused?:
    | ((
        reuse: Purchase.Reuse,
        job: { readonly index: number; readonly input: Input }
      ) => Effect.Effect<unknown, RunwayError>)
    | undefined
  /** Like the `intent` of `generate`, for each input. */
  readonly intent?: ((job: { readonly index: number; readonly input: Input }) => string) | undefined
}

/** `submit`, with its options behind its input, or alone in a pipe. */
export interface Submit<Input, Body> {
  (options: JobSubmitOptions<Body>): (input: Input) => Effect.Effect<Task.TaskId, RunwayError, Runway>
  (input: Input, options?: JobSubmitOptions<Body>): Effect.Effect<Task.TaskId, RunwayError, Runway>
}

/** `generate`, likewise. */
export interface Generate<Input, Body> {
  (options: GenerateOptions<Body>): (input: Input) => Effect.Effect<Task.Succeeded, RunwayError, Runway>
  (input: Input, options?: GenerateOptions<Body>): Effect.Effect<Task.Succeeded, RunwayError, Runway>
}

/** `generateAll`, likewise. */
export interface GenerateAll<Input, Body> {
  (
    options: GenerateAllOptions<Input, Body>
  ): <E, R>(inputs: Stream.Stream<Input, E, R>) => Stream.Stream<Generated<Input>, E | RunwayError, R | Runway>
  <E, R>(
    inputs: Stream.Stream<Input, E, R>,
    options: GenerateAllOptions<Input, Body>
  ): Stream.Stream<Generated<Input>, E | RunwayError, R | Runway>
}

/** A paid operation. */
export interface Job<Input, Body> {
  /** The request body that an input becomes; nothing is sent. */
  readonly validate: (input: Input) => Effect.Effect<Body, RunwayError>
  /** Starts a paid job and gives its id. */
  readonly submit: Submit<Input, Body>
  /** Starts a paid job and waits for its result. */
  readonly generate: Generate<Input, Body>
  /** Starts a paid job for each input and gives one result per input, as each ends. */
  readonly generateAll: GenerateAll<Input, Body>
}

/** Makes a paid operation out of its definition. */
export const make = <Input, Body extends object>({
  operation,
  validate,
  send
}: Definition<Input, Body>): Job<Input, Body> => {
  /** Submits a body that was checked. */
  const start = Effect.fnUntraced(function* (body: Body, options: JobSubmitOptions<Body> | undefined) {
    const runway = yield* Runway
    yield* lookFirst({ operation, body }, options, runway)
    return yield* runway.submit({ operation, body, send: (bindings) => send(bindings, body) }, options)
  })

  const submit = Effect.fnUntraced(function* (
    input: Input,
    options?: JobSubmitOptions<Body>
  ): Effect.fn.Return<Task.TaskId, RunwayError, Runway> {
    yield* Options.check("submit", options, Options.submit)
    return yield* start(yield* validate(input), options)
  })

  const generate = Effect.fn("Runway.generate")(function* (
    input: Input,
    options: GenerateOptions<Body> = {}
  ): Effect.fn.Return<Task.Succeeded, RunwayError, Runway> {
    yield* Options.check("generate", options, Options.generate)
    const body = yield* validate(input)
    const { purchasePolicy, baseUrl, version } = yield* Runway
    const { archive, onKept, intent } = options
    const tell = (kept: Archive.Kept) =>
      Effect.mapError(onKept?.(kept) ?? Effect.void, (error) => error.with({ taskId: kept.taskId }))
    const { id, handle, reuse } = yield* submitted((told) => start(body, told), options)
    const before =
      archive === undefined || reuse?.because !== "succeeded" ? undefined : yield* Archive.find(archive, id)
    if (before !== undefined) {
      yield* tell(before.kept)
      return before.task
    }
    const task = yield* Effect.catchIf(
      Task.wait(handle ?? id, options),
      // A job of an earlier call that turns out to have failed now; the ledger knows that by now.
      (error) => reuse !== undefined && isPaidAgain(options.again ?? purchasePolicy.again, error),
      () =>
        Effect.flatMap(
          submitted((told) => start(body, told), options),
          ({ id, handle }) => Task.wait(handle ?? id, options)
        )
    )
    if (archive === undefined) return task
    yield* tell(yield* Archive.keep(archive, { task, made: { operation, body }, intent, version, apiUrl: baseUrl }))
    return task
  })

  return {
    validate,
    submit: dual(Options.isDataFirst(Options.submit), submit),
    generate: dual(Options.isDataFirst(Options.generate), generate),
    generateAll: dual((args) => Stream.isStream(args[0]), many(generate))
  }
}

/** Looks at the assets, if that is asked for and a submission would not be answered by the ledger. */
const lookFirst = Effect.fnUntraced(function* <Body extends object>(
  ware: { readonly operation: string; readonly body: Body },
  options: JobSubmitOptions<Body> | undefined,
  { ledger, purchasePolicy }: typeof Runway.Service
): Effect.fn.Return<void, RunwayError> {
  const look = options?.preflight
  if (look === undefined || (yield* Purchase.isPaid(ware, { ...purchasePolicy, ...options }, ledger))) return
  const { findings } = yield* look(ware.body)
  const [first, ...rest] = findings
  if (first === undefined || errorsOf(findings).length === 0) return
  return yield* new RunwayError({
    operation: ware.operation,
    reason: new PreflightRefused({ findings: [first, ...rest] })
  })
})

/** Submits, and gives the id with what was known of the job. What comes next waits for its end. */
const submitted = Effect.fnUntraced(function* <Options extends SubmitOptions>(
  start: (options: Options) => Effect.Effect<Task.TaskId, RunwayError, Runway>,
  options: Options
) {
  const span = yield* Effect.currentSpan.pipe(Effect.orElseSucceed(() => undefined))
  let handle: Task.Handle | undefined
  let reuse: Purchase.Reuse | undefined
  const id = yield* start({
    ...options,
    onReused: Effect.fnUntraced(function* (known) {
      reuse = known
      yield* options.onReused?.(known) ?? Effect.void
    }),
    onSubmitted: Effect.fnUntraced(function* (id) {
      handle = reuse === undefined ? yield* Task.handle(id) : new Task.Handle({ id, submittedAt: reuse.submittedAt })
      span?.attribute("runway.task.id", id)
      yield* options.onSubmitted?.(id) ?? Effect.void
    })
  })
  return { id, handle, reuse }
})

/** Generates many by what generates one. */
const many =
  <Input, Body>(
    generate: (input: Input, options: GenerateOptions<Body>) => Effect.Effect<Task.Succeeded, RunwayError, Runway>
  ) =>
  <E, R>(
    inputs: Stream.Stream<Input, E, R>,
    options: GenerateAllOptions<Input, Body>
  ): Stream.Stream<Generated<Input>, E | RunwayError, R | Runway> =>
    Stream.unwrap(
      Effect.map(Options.check("generateAll", options, Options.generateAll, ["concurrency"]), () => {
        const { concurrency, onSubmitted, onReused, intent, ...rest } = options
        const one = (input: Input, index: number) =>
          Effect.suspend(() => {
            let reused: Purchase.Reuse | undefined
            let kept: Archive.Kept | undefined
            const job = { index, input }
            return Effect.flatMap(named(intent, job), (intent) =>
              generate(input, {
                ...rest,
                intent,
                onReused: (reuse) => {
                  reused = reuse
                  return onReused?.(reuse, job) ?? Effect.void
                },
                onSubmitted: onSubmitted === undefined ? undefined : (id) => onSubmitted(id, job),
                onKept: (known) =>
                  Effect.sync(() => {
                    kept = known
                  })
              })
            ).pipe(
              Effect.result,
              Effect.map((result): Generated<Input> => ({ index, input, result, reused, kept })),
              // What is logged of a job must lead back to its input.
              Effect.annotateLogs({ inputIndex: index })
            )
          })
        return Stream.mapEffect(inputs, one, { concurrency, unordered: true })
      })
    )

/** The intent of one input of many. A function that throws is that input's failure and nobody else's. */
const named = <Input>(
  intent: GenerateAllOptions<Input, never>["intent"],
  job: { readonly index: number; readonly input: Input }
): Effect.Effect<string | undefined, RunwayError> =>
  Effect.try({
    try: () => intent?.(job),
    catch: (error) => {
      const problem = { path: "intent", message: `threw ${Shown.thrown(error)}` }
      return new RunwayError({ operation: "generateAll", reason: new InvalidInput({ problems: [problem] }) })
    }
  })

/** Whether a new job is paid after this end of an earlier one. */
export const isPaidAgain = (again: Purchase.PurchasePolicy["again"], { reason }: RunwayError): boolean =>
  (reason._tag === "TaskFailed" && Purchase.isPaidAgain(again, "failed")) ||
  (reason._tag === "TaskCancelled" && Purchase.isPaidAgain(again, "cancelled"))
