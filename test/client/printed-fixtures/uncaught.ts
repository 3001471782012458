/**
 * A program that ends with an error of the client that nobody has caught, run by a test.
 *
 * @module
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { RateLimited, RunwayError } from "cometapi-runway"
import * as Effect from "effect/Effect"

const reason = new RateLimited({ said: "slow down" })

NodeRuntime.runMain(Effect.fail(new RunwayError({ operation: "GET /tasks/1", reason, status: 429 })))
