/**
 * One run of chaos: two workers on one ledger file, killed, told to stop, frozen and woken up at random instants, a provider that refuses and
 * loses; afterwards a person resolves what is unknown, and a last worker finishes.
 *
 * The instants come from a seed. (What a process does at such an instant does not, so a run cannot be repeated exactly.)
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { Ledger } from "../../src/ledger/Ledger.ts"
import * as LedgerFile from "../../src/ledger/LedgerFile.ts"
import { random } from "./Random.ts"
import type { Task } from "./Worker.ts"
import { startProvider, startWorker, type Worker } from "./Workers.ts"

export interface Account {
  readonly intents: number
  readonly signals: Readonly<Record<string, number>>
  readonly posts: number
  readonly refused: number
  readonly lost: number
  /** Jobs that the provider has accepted. */
  readonly jobs: number
  /** Intents for which it has accepted more than one. */
  readonly double: number
  /** Accepted jobs whose id is not in the ledger. */
  readonly missing: number
  /** Ids in the ledger that the provider does not know. */
  readonly invented: number
  /** Words of the person. */
  readonly adopted: number
  readonly released: number
  /** Intents that are not accepted in the end. */
  readonly unfinished: number
  /** What the ledger's budget says is spent, in jobs. */
  readonly spent: number
  /** What workers wrote that were not told to end. */
  readonly errors: string
}

const attemptTimeout = 400
const slack = 600
const pause = (millis: number) => new Promise<void>((resolve) => setTimeout(resolve, millis))

export const run = async (seed: number, file: string, intents = 40): Promise<Account> => {
  const next = random(seed)
  const provider = await startProvider({ seed: seed + 1, refused: 10, lost: 10, latency: 150 })
  const task = (more: Partial<Task> = {}): Task => ({
    file,
    url: provider.url,
    intents,
    seed: Math.floor(next() * 1e9),
    attemptTimeout,
    slack,
    ...more
  })
  const signals: Record<string, number> = { SIGKILL: 0, SIGTERM: 0, SIGSTOP: 0 }
  const strikes = (["SIGKILL", "SIGKILL", "SIGTERM", "SIGSTOP"] as const)
    .map((signal) => [next(), signal] as const)
    .sort(([a], [b]) => a - b)
  const workers: Array<Worker> = [startWorker(task()), startWorker(task())]
  const woken: Array<Promise<void>> = []
  let errors = ""
  try {
    for (const [, signal] of strikes) {
      const index = Math.floor(next() * workers.length)
      const worker = workers[index]
      if (worker === undefined) continue
      await provider.until(provider.posts.seen + 1 + Math.floor(next() * 3), worker)
      await pause(next() * 60)
      // Some sleep so long that others have given up on them.
      const asleep = next() * 2 * (attemptTimeout + slack)
      if (hasEnded(worker)) continue
      signals[signal] = (signals[signal] ?? 0) + 1
      woken.push(strike(worker, signal, asleep))
      if (signal === "SIGSTOP") workers.push(startWorker(task()))
      else workers[index] = startWorker(task())
    }
    await Promise.all(woken)
    for (const { ended, errors: written } of workers) {
      await ended
      errors += written()
    }
    const words = { adopted: 0, released: 0 }
    for (let round = 0; round < 10 && (await unfinished(file, intents)) > 0; round++) {
      // A machine may be so busy that a request lies in a socket for longer than its sender has waited.
      await provider.rest()
      await person(file, provider.jobs, words)
      // A process that has just started on a busy machine may need longer for its first request than the others are given.
      const last = startWorker(task({ attemptTimeout: 5000 }))
      await last.ended
      errors += last.errors()
    }
    return { ...(await account(file, intents, provider.jobs)), ...words, ...totals(provider.posts), signals, errors }
  } finally {
    for (const { process } of workers) process.kill("SIGKILL")
    await provider.stop()
  }
}

const hasEnded = ({ process }: Worker) => process.exitCode !== null || process.signalCode !== null

/** Sends a signal; what it stops is woken up after a while, what it ends is waited for. */
const strike = async (worker: Worker, signal: "SIGKILL" | "SIGTERM" | "SIGSTOP", asleep: number): Promise<void> => {
  worker.process.kill(signal)
  if (signal !== "SIGSTOP") {
    await worker.ended
    return
  }
  await pause(asleep)
  worker.process.kill("SIGCONT")
}

const totals = ({ seen, refused, lost }: { seen: number; refused: number; lost: number }) => ({
  posts: seen,
  refused,
  lost
})

const withLedger = <A>(file: string, body: (ledger: typeof Ledger.Service) => Effect.Effect<A, unknown>): Promise<A> =>
  Effect.runPromise(Effect.flatMap(Ledger, body).pipe(Effect.provide(LedgerFile.layer({ file, slack }))))

const unfinished = (file: string, intents: number) =>
  withLedger(file, (ledger) =>
    Effect.map(
      ledger.list({ state: "accepted" }),
      (entries) => intents - new Set(entries.map(({ intent }) => intent)).size
    )
  )

type Jobs = ReadonlyArray<{ readonly intent: string; readonly id: string }>

/** Waits until every sender's time is over, looks into the provider's console, and gives each unknown intent a word. */
const person = (file: string, jobs: Jobs, words: { adopted: number; released: number }) =>
  withLedger(file, (ledger) =>
    Effect.gen(function* () {
      const open = [...(yield* ledger.list({ state: "sending" })), ...(yield* ledger.list({ state: "unknown" }))]
      const latest = Math.max(0, ...open.map(({ answerBy }) => answerBy))
      yield* Effect.sleep(Math.max(0, latest - Date.now()))
      const { unknown } = yield* ledger.sweep
      for (const { intent } of unknown) {
        const known = (yield* ledger.show(intent)).map(({ taskId }) => taskId)
        const job = jobs.find((job) => job.intent === intent && !known.includes(job.id))
        if (job === undefined) {
          yield* ledger.release(intent, "not in the console")
          words.released++
        } else {
          yield* ledger.adopt(intent, job.id)
          words.adopted++
        }
      }
    })
  )

const account = (file: string, intents: number, jobs: Jobs) =>
  withLedger(file, (ledger) =>
    Effect.gen(function* () {
      const entries = yield* ledger.list({ state: "accepted" })
      const ids = new Set(entries.map(({ taskId }) => taskId))
      const known = new Set(jobs.map(({ id }) => id))
      return {
        intents,
        jobs: jobs.length,
        double: jobs.length - new Set(jobs.map(({ intent }) => intent)).size,
        missing: jobs.filter(({ id }) => !ids.has(id)).length,
        invented: [...ids].filter((id) => id === undefined || !known.has(id)).length,
        unfinished: intents - new Set(entries.map(({ intent }) => intent)).size,
        spent: (yield* ledger.budget()).spent.jobs
      }
    })
  )
