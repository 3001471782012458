/**
 * A process that looks at a task of its own as often as its account's pace lets it. It is started by `Pace.ts`.
 *
 * The pace is shared through Redis, as docs/durable.md says how.
 *
 * @module
 */
import * as NodeRedis from "@effect/platform-node/NodeRedis"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { CharacterPerformance, Runway, Task } from "cometapi-runway"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RateLimiter from "effect/persistence/RateLimiter"
import { type PaceTask, pace } from "./Setting.ts"

const { url, redis, skew, seed }: PaceTask = JSON.parse(process.argv[2] ?? "{}")

// A machine whose clock is wrong.
const now = Date.now
Date.now = () => now() + skew

// A Redis that does not answer must not keep the process from ending, and closing would wait for its answers.
const Hasty = Layer.effectDiscard(
  Effect.gen(function* () {
    const { client } = yield* NodeRedis.NodeRedis
    yield* Effect.addFinalizer(() => Effect.sync(() => client.destroy()))
  })
)

const Store = Layer.merge(RateLimiter.layerStoreRedis({ prefix: "runway:" }), Hasty).pipe(
  // Without a connection a call fails at once, and is not kept for later.
  Layer.provide(NodeRedis.layer({ url: redis, disableOfflineQueue: true }))
)

const live = Runway.layer({ apiKey: "test-pace", baseUrl: url, limit: pace }).pipe(Layer.provide(Store))

const look = Effect.gen(function* () {
  const id = yield* CharacterPerformance.submit({
    character: { type: "image", uri: "https://example.com/portrait.png" },
    reference: { type: "video", uri: "https://example.com/performance.mp4" },
    seed
  })
  // A young task may not be seen yet; what counts is that it was asked for.
  const looking = Effect.forever(Effect.ignore(Task.get(id)))
  // More at once than the pace lets through, so that it is the pace that is measured.
  yield* Effect.all([looking, looking, looking, looking], { concurrency: "unbounded" })
})

NodeRuntime.runMain(Effect.provide(look, live))
