/** One read of a task, without a network and over a socket of this machine. */
import type { Effect } from "effect/Effect"
import { type Bench, type Contestant, cpuOf, ours, verify } from "../Bench.ts"
import { bare, effectClient, nowhere, openapiFetch, ourClient, type Place, sdk } from "../Clients.ts"
import { fetchOf, provider, serve, taskId } from "../Provider.ts"

const figure = "µs of CPU per read"

/** Reads one after the other. */
const reads =
  (count: number, read: () => Promise<string>): Contestant["round"] =>
  async () => {
    const cpu = await cpuOf(count, async () => {
      for (let n = 0; n < count; n++) verify((await read()) === "RUNNING", "the task's status")
    })
    return { [figure]: cpu }
  }

/** The same in one fiber, as an Effect program does, with what it needs provided once. */
const effects = async <R>(
  count: number,
  status: Effect<string, unknown, R>,
  provided: <A, E>(program: Effect<A, E, R>) => Effect<A, E>
) => {
  const Effect = await import("effect/Effect")
  const all = Effect.gen(function* () {
    for (let n = 0; n < count; n++) verify((yield* status) === "RUNNING", "the task's status")
  })
  return async () => ({ [figure]: await cpuOf(count, () => Effect.runPromise(provided(all))) })
}

type At = () => Promise<Place & { readonly stop?: () => void }>

const contestants = (count: number, at: At) => {
  const made = (round: (place: Place) => Promise<Contestant["round"]>) => async (): Promise<Contestant> => {
    const { stop = () => {}, ...place } = await at()
    return { round: await round(place), stop }
  }
  return {
    [ours]: made(async (place) => {
      const { provided } = await ourClient(place)
      const Task = await import("../../src/Task.ts")
      const Effect = await import("effect/Effect")
      return effects(
        count,
        Effect.map(Task.get(taskId), ({ status }) => status),
        provided
      )
    }),
    "@runwayml/sdk": made(async (place) => {
      const client = await sdk(place)
      return reads(count, async () => (await client.tasks.retrieve(taskId)).status)
    }),
    "Effect HttpClient": made(async (place) => {
      const { get, withFetch } = await effectClient(place)
      const Effect = await import("effect/Effect")
      return effects(
        count,
        Effect.map(get(taskId), ({ status }) => status),
        withFetch
      )
    }),
    "openapi-fetch": made(async (place) => {
      const client = await openapiFetch(place)
      return reads(count, async () => {
        const { data } = await client.GET("/runwayml/v1/tasks/{id}", {
          params: { path: { id: taskId }, header: { "X-Runway-Version": "2024-11-06" } }
        })
        return data !== undefined && "status" in data && typeof data.status === "string" ? data.status : ""
      })
    }),
    fetch: made(async (place) => {
      const client = bare(place)
      return reads(count, async () => (await client.get(taskId)).status)
    })
  }
}

export const bench: Bench = {
  title: "one read of a task",
  workloads: {
    "in process": {
      base: "@runwayml/sdk",
      rounds: 9,
      contestants: contestants(4000, async () => ({ url: nowhere, fetch: fetchOf(provider()) }))
    },
    "over loopback": { base: "@runwayml/sdk", rounds: 9, contestants: contestants(1500, serve) }
  },
  goals: [
    { workload: "in process", figure, times: "Effect HttpClient", atMost: 1 },
    { workload: "over loopback", figure, times: "@runwayml/sdk", atMost: 1 }
  ]
}
