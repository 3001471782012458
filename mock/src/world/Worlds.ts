/**
 * All the worlds of one mock, one for each key that was used.
 *
 * Their number is limited, and a world that nobody used for a while is forgotten. A key is kept only as a hash, unless it says itself that
 * it is none: one that begins with `test-` or `mock-` is its world's name.
 *
 * @module
 */
import { createHash } from "node:crypto"
import { JournalStore } from "../record/Journal.ts"
import { type Limits, World, type WorldSettings } from "./World.ts"

/** The provider has no keys that begin like this, so such a key is no secret. */
const openKey = /^(?:test|mock)-/
const longestName = 80

/** What people call the world of a key, if that is no secret. */
const nameOf = (key: string): string | undefined => (openKey.test(key) ? key.slice(0, longestName) : undefined)

/** All the worlds of one mock. */
export class Worlds {
  readonly limits: Limits
  /** In the order of their last use, so that the ones to forget come first. */
  readonly #worlds = new Map<string, { readonly world: World; usedAt: number }>()
  readonly #settings: WorldSettings
  readonly #store: JournalStore
  #keyless: World
  #keylessUsedAt = 0

  constructor(settings: WorldSettings) {
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
    const { limits, scriptFor } = this.#settings
    this.#forgetIdle()
    const name = createHash("sha256").update(`cometapi-runway-mock ${key}`).digest("hex")
    const known = this.#worlds.get(name)
    if (known === undefined && this.#worlds.size >= limits.worlds) return undefined
    const world = known?.world ?? new World(name, scriptFor(key), this.#settings, this.#store, nameOf(key))
    this.#use(name, world)
    return world
  }

  /** The world that has a task with this id, the one with that id of its own where several do: an output's URL carries no key. */
  with(taskId: string, worldId: string | undefined): World | undefined {
    this.#forgetIdle()
    const having = [...this.#worlds].filter(([, { world }]) => world.has(taskId))
    const [name, entry] = having.find(([, { world }]) => world.id === worldId) ?? having[0] ?? []
    if (name === undefined || entry === undefined) return undefined
    this.#use(name, entry.world)
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
    if (this.#keyless.journal.last > 0) used.push({ world: this.#keyless, usedAt: this.#keylessUsedAt })
    return used.sort((a, b) => b.usedAt - a.usedAt).map(({ world }) => world)
  }

  /** Forgets a world, or all of them. */
  forget(world?: World): void {
    for (const [name, entry] of this.#worlds)
      if (world === undefined || entry.world === world) this.#drop(name, entry.world)
    if (world === undefined || world === this.#keyless) this.#forgetKeyless()
  }

  #newKeyless(): World {
    return new World("nobody", this.#settings.scriptFor(""), { ...this.#settings, faults: [] }, this.#store, "no key")
  }

  #forgetKeyless(): void {
    this.#keyless.journal.close()
    this.#keyless = this.#newKeyless()
  }

  #use(name: string, world: World): void {
    this.#worlds.delete(name)
    this.#worlds.set(name, { world, usedAt: this.#settings.uptime() })
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
