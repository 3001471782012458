/**
 * How far a download is, reported often enough to watch and seldom enough to cost nothing. It counts nothing itself.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** How far a download is. */
export interface DownloadProgress {
  /** Bytes on the disk, those of an earlier try included. Less than before when the download had to start over. */
  readonly received: number
  /** Bytes of the whole video, where the host says so. */
  readonly total: number | undefined
}

export type Listener = (progress: DownloadProgress) => Effect.Effect<unknown>

export type Tell = (received: number, which?: "first" | "last") => Effect.Effect<void>

/** Tells a listener at most ten times a second, but of the first and the last always, and of the last only once. */
export const make = (listener: Listener | undefined, total: number | undefined): Tell => {
  if (listener === undefined) return () => Effect.void
  let reported = { at: 0, received: -1 }
  return Effect.fnUntraced(function* (received, which) {
    const at = yield* Clock.currentTimeMillis
    if (which === undefined ? at - reported.at < 100 : which === "last" && reported.received === received) return
    reported = { at, received }
    yield* listener({ received, total })
  })
}
