/**
 * Recordings as scenarios: what became of a real job happens again to each task that plays it, on any clock and with ids of the mock's own.
 *
 * It reads a folder once and opens no connection. What it was not asked for, and what it was asked for and does not have, it remembers for
 * its report.
 *
 * @module
 */
import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import { isDeepStrictEqual } from "node:util"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import type { BundledFile } from "../BundledFile.ts"
import * as Contract from "../contract/Contract.ts"
import * as DynamicFields from "../contract/DynamicFields.ts"
import * as TaskShape from "../contract/TaskShape.ts"
import { BrokenRecording, type RunwayMockError, StaleRecording } from "../MockError.ts"
import { field } from "../Unknown.ts"
import type { Recorded, Script, Step } from "../world/Scenario.ts"
import * as Drift from "./Drift.ts"
import { placeholder } from "./RecordedJob.ts"
import {
  type NamedRecording,
  type RecordedAnswer,
  type RecordedDeviation,
  type Recording,
  readFolder,
  videoPath
} from "./RecordingFile.ts"
import { type RecordingState, type RecordingsReport, reportOf } from "./RecordingReport.ts"
import { redactor } from "./Redaction.ts"

/** Where the recordings are and how old they may be, in milliseconds. */
export interface Settings {
  readonly folder: string
  readonly maxAge: number
  /** The machine's time: a recording's age is no part of what is simulated. */
  readonly now: number
}

/** Recordings that can be played. */
export interface Replay {
  /** A scenario for each recording, and `recorded`, which finds the recording of a POST by its body. */
  readonly scripts: ReadonlyArray<Script>
  readonly report: () => RecordingsReport
}

/** The scenario that plays the recording of the same request. */
export const byBody = "recorded"

/** So many requests without a recording are remembered. */
const mostUnrecorded = 100

/** Answers of one status that followed each other, and whether a client was given any of them. */
interface Stage {
  readonly label: string
  readonly examples: Set<Contract.Example>
  seen: boolean
}

/** A recording that can be played, and what was asked for of it. */
interface Playable {
  readonly named: NamedRecording
  readonly script: Script | undefined
  readonly deviations: ReadonlyArray<RecordedDeviation>
  readonly stages: ReadonlyArray<Stage>
  submitted: boolean
  downloaded: boolean
}

const orBroken = <A>(value: A | undefined, file: string, problem: string): Result.Result<A, BrokenRecording> =>
  value === undefined ? Result.fail(new BrokenRecording({ file, problem })) : Result.succeed(value)

/** The example that an answer of the file names. */
const exampleOf = (
  { name, recording }: NamedRecording,
  operationId: string,
  { status, mediaType, example, headers = {} }: RecordedAnswer
): Result.Result<Contract.Example, BrokenRecording> => {
  const found =
    example === undefined ? undefined : recording.examples[operationId]?.[String(status)]?.[mediaType]?.[example]
  const isThere = example === undefined || found !== undefined
  const problem = `its examples have no "${example}" for status ${status} (${mediaType}) of ${operationId}`
  return Result.map(orBroken(isThere ? true : undefined, `${name}.json`, problem), () => ({
    operationId,
    status: String(status),
    name: example ?? "empty",
    mediaType,
    body: found?.value,
    headers
  }))
}

/** The progress that a recorded body has, as the fields that keep it from being reckoned anew. */
const progressOf = (body: unknown): Record<string, unknown> | undefined => {
  const progress = field(body, "progress")
  const inner = Predicate.isReadonlyObject(field(body, "data")) ? progressOf(field(body, "data")) : undefined
  const fields = {
    ...(Predicate.isNumber(progress) ? { progress } : {}),
    ...(inner === undefined ? {} : { data: inner })
  }
  return Object.keys(fields).length === 0 ? undefined : fields
}

/** A poll that was answered. */
interface Answered {
  readonly after: number
  readonly example: Contract.Example
}

const isSame = (a: Contract.Example, b: Contract.Example): boolean =>
  a.status === b.status && a.name === b.name && isDeepStrictEqual(a.headers, b.headers)

/**
 * The steps of a script. When the job changed between two polls is not known, so each answer holds until the middle of the time between
 * its last poll and the next one: a client that polls as the recorded one did, a little earlier or later, hears the same.
 */
const stepsOf = (polls: ReadonlyArray<Answered>): ReadonlyArray<Step> => {
  const steps: Array<Step> = []
  let since = 0
  for (const [index, { after, example }] of polls.entries()) {
    const next = polls[index + 1]
    const until = next === undefined ? Number.POSITIVE_INFINITY : Math.max(since, (after + next.after) / 2)
    const last = steps.at(-1)
    const continues = last !== undefined && isSame(last.example, example)
    const fields = progressOf(example.body)
    const step: Step = { example, with: fields, body: example.body, lasts: until - since, polls: undefined }
    if (continues) steps[steps.length - 1] = { ...last, lasts: last.lasts + step.lasts }
    else steps.push(step)
    since = until
  }
  return steps
}

/** What an answer says of the task, in one word. */
const labelOf = ({ status, body, name }: Contract.Example): string =>
  TaskShape.statusOf(body) ?? (status === "200" ? name : `${status} ${name}`)

const stagesOf = (steps: ReadonlyArray<Step>): ReadonlyArray<Stage> => {
  const stages: Array<Stage> = []
  for (const { example } of steps) {
    const label = labelOf(example)
    const current = stages.at(-1)
    if (current?.label === label) current.examples.add(example)
    else stages.push({ label, examples: new Set([example]), seen: false })
  }
  return stages
}

/** A file that was saved beside a recording, read when it is first needed. */
const fileAt = (path: string): (() => Promise<BundledFile>) => {
  let loading: Promise<BundledFile> | undefined
  const load = async () => {
    const bytes = new Uint8Array(await readFile(path))
    return { bytes, etag: `"${createHash("sha256").update(bytes).digest("hex").slice(0, 32)}"` }
  }
  return () => {
    loading ??= load()
    return loading
  }
}

const day = 24 * 3_600_000

const tooOld = (
  { name, recording }: NamedRecording,
  { maxAge, now }: Settings
): StaleRecording | BrokenRecording | undefined => {
  const recordedAt = Date.parse(recording.recordedAt)
  if (Number.isNaN(recordedAt)) {
    const problem = `recordedAt is "${recording.recordedAt}", which is no date`
    return new BrokenRecording({ file: `${name}.json`, problem })
  }
  const age = now - recordedAt
  return age > maxAge
    ? new StaleRecording({ name, days: Math.floor(age / day), limit: Math.floor(maxAge / day) })
    : undefined
}

/** What today's contract says of the recorded answers; when they were recorded, it may have been another one. */
const deviationsOf = ({ examples }: Recording): ReadonlyArray<RecordedDeviation> =>
  Object.entries(examples).flatMap(([operationId, byStatus]) =>
    Object.entries(byStatus).flatMap(([status, byType]) =>
      Object.entries(byType).flatMap(([mediaType, byName]) =>
        Object.entries(byName).flatMap(([answer, { value }]) =>
          Drift.deviationsOf(operationId, { status: Number(status), mediaType, body: value }).map((deviation) => ({
            ...deviation,
            answer
          }))
        )
      )
    )
  )

/** What a poll is answered where the recording has no poll at all. */
const nothingPolled = (operationId: string): Step => {
  const [poll] = Contract.routesOf("poll")
  const example = { ...Contract.exampleFor(poll?.operationId ?? operationId, 400, "task-not-exist") }
  return { example, with: undefined, body: example.body, lasts: Number.POSITIVE_INFINITY, polls: undefined }
}

class Player implements Replay {
  readonly scripts: ReadonlyArray<Script>
  readonly #playables: ReadonlyArray<Playable>
  readonly #unrecorded: Array<string> = []
  /** Which recordings a key has played by the body of its POSTs. */
  readonly #used = new WeakMap<object, Set<Playable>>()

  constructor(playables: ReadonlyArray<Playable>) {
    this.#playables = playables
    const recorded = playables.flatMap(({ script }) => (script === undefined ? [] : [this.#watched(script)]))
    const [first] = recorded
    const step = nothingPolled("")
    const finder: Script = {
      name: byBody,
      scenario: {
        name: byBody,
        about: "the recording of the same request",
        timeline: [{ state: step.example.name }],
        recorded: true
      },
      steps: first?.steps ?? [step],
      outputLasts: day,
      outsideContract: false,
      scriptFor: (world, operationId, body) => this.#find(world, operationId, body)
    }
    this.scripts = [...recorded, finder]
  }

  report(): RecordingsReport {
    return reportOf(this.#playables.map(stateOf), this.#unrecorded)
  }

  /** A script whose tasks say what they were asked for. */
  #watched(script: Script): Script {
    const { recorded } = script
    const playable = this.#playables.find((each) => each.script === script)
    if (recorded === undefined || playable === undefined) return script
    const played: Recorded["played"] = (part) => {
      if (part === "submit") playable.submitted = true
      else if (part === "video") playable.downloaded = true
      else this.#polled(playable, part)
    }
    return { ...script, recorded: { ...recorded, played } }
  }

  #polled({ stages, named }: Playable, example: Contract.Example): void {
    const stage = stages.find(({ examples }) => examples.has(example))
    if (stage !== undefined) stage.seen = true
    else if (stages.length === 0) this.#miss(`a poll of ${named.name}, which was recorded without one`)
  }

  #miss(request: string): void {
    if (this.#unrecorded.length < mostUnrecorded && !this.#unrecorded.includes(request)) this.#unrecorded.push(request)
  }

  /** The next recording of this body that the world has not played. */
  #find(world: object, operationId: string, body: unknown): Script | undefined {
    const used = this.#used.get(world) ?? new Set()
    this.#used.set(world, used)
    const fitting = this.#playables.filter(
      ({ named, script }) => script !== undefined && isRequestOf(named, operationId, body)
    )
    const next = fitting.find((each) => !used.has(each))
    if (next === undefined) {
      const why =
        fitting.length === 0
          ? "no recorded POST has this body"
          : `it was recorded ${fitting.length} times, and a key sent it once more`
      this.#miss(`a POST (${why}): ${shortened(body)}`)
      return undefined
    }
    used.add(next)
    return this.scripts.find(({ name }) => name === next.named.name)
  }
}

const shortened = (body: unknown): string => {
  const text = JSON.stringify(withoutSecrets(body)) ?? "no body"
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}

const withoutSecrets = redactor({ key: undefined, taskId: undefined, placeholder, hosts: [] })

/** A body whose hosts do not count. */
const withoutHosts = (body: unknown): unknown =>
  DynamicFields.mapTexts(body, (text) => text.replace(/(\b[a-z][a-z0-9+.-]*:\/\/)[^/\s]*/gi, "$1host"))

/** Whether a POST's body is the recorded one, as far as that was kept. */
const isRequestOf = ({ recording }: NamedRecording, operationId: string, body: unknown): boolean => {
  const { operation, body: recorded } = recording.submit ?? {}
  if (operation !== operationId) return false
  const sent = withoutSecrets(body)
  return recording.redacted.includes("hosts")
    ? isDeepStrictEqual(withoutHosts(sent), withoutHosts(recorded))
    : isDeepStrictEqual(sent, recorded)
}

const stateOf = ({ named, script, deviations, stages, submitted, downloaded }: Playable): RecordingState => {
  const { name, recording } = named
  const unseen = stages.filter(({ seen }) => !seen).map(({ label }) => `the answer ${label}`)
  const video = recording.video?.file !== undefined && !downloaded ? ["the video"] : []
  const neverAsked = script === undefined ? [] : submitted ? [...unseen, ...video] : ["all of it: its POST never came"]
  return { name, recordedAt: recording.recordedAt, deviations, neverAsked, unsaved: [] }
}

/** A recording as a script. One whose POST was never answered cannot be played: a fault says that better. */
const playableOf = (folder: string, named: NamedRecording): Result.Result<Playable, BrokenRecording> =>
  Result.gen(function* () {
    const { name, recording } = named
    const { submit } = recording
    const deviations = deviationsOf(recording)
    const base = { named, deviations, submitted: false, downloaded: false }
    const [route] = Contract.routesOf("submit")
    const operationId = submit?.operation ?? route?.operationId ?? ""
    if (submit !== undefined && submit.answer === undefined) return { ...base, script: undefined, stages: [] }
    const submitted =
      submit?.answer === undefined
        ? Contract.exampleFor(operationId, 200, "accepted")
        : yield* exampleOf(named, operationId, submit.answer)
    const answered = yield* Result.all(
      recording.polls.flatMap(({ operation, after, answer }) =>
        answer === undefined ? [] : [Result.map(exampleOf(named, operation, answer), (example) => ({ after, example }))]
      )
    )
    const played = stepsOf(answered)
    const [first = nothingPolled(operationId), ...rest] = played
    const path = videoPath(folder, named)
    const problem = `its video ${recording.video?.file} is not in the folder`
    if (recording.video?.file !== undefined) yield* orBroken(path, `${name}.json`, problem)
    const timeline = played.map(({ example, lasts }) =>
      Number.isFinite(lasts) ? { state: example.name, for: `${lasts} millis` } : { state: example.name }
    )
    const script: Script = {
      name,
      scenario: { name, about: `recorded on ${recording.recordedAt.slice(0, 10)}`, timeline, recorded: true },
      steps: [first, ...rest],
      outputLasts: day,
      // They were compared with the contract when they were read, and a real answer is played whatever the contract says.
      outsideContract: true,
      recorded: {
        submitted,
        taskId: placeholder,
        video: path === undefined ? undefined : fileAt(path),
        played: () => {}
      }
    }
    return { ...base, script, stages: stagesOf(played) }
  })

/** Reads the recordings of a folder. */
export const load = (settings: Settings): Result.Result<Replay, RunwayMockError["reason"]> =>
  Result.gen(function* () {
    const { folder } = settings
    const named = yield* Result.mapError(readFolder(folder), (broken) => new BrokenRecording(broken))
    for (const each of named) {
      const problem = tooOld(each, settings)
      if (problem !== undefined) return yield* Result.fail(problem)
    }
    const playables = yield* Result.all(named.map((each) => playableOf(folder, each)))
    return new Player(playables)
  })
