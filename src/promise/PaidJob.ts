/**
 * A job under way: a promise of its video, its id before that, and its states one after the other.
 *
 * It starts at once and waits once, however often it is awaited or iterated. It submits nothing itself, and it never makes an unhandled
 * rejection of its own: a failure that nobody is there to see is given to `warn`.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { RunwayError } from "../RunwayError.ts"
import * as Shown from "../Shown.ts"
import * as Task from "../Task.ts"
import { type Engine, orAbort } from "./Engine.ts"
import { inspected, showing } from "./Inspected.ts"
import type { Keeping } from "./Keeping.ts"
import type { Reused } from "./Purchase.ts"
import { type PollOptions, pollOf } from "./Settings.ts"
import { Video } from "./Video.ts"

/** How a job is waited for. */
export interface WaitOptions extends PollOptions {
  /** Stops the wait: the promise rejects with the signal's reason at once. The job itself goes on at the provider. */
  readonly signal?: AbortSignal | undefined
  /** Is told each change of the task's state. Its failure is given to `warn` and ends nothing. */
  readonly onProgress?: ((task: Task.Task) => unknown) | undefined
}

/** What a job is told while it is submitted. */
export interface Tell {
  readonly accept: (id: string) => void
  readonly reuse: (reused: Reused) => void
}

/** Where a job comes from. */
export interface Origin {
  /** Gives the task, once, and tells its id before that if it can. */
  readonly task: (tell: Tell) => Promise<string | Task.Handle>
  /** Whether a job that the ledger knew is made anew after this failure; `task` is asked once more then. */
  readonly isMadeAgain?: (error: RunwayError) => Promise<boolean>
  /** Where its video is kept. */
  readonly keeping?: Keeping | undefined
  /** For `warn`, for example `POST /runwayml/v1/character_performance`. */
  readonly about: string
}

export class PaidJob implements Promise<Video> {
  readonly [Symbol.toStringTag] = "Job"
  readonly [inspected] = showing("Job", () => ({
    of: this.#about,
    id: this.#seen.at(-1)?.id,
    status: this.#seen.at(-1)?.status
  }))
  readonly #engine: Engine
  readonly #about: string
  readonly #id: Promise<string>
  readonly #reused: Promise<Reused | undefined>
  readonly #video: Promise<Video>
  readonly #seen: Array<Task.Task> = []
  #sleeping: Array<() => void> = []
  #ended = false
  #observed = false

  constructor(engine: Engine, origin: Origin, options: WaitOptions) {
    const { task, about, isMadeAgain, keeping } = origin
    this.#engine = engine
    this.#about = about
    let accept = (_id: string): void => {}
    const told = new Promise<string>((resolve) => {
      accept = resolve
    })
    let reused: Reused | undefined
    const reuse = (known: Reused) => {
      reused ??= known
    }
    const accepted = task({ accept, reuse })
    this.#id = Promise.race([told, accepted.then((task) => (typeof task === "string" ? task : task.id))])
    this.#reused = this.#id.then(() => reused)
    const ended = this.#follow(accepted, options, keeping).catch(async (error) => {
      // The first job is one of an earlier call; the second is paid by this one, and whatever it comes to is the end.
      if (!(error instanceof RunwayError) || !(await isMadeAgain?.(error))) throw error
      return this.#follow(task({ accept, reuse }), options, keeping)
    })
    this.#video = orAbort(ended, options.signal)
    this.#id.catch(() => {})
    this.#reused.catch(() => {})
    this.#video.then(
      () => this.#end(),
      (error) => {
        this.#end()
        if (error instanceof RunwayError) setTimeout(() => this.#report(error))
      }
    )
  }

  /** The task's id, known before any waiting. Rejects when no job was accepted, or when that is not known. */
  get id(): Promise<string> {
    this.#observed = true
    return this.#id
  }

  /** What the ledger knew of this job's intent; undefined when it was submitted just now. Known with the id, and rejects as the id does. */
  get reused(): Promise<Reused | undefined> {
    this.#observed = true
    return this.#reused
  }

  // biome-ignore lint/suspicious/noThenProperty: being awaitable is what a job is for.
  then<A = Video, B = never>(
    onFulfilled?: ((video: Video) => A | PromiseLike<A>) | null,
    onRejected?: ((error: unknown) => B | PromiseLike<B>) | null
  ): Promise<A | B> {
    this.#observed = true
    return this.#video.then(onFulfilled, onRejected)
  }

  catch<B = never>(onRejected?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<Video | B> {
    return this.then(undefined, onRejected)
  }

  finally(onFinally?: (() => void) | null): Promise<Video> {
    this.#observed = true
    return this.#video.finally(onFinally)
  }

  /**
   * The task's states, from the first that was seen to its end, for as many loops as like. A failed task is the last state and not thrown;
   * everything else that ends the wait is. Leaving a loop does not stop the job.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Task.Task, void> {
    this.#observed = true
    for (let next = 0; ; next++) {
      while (next >= this.#seen.length && !this.#ended) {
        await new Promise<void>((resolve) => this.#sleeping.push(resolve))
      }
      const task = this.#seen[next]
      if (task === undefined) break
      yield task
    }
    const last = this.#seen.at(-1)
    if (last === undefined || !Task.isTerminal(last)) await this.#video
  }

  async #follow(
    accepted: Promise<string | Task.Handle>,
    options: WaitOptions,
    keeping: Keeping | undefined
  ): Promise<Video> {
    const { signal, onProgress } = options
    const task = await accepted
    const before = await keeping?.find(signal)
    if (before !== undefined) return new Video(this.#engine, before.task, before.kept)
    const see = (task: Task.Task) => {
      this.#seen.push(task)
      this.#wake()
      if (onProgress !== undefined) this.#tell(onProgress, task)
    }
    const wait = Task.watch(task, pollOf(options)).pipe(
      Stream.tap((task) => Effect.sync(() => see(task))),
      Stream.filter(Task.isTerminal),
      Stream.runHead,
      // `watch` fails when it ends without an end, so there is one here.
      Effect.flatMap((end) => Task.outcome(Option.getOrThrow(end)))
    )
    const succeeded = await this.#engine.run(wait, signal)
    return new Video(this.#engine, succeeded, await keeping?.keep(succeeded, signal))
  }

  async #tell(onProgress: (task: Task.Task) => unknown, task: Task.Task): Promise<void> {
    try {
      await onProgress(task)
    } catch (error) {
      this.#engine.warn(`onProgress failed, and the wait goes on: ${wordsOf(error)}`)
    }
  }

  #end(): void {
    this.#ended = true
    this.#wake()
  }

  #wake(): void {
    const sleeping = this.#sleeping
    this.#sleeping = []
    for (const wake of sleeping) wake()
  }

  #report(error: RunwayError): void {
    if (!this.#observed) this.#engine.warn(`a job that nobody awaits has failed: ${error.message}`)
  }
}

const wordsOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : Shown.thrown(error)
