/**
 * A client on a mock of its own, for trying things out: the only place of this package that meets the mock, and only when it is asked for.
 *
 * @module
 */
import { Runway } from "cometapi-runway"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
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
        new Complaint({
          message: "The mock is not installed. Add it with: npm install --save-dev cometapi-runway-mock"
        })
    })
    const { url } = yield* RunwayMock.serve({ port: 0, scale }).pipe(
      Effect.mapError(({ message }) => new Complaint({ message }))
    )
    return Runway.layer({
      apiKey: "mock-happy",
      baseUrl: url,
      poll: { schedule: Schedule.spaced(interval), firstAfter: interval }
    })
  })
)
