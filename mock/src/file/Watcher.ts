/**
 * Tells when a file has become another one.
 *
 * It looks at it a few times a second instead of asking the system, because an editor may replace a file, and a folder that is shared with a
 * container reports nothing. It does not keep the process alive, and understands nothing of what is in the file.
 *
 * @module
 */
import { statSync } from "node:fs"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** In milliseconds of real time: whoever edits a file lives in no other. */
const interval = 200

/** What changes when a file is written or replaced. */
const signatureOf = (file: string): string => {
  const found = statSync(file, { throwIfNoEntry: false })
  return found === undefined ? "missing" : `${found.ino} ${found.size} ${found.mtimeMs}`
}

/** Calls `changed` once at the beginning and whenever a file was written, until the scope closes. */
export const watch = (file: string, changed: () => void): Effect.Effect<void, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      let before = ""
      const look = () => {
        const now = signatureOf(file)
        if (now === before) return
        before = now
        changed()
      }
      return setInterval(look, interval).unref()
    }),
    (timer) => Effect.sync(() => clearInterval(timer))
  ).pipe(Effect.asVoid)
