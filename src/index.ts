/**
 * CometAPI's Runway character performance (Act-Two) for Effect programs.
 *
 * @module
 */

export * as CharacterPerformance from "./CharacterPerformance.ts"
export type { Category, NewJob } from "./FailureCode.ts"
export type { Budget } from "./ledger/Budget.ts"
export { Ledger } from "./ledger/Ledger.ts"
export { type AdaptivePollOptions, adaptivePoll, defaultPoll, type PollPolicy, type PollSchedule } from "./Poll.ts"
export type { PurchaseOptions, PurchasePolicy, Reuse } from "./Purchase.ts"
export { Runway } from "./Runway.ts"
export { type Problem, type Reason, RunwayError } from "./RunwayError.ts"
export { OnAnswer, type RawAnswer } from "./request/Answer.ts"
export type { Limit } from "./request/Limiter.ts"
export { defaultRetry, type RetryOptions, type RetrySchedule, type SubmitPolicy } from "./request/Retry.ts"
export type { RunwayOptions } from "./Settings.ts"
export type { AroundAttempt, PaidAttempt, SubmitOptions, Verdict } from "./Submission.ts"
export * as Task from "./Task.ts"
