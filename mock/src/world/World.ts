/**
 * Everything the mock keeps for one API key: its tasks in the order of their POSTs, its scenario, faults, limits, clock, journal and
 * numbering.
 *
 * Keys share nothing. Another key's task is one that does not exist, so tests that use different keys cannot disturb each other.
 * A world knows a hash of its key, never the key, and nothing that can be read back from an id. It knows nothing of requests.
 *
 * @module
 */
import { createHash } from "node:crypto"
import { isDeepStrictEqual } from "node:util"
import * as Result from "effect/Result"
import type { RequiredFields } from "../../../generated/mock-control/types.gen.ts"
import { Faults } from "../faults/Faults.ts"
import { Journal, type JournalStore } from "../record/Journal.ts"
import { ClientReport } from "../record/Report.ts"
import { pollInterval, type Time } from "../Time.ts"
import { type Account, dayOf, nextDay } from "./Account.ts"
import type { GivenFault, KeyRules } from "./KeyRules.ts"
import * as Life from "./Life.ts"
import { lifeOf, type SavedTask, type SavedWorld, type Scripts, scriptOf, scriptToSave } from "./SavedWorld.ts"
import * as Scenario from "./Scenario.ts"
import { Turns } from "./Turns.ts"

/** Which fields a body must have. */
export type Required = RequiredFields

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
export interface TaskView {
  readonly task: Task
  readonly moment: Life.Moment
}

interface Job extends Task {
  script: Scenario.Script
  admittedAt: number | undefined
  polls: number
  life: Life.Life
  polledAt: number
  /** When it ends by time alone, once it is at work. */
  endsAt: number
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

/** A job that is there without a POST. */
export interface Seed {
  /** Its id, which no job of the world has; left out, it gets one that is the same in every run. */
  readonly id: string | undefined
  readonly script: Scenario.Script
  /** How many milliseconds ago it was submitted. */
  readonly ago: number
}

/** Why a job was not taken on: its world is full, or its account has used up its day, which lasts until then. */
export type Refusal = { readonly reason: "full" } | { readonly reason: "daily"; readonly until: number }

const sha256 = (text: string) => createHash("sha256").update(text)

const waiting = (state: Scenario.State): Scenario.Script =>
  Result.getOrThrow(Scenario.compile({ name: "waiting", timeline: [state] }))

/** What a job answers while it waits for its turn, in the shape that it has later. */
const waitingBare = waiting({ state: "throttled" })
const waitingEnvelope = waiting({ state: "envelope-queued", with: { data: { data: { status: "THROTTLED" } } } })

const waitingFor = (script: Scenario.Script): Scenario.Script =>
  Scenario.shapeOf(script) === "envelope" ? waitingEnvelope : waitingBare

/** What worlds are made with. */
export interface WorldSettings {
  readonly limits: Limits
  readonly seed: number
  /** The clock of one more world. */
  readonly time: () => Time
  /** Real time in milliseconds from any start: forgetting a world saves memory, and is no part of what is simulated. */
  readonly uptime: () => number
}

/** Which world it is. */
export interface Identity {
  /** A hash of its key. */
  readonly name: string
  readonly label: string | undefined
  readonly isKeyless?: boolean
}

/** What one key sees. */
export class World {
  /** Tells worlds apart without telling a key. */
  readonly id: string
  /** What people call it, where its key is no secret. */
  readonly label: string | undefined
  /** What becomes of a task whose POST asks for nothing else. */
  script: Scenario.Script
  readonly faults: Faults
  readonly journal: Journal
  readonly report: ClientReport
  /** Which fields a body must have. */
  required: Required
  /** Its clock. Its requests move it through `advance` and `waited`. */
  readonly time: Time
  /** Whether it is the one of requests without a key. */
  readonly isKeyless: boolean
  #account: Account
  #rules: KeyRules
  /** The faults that it has by its rules, each with its id here. */
  #given: ReadonlyArray<GivenFault & { readonly id: string }> = []
  readonly #name: string
  readonly #limit: number
  readonly #jobs = new Map<string, Job>()
  readonly #days = new Map<number, number>()
  readonly #turns: Turns<Job>
  #submissions = 0
  #seeds = 0
  #requests = 0

  constructor(identity: Identity, rules: KeyRules, settings: WorldSettings, store: JournalStore) {
    const { name, label, isKeyless = false } = identity
    this.label = label
    this.isKeyless = isKeyless
    this.#name = name
    this.id = name.slice(0, 12)
    this.script = rules.script
    this.required = rules.required
    this.#account = rules.account
    this.#turns = new Turns(rules.account.concurrency ?? Number.POSITIVE_INFINITY)
    this.faults = new Faults(`${settings.seed} ${name}`)
    this.journal = new Journal(store)
    this.time = settings.time()
    this.report = new ClientReport(this.time.slack)
    this.#limit = settings.limits.tasks
    this.#rules = rules
    this.#give(rules.faults)
    for (const task of rules.tasks) this.seed({ ...task, script: task.script ?? this.script })
  }

  /** Lets other rules hold from now on. What a control has changed stays as it is, and so does every task. */
  follow(rules: KeyRules): void {
    const before = this.#rules
    this.#rules = rules
    if (this.script === before.script) this.script = rules.script
    if (this.required === before.required) this.required = rules.required
    if (this.#account === before.account) {
      if (isDeepStrictEqual(rules.account, before.account)) this.#account = rules.account
      else this.limit(rules.account)
    }
    this.#give(rules.faults)
    // One without an id of its own cannot be told from the one that is there.
    for (const task of rules.tasks)
      if (task.id !== undefined) this.seed({ ...task, script: task.script ?? this.script })
  }

  /** Gives it these faults by its rules. One that it has by them already goes on counting. */
  #give(faults: ReadonlyArray<GivenFault>): void {
    const had = [...this.#given]
    this.#given = faults.map((given) => {
      const at = had.findIndex(({ fault }) => isDeepStrictEqual(fault, given.fault))
      const [same] = at < 0 ? [] : had.splice(at, 1)
      return same ?? { ...given, id: this.faults.inject(given.fault, given.checked).id }
    })
    for (const { id } of had) this.faults.remove(id)
  }

  /** The time here, in milliseconds since 1970. */
  now(): number {
    return this.time.now()
  }

  /** Lets time pass in this world. */
  advance(millis: number): void {
    this.time.advance(millis)
  }

  /** A caller would have waited until then. */
  waited(until: number): void {
    this.time.waited(until)
  }

  /** What this key may do. */
  get account(): Account {
    return this.#account
  }

  /** Sets what this key may do. Jobs that need not wait any longer begin now. */
  limit(account: Account): void {
    this.#admit()
    this.#account = account
    const begun = [...this.#jobs.values()].filter(({ admittedAt }) => admittedAt !== undefined)
    this.#turns.limit(account.concurrency ?? Number.POSITIVE_INFINITY, this.now(), begun)
    this.#admit()
  }

  /** Takes a job on, unless there are too many. The n-th job of a key has the same id in every run. */
  submit(script: Scenario.Script): Result.Result<Task, Refusal> {
    if (this.#jobs.size >= this.#limit) return Result.fail({ reason: "full" })
    const createdAt = this.now()
    const today = this.#days.get(dayOf(createdAt)) ?? 0
    if (today >= (this.#account.daily ?? Number.POSITIVE_INFINITY))
      return Result.fail({ reason: "daily", until: nextDay(createdAt) })
    const job = this.#made(
      this.#freeId(() => `${++this.#submissions}`),
      script,
      createdAt
    )
    this.#turns.join(job)
    this.#admit()
    if (job.admittedAt === undefined) job.life = Life.reappearance(script)
    return Result.succeed(job)
  }

  /** Adds a job without a POST, unless there are too many. It has been at work from the start, and nobody has paid for it. */
  seed({ id, script, ago }: Seed): Result.Result<TaskView, "full" | "taken"> {
    if (this.#jobs.size >= this.#limit) return Result.fail("full")
    if (id !== undefined && this.#jobs.has(id)) return Result.fail("taken")
    this.#admit()
    const createdAt = this.now() - ago
    const job = this.#made(id ?? this.#freeId(() => `seed ${++this.#seeds}`), script, createdAt)
    this.#begin(job, createdAt)
    this.report.seeded(job.id)
    return Result.succeed(this.#view(job))
  }

  /** What of it outlives the mock. */
  saved(scripts: Scripts): SavedWorld {
    this.#admit()
    return {
      name: this.#name,
      ...(this.label === undefined ? {} : { label: this.label }),
      now: this.now(),
      submissions: this.#submissions,
      seeds: this.#seeds,
      requests: this.#requests,
      days: [...this.#days],
      tasks: [...this.#jobs.values()].map(({ id, createdAt, admittedAt, polls, polledAt, life, script }) => ({
        id,
        createdAt,
        polls,
        polledAt,
        ...(admittedAt === undefined ? {} : { admittedAt }),
        reached: [...life.reached],
        pollsOfState: life.polls,
        collected: this.report.isCollected(id),
        script: scriptToSave(script, scripts)
      }))
    }
  }

  /** Goes on from what was saved, `since` milliseconds of real time ago where its clock goes by itself. It fails with what cannot go on. */
  restore(saved: SavedWorld, since: number, scripts: Scripts): Result.Result<void, string> {
    this.time.resume(saved.now)
    this.time.elapsed(since)
    this.#submissions = saved.submissions
    this.#seeds = saved.seeds
    this.#requests = saved.requests
    for (const [day, count] of saved.days) this.#days.set(day, count)
    for (const task of saved.tasks) {
      const script = scriptOf(task.script, scripts)
      if (Result.isFailure(script)) return Result.fail(`task ${task.id} cannot go on: ${script.failure}`)
      this.#restoreJob(task, script.success)
    }
    return Result.succeed(undefined)
  }

  #restoreJob(task: SavedTask, script: Scenario.Script): void {
    const { id, createdAt, admittedAt, polls, polledAt, collected } = task
    const job: Job = {
      id,
      createdAt,
      script,
      polls,
      polledAt,
      admittedAt: undefined,
      life: lifeOf(task),
      endsAt: Number.POSITIVE_INFINITY
    }
    this.#jobs.set(id, job)
    if (admittedAt === undefined) this.#turns.join(job)
    else this.#begin(job, admittedAt)
    this.report.seeded(id, collected)
  }

  /** The next id of a row of names that no job has: a job may have been seeded with the id of a later one. */
  #freeId(next: () => string): string {
    const hex = sha256(`${this.#name} ${next()}`).digest("hex")
    const id = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-")
    return this.#jobs.has(id) ? this.#freeId(next) : id
  }

  /** One more job, submitted then. */
  #made(id: string, script: Scenario.Script, createdAt: number): Job {
    const day = dayOf(createdAt)
    this.#days.set(day, (this.#days.get(day) ?? 0) + 1)
    const job: Job = {
      id,
      createdAt,
      script,
      admittedAt: undefined,
      polls: 0,
      life: Life.birth,
      polledAt: createdAt,
      endsAt: Number.POSITIVE_INFINITY
    }
    this.#jobs.set(id, job)
    return job
  }

  /** A caller polls this job, so a patient caller would have waited since its last poll. */
  arrive(id: string): void {
    const job = this.#jobs.get(id)
    if (job === undefined) return
    this.time.waited(job.polledAt + pollInterval)
    job.polledAt = this.now()
  }

  /** What a poll of this key's job with this id is answered; `undefined` if there is none. Calling this counts as a poll. */
  poll(id: string): TaskView | undefined {
    const job = this.#jobs.get(id)
    if (job === undefined) return undefined
    this.#admit()
    const view = this.#view(job)
    job.polls += 1
    if (job.admittedAt !== undefined) this.#live(job, Life.polled(job.script, job.life, this.#ageOf(job)))
    return view
  }

  /** The job with this id, as it is now. Calling this does not count as a poll. */
  look(id: string): TaskView | undefined {
    const job = this.#jobs.get(id)
    if (job === undefined) return undefined
    this.#admit()
    return this.#view(job)
  }

  has(id: string): boolean {
    return this.#jobs.has(id)
  }

  /** All jobs, in the order of their submission. */
  views(): ReadonlyArray<TaskView> {
    this.#admit()
    return [...this.#jobs.values()].map((job) => this.#view(job))
  }

  /** The ids of all jobs, in that order. */
  ids(): ReadonlyArray<string> {
    return [...this.#jobs.keys()]
  }

  get size(): number {
    return this.#jobs.size
  }

  /** Brings a job to its next state, or to this one, which is then its last. The next state of a job that waits is its turn. */
  move(id: string, last?: Scenario.Step): TaskView | undefined {
    const job = this.#jobs.get(id)
    if (job === undefined) return undefined
    this.#admit()
    const waited = job.admittedAt === undefined
    if (waited) this.#begin(job, this.now())
    if (last !== undefined) {
      const { script, life } = Life.turned(job.script, job.life, this.#ageOf(job), last)
      job.script = script
      this.#live(job, life)
    } else if (!waited) this.#live(job, Life.stepped(job.script, job.life, this.#ageOf(job)))
    return this.#view(job)
  }

  /** The jobs that end at some time, by their scripts. A job that waits behind jobs without an end never gets its turn, so it is not among them. */
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
    const now = this.now()
    for (let due = this.#turns.due(now); due !== undefined; due = this.#turns.due(now)) this.#begin(due.job, due.at)
  }

  #begin(job: Job, at: number): void {
    job.admittedAt = at
    this.#live(job, job.life)
    this.#turns.begin(job)
  }

  /** A job's life goes on like this. */
  #live(job: Job, life: Life.Life): void {
    job.life = life
    const endsAt = (job.admittedAt ?? 0) + Life.endOf(job.script, life)
    if (endsAt === job.endsAt) return
    job.endsAt = endsAt
    this.#turns.changed()
  }

  #ageOf({ admittedAt, createdAt }: Task): number {
    return Math.max(0, this.now() - (admittedAt ?? createdAt))
  }

  #view(job: Job): TaskView {
    const { script, life } = job.admittedAt === undefined ? { script: waitingFor(job.script), life: Life.birth } : job
    return { task: job, moment: Life.stateAt(script, this.#ageOf(job), life) }
  }
}
