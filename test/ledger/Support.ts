/**
 * What the ledger's tests share: a claim to start from, folders, and the programs that run as processes of their own.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { ClaimRequest } from "../../src/ledger/Ledger.ts"

export const request = (intent: string, more: Partial<ClaimRequest> = {}): ClaimRequest => ({
  intent,
  digest: "d1",
  attemptTimeout: "1 minute",
  ...more
})

/** A folder that goes with the scope. */
export const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "ledger-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)
