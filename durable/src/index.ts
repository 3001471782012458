/**
 * Durable jobs on Effect's workflow engine.
 *
 * @module
 */
export * as Engine from "./Engine.ts"
export type { Generated, Job, Kept } from "./Generate.ts"
export * as Generate from "./Generate.ts"
export type { Status } from "./Runs.ts"
export * as Runs from "./Runs.ts"
