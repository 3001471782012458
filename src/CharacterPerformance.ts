/**
 * Character performance (Act-Two): a reference clip's performance, transferred to a character.
 *
 * `submit` starts the paid job and answers with its id; `generate` also waits for the video. Following a task that exists is `Task`.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { CharacterPerformanceRequest } from "../generated/schemas.gen.ts"
import type { Character, ContentModeration, Reference } from "../generated/types.gen.ts"
import { Runway } from "./Runway.ts"
import type { RunwayError } from "./RunwayError.ts"
import { checker } from "./request/Input.ts"
import type { SubmitOptions } from "./request/Retry.ts"
import * as Task from "./Task.ts"

export type { Character, ContentModeration, Reference } from "../generated/types.gen.ts"

/** What to make. Only `character` and `reference` are needed; the rest has the defaults that the source page documents. */
export interface Input {
  /** The subject to animate, an image or a video with a recognisable face, as a public https:// URL of at most 2048 characters. */
  readonly character: Readonly<Character>
  /** The clip that supplies the performance: a video of 3 to 30 seconds, as a public https:// URL. */
  readonly reference: Readonly<Reference>
  /** Whether the body's movement is transferred as well as the face. Made for image characters. Default: `true`. */
  readonly bodyControl?: boolean
  /** How strongly the expression is transferred, from 1 to 5; higher is more exaggerated. Default: `1`. */
  readonly expressionIntensity?: number
  /** From 0 to 4294967295; the same seed and inputs give a similar result. Default: `1`. */
  readonly seed?: number
  /** Default, and only value: `act_two`. */
  readonly model?: "act_two"
  /**
   * Size of the output in pixels: `1280:720`, `720:1280`, `960:960`, `1104:832`, `832:1104`, `1584:672`, or another that the provider
   * accepts. Default: `1280:720`.
   */
  readonly ratio?: `${number}:${number}`
  /** The provider's moderation thresholds for this request. Default: the provider's. */
  readonly contentModeration?: Readonly<ContentModeration>
}

/** How `generate` waits, and what it tells on the way. */
export interface GenerateOptions extends Task.WaitOptions, SubmitOptions {
  /**
   * Runs as soon as the job is accepted and before any waiting: the place to store the id. It is not interrupted. The wait begins when it
   * is done; if it fails, `generate` fails with its error and the job goes on.
   */
  readonly onSubmitted?: ((id: Task.TaskId) => Effect.Effect<unknown, RunwayError>) | undefined
}

const operation = "POST /runwayml/v1/character_performance"

/**
 * The request body that an input becomes: documented defaults filled in, everything checked against the contract, nothing sent.
 *
 * Use it to refuse a wrong input early, for example before it is queued; `submit` and `generate` do it themselves.
 *
 * Errors: `InvalidInput`, naming every field at fault.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { CharacterPerformance } from "cometapi-runway"
 *
 * declare const input: CharacterPerformance.Input
 *
 * const body = Effect.runSync(CharacterPerformance.validate(input))
 * ```
 */
export const validate: (input: Input) => Effect.Effect<CharacterPerformanceRequest, RunwayError> = checker(
  operation,
  CharacterPerformanceRequest
)

/**
 * Starts a paid job and answers with its id.
 *
 * Use it when the id goes to a queue or a database and somebody else waits. The input is checked first, and nothing is sent when it is
 * wrong (`InvalidInput`). The request is sent again only when it provably was not accepted; where that is not known the error's reason is
 * `OutcomeUnknown`, and whether to pay again is yours to decide.
 *
 * Errors: `InvalidInput`, `Unreachable`, `OutcomeUnknown`, `Unauthorized`, `Forbidden`, `Rejected`, `RateLimited`, `Unavailable`.
 * Source: https://apidoc.cometapi.com/api/video/runway/official-format/control-a-character
 *
 * @example
 * ```ts
 * import { CharacterPerformance } from "cometapi-runway"
 *
 * const id = CharacterPerformance.submit({
 *   character: { type: "image", uri: "https://example.com/portrait.png" },
 *   reference: { type: "video", uri: "https://example.com/performance.mp4" },
 *   expressionIntensity: 3
 * })
 * ```
 */
export const submit = Effect.fnUntraced(function* (input: Input, options: SubmitOptions = {}) {
  const runway = yield* Runway
  const body = yield* validate(input)
  return yield* runway.submit(
    {
      operation,
      body,
      send: (bindings) => bindings.POST("/runwayml/v1/character_performance", { body })
    },
    options
  )
})

/**
 * Starts a paid job and waits for its video.
 *
 * The id is out before the waiting begins: in `onSubmitted`, in the log, on the span, and in every later error, so that a wait which ends
 * early can be taken up again with `Task.wait(id)` in any process.
 *
 * Errors: those of `submit`, then those of `Task.wait`.
 *
 * @example
 * ```ts
 * import { Effect, Redacted } from "effect"
 * import { CharacterPerformance } from "cometapi-runway"
 *
 * const program = Effect.gen(function*() {
 *   const task = yield* CharacterPerformance.generate({
 *     character: { type: "image", uri: "https://example.com/portrait.png" },
 *     reference: { type: "video", uri: "https://example.com/performance.mp4" }
 *   }, { onSubmitted: (id) => Effect.log(`paid for ${id}`) })
 *   return Redacted.value(task.output[0])
 * })
 * ```
 */
export const generate = Effect.fn("Runway.generate")(function* (
  input: Input,
  { onSubmitted, retry, onUnknownOutcome, ...wait }: GenerateOptions = {}
) {
  const handle = yield* Effect.uninterruptibleMask((restore) =>
    restore(submit(input, { retry, onUnknownOutcome })).pipe(
      Effect.flatMap(Task.handle),
      // The id is stored even if somebody interrupts just now.
      Effect.tap(({ id }) => onSubmitted?.(id) ?? Effect.void)
    )
  )
  yield* Effect.annotateCurrentSpan("runway.task.id", handle.id)
  return yield* Task.wait(handle, wait)
})

/** One input of `generateAll` and what became of it. */
export interface Generated {
  /** The input's place among the inputs, from 0: results come in the order in which they end. */
  readonly index: number
  readonly input: Input
  readonly result: Result.Result<Task.Succeeded, RunwayError>
}

/** How `generateAll` works. */
export interface GenerateAllOptions extends Omit<GenerateOptions, "onSubmitted"> {
  /** How many jobs may be under way at once. A job counts until its result is taken from the stream. */
  readonly concurrency: number
  /** Like `generate`'s, and told which input it is. If it fails, only that input does. */
  readonly onSubmitted?:
    | ((id: Task.TaskId, job: { readonly index: number; readonly input: Input }) => Effect.Effect<unknown, RunwayError>)
    | undefined
}

/**
 * Makes many videos: one result per input, as each ends.
 *
 * Use it for batches of any size; inputs are taken from the stream only as there is room, and nothing is submitted ahead of a reader who
 * has stopped reading. One failure never sinks the rest: it is the result of its input. Interrupting the stream stops the waiting; jobs
 * that were submitted go on at the provider, and their ids are in the log and were told to `onSubmitted`.
 *
 * Errors: those of `inputs` only.
 *
 * @example
 * ```ts
 * import { Console, Effect, Result, Stream } from "effect"
 * import { CharacterPerformance } from "cometapi-runway"
 *
 * declare const inputs: ReadonlyArray<CharacterPerformance.Input>
 *
 * const program = CharacterPerformance.generateAll(Stream.fromIterable(inputs), { concurrency: 5 }).pipe(
 *   Stream.runForEach(({ index, result }) =>
 *     Result.isSuccess(result)
 *       ? Console.log(index, "done", result.success.id)
 *       : Console.error(index, result.failure.message)
 *   )
 * )
 * ```
 */
export const generateAll = <E, R>(
  inputs: Stream.Stream<Input, E, R>,
  { concurrency, onSubmitted, ...options }: GenerateAllOptions
): Stream.Stream<Generated, E, R | Runway> =>
  inputs.pipe(
    Stream.mapEffect(
      (input, index) =>
        generate(input, {
          ...options,
          onSubmitted: onSubmitted === undefined ? undefined : (id) => onSubmitted(id, { index, input })
        }).pipe(
          Effect.result,
          Effect.map((result): Generated => ({ index, input, result }))
        ),
      { concurrency, unordered: true }
    )
  )
