/**
 * Plays a story with the client against the mock, and judges it by what a small oracle knows: the tasks that the provider has, and what a caller was told.
 *
 * Safety: for one intent there is at most one job, and each call ends as its task did. Liveness: each accepted job is heard of by a caller, in a typed end or with its id, or
 * it is listed in the ledger; and once nothing is broken any more, every intent comes to the end that its job has.
 *
 * @module
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Unserved, WorldControl } from "../../../mock/src/index.ts"
import { CharacterPerformance, type Runway, RunwayError, Task } from "../../../src/index.ts"
import { make } from "../../../src/ledger/Ledger.ts"
import { memory, type Store } from "../../../src/ledger/Store.ts"
import { advance, settle } from "../JumpingTime.ts"
import { type End, Process } from "./Processes.ts"
import { type Command, faults, type Story } from "./Story.ts"

/** What goes wrong on purpose, to see that the model notices. */
export type Mutant = "forgets at a restart" | "resends"

/** One story being played. */
interface Play {
  readonly story: Story
  readonly mock: Unserved
  readonly key: string
  readonly world: WorldControl
  readonly store: Store | undefined
  readonly ends: Array<End>
  /** Ids of which the caller was told, in this process or in an earlier one that had written them down. */
  readonly told: Set<string>
  readonly mutant: Mutant | undefined
  process: Process
}

/** The jobs of an intent are told by their seed. */
const inputOf = ({ story }: Play, intent: number): CharacterPerformance.Input => ({
  character: { type: "image", uri: `https://scenario.mock.test/${story.scenarios[intent]}/x.png` },
  reference: { type: "video", uri: "https://example.com/performance.mp4" },
  seed: intent
})

const waiting = { deadline: "20 minutes", notFoundGrace: "2 minutes", outputGrace: "2 minutes" } as const

const optionsOf = (play: Play, intent: number) => ({
  ...(play.story.ledger ? { intent: `intent-${intent}` } : {}),
  ...(play.mutant === "resends" ? { onUnknownOutcome: "resend" as const } : {}),
  onSubmitted: (id: string) =>
    Effect.sync(() => {
      if (play.process.alive) play.told.add(id)
    })
})

const effectOf = (
  play: Play,
  command: Command
): readonly [intent: number | undefined, Effect.Effect<unknown, RunwayError, Runway>] | undefined => {
  switch (command.do) {
    case "generate":
      return [
        command.intent,
        CharacterPerformance.generate(inputOf(play, command.intent), { ...waiting, ...optionsOf(play, command.intent) })
      ]
    case "submit":
      return [
        command.intent,
        CharacterPerformance.submit(inputOf(play, command.intent), optionsOf(play, command.intent))
      ]
    case "wait":
    case "poll": {
      const known = [...play.told]
      const id = known[command.task % Math.max(1, known.length)]
      return id === undefined ? undefined : [undefined, command.do === "wait" ? Task.wait(id, waiting) : Task.get(id)]
    }
    default:
      return undefined
  }
}

/** Longer than the grace of an interruption and of a ledger that does not answer. */
const toTheEnd = 70_000

const restart = async (play: Play): Promise<void> => {
  // Without a ledger nothing is promised to who is killed in the middle of a submission; then it ends in order.
  if (play.story.ledger) play.process.die()
  else await play.process.stop(() => advance(toTheEnd))
  const store = play.mutant === "forgets at a restart" ? memory() : play.store
  play.process = new Process(play.key, play.mock.fetch, store, play.ends)
}

const perform = async (play: Play, command: Command): Promise<void> => {
  const call = effectOf(play, command)
  if (call !== undefined) play.process.start(JSON.stringify(command), ...call)
  if (command.do === "break") play.world.inject(faults[command.fault])
  if (command.do === "interrupt") play.process.interrupt(command.call)
  if (command.do === "advance") await advance(command.seconds * 1000)
  if (command.do === "restart") await restart(play)
  await settle()
}

/** What the oracle knows of a job: its intent, its id, and how it ends. */
interface Job {
  readonly id: string
  readonly intent: number
  readonly end: "Succeeded" | "TaskFailed" | "TaskCancelled" | undefined
}

const endOf = (status: string | undefined): Job["end"] => {
  if (status === "SUCCEEDED" || status === "SUCCESS") return "Succeeded"
  if (status === "FAILED" || status === "FAILURE") return "TaskFailed"
  return status === "CANCELLED" ? "TaskCancelled" : undefined
}

const jobsOf = ({ world }: Play): ReadonlyArray<Job> => {
  const seeds = new Map(
    world
      .journal({ operation: "submit" })
      .entries.map(({ taskId, body }) => [taskId, Number(Reflect.get(Object(body), "seed"))] as const)
  )
  return world
    .tasks()
    .map(({ id, ended, status }) => ({ id, intent: seeds.get(id) ?? -1, end: ended ? endOf(status) : undefined }))
}

/** The id and the kind of a typed end; nothing for an interruption. */
const read = ({ exit }: End): { readonly kind: string; readonly id: string | undefined } | undefined => {
  if (Exit.isSuccess(exit)) {
    const value = exit.value
    return typeof value === "string"
      ? { kind: "id", id: value }
      : { kind: Reflect.get(Object(value), "_tag"), id: Reflect.get(Object(value), "id") }
  }
  if (Cause.hasInterruptsOnly(exit.cause)) return undefined
  const [reason, ...rest] = exit.cause.reasons
  return reason?._tag === "Fail" && reason.error instanceof RunwayError && rest.length === 0
    ? { kind: reason.error.reason._tag, id: reason.error.taskId }
    : { kind: `untyped ${Cause.pretty(exit.cause)}`, id: undefined }
}

const ended: ReadonlySet<string | undefined> = new Set(["Succeeded", "TaskFailed", "TaskCancelled"])

/** What is wrong with how calls ended. */
const wrongEnds = ({ ends }: Play, jobs: ReadonlyArray<Job>): ReadonlyArray<string> =>
  ends.flatMap((end) => {
    const seen = read(end)
    if (seen === undefined) return end.interrupted ? [] : [`${end.about} was interrupted by nobody`]
    if (seen.kind.startsWith("untyped")) return [`${end.about}: ${seen.kind}`]
    const job = jobs.find(({ id }) => id === seen.id)
    if (seen.id !== undefined && job === undefined)
      return [`${end.about} speaks of ${seen.id}, which the provider does not have`]
    return ended.has(seen.kind) && job?.end !== seen.kind && end.about.includes("poll") === false
      ? [`${end.about} ends with ${seen.kind}, and its job with ${job?.end}`]
      : []
  })

const paidTwice = ({ story, store }: Play, jobs: ReadonlyArray<Job>): ReadonlyArray<string> =>
  [0, 1, 2].flatMap((intent) => {
    const paid = jobs.filter((job) => job.intent === intent).length
    // Without a ledger each call is an intent of its own.
    const calls = story.commands.filter((command) => "intent" in command && command.intent === intent).length
    const allowed = store === undefined ? calls : 1
    return paid > allowed ? [`intent ${intent} is paid ${paid} times by ${calls} calls`] : []
  })

/** Jobs of which nobody has heard, and which stand in no list. */
const forgotten = async ({ store, ends, told }: Play, jobs: ReadonlyArray<Job>): Promise<ReadonlyArray<string>> => {
  const entries = store === undefined ? [] : await Effect.runPromise(make(store).list())
  const heard = new Set(ends.map((end) => read(end)?.id))
  const unknown = new Set(
    ends
      .filter((end) => read(end)?.kind === "OutcomeUnknown" || (end.interrupted && read(end) === undefined))
      .map(({ intent }) => intent)
  )
  return jobs
    .filter(({ id, intent }) => {
      const listed = entries.some(
        (entry) =>
          entry.intent === `intent-${intent}` &&
          (entry.taskId === id || entry.state === "unknown" || entry.state === "sending")
      )
      return !(heard.has(id) || told.has(id) || listed || (store === undefined && unknown.has(intent)))
    })
    .map(({ id, intent }) => `job ${id} of intent ${intent} is accepted, and nobody knows of it`)
}

/** A person looks at the provider's console, and says of each attempt of which nobody knows what became of it. */
const resolve = async (play: Play, jobs: ReadonlyArray<Job>): Promise<void> => {
  if (play.store === undefined) return
  const ledger = make(play.store)
  await advance(5 * 60_000, 5000)
  const { unknown } = await Effect.runPromise(ledger.sweep)
  for (const entry of unknown) {
    const job = jobs.find(({ intent }) => entry.intent === `intent-${intent}`)
    await Effect.runPromise(
      Effect.asVoid(
        job === undefined ? ledger.release(entry.intent, "not in the console") : ledger.adopt(entry.intent, job.id)
      )
    )
  }
}

/** Once nothing is broken any more, each job comes to the end that it has, and each intent to its job's. */
const live = async (play: Play, jobs: ReadonlyArray<Job>): Promise<ReadonlyArray<string>> => {
  await resolve(play, jobs)
  await restart(play)
  play.ends.length = 0
  const used = new Set(play.story.commands.flatMap((command) => ("intent" in command ? [command.intent] : [])))
  if (play.store === undefined)
    for (const id of play.told) play.process.start(`the end of ${id}`, undefined, Task.wait(id, waiting))
  else
    for (const intent of used)
      play.process.start(
        `the end of intent ${intent}`,
        intent,
        CharacterPerformance.generate(inputOf(play, intent), { ...waiting, ...optionsOf(play, intent) })
      )
  await drain(play)
  const after = jobsOf(play)
  const ends = play.ends.map((end) => ({ ...end, seen: read(end) }))
  const wrong = ends.flatMap(({ about, intent, seen }) => {
    const job = after.find((job) => (intent === undefined ? job.id === seen?.id : job.intent === intent))
    const expected = job?.end ?? "WaitTimedOut"
    return seen?.kind === expected ? [] : [`${about} is ${seen?.kind}, and it should be ${expected}`]
  })
  return [...wrong, ...wrongEnds(play, after), ...paidTwice(play, after)]
}

const drain = async (play: Play): Promise<void> => {
  for (let minute = 0; minute < 45 && play.process.running.length > 0; minute++) await advance(60_000, 5000)
}

/** What the stories have come to so far: a story without a job proves little. */
export const met = { jobs: 0, unknown: 0, interrupted: 0 }

const count = ({ ends }: Play, jobs: ReadonlyArray<Job>): void => {
  met.jobs += jobs.length
  met.unknown += ends.filter((end) => read(end)?.kind === "OutcomeUnknown").length
  met.interrupted += ends.filter(({ interrupted }) => interrupted).length
}

/** Plays a story and says what is wrong with it. */
export const judge = async (
  story: Story,
  mock: Unserved,
  key: string,
  mutant?: Mutant
): Promise<ReadonlyArray<string>> => {
  const world = mock.world(key)
  const store = story.ledger ? memory() : undefined
  const ends: Array<End> = []
  const play: Play = {
    story,
    mock,
    key,
    world,
    store,
    ends,
    told: new Set(),
    mutant,
    process: new Process(key, mock.fetch, store, ends)
  }
  try {
    for (const command of story.commands) await perform(play, command)
    await drain(play)
    const jobs = jobsOf(play)
    count(play, jobs)
    const hanging = play.process.running.map((about) => `${about} never ends`)
    const wrong = [...hanging, ...wrongEnds(play, jobs), ...paidTwice(play, jobs), ...(await forgotten(play, jobs))]
    world.heal()
    return wrong.length > 0 ? wrong : await live(play, jobs)
  } finally {
    play.process.die()
    world.reset()
  }
}
