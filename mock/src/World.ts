/**
 * Everything the mock keeps for one API key: its tasks in the order of their POSTs, its scenario, its clock and its numbering.
 *
 * Keys share nothing. Another key's task is one that does not exist, so tests that use different keys cannot disturb each other.
 * A key is kept only as a hash, and neither it nor anything readable of it is part of an id. What is kept is limited in number, and
 * a world that nobody used for a while is forgotten.
 */
import { createHash } from "node:crypto"
import { birth, type Life, type Moment, polled, type Script, stateAt } from "./Scenario.ts"
import { pollInterval, type Time } from "./Time.ts"

/** One job. */
export interface Task {
  readonly id: string
  /** In its world's time, milliseconds since 1970. */
  readonly createdAt: number
  readonly script: Script
}

interface Job extends Task {
  life: Life
  polledAt: number
}

/** How much is kept. */
export interface Limits {
  readonly worlds: number
  /** Tasks of one world. */
  readonly tasks: number
  /** Milliseconds of real time that a world outlives its last request. */
  readonly idle: number
}

const sha256 = (text: string) => createHash("sha256").update(text)

/** What one key sees. */
export class World {
  /** What becomes of a task whose POST asks for nothing else. */
  readonly script: Script
  readonly #name: string
  readonly #time: Time
  readonly #limit: number
  readonly #jobs = new Map<string, Job>()
  #requests = 0

  constructor(name: string, script: Script, time: Time, limit: number) {
    this.#name = name
    this.script = script
    this.#time = time
    this.#limit = limit
  }

  /** The time here, in milliseconds since 1970. */
  now(): number {
    return this.#time.now()
  }

  /** Takes a job on, or has too many. The n-th job of a key has the same id in every run. */
  submit(script: Script): Task | undefined {
    if (this.#jobs.size >= this.#limit) return undefined
    const hex = sha256(`${this.#name} ${this.#jobs.size + 1}`).digest("hex")
    const id = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-")
    const createdAt = this.now()
    const job = { id, createdAt, script, life: birth, polledAt: createdAt }
    this.#jobs.set(id, job)
    return job
  }

  /** What is to be said of this key's job with this id, which counts as a poll; `undefined` if there is none. */
  poll(id: string): { readonly task: Task; readonly moment: Moment } | undefined {
    const job = this.#jobs.get(id)
    if (job === undefined) return undefined
    this.#time.waited(job.polledAt + pollInterval)
    const moment = this.#momentOf(job)
    job.polledAt = this.now()
    job.life = polled(job.script, job.life, this.#ageOf(job))
    return { task: job, moment }
  }

  /** The job with this id, as it is now. */
  look(id: string): { readonly task: Task; readonly moment: Moment } | undefined {
    const job = this.#jobs.get(id)
    return job === undefined ? undefined : { task: job, moment: this.#momentOf(job) }
  }

  /** Ids that look like the gateway's: a time, a counter and eight letters. The n-th of a key is the same at the same time. */
  nextRequestId(): string {
    this.#requests += 1
    const time = new Date(this.now()).toISOString().replace(/\D/g, "")
    const letters = sha256(`${this.#name} request ${this.#requests}`)
      .digest("base64")
      .replace(/[^A-Za-z]/g, "")
    return `${time}${String(this.#requests).padStart(6, "0")}${letters.slice(0, 8)}`
  }

  #ageOf({ createdAt }: Task): number {
    return Math.max(0, this.now() - createdAt)
  }

  #momentOf(job: Job): Moment {
    return stateAt(job.script, this.#ageOf(job), job.life)
  }
}

/** What worlds are made with. */
export interface Making {
  readonly limits: Limits
  readonly scriptFor: (key: string) => Script
  /** The clock of one more world. */
  readonly time: () => Time
  /** Real time, in milliseconds since whenever: being forgotten is about memory, and no part of what is simulated. */
  readonly uptime: () => number
}

/** All the worlds of one mock. */
export class Worlds {
  /** Where requests without a key are numbered. It holds no tasks. */
  readonly nobodys: World
  /** In the order of their last use, so that the forgotten are found in front. */
  readonly #worlds = new Map<string, { readonly world: World; usedAt: number }>()
  readonly #making: Making

  constructor(making: Making) {
    this.#making = making
    this.nobodys = new World("", making.scriptFor(""), making.time(), 0)
  }

  /** The world of a key; a key that was never seen gets a new one, unless there are too many. */
  of(key: string): World | undefined {
    const { limits, scriptFor, time } = this.#making
    this.#forget()
    const name = sha256(`cometapi-runway-mock ${key}`).digest("hex")
    const known = this.#worlds.get(name)
    if (known === undefined && this.#worlds.size >= limits.worlds) return undefined
    const world = known?.world ?? new World(name, scriptFor(key), time(), limits.tasks)
    this.#use(name, world)
    return world
  }

  /** The world that has a task with this id: an output's URL carries no key. */
  with(taskId: string): World | undefined {
    this.#forget()
    for (const [name, { world }] of this.#worlds) {
      if (world.look(taskId) === undefined) continue
      this.#use(name, world)
      return world
    }
    return undefined
  }

  #use(name: string, world: World): void {
    this.#worlds.delete(name)
    this.#worlds.set(name, { world, usedAt: this.#making.uptime() })
  }

  #forget(): void {
    const now = this.#making.uptime()
    for (const [name, { usedAt }] of this.#worlds) {
      if (now - usedAt < this.#making.limits.idle) return
      this.#worlds.delete(name)
    }
  }
}
