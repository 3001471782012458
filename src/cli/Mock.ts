/**
 * A client on a mock of its own, for trying things out.
 *
 * The only place where the client's code meets the mock. It loads the mock by package name and only when it is needed, so a program that
 * installs `cometapi-runway` need not install the mock.
 *
 * @module
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { Runway } from "../Runway.ts"
import { Complaint } from "./Complaint.ts"

/** How much faster than the clock the mock's time runs: its minute of generating then takes a few seconds. */
const scale = 15

/** The five seconds that the provider asks for between two polls, in that time. */
const interval = Duration.millis(5000 / scale)

/** A client against a mock on a free port of this machine, which lives as long as the layer. */
export const layer = Layer.unwrap(
  Effect.gen(function* () {
    const { RunwayMock } = yield* Effect.tryPromise({
      try: () => import("cometapi-runway-mock"),
      catch: () =>
        new Complaint({ text: "The mock is not installed. Add it with: npm install --save-dev cometapi-runway-mock" })
    })
    const { url } = yield* RunwayMock.serve({ port: 0, scale }).pipe(
      Effect.mapError((error) => new Complaint({ text: error.message }))
    )
    const poll = { schedule: Schedule.spaced(interval), firstAfter: interval }
    return Runway.layer({ apiKey: "mock-happy", baseUrl: url, poll })
  })
)
