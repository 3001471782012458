/** Generations of ten minutes in front of the mock, on virtual time: how long a test waits for them. */
import { type Bench, type Contestant, ours, verify } from "../Bench.ts"
import { input } from "../Clients.ts"

const figure = "ms"

const generations = (count: number) => async (): Promise<Contestant> => {
  const Effect = await import("effect/Effect")
  const Fiber = await import("effect/Fiber")
  const Layer = await import("effect/Layer")
  const Logger = await import("effect/Logger")
  const { TestClock } = await import("effect/testing")
  const { RunwayMock } = await import("cometapi-runway-mock")
  const { generate } = await import("../../src/CharacterPerformance.ts")
  const { Runway } = await import("../../src/Runway.ts")
  const scenario = {
    name: "ten minutes",
    timeline: [{ state: "pending", for: "1 minute" }, { state: "running", for: "9 minutes" }, { state: "succeeded" }]
  } as const
  const inputs = Array.from({ length: count }, (_, seed) => ({ ...input, seed }))
  const all = Effect.forEach(inputs, (one) => generate(one), { concurrency: "unbounded" })
  const layer = Layer.mergeAll(Runway.layer({ apiKey: "mock-bench" }), RunwayMock.layer({ scenario }), Logger.layer([]))
  // As docs/testing.md has it: the clock wakes one sleeper after the other, and between them waits for what each sets going.
  const program = Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(all)
    yield* TestClock.adjust("15 minutes")
    return yield* Fiber.join(fiber)
  }).pipe(Effect.provide(Layer.provideMerge(layer, TestClock.layer())), Effect.scoped)
  return {
    round: async () => {
      const from = performance.now()
      const videos = await Effect.runPromise(program)
      const took = performance.now() - from
      verify(videos.length === count && videos.every(({ output }) => output.length > 0), "each task's video")
      return { [figure]: took }
    }
  }
}

export const bench: Bench = {
  title: "generations of ten minutes on virtual time",
  workloads: {
    "1": { base: ours, rounds: 5, contestants: { [ours]: generations(1) } },
    "300 at once": { base: ours, rounds: 1, fresh: true, contestants: { [ours]: generations(300) } },
    "1000 at once": { base: ours, rounds: 1, fresh: true, contestants: { [ours]: generations(1000) } }
  },
  goals: [
    { workload: "1", figure, atMost: 50 },
    { workload: "1000 at once", figure, atMost: 5000 }
  ]
}
