/**
 * Everything the mock keeps for one API key: its tasks, in the order of their POSTs, and what becomes of each.
 *
 * Keys share nothing. Another key's task is one that does not exist, so tests that use different keys cannot disturb each other.
 * A key is kept only as a hash, and neither it nor anything readable of it is part of an id.
 */
import { createHash } from "node:crypto"
import type { Script } from "./Scenario.ts"

/** One job. */
export interface Task {
  readonly id: string
  /** In the mock's time, milliseconds since 1970. */
  readonly createdAt: number
  readonly script: Script
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex")

/** What one key sees. */
export class World {
  readonly #name: string
  readonly #script: Script
  readonly #tasks = new Map<string, Task>()

  constructor(name: string, script: Script) {
    this.#name = name
    this.#script = script
  }

  /** Takes a job on. The n-th job of a key has the same id in every run. */
  submit(createdAt: number): Task {
    const hex = sha256(`${this.#name} ${this.#tasks.size + 1}`)
    const id = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-")
    const task = { id, createdAt, script: this.#script }
    this.#tasks.set(id, task)
    return task
  }

  /** The job with this id, if this key has it. */
  find(id: string): Task | undefined {
    return this.#tasks.get(id)
  }
}

/** All the worlds of one mock. */
export class Worlds {
  readonly #worlds = new Map<string, World>()
  readonly #scriptFor: (key: string) => Script

  constructor(scriptFor: (key: string) => Script) {
    this.#scriptFor = scriptFor
  }

  /** The world of a key; a key that was never seen gets a new one. */
  of(key: string): World {
    const name = sha256(`cometapi-runway-mock ${key}`)
    const known = this.#worlds.get(name)
    if (known !== undefined) return known
    const world = new World(name, this.#scriptFor(key))
    this.#worlds.set(name, world)
    return world
  }

  /** The job with this id in whichever world: an output's URL carries no key. */
  find(id: string): Task | undefined {
    for (const world of this.#worlds.values()) {
      const task = world.find(id)
      if (task !== undefined) return task
    }
    return undefined
  }
}
