/**
 * How the command ends: one number for each kind of end, so that a script can tell them apart without reading words.
 *
 * docs/command.md shows this table, and a test compares the two. A number that was published is never given another meaning.
 *
 * @module
 */
import type { Reason } from "../RunwayError.ts"

/** Each kind of end, its number, and what it means for who reads it. */
export const ends = {
  done: { code: 0, meaning: "It is done" },
  unexpected: { code: 1, meaning: "Something that nobody expected; the trace is worth a report" },
  usage: { code: 2, meaning: "A flag, an input, a file or a setting cannot be used; nothing was sent" },
  auth: { code: 3, meaning: "The key is missing, or was not accepted, or may not do this" },
  taskFailed: { code: 4, meaning: "The task failed or was cancelled at the provider" },
  outcomeUnknown: { code: 5, meaning: "It is not known whether a job was accepted and charged; it was not sent again" },
  notFinished: { code: 6, meaning: "The task had not ended when the time was up; it goes on at the provider" },
  budget: { code: 7, meaning: "The budget does not allow one more job; nothing was sent" },
  ledger: { code: 8, meaning: "The ledger cannot be used, or knows the intent with another input; nothing was sent" },
  refused: { code: 9, meaning: "The provider refused the request for good" },
  unavailable: { code: 10, meaning: "The provider could not be reached or was too busy; try again later" },
  noSuchTask: { code: 11, meaning: "The provider, or the ledger, knows no such task" },
  notSaved: { code: 12, meaning: "The task succeeded, but its video could not be saved; it can be downloaded again" },
  someFailed: { code: 13, meaning: "A batch went to its end, and some of its lines have no video" },
  declined: { code: 14, meaning: "A question was answered with no; nothing was paid" },
  hangup: { code: 129, meaning: "SIGHUP: the terminal was closed" },
  interrupted: { code: 130, meaning: "SIGINT: Ctrl-C" },
  closed: { code: 141, meaning: "Whoever read standard output has closed it, as `head` does" },
  terminated: { code: 143, meaning: "SIGTERM" }
} as const

/** A kind of end. */
export type End = keyof typeof ends

/** The kind of end that each reason of an error is. */
const ofReason: Readonly<Record<Exclude<Reason["_tag"], "InvalidConfig">, End>> = {
  InvalidInput: "usage",
  PreflightRefused: "usage",
  Unreachable: "unavailable",
  HeldUp: "unavailable",
  OutcomeUnknown: "outcomeUnknown",
  HookFailed: "unexpected",
  IntentConflict: "ledger",
  IntentUnresolved: "outcomeUnknown",
  AssetUnidentified: "unavailable",
  BudgetExceeded: "budget",
  LedgerFailed: "ledger",
  Unauthorized: "auth",
  Forbidden: "auth",
  Rejected: "refused",
  RateLimited: "unavailable",
  Unavailable: "unavailable",
  ConnectionLost: "unavailable",
  UnexpectedAnswer: "unavailable",
  TaskNotFound: "noSuchTask",
  TaskFailed: "taskFailed",
  TaskCancelled: "taskFailed",
  OutputMissing: "notFinished",
  WaitTimedOut: "notFinished",
  DownloadFailed: "notSaved",
  OutputExpired: "notSaved",
  ArchiveFailed: "notSaved"
}

/** The kind of end that an error's reason is. */
export const endOf = (reason: Reason): End => {
  if (reason._tag !== "InvalidConfig") return ofReason[reason._tag]
  return reason.setting.includes("COMETAPI_KEY") ? "auth" : "usage"
}
