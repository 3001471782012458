/**
 * A failure as an agent is told of it: what went wrong, whether trying again can help, and what to do now.
 *
 * An agent repeats what it does not understand, so each failure that has to do with money says whether the same call may be made again.
 *
 * @module
 */
import * as Schema from "effect/Schema"
import { defined } from "../Defined.ts"
import { Finding } from "../Finding.ts"
import type { LedgerFailed } from "../ledger/LedgerError.ts"
import type { Reason, RunwayError } from "../RunwayError.ts"

export const Failure = Schema.Struct({
  /** For example `BudgetExceeded`. */
  reason: Schema.String,
  message: Schema.String,
  /** What to do now. */
  advice: Schema.String,
  /** Whether the same call can help, later perhaps, and without being paid twice. */
  canTryAgain: Schema.Boolean,
  /** The task that this is about, where there is one. */
  taskId: Schema.optionalKey(Schema.String),
  /** What a preflight found. */
  findings: Schema.optionalKey(Schema.Array(Finding))
})
export type Failure = typeof Failure.Type

const askPerson = "Stop, and tell the person that you work for"

/** What to do, where the message does not say it to an agent. */
const advice: { readonly [Tag in Reason["_tag"]]?: string } = {
  InvalidInput:
    "Correct the fields that the message names. Assets must be public https:// URLs: a local file has to be uploaded first, by the person or by a tool that can (a program does it with an AssetStore of cometapi-runway/asset-store)",
  PreflightRefused: "Nothing was paid. Correct the assets that the findings name, then submit again",
  BudgetExceeded: `Nothing was paid. ${askPerson}: only they can raise the budget, where this server is started`,
  OutcomeUnknown: `Do not submit this again under any other form: it may be charged already. ${askPerson}, and show them list_jobs`,
  IntentUnresolved: `Do not submit this again under any other form: it may be charged already. Look at list_jobs; if it stays unknown, ${askPerson.toLowerCase()}`,
  IntentConflict: `Nothing was paid. ${askPerson}`,
  LedgerFailed: `Without its ledger this server pays for nothing. ${askPerson}`,
  HookFailed: "Keep the task's id, and wait for it with wait_for_task",
  Unauthorized: `${askPerson}: the key or its balance has to be put right`,
  Forbidden: `${askPerson}: the key or its balance has to be put right`,
  TaskNotFound: "Check the id. list_jobs shows the ids of all jobs that were not waited for to their end"
}

/** What an agent is told of an error. */
export const of = (error: RunwayError | LedgerFailed): Failure => {
  const reason: Reason = error._tag === "LedgerFailed" ? error : error.reason
  const taskId = error._tag === "LedgerFailed" ? undefined : error.taskId
  const canTryAgain = error.isRetryable
  return {
    reason: reason._tag,
    message: error.message,
    advice: advice[reason._tag] ?? (canTryAgain ? "Wait a little, then make the same call again" : askPerson),
    canTryAgain,
    ...defined({ taskId, findings: reason._tag === "PreflightRefused" ? reason.findings : undefined })
  }
}
