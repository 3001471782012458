/**
 * Everything the mock keeps for one API key: its tasks in the order of their POSTs, its scenario, faults, limits, clock, journal and
 * numbering.
 *
 * Keys share nothing. Another key's task is one that does not exist, so tests that use different keys cannot disturb each other.
 * A key is kept only as a hash, and neither it nor anything readable of it is part of an id. What is kept is limited in number, and
 * a world that nobody used for a while is forgotten.
 */
import { createHash } from "node:crypto"
import type { Fault } from "../../../generated/mock-control/types.gen.ts"
import { type Checked, Faults } from "../faults/Fault.ts"
import { Journal, Shelf } from "../record/Journal.ts"
import { ClientReport } from "../record/Report.ts"
import { pollInterval, type Time } from "../Time.ts"
import { type Account, dayOf, nextDay, turnOf } from "./Account.ts"
import * as Scenario from "./Scenario.ts"

/** One job. */
export interface Task {
  readonly id: string
  /** In its world's time, milliseconds since 1970. */
  readonly createdAt: number
  readonly script: Scenario.Script
  /** When it got its turn, which is where its timeline begins; `undefined` while it waits for one. */
  readonly admittedAt: number | undefined
  readonly polls: number
}

/** A job and where it is now. */
export interface Glimpse {
  readonly task: Task
  readonly moment: Scenario.Moment
}

interface Job extends Task {
  script: Scenario.Script
  admittedAt: number | undefined
  polls: number
  life: Scenario.Life
  polledAt: number
}

/** How much is kept. */
export interface Limits {
  readonly worlds: number
  /** Tasks of one world. */
  readonly tasks: number
  /** Milliseconds of real time that a world outlives its last request. */
  readonly idle: number
  /** Journal entries of all worlds together. */
  readonly journal: number
}

/** Why a job was not taken on, and when a daily one would be. */
export type Refusal = { readonly refused: "full" } | { readonly refused: "daily"; readonly until: number }

const sha256 = (text: string) => createHash("sha256").update(text)

const waiting = (state: Scenario.State): Scenario.Script => {
  const script = Scenario.compile({ name: "waiting", timeline: [state] })
  if ("steps" in script) return script
  throw script
}
/** What a job says while it waits for its turn, in the shape that it has later. */
const waitingBare = waiting({ state: "throttled" })
const waitingEnvelope = waiting({ state: "envelope-queued", with: { data: { data: { status: "THROTTLED" } } } })

const waitingFor = (script: Scenario.Script): Scenario.Script =>
  Scenario.shapeOf(script) === "envelope" ? waitingEnvelope : waitingBare

/** What worlds are made with. */
export interface Making {
  readonly limits: Limits
  readonly scriptFor: (key: string) => Scenario.Script
  readonly faults: ReadonlyArray<{ readonly fault: Fault; readonly checked: Checked }>
  readonly account: Account
  readonly seed: number
  /** The clock of one more world. */
  readonly time: () => Time
  /** Real time, in milliseconds since whenever: being forgotten is about memory, and no part of what is simulated. */
  readonly uptime: () => number
}

/** What one key sees. */
export class World {
  /** Tells worlds apart without telling a key. */
  readonly id: string
  /** What becomes of a task whose POST asks for nothing else. */
  script: Scenario.Script
  readonly faults: Faults
  readonly journal: Journal
  readonly report: ClientReport
  #account: Account
  readonly #name: string
  readonly #time: Time
  readonly #limit: number
  readonly #jobs = new Map<string, Job>()
  readonly #days = new Map<number, number>()
  #waiting = 0
  /** When the account was last limited. Who still waited then gets no turn before it: the room was not there yet. */
  #limitedAt = 0
  #requests = 0

  constructor(name: string, script: Scenario.Script, making: Making, shelf: Shelf) {
    this.#name = name
    this.id = name.slice(0, 12)
    this.script = script
    this.#account = making.account
    this.faults = new Faults(`${making.seed} ${name}`)
    for (const { fault, checked } of making.faults) this.faults.inject(fault, checked)
    this.journal = new Journal(shelf)
    this.#time = making.time()
    this.report = new ClientReport(this.#time.slack)
    this.#limit = making.limits.tasks
  }

  /** The time here, in milliseconds since 1970. */
  now(): number {
    return this.#time.now()
  }

  /** Lets time pass. */
  advance(millis: number): void {
    this.#time.advance(millis)
  }

  /** A caller would have waited until then. */
  waited(until: number): void {
    this.#time.waited(until)
  }

  /** What this key may do. */
  get account(): Account {
    return this.#account
  }

  /** Sets that. Jobs that need not wait any longer begin now. */
  limit(account: Account): void {
    this.#admit()
    this.#account = account
    this.#limitedAt = this.now()
    this.#admit()
  }

  /** Takes a job on, unless there are too many. The n-th job of a key has the same id in every run. */
  submit(script: Scenario.Script): Task | Refusal {
    if (this.#jobs.size >= this.#limit) return { refused: "full" }
    const createdAt = this.now()
    const day = dayOf(createdAt)
    const today = this.#days.get(day) ?? 0
    if (today >= (this.#account.daily ?? Number.POSITIVE_INFINITY))
      return { refused: "daily", until: nextDay(createdAt) }
    this.#days.set(day, today + 1)
    const hex = sha256(`${this.#name} ${this.#jobs.size + 1}`).digest("hex")
    const id = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-")
    const job: Job = {
      id,
      createdAt,
      script,
      admittedAt: undefined,
      polls: 0,
      life: Scenario.birth,
      polledAt: createdAt
    }
    this.#jobs.set(id, job)
    this.#waiting += 1
    this.#admit()
    if (job.admittedAt === undefined) job.life = Scenario.reappearance(script)
    return job
  }

  /** Somebody asks about this job, and so has waited since the last time. */
  arrive(id: string): void {
    const job = this.#jobs.get(id)
    if (job === undefined) return
    this.#time.waited(job.polledAt + pollInterval)
    job.polledAt = this.now()
  }

  /** What is to be said of this key's job with this id, which counts as a poll; `undefined` if there is none. */
  poll(id: string): Glimpse | undefined {
    const job = this.#jobs.get(id)
    if (job === undefined) return undefined
    const glimpse = this.#glimpse(job)
    job.polls += 1
    if (job.admittedAt !== undefined) job.life = Scenario.polled(job.script, job.life, this.#ageOf(job))
    return glimpse
  }

  /** The job with this id, as it is now. */
  look(id: string): Glimpse | undefined {
    const job = this.#jobs.get(id)
    return job === undefined ? undefined : this.#glimpse(job)
  }

  has(id: string): boolean {
    return this.#jobs.has(id)
  }

  /** All jobs, in the order of their submission. */
  glimpses(): ReadonlyArray<Glimpse> {
    return [...this.#jobs.values()].map((job) => this.#glimpse(job))
  }

  get size(): number {
    return this.#jobs.size
  }

  /** Brings a job to its next state, or to this one, which is then its last. The next state of a job that waits is its turn. */
  move(id: string, last?: Scenario.Step): Glimpse | undefined {
    const job = this.#jobs.get(id)
    if (job === undefined) return undefined
    this.#admit()
    const waited = job.admittedAt === undefined
    if (waited) this.#begin(job, this.now())
    if (last !== undefined) Object.assign(job, Scenario.turned(job.script, job.life, this.#ageOf(job), last))
    else if (!waited) job.life = Scenario.stepped(job.script, job.life, this.#ageOf(job))
    return this.#glimpse(job)
  }

  /** The jobs that end at some time, by what their scripts say: none that waits behind jobs without an end ever gets its turn. */
  ending(): ReadonlySet<string> {
    this.#admit()
    const { concurrency = Number.POSITIVE_INFINITY } = this.#account
    const ending = new Set<string>()
    let endless = 0
    for (const { id, script, admittedAt } of this.#jobs.values()) {
      if (!Scenario.ends(script)) endless += 1
      else if (admittedAt !== undefined || endless < concurrency) ending.add(id)
    }
    return ending
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

  /** Gives waiting jobs their turn, each at the moment at which it was its turn. */
  #admit(): void {
    if (this.#waiting === 0) return
    const { concurrency = Number.POSITIVE_INFINITY } = this.#account
    const ends: Array<number> = []
    for (const job of this.#jobs.values()) {
      const at = job.admittedAt ?? Math.max(this.#limitedAt, turnOf(concurrency, job.createdAt, ends))
      if (at > this.now()) return
      if (job.admittedAt === undefined) this.#begin(job, at)
      ends.push(at + Scenario.endOf(job.script, job.life))
    }
  }

  #begin(job: Job, at: number): void {
    this.#waiting -= 1
    job.admittedAt = at
  }

  #ageOf({ admittedAt, createdAt }: Task): number {
    return Math.max(0, this.now() - (admittedAt ?? createdAt))
  }

  #glimpse(job: Job): Glimpse {
    this.#admit()
    const { script, life } =
      job.admittedAt === undefined ? { script: waitingFor(job.script), life: Scenario.birth } : job
    return { task: job, moment: Scenario.stateAt(script, this.#ageOf(job), life) }
  }
}

/** All the worlds of one mock. */
export class Worlds {
  readonly limits: Limits
  /** Where requests without a key are kept. It holds no tasks. */
  readonly nobodys: World
  /** In the order of their last use, so that the forgotten are found in front. */
  readonly #worlds = new Map<string, { readonly world: World; usedAt: number }>()
  readonly #making: Making
  readonly #shelf: Shelf

  constructor(making: Making) {
    this.#making = making
    this.limits = making.limits
    this.#shelf = new Shelf(making.limits.journal)
    this.nobodys = new World("nobody", making.scriptFor(""), { ...making, faults: [] }, this.#shelf)
  }

  /** The world of a key; a key that was never seen gets a new one, unless there are too many. */
  of(key: string): World | undefined {
    const { limits, scriptFor } = this.#making
    this.#forget()
    const name = sha256(`cometapi-runway-mock ${key}`).digest("hex")
    const known = this.#worlds.get(name)
    if (known === undefined && this.#worlds.size >= limits.worlds) return undefined
    const world = known?.world ?? new World(name, scriptFor(key), this.#making, this.#shelf)
    this.#use(name, world)
    return world
  }

  /** The world that has a task with this id: an output's URL carries no key. */
  with(taskId: string): World | undefined {
    this.#forget()
    for (const [name, { world }] of this.#worlds) {
      if (!world.has(taskId)) continue
      this.#use(name, world)
      return world
    }
    return undefined
  }

  /** The world with this id. Looking at it keeps nothing alive. */
  at(id: string): World | undefined {
    return this.all().find((world) => world.id === id)
  }

  /** Every world, the one used last in front. */
  all(): ReadonlyArray<World> {
    this.#forget()
    return [...this.#worlds.values()].map(({ world }) => world).reverse()
  }

  /** Forgets a world, or all of them. */
  forget(world?: World): void {
    for (const [name, entry] of this.#worlds)
      if (world === undefined || entry.world === world) this.#drop(name, entry.world)
  }

  #use(name: string, world: World): void {
    this.#worlds.delete(name)
    this.#worlds.set(name, { world, usedAt: this.#making.uptime() })
  }

  #forget(): void {
    const now = this.#making.uptime()
    for (const [name, { world, usedAt }] of this.#worlds) {
      if (now - usedAt < this.#making.limits.idle) return
      this.#drop(name, world)
    }
  }

  #drop(name: string, world: World): void {
    this.#worlds.delete(name)
    world.journal.close()
  }
}
