/**
 * Shards that change hands, on virtual time, with a storage that remembers what it was told.
 */
import { describe, expect, it } from "@effect/vitest"
import { PersistenceError } from "effect/cluster/ClusterError"
import { MessageStorage } from "effect/cluster/MessageStorage"
import * as ShardId from "effect/cluster/ShardId"
import { Sharding } from "effect/cluster/Sharding"
import * as ShardingConfig from "effect/cluster/ShardingConfig"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { TestClock } from "effect/testing"
import * as Claims from "../../durable/src/Claims.ts"

/** A process with three shards to be had, and whether its database answers. */
const process = () => {
  const held = new Set<number>()
  const reset: Array<ReadonlyArray<number>> = []
  const database = { answers: true }
  const given = Layer.mergeAll(
    Layer.mock(Sharding, { hasShardId: ({ id }) => held.has(id), getShardId: () => ShardId.make("default", 1) }),
    Layer.mock(MessageStorage, {
      resetShards: (shards) =>
        Effect.suspend(() => {
          reset.push(Array.from(shards, ({ id }) => id))
          return database.answers ? Effect.void : Effect.fail(new PersistenceError({ cause: "no connection" }))
        })
    }),
    ShardingConfig.layer({ shardsPerGroup: 3 })
  )
  return { held, reset, database, layer: Layer.provide(Claims.layer, given) }
}

describe("what was read of a shard and not answered", () => {
  it.effect("is given back when the shard comes to a process, and once more after that", () =>
    Effect.gen(function* () {
      const { held, reset, layer } = process()
      yield* Layer.build(layer)
      yield* TestClock.adjust("5 seconds")
      expect(reset).toEqual([])
      held.add(1).add(2)
      yield* TestClock.adjust("10 seconds")
      expect(reset).toEqual([
        [1, 2],
        [1, 2]
      ])
    })
  )

  it.effect("is given back when the shard has left the process, and the others are let be", () =>
    Effect.gen(function* () {
      const { held, reset, layer } = process()
      yield* Layer.build(layer)
      held.add(1).add(2)
      yield* TestClock.adjust("5 seconds")
      reset.length = 0
      held.delete(2)
      yield* TestClock.adjust("10 seconds")
      expect(reset).toEqual([[2], [2]])
    })
  )

  it.effect("is given back later when the database does not answer", () =>
    Effect.gen(function* () {
      const { held, reset, database, layer } = process()
      yield* Layer.build(layer)
      yield* TestClock.adjust("1 second")
      database.answers = false
      held.add(3)
      yield* TestClock.adjust("3 seconds")
      expect(reset).toEqual([[3], [3], [3]])
      reset.length = 0
      database.answers = true
      yield* TestClock.adjust("10 seconds")
      expect(reset).toEqual([[3]])
    })
  )
})
