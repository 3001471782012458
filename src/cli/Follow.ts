/**
 * Follows a task to its end and saves its video. Where that breaks off, the way back to the task is shown.
 *
 * It pays for nothing.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Archive from "../archive/Archive.ts"
import * as Folder from "../archive/Folder.ts"
import { defined } from "../Defined.ts"
import { Ledger } from "../ledger/Ledger.ts"
import { Runway } from "../Runway.ts"
import * as Task from "../Task.ts"
import { Complaint } from "./Complaint.ts"
import { type End, endOf } from "./ExitCode.ts"
import type { Mode } from "./Mode.ts"
import * as Output from "./Output.ts"
import * as Screen from "./Screen.ts"
import * as Stop from "./Stop.ts"
import * as Ticker from "./Ticker.ts"
import * as VideoFile from "./VideoFile.ts"

/** A job to follow. */
export interface Job {
  readonly id: string
  readonly out: string
  readonly mode: Mode
  /** The ledger that was named, for the way back. */
  readonly ledger?: string | undefined
  /** What it is made of, where that is known. */
  readonly made?: { readonly operation: string; readonly body: object } | undefined
  readonly intent?: string | undefined
}

/** A text as one word of a shell's command line. */
export const pasteable = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`

/** The command that takes a task up again. */
const wayBack = ({ id, out, ledger }: Job): string =>
  [
    `npx cometapi-runway wait ${pasteable(id)} --out ${pasteable(out)}`,
    ...(ledger === undefined ? [] : [`--ledger ${pasteable(ledger)}`])
  ].join(" ")

/** What to do about a task that goes on without us. */
const howToGoOn = (job: Job): string =>
  job.mode === "live"
    ? `Task ${job.id} goes on at the provider. Take it up again, at no cost, with: ${wayBack(job)}`
    : `Task ${job.id} lived in this process's mock and ends with it. A real one would be taken up again with: ${wayBack(job)}`

/** Ends after which there is nothing to take up again. */
const over: ReadonlySet<End> = new Set<End>(["taskFailed", "noSuchTask", "usage"])

/** A task as an event. */
export const event = (task: Task.Task): Output.Event => ({
  event: "task",
  id: task.id,
  state: task._tag,
  status: task.status,
  ...defined({ progress: task.progress, cost: task.cost })
})

/** A task in words. */
export const words = (task: Task.Task | undefined): string => {
  if (task === undefined) return "waiting for the task to become visible"
  const status = task.status || "waiting"
  return task.progress === undefined ? status : `${status} ${Math.round(task.progress * 100)} %`
}

/** Watches a task and shows it, on the bar or as lines. A log needs no more than every tenth part. */
const watch = Effect.fnUntraced(function* (id: string, options: Task.WaitOptions) {
  let latest: Task.Task | undefined
  let written = ""
  const withBar = Screen.isTerminal()
  if (!withBar) yield* Output.note(words(undefined))
  const show = Effect.fnUntraced(function* (task: Task.Task) {
    latest = task
    yield* Output.report(event(task))
    const news = `${task.status} ${Math.floor((task.progress ?? 0) * 10)}`
    if (withBar || news === written) return
    written = news
    yield* Output.note(words(task))
  })
  const end = Stream.runHead(Task.watch(id, options).pipe(Stream.tap(show), Stream.filter(Task.isTerminal)))
  return yield* Ticker.during(Effect.map(end, Option.getOrThrow), () => ({
    share: latest?._tag === "Succeeded" ? 1 : (latest?.progress ?? 0),
    words: latest === undefined ? words(undefined) : latest.status || "waiting"
  }))
})

/** Saves a finished task's video: in a file, or in a folder together with a JSON that says what it was made of. */
export const save = Effect.fnUntraced(function* (
  task: Task.Succeeded,
  { out, made, intent }: Omit<Job, "id" | "mode">
) {
  let received = 0
  let total: number | undefined
  const onProgress: NonNullable<Task.DownloadOptions["onProgress"]> = (progress) =>
    Effect.sync(() => {
      received = progress.received
      total = progress.total
    })
  const saving = Effect.gen(function* () {
    const to = yield* VideoFile.pathOf(out)
    if (VideoFile.isFile(out)) return yield* Task.download(task, { to, onProgress })
    const { baseUrl: apiUrl, version } = yield* Runway
    const archive = yield* Folder.folder(to, { onProgress })
    const { files } = yield* Archive.keep(archive, { task, made, intent, apiUrl, version })
    return { path: files[0].location, bytes: files[0].bytes }
  })
  return yield* Ticker.during(saving, () => ({
    share: total === undefined ? 0 : received / total,
    words: `saving, ${Math.ceil(received / 1024)} kB`
  }))
})

/** When the ledger says that a task was submitted: one that is young may not be visible yet, also after a restart. */
const submittedAt = Effect.fnUntraced(
  function* (id: string) {
    const ledger = Option.getOrUndefined(yield* Effect.serviceOption(Ledger))
    const [entry] = ledger === undefined ? [] : yield* ledger.list({ taskId: id, limit: 1 })
    return entry === undefined ? undefined : DateTime.makeUnsafe(entry.sentAt)
  },
  // It is only good to know.
  Effect.orElseSucceed(() => undefined)
)

/** Follows a task to its end and saves its video. */
export const follow = Effect.fnUntraced(function* (job: Job) {
  const began = yield* Clock.currentTimeMillis
  yield* Effect.gen(function* () {
    const end = yield* watch(job.id, { submittedAt: yield* submittedAt(job.id) })
    const saved = yield* save(yield* Task.outcome(end), job)
    yield* Output.note(`Saved ${saved.path} (${saved.bytes} bytes)`)
    const seconds = Math.round(((yield* Clock.currentTimeMillis) - began) / 1000)
    yield* Output.result(saved.path, { event: "saved", id: job.id, path: saved.path, bytes: saved.bytes, seconds })
  }).pipe(
    Effect.onInterrupt(() => Screen.say(`${Stop.why()}. ${howToGoOn(job)}`)),
    Effect.mapError((error) => {
      const end = endOf(error.reason)
      return over.has(end) ? error : new Complaint({ text: `${error.message}\n${howToGoOn(job)}`, end, taskId: job.id })
    })
  )
})
