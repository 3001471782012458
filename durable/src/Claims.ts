/**
 * What a process has read of a shard and not answered: its claims. They are given back when the shard changes hands.
 *
 * Effect's cluster notes when a message was read, and reads it again only after ten minutes. A process that takes a shard over gives back what
 * the one before had read, but passes over a failure; and a process that was frozen reads once more when it wakes up, before it has noticed
 * that its shards are gone. Either way a job would stand still for ten minutes. Giving back too much is harmless: a message that is being
 * worked on is not begun twice.
 *
 * @module
 */
import { MessageStorage } from "effect/cluster/MessageStorage"
import * as ShardId from "effect/cluster/ShardId"
import { Sharding } from "effect/cluster/Sharding"
import { ShardingConfig } from "effect/cluster/ShardingConfig"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"

/** How often it is looked who has which shard; that is in memory and costs next to nothing. */
const look = "1 second"

/** Gives back the claims of a shard that has come to this process, or has left it, and once more at the next look: a read may be under way. */
export const layer: Layer.Layer<never, never, Sharding | MessageStorage | ShardingConfig> = Layer.effectDiscard(
  Effect.gen(function* () {
    const sharding = yield* Sharding
    const storage = yield* MessageStorage
    const { availableShardGroups, shardsPerGroup } = yield* ShardingConfig
    const shards = availableShardGroups.flatMap((group) =>
      Array.from({ length: shardsPerGroup }, (_, index) => ShardId.make(group, index + 1))
    )
    let held: ReadonlySet<ShardId.ShardId> = new Set()
    let again: ReadonlyArray<ShardId.ShardId> = []
    const giveBack = Effect.gen(function* () {
      const now = new Set(shards.filter((shard) => sharding.hasShardId(shard)))
      const changed = shards.filter((shard) => now.has(shard) !== held.has(shard))
      held = now
      const due = [...new Set([...changed, ...again])]
      again = changed
      if (due.length === 0) return
      yield* storage.resetShards(due).pipe(
        Effect.catchCause((cause) => {
          again = due
          return Effect.logWarning("What was read of shards that changed hands could not be given back yet", cause)
        })
      )
    })
    yield* giveBack.pipe(Effect.repeat(Schedule.spaced(look)), Effect.forkScoped)
  })
)
