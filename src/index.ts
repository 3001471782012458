/**
 * CometAPI's Runway character performance (Act-Two) for Effect programs.
 *
 * @module
 */

export * as CharacterPerformance from "./CharacterPerformance.ts"
export type { Category, NewJob } from "./FailureCode.ts"
export { PreflightRefused } from "./Finding.ts"
export type { Budget } from "./ledger/Budget.ts"
export { Ledger } from "./ledger/Ledger.ts"
export {
  AssetUnidentified,
  BudgetExceeded,
  IntentConflict,
  IntentUnresolved,
  LedgerFailed
} from "./ledger/LedgerError.ts"
export { type AdaptivePollOptions, adaptivePoll, defaultPoll, type PollPolicy, type PollSchedule } from "./Poll.ts"
export type { PurchaseOptions, PurchasePolicy, Reuse } from "./Purchase.ts"
export { Runway } from "./Runway.ts"
export {
  ArchiveFailed,
  ConnectionLost,
  DownloadFailed,
  Forbidden,
  HeldUp,
  HookFailed,
  InvalidConfig,
  InvalidInput,
  OutcomeUnknown,
  OutputExpired,
  OutputMissing,
  type Problem,
  RateLimited,
  type Reason,
  Rejected,
  RunwayError,
  TaskCancelled,
  TaskFailed,
  TaskNotFound,
  Unauthorized,
  Unavailable,
  UnexpectedAnswer,
  Unreachable,
  WaitTimedOut
} from "./RunwayError.ts"
export { OnAnswer, type RawAnswer } from "./request/Answer.ts"
export type { Limit } from "./request/Limiter.ts"
export { defaultRetry, type RetryOptions, type RetrySchedule, type SubmitPolicy } from "./request/Retry.ts"
export type { RunwayConfig, RunwayOptions } from "./Settings.ts"
export type { StubOptions } from "./Stub.ts"
export type { AroundAttempt, PaidAttempt, SubmitOptions, Verdict } from "./Submission.ts"
export * as Task from "./Task.ts"
