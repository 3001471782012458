/**
 * Tells when a file has become another one.
 *
 * It looks at it a few times a second instead of asking the system, because an editor may replace a file, and a folder that is shared with a
 * container reports nothing. It does not keep the process alive, and understands nothing of what is in the file.
 *
 * @module
 */
import { unwatchFile, watchFile } from "node:fs"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

const interval = 200

/** Calls `changed` whenever a file was written, until the scope closes. */
export const watch = (file: string, changed: () => void): Effect.Effect<void, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const listener = () => changed()
      watchFile(file, { interval, persistent: false }, listener)
      return listener
    }),
    (listener) => Effect.sync(() => unwatchFile(file, listener))
  ).pipe(Effect.asVoid)
