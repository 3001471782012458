/**
 * The trace of a job whose first engine ends between submit and wait, and which a second one goes on with.
 */
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import { Runway } from "cometapi-runway"
import { Engine, Generate, type Job, Runs } from "cometapi-runway-durable"
import { RunwayMock } from "cometapi-runway-mock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Tracer from "effect/Tracer"
import { folder } from "../ledger/Support.ts"
import { recorder } from "../support/Spans.ts"
import { quick } from "./Setting.ts"

const job: Job = {
  intent: "order-42",
  input: {
    character: { type: "image", uri: "https://example.com/portrait.png" },
    reference: { type: "video", uri: "https://example.com/performance.mp4" }
  }
}

/** An engine, and the spans that were made while it lived. */
const engine = (file: string, url: string, interval: "10 millis" | "1 hour") => {
  const { spans, tracer } = recorder()
  const live = Generate.layer({ keep: ({ id }) => Effect.succeed({ place: id, bytes: 1 }) }).pipe(
    Layer.provideMerge(Engine.embedded({ file, sharding: quick })),
    Layer.provide(
      Runway.layer({
        apiKey: Redacted.make("test-trace"),
        baseUrl: url,
        poll: { schedule: Schedule.spaced(interval), firstAfter: interval }
      })
    ),
    Layer.provide(Logger.layer([])),
    Layer.provideMerge(Layer.succeed(Tracer.Tracer, tracer))
  )
  const named = (name: string) => spans.filter((span) => span.name === name)
  return { live, named }
}

const traces = (spans: ReadonlyArray<Tracer.Span>) => [...new Set(spans.map(({ traceId }) => traceId))]

describe("the trace of a durable job", () => {
  for (const [name, withParent] of [
    ["its caller's, when the caller has one", true],
    ["one of its own, when the caller has none", false]
  ] as const) {
    it.live(`goes on in the next engine: it is ${name}`, () =>
      Effect.gen(function* () {
        const mock = yield* Effect.acquireRelease(
          Effect.promise(() => RunwayMock.start({ port: 0, clock: "virtual" })),
          (mock) => Effect.promise(() => mock.stop())
        )
        const file = join(yield* folder, "jobs.sqlite")
        const first = engine(file, mock.url, "1 hour")
        const accepted = Runs.status(job).pipe(
          Effect.repeat({
            schedule: Schedule.spaced("20 millis"),
            until: ({ attempts }) => attempts[0]?.state === "accepted"
          })
        )
        const started = withParent ? Effect.withSpan(Runs.start(job), "caller") : Runs.start(job)
        yield* Effect.andThen(started, accepted).pipe(Effect.provide(first.live))
        const second = engine(file, mock.url, "10 millis")
        yield* Effect.provide(Runs.result(job), second.live)

        const submitted = first.named("submit")
        expect(submitted).not.toEqual([])
        expect(first.named("keep")).toEqual([])
        expect(second.named("wait")).not.toEqual([])
        expect(second.named("keep")).toHaveLength(1)
        const steps = [...submitted, ...first.named("wait"), ...second.named("wait"), ...second.named("keep")]
        expect(traces(steps)).toHaveLength(1)
        if (withParent) expect(traces(first.named("caller"))).toEqual(traces(steps))
        expect(mock.world("test-trace").report().submissions).toBe(1)
      })
    )
  }
})
