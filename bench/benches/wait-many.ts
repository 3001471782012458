/**
 * Many tasks that are waited for at once, from their ids, over a socket of this machine: each ends 15 seconds after the first look at it, and everybody looks
 * when its own policy says.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { type Bench, type Contestant, ours, verify, type Workload } from "../Bench.ts"
import { effectClient, nowhere, ourClient, type Place, sdk } from "../Clients.ts"
import { fetchOf, provider, serve } from "../Provider.ts"

const cpu = "s of CPU"
const memory = "MB of memory at most"
const asleep = "kB of heap per wait"
const lasts = 15_000

/** Waits for all, and gives the statuses in which they ended. */
type Waiting = (ids: ReadonlyArray<string>) => Promise<ReadonlyArray<string>>

const waiting: Readonly<Record<string, (place: Place) => Promise<Waiting>>> = {
  [ours]: async (place) => {
    const { provided } = await ourClient(place)
    const Task = await import("../../src/Task.ts")
    const Effect = await import("effect/Effect")
    const wait = (id: string) => Effect.map(Task.wait(id), ({ status }) => status)
    return (ids) => Effect.runPromise(provided(Effect.forEach(ids, wait, { concurrency: "unbounded" })))
  },
  "@runwayml/sdk": async (place) => {
    const client = await sdk(place)
    const wait = async (id: string) => (await client.tasks.retrieve(id).waitForTaskOutput()).status
    return (ids) => Promise.all(ids.map(wait))
  },
  "Effect.repeat": async (place) => {
    const { get, withFetch } = await effectClient(place)
    const Effect = await import("effect/Effect")
    const Schedule = await import("effect/Schedule")
    const wait = (id: string) =>
      get(id).pipe(
        Effect.repeat({
          schedule: Schedule.jittered(Schedule.spaced("5 seconds")),
          until: ({ status }) => status === "SUCCEEDED"
        }),
        Effect.map(({ status }) => status)
      )
    return (ids) => Effect.runPromise(withFetch(Effect.forEach(ids, wait, { concurrency: "unbounded" })))
  }
}

const ids = (count: number): ReadonlyArray<string> => Array.from({ length: count }, (_, n) => `task-${n}`)

const toTheEnd = (count: number, prepare: (place: Place) => Promise<Waiting>) => async (): Promise<Contestant> => {
  const { url, stop } = await serve(lasts)
  const wait = await prepare({ url })
  return {
    round: async () => {
      const before = process.cpuUsage()
      const ends = await wait(ids(count))
      const { user, system } = process.cpuUsage(before)
      verify(ends.length === count && ends.every((status) => status === "SUCCEEDED"), "each task's end")
      return { [cpu]: (user + system) / 1e6, [memory]: process.resourceUsage().maxRSS / 1024 }
    },
    stop
  }
}

/** What a wait holds while it sleeps. Collecting garbage is what is measured here, so it is asked for. */
const sleeping = (count: number, prepare: (place: Place) => Promise<Waiting>) => async (): Promise<Contestant> => {
  setFlagsFromString("--expose-gc")
  const collect: () => void = runInNewContext("gc")
  const answer = fetchOf(provider())
  let answered = 0
  const wait = await prepare({
    url: nowhere,
    fetch: (...request) => {
      answered++
      return answer(...request)
    }
  })
  const begin = async (count: number) => {
    const target = answered + count
    void wait(ids(count))
    while (answered < target) await sleep(20)
    await sleep(500)
    for (let n = 0; n < 3; n++) collect()
    return process.memoryUsage().heapUsed
  }
  return {
    round: async () => {
      const before = await begin(500)
      return { [asleep]: ((await begin(count)) - before) / count / 1000 }
    },
    // Nobody waits for these.
    stop: () => {}
  }
}

const each = (make: (prepare: (place: Place) => Promise<Waiting>) => () => Promise<Contestant>) =>
  Object.fromEntries(Object.entries(waiting).map(([name, prepare]) => [name, make(prepare)]))

const sized = (count: number, rounds: number): Workload => ({
  base: "@runwayml/sdk",
  rounds,
  fresh: true,
  // Few waits mostly sleep.
  together: count <= 1000,
  contestants: each((prepare) => toTheEnd(count, prepare))
})

export const bench: Bench = {
  title: "many waits at once",
  workloads: {
    "10": sized(10, 1),
    "100": sized(100, 1),
    "1000": sized(1000, 1),
    "10000": sized(10_000, 2),
    asleep: { base: "@runwayml/sdk", rounds: 3, fresh: true, contestants: each((prepare) => sleeping(4000, prepare)) }
  },
  goals: [
    { workload: "10000", figure: cpu, times: "@runwayml/sdk", atMost: 0.5 },
    { workload: "10000", figure: memory, times: "@runwayml/sdk", atMost: 1 },
    { workload: "asleep", figure: asleep, atMost: 9 }
  ],
  plot: cpu
}
