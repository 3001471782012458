import { expect, it } from "@effect/vitest"
import { Runway } from "cometapi-runway"
import { RunwayMock } from "cometapi-runway-mock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { TestConsole } from "effect/testing"
import { program } from "../../examples/generate.ts"
import { run } from "../support/VirtualTime.ts"

it.effect("the README's program says its id and then where the video is", () =>
  Effect.gen(function* () {
    yield* run(program)
    // The client's own log comes before: the id leaves there too.
    expect((yield* TestConsole.logLines).slice(-2)).toEqual([
      expect.stringMatching(/^paid for task [0-9a-f-]{36}$/),
      expect.stringMatching(/^https:\/\/api\.cometapi\.com\/assets\/[0-9a-f-]{36}\.mp4\?_jwt=/)
    ])
  }).pipe(Effect.provide(Layer.mergeAll(Runway.layer({ apiKey: "any-key" }), RunwayMock.layer())))
)
