/**
 * All the worlds of one mock, one for each key that was used.
 *
 * Their number is limited, and a world that nobody used for a while is forgotten. A key is kept only as a hash, unless it says itself that
 * it is none: one that begins with `test-` or `mock-` is its world's name.
 *
 * @module
 */
import { createHash } from "node:crypto"
import * as Result from "effect/Result"
import { JournalStore } from "../record/Journal.ts"
import type { KeyRules } from "./KeyRules.ts"
import type { SavedWorld, Scripts } from "./SavedWorld.ts"
import { type Limits, World, type WorldSettings } from "./World.ts"

/** The provider has no keys that begin like this, so such a key is no secret. */
const openKey = /^(?:test|mock)-/
const longestName = 80

/** What people call the world of a key, if that is no secret. */
const nameOf = (key: string): string | undefined => (openKey.test(key) ? key.slice(0, longestName) : undefined)

/** What the worlds of a mock are made with. */
export interface WorldsSettings extends WorldSettings {
  /** What holds for a key; for requests without one, where there is none. */
  readonly rulesFor: (key: string | undefined) => KeyRules
  /** What hashes of keys are made with, where they are written down. */
  readonly salt?: string | undefined
}

interface Used {
  readonly world: World
  usedAt: number
  /** Which rules it follows. */
  edition: number
}

/** All the worlds of one mock. */
export class Worlds {
  readonly limits: Limits
  /** In the order of their last use, so that the ones to forget come first. */
  readonly #worlds = new Map<string, Used>()
  readonly #settings: WorldsSettings
  readonly #store: JournalStore
  #keyless: World
  #keylessUsedAt = 0

  /** Grows when other rules hold. */
  #edition = 0

  constructor(settings: WorldsSettings) {
    this.#settings = settings
    this.limits = settings.limits
    this.#store = new JournalStore(settings.limits.journal)
    this.#keyless = this.#newKeyless()
  }

  /** The world of requests without a key, or for which there is no room. No POST makes a task in it. */
  keyless(): World {
    this.#forgetIdle()
    this.#keylessUsedAt = this.#settings.uptime()
    return this.#keyless
  }

  /** The world of a key; a key that was never seen gets a new one, unless there are too many. */
  of(key: string): World | undefined {
    const { limits, rulesFor, salt = "" } = this.#settings
    this.#forgetIdle()
    const name = createHash("sha256").update(`cometapi-runway-mock ${salt}${key}`).digest("hex")
    const known = this.#worlds.get(name)
    if (known === undefined && this.#worlds.size >= limits.worlds) return undefined
    const world = known?.world ?? new World({ name, label: nameOf(key) }, rulesFor(key), this.#settings, this.#store)
    // Only whoever has the key knows what holds for it.
    if (known !== undefined && known.edition !== this.#edition) world.follow(rulesFor(key))
    this.#use(name, world, this.#edition)
    return world
  }

  /** What of every world outlives the mock. */
  saved(scripts: Scripts): Array<SavedWorld> {
    this.#forgetIdle()
    return [...this.#worlds.values()].map(({ world }) => world.saved(scripts))
  }

  /** Goes on from what was saved so long ago. It fails with what cannot go on. */
  restore(saved: ReadonlyArray<SavedWorld>, since: number, scripts: Scripts): Result.Result<void, string> {
    for (const each of saved.slice(-this.limits.worlds)) {
      const { name, label } = each
      const world = new World({ name, label }, this.#settings.rulesFor(undefined), this.#settings, this.#store)
      const restored = world.restore(each, since, scripts)
      if (Result.isFailure(restored)) return restored
      // What holds for its key is known when that comes again.
      this.#use(name, world, this.#edition - 1)
    }
    return Result.succeed(undefined)
  }

  /** Other rules hold from now on: for a world that is there, from the next time that its key is used. */
  rulesChanged(): void {
    this.#edition += 1
    this.#keyless.follow(this.#settings.rulesFor(undefined))
  }

  /** The world that has a task with this id, the one with that id of its own where several do: an output's URL carries no key. */
  with(taskId: string, worldId: string | undefined): World | undefined {
    this.#forgetIdle()
    const having = [...this.#worlds].filter(([, { world }]) => world.has(taskId))
    const [name, entry] = having.find(([, { world }]) => world.id === worldId) ?? having[0] ?? []
    if (name === undefined || entry === undefined) return undefined
    this.#use(name, entry.world, entry.edition)
    return entry.world
  }

  /** The world with this id. Looking at it keeps nothing alive. */
  at(id: string): World | undefined {
    return this.all().find((world) => world.id === id)
  }

  /** Every world, the one used last in front. That of requests without a key is among them once there was one. */
  all(): ReadonlyArray<World> {
    this.#forgetIdle()
    const used = [...this.#worlds.values()].reverse()
    if (this.#keyless.journal.last > 0)
      used.push({ world: this.#keyless, usedAt: this.#keylessUsedAt, edition: this.#edition })
    return used.sort((a, b) => b.usedAt - a.usedAt).map(({ world }) => world)
  }

  /** Forgets a world, or all of them. */
  forget(world?: World): void {
    for (const [name, entry] of this.#worlds)
      if (world === undefined || entry.world === world) this.#drop(name, entry.world)
    if (world === undefined || world === this.#keyless) this.#forgetKeyless()
  }

  #newKeyless(): World {
    const { rulesFor } = this.#settings
    const identity = { name: "nobody", label: "no key", isKeyless: true }
    return new World(identity, rulesFor(undefined), this.#settings, this.#store)
  }

  #forgetKeyless(): void {
    this.#keyless.journal.close()
    this.#keyless = this.#newKeyless()
  }

  #use(name: string, world: World, edition: number): void {
    this.#worlds.delete(name)
    this.#worlds.set(name, { world, usedAt: this.#settings.uptime(), edition })
  }

  #forgetIdle(): void {
    const now = this.#settings.uptime()
    if (this.#keyless.journal.last > 0 && now - this.#keylessUsedAt >= this.#settings.limits.idle) this.#forgetKeyless()
    for (const [name, { world, usedAt }] of this.#worlds) {
      if (now - usedAt < this.#settings.limits.idle) return
      this.#drop(name, world)
    }
  }

  #drop(name: string, world: World): void {
    this.#worlds.delete(name)
    world.journal.close()
  }
}
