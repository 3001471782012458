/** The README's test: a minute of generating passes on the test clock, through the mock, with no socket. */
import { expect, it } from "@effect/vitest"
import { CharacterPerformance, Runway } from "cometapi-runway"
import { RunwayMock } from "cometapi-runway-mock"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"

it.effect("a generation succeeds, and its client does nothing that costs more than it must", () =>
  Effect.gen(function* () {
    const mock = yield* RunwayMock
    const fiber = yield* Effect.forkChild(
      CharacterPerformance.generate({
        character: { type: "image", uri: "https://example.com/portrait.png" },
        reference: { type: "video", uri: "https://example.com/performance.mp4" }
      })
    )
    yield* TestClock.adjust("2 minutes")
    expect((yield* Fiber.join(fiber)).status).toBe("SUCCEEDED")
    mock.world("any-key").expectClean()
  }).pipe(Effect.provide(Layer.mergeAll(Runway.layer({ apiKey: "any-key" }), RunwayMock.layer())))
)
