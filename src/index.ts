/**
 * CometAPI's Runway character performance (Act-Two) for Effect programs.
 *
 * @module
 */
export * as CharacterPerformance from "./CharacterPerformance.ts"
export { defaultPoll, type PollPolicy, type PollSchedule } from "./Poll.ts"
export { defaultRetry, type RetrySchedule } from "./Retry.ts"
export { Runway, type RunwayOptions } from "./Runway.ts"
export { type Problem, type Reason, RunwayError } from "./RunwayError.ts"
export * as Task from "./Task.ts"
