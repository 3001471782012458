/**
 * One pace for several processes, measured where it counts, at the provider: before, during and after an outage of the Redis that they share.
 *
 * It waits for what happens, never for a time, so that a busy machine only makes it longer.
 *
 * @module
 */
import { RunwayMock } from "cometapi-runway-mock"
import { type Redis, startRedis } from "../support/Redis.ts"
import * as Program from "./Program.ts"
import { type PaceTask, pace } from "./Setting.ts"

/** What the provider saw for a while. */
export interface Phase {
  readonly seconds: number
  readonly requests: number
  /** Requests a second. */
  readonly average: number
  /** The most requests within any second. */
  readonly fullest: number
  /** The longest time, in seconds, in which a process sent nothing. */
  readonly pause: number
}

export interface Outage {
  readonly before: Phase
  /** From the beginning of the outage until Redis was back. */
  readonly away: Phase
  /** From when each process counted with Redis again. */
  readonly after: Phase
  /** How many seconds the last process took for that, once Redis was back. */
  readonly back: number
  /** How often each process said that its store failed. */
  readonly warnings: ReadonlyArray<number>
  /** How the processes ended that were told to stop while Redis was away again: the code, and after how many seconds. */
  readonly ends: ReadonlyArray<{ readonly code: number | null; readonly seconds: number }>
}

interface Seen {
  readonly at: number
  readonly taskId: string
}

const sleep = (millis: number) => new Promise<void>((resolve) => setTimeout(resolve, millis))

/** What the provider saw between two instants, the first one excluded. */
const phaseOf = (seen: ReadonlyArray<Seen>, from: number, to: number): Phase => {
  const within = seen.filter(({ at }) => at > from && at <= to)
  let [first, fullest] = [0, 0]
  for (const [index, { at }] of within.entries()) {
    while ((within[first]?.at ?? at) <= at - 1000) first++
    fullest = Math.max(fullest, index - first + 1)
  }
  const pauses = Array.from(Map.groupBy(within, ({ taskId }) => taskId).values(), (own) => {
    const times = [from, ...own.map(({ at }) => at), to]
    return Math.max(...times.slice(1).map((at, index) => at - (times[index] ?? at)))
  })
  const seconds = (to - from) / 1000
  return {
    seconds,
    requests: within.length,
    average: within.length / seconds,
    fullest,
    pause: Math.max(...pauses) / 1000
  }
}

/** Some processes that share a pace, the provider that they ask, and what it saw. */
interface Setting {
  readonly redis: Redis
  readonly workers: ReadonlyArray<Program.Program>
  /** Waits until each process has sent so many requests since an instant. */
  readonly eachSent: (count: number, since: number) => Promise<void>
  readonly phase: (from: number, to: number) => Phase
}

const within = async <A>(clocks: ReadonlyArray<number>, measure: (setting: Setting) => Promise<A>): Promise<A> => {
  const redis = await startRedis()
  const seen: Array<Seen> = []
  const mock = await RunwayMock.start({
    port: 0,
    scenario: "stuck",
    onRequest: ({ method, taskId }) => {
      if (taskId !== undefined && method === "GET") seen.push({ at: performance.now(), taskId })
    }
  })
  const workers = clocks.map((skew, seed) => {
    const task: PaceTask = { url: mock.url, redis: redis.url, seed, skew }
    return Program.start("PaceWorker.ts", task)
  })
  try {
    return await measure({
      redis,
      workers,
      phase: (from, to) => phaseOf(seen, from, to),
      eachSent: async (count, since) => {
        const isReached = () => {
          const own = Map.groupBy(
            seen.filter(({ at }) => at > since),
            ({ taskId }) => taskId
          )
          return own.size === clocks.length && [...own.values()].every(({ length }) => length >= count)
        }
        while (!isReached()) {
          const dead = workers.find(({ process }) => process.exitCode !== null)
          if (dead !== undefined) throw new Error(`a process has ended: ${dead.said()}`)
          await sleep(20)
        }
      }
    })
  } finally {
    for (const { process } of workers) process.kill("SIGKILL")
    await Promise.all(workers.map(({ ended }) => ended))
    await mock.stop()
    await redis.stop()
  }
}

/** Measures a pace from now on, over as many requests as it allows in some seconds. On a busy machine they take longer. */
const measured = async ({ phase }: Setting, seconds: number): Promise<Phase> => {
  const from = performance.now()
  for (;;) {
    const sofar = phase(from, performance.now())
    if (sofar.requests >= seconds * pace.requests) return sofar
    await sleep(100)
  }
}

/** The pace of processes whose clocks are wrong by so many milliseconds, for some seconds in which nothing goes wrong. */
export const steady = (clocks: ReadonlyArray<number>, seconds: number): Promise<Phase> =>
  within(clocks, async (setting) => {
    await setting.eachSent(2, 0)
    return measured(setting, seconds)
  })

/** Waits until each client of Redis has run some scripts, more than may have been left over from before an outage. */
const counting = async (redis: Redis, clients: number): Promise<void> => {
  const scripts = new Map<string, number>()
  const stop = redis.watch((address) => scripts.set(address, (scripts.get(address) ?? 0) + 1))
  const enough = () => [...scripts.values()].filter((count) => count >= 6).length
  while (enough() < clients) await sleep(20)
  await stop()
}

const warning = "the rate limiter's store failed"

/** What an outage does to the pace of some processes: Redis is killed and started again, or frozen and thawed. */
export const outage = (how: "killed" | "frozen", processes: number, seconds: number): Promise<Outage> =>
  within(Array<number>(processes).fill(0), async (setting) => {
    const { redis, workers, eachSent, phase } = setting
    const goAway = async () => (how === "killed" ? await redis.kill() : redis.freeze())
    await eachSent(2, 0)
    const before = await measured(setting, seconds)
    const left = performance.now()
    await goAway()
    await eachSent(20 * seconds, left)
    const returned = performance.now()
    const away = phase(left, returned)
    if (how === "killed") await redis.start()
    else redis.thaw()
    await counting(redis, processes)
    const back = (performance.now() - returned) / 1000
    const after = await measured(setting, seconds)
    const warnings = workers.map(({ said }) => said().split(warning).length - 1)
    const leftAgain = performance.now()
    await goAway()
    await eachSent(5, leftAgain)
    const told = performance.now()
    const ends = await Promise.all(
      workers.map(async ({ process, ended }) => {
        process.kill("SIGTERM")
        await Promise.race([ended, sleep(20_000)])
        return { code: process.exitCode, seconds: (performance.now() - told) / 1000 }
      })
    )
    if (how === "frozen") redis.thaw()
    return { before, away, after, back, warnings, ends }
  })
