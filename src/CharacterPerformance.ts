/**
 * Character performance (Act-Two): a reference clip's performance, transferred to a character.
 *
 * `submit` starts the paid job and gives its id; `generate` also waits for the video. Only the input and its request are described here:
 * what can be done with any paid operation is `Job.ts`, following a task that exists is `Task.ts`.
 *
 * @module
 */
import type * as Effect from "effect/Effect"
import { CharacterPerformanceRequest } from "../generated/schemas.gen.ts"
import type { Character, ContentModeration, Reference } from "../generated/types.gen.ts"
import * as Job from "./Job.ts"
import type { RunwayError } from "./RunwayError.ts"
import { checker } from "./request/Input.ts"

export type { Character, ContentModeration, Reference } from "../generated/types.gen.ts"

/**
 * What to make. Only `character` and `reference` are needed; the provider requires the other fields too, so each is filled in where it is
 * left out.
 *
 * The provider's advice: start with `bodyControl: true` and a moderate `expressionIntensity` such as 3, then adjust the style.
 */
export interface Input {
  /** The subject to animate, an image or a video with a recognisable face, as a public https:// URL of at most 2048 characters. */
  readonly character: Readonly<Character>
  /** The clip that supplies the performance: a video of 3 to 30 seconds, as a public https:// URL. */
  readonly reference: Readonly<Reference>
  /** Whether the body's movement is transferred as well as the face. Made for image characters. Default, and good to start with: `true`. */
  readonly bodyControl?: boolean
  /**
   * How strongly the expression is transferred, from 1 to 5; higher is more exaggerated. Start with a moderate value: the provider's own
   * example has 3. Default, as the provider documents it: `1`, the weakest.
   */
  readonly expressionIntensity?: number
  /** Random seed for reproducible results, from 0 to 4294967295. (Runway itself only promises similar ones.) Default: `1`. */
  readonly seed?: number
  /** Default, and only value: `act_two`. */
  readonly model?: "act_two"
  /**
   * Size of the output in pixels: `1280:720`, `720:1280`, `960:960`, `1104:832`, `832:1104`, `1584:672`, or another that the provider
   * accepts. Default: `1280:720`.
   */
  readonly ratio?: `${number}:${number}`
  /** The provider's moderation thresholds for this request. Default: `{ publicFigureThreshold: "auto" }`, which is Runway's own default. */
  readonly contentModeration?: Readonly<ContentModeration>
}

/** One input of `generateAll` and its result. */
export type Generated = Job.Generated<Input>

/** How `submit` sends. */
export type SubmitOptions = Job.JobSubmitOptions<CharacterPerformanceRequest>

/** The request body as the contract has it, for whoever stores or forwards one: every documented default is filled in. */
export const Request = CharacterPerformanceRequest
export type Request = typeof Request.Type

/** How `generate` submits and waits. */
export type GenerateOptions = Job.GenerateOptions<CharacterPerformanceRequest>

/** How `generateAll` works. */
export type GenerateAllOptions = Job.GenerateAllOptions<Input, CharacterPerformanceRequest>

/** Method and path, as errors, spans and the sidecar of a kept video name it. */
export const operation = "POST /runwayml/v1/character_performance"

const job = Job.make<Input, CharacterPerformanceRequest>({
  operation,
  validate: checker(operation, CharacterPerformanceRequest),
  send: (bindings, body) => bindings.POST("/runwayml/v1/character_performance", { body })
})

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
export const validate: (input: Input) => Effect.Effect<CharacterPerformanceRequest, RunwayError> = job.validate

/**
 * Starts a paid job and gives its id.
 *
 * Use it when the id goes to a queue or a database and somebody else waits. The input is checked first, and nothing is sent when it is
 * wrong (`InvalidInput`). The request is sent again only when it provably was not accepted; where that is not known the error's reason is
 * `OutcomeUnknown`, and whether to pay again is yours to decide. Once it has left, an interruption lets it finish for up to 30 seconds, so
 * that the id of an accepted job reaches `onSubmitted`, span and log.
 *
 * Errors: `InvalidInput`, `PreflightRefused`, `Unreachable`, `OutcomeUnknown`, `HookFailed`, `Unauthorized`, `Forbidden`, `Rejected`, `RateLimited`, `Unavailable`; with
 * a `Ledger` also `IntentConflict`, `IntentUnresolved`, `BudgetExceeded`, `LedgerFailed`.
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
export const submit: Job.Submit<Input, CharacterPerformanceRequest> = job.submit

/**
 * Starts a paid job and waits for its video.
 *
 * The id is out before the waiting begins: in `onSubmitted`, in the log, on the span, and in every later error, so that a wait which ends
 * early can be taken up again with `Task.wait(id)` in any process.
 *
 * Errors: those of `submit`, then those of `Task.wait`; with an `archive` also `ArchiveFailed`.
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
 *
 * In a pipe, options come alone:
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { CharacterPerformance } from "cometapi-runway"
 *
 * declare const nextInput: Effect.Effect<CharacterPerformance.Input>
 *
 * const program = nextInput.pipe(Effect.flatMap(CharacterPerformance.generate({ deadline: "1 hour" })))
 * ```
 */
export const generate: Job.Generate<Input, CharacterPerformanceRequest> = job.generate

/**
 * Makes many videos: one result per input, as each ends.
 *
 * Use it for batches of any size; inputs are taken from the stream only as there is room, and nothing is submitted ahead of a reader who
 * has stopped reading. One failure never sinks the rest: it is the result of its input. Interrupting the stream stops the waiting; jobs
 * that were submitted go on at the provider, and their ids are in the log and were given to `onSubmitted`.
 *
 * Errors: those of `inputs`, and `InvalidInput` when an option cannot be used; then nothing is sent.
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
export const generateAll: Job.GenerateAll<Input, CharacterPerformanceRequest> = job.generateAll
