/**
 * All the worlds of one mock, one for each key that was used.
 *
 * Their number is limited, and a world that nobody used for a while is forgotten. A key is kept only as a hash.
 *
 * @module
 */
import { createHash } from "node:crypto"
import { JournalStore } from "../record/Journal.ts"
import { type Limits, World, type WorldSettings } from "./World.ts"

/** All the worlds of one mock. */
export class Worlds {
  readonly limits: Limits
  /** The world of requests without a key. It holds no tasks. */
  readonly nobodys: World
  /** In the order of their last use, so that the ones to forget come first. */
  readonly #worlds = new Map<string, { readonly world: World; usedAt: number }>()
  readonly #settings: WorldSettings
  readonly #store: JournalStore

  constructor(settings: WorldSettings) {
    this.#settings = settings
    this.limits = settings.limits
    this.#store = new JournalStore(settings.limits.journal)
    this.nobodys = new World("nobody", settings.scriptFor(""), { ...settings, faults: [] }, this.#store)
  }

  /** The world of a key; a key that was never seen gets a new one, unless there are too many. */
  of(key: string): World | undefined {
    const { limits, scriptFor } = this.#settings
    this.#forgetIdle()
    const name = createHash("sha256").update(`cometapi-runway-mock ${key}`).digest("hex")
    const known = this.#worlds.get(name)
    if (known === undefined && this.#worlds.size >= limits.worlds) return undefined
    const world = known?.world ?? new World(name, scriptFor(key), this.#settings, this.#store)
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

  /** Every world, the one used last in front. */
  all(): ReadonlyArray<World> {
    this.#forgetIdle()
    return [...this.#worlds.values()].map(({ world }) => world).reverse()
  }

  /** Forgets a world, or all of them. */
  forget(world?: World): void {
    for (const [name, entry] of this.#worlds)
      if (world === undefined || entry.world === world) this.#drop(name, entry.world)
  }

  #use(name: string, world: World): void {
    this.#worlds.delete(name)
    this.#worlds.set(name, { world, usedAt: this.#settings.uptime() })
  }

  #forgetIdle(): void {
    const now = this.#settings.uptime()
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
