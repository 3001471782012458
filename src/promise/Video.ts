/**
 * A finished video of a job: where it is, and how to save it.
 *
 * Its URL is a plain string for whoever asks for it; printed, inspected or written as JSON, the video shows the URL without its query,
 * which is a credential.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import type { Kept } from "../archive/Archive.ts"
import { defined } from "../Defined.ts"
import { withoutQuery } from "../Shown.ts"
import type { Succeeded } from "../task/Snapshot.ts"
import type { Engine } from "./Engine.ts"
import { inspected, showing } from "./Inspected.ts"
import type { Time } from "./Settings.ts"

/** How a video is saved. */
export interface SaveOptions {
  /** Stops the download; what was saved so far is continued by the next `save` to the same place. */
  readonly signal?: AbortSignal | undefined
  /** Is told how far it is. */
  readonly onProgress?:
    | ((progress: { readonly received: number; readonly total: number | undefined }) => void)
    | undefined
  /** Which of the task's outputs. Default: 0, the first and usually only one. */
  readonly index?: number | undefined
  /** After how long without a byte the connection is given up and tried again. Default: 30 seconds. */
  readonly stallTimeout?: Time | undefined
}

/** A video that was saved. */
export interface Saved {
  readonly path: string
  readonly bytes: number
}

/** What JSON and `util.inspect` show of a video. */
interface Shown {
  readonly id: string
  readonly status: string
  readonly url: string
}

export class Video {
  readonly #engine: Engine
  readonly #task: Succeeded
  /** What the archive keeps of it; undefined where there is no archive. */
  readonly kept: Kept | undefined

  constructor(engine: Engine, task: Succeeded, kept?: Kept) {
    this.#engine = engine
    this.#task = task
    this.kept = kept
  }

  /** The task's id. */
  get id(): string {
    return this.#task.id
  }

  /** The URL of the video, for 24 to 48 hours. Whoever has it can load the video: do not log it. */
  get url(): string {
    return Redacted.value(this.#task.output[0])
  }

  /** The URLs of all outputs; usually there is one. */
  get urls(): ReadonlyArray<string> {
    return this.#task.output.map((url) => Redacted.value(url))
  }

  /** The task as it was last seen, for the Effect client. */
  get task(): Succeeded {
    return this.#task
  }

  /**
   * Saves the video as a file, or into a folder under the task's id: whole or not at all, and continued where an earlier try broke off.
   *
   * It needs a disk: Node, Bun or Deno. Rejects with `DownloadFailed`, or with `OutputExpired` when `runway.task(id)` must give a fresh URL.
   */
  async save(to: string, options: SaveOptions = {}): Promise<Saved> {
    const { signal, onProgress, index, stallTimeout } = options
    signal?.throwIfAborted()
    // Loaded by those who save, because it brings a file system along.
    const { save } = await import("./Disk.ts")
    return this.#engine.run(save(this.#task, { to, ...defined({ onProgress, index, stallTimeout }) }), signal)
  }

  /** The video without the query of its URL. */
  toJSON(): Shown {
    return { id: this.id, status: this.#task.status, url: withoutQuery(this.url) }
  }

  toString(): string {
    return `Video ${this.id} ${withoutQuery(this.url)}`
  }

  readonly [inspected] = showing("Video", () => this.toJSON())
}
