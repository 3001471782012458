/**
 * Durable jobs on Effect's workflow engine.
 *
 * @module
 */
export * as Engine from "./Engine.ts"
export * as Generate from "./Generate.ts"
export * as Runs from "./Runs.ts"
