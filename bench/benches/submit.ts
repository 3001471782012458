/** One paid submission, without a network: the input checked, the request written and sent, the id read. */
import type { Effect } from "effect/Effect"
import { type Bench, type Contestant, cpuOf, ours, verify } from "../Bench.ts"
import { bare, body, effectClient, input, nowhere, openapiFetch, ourClient, sdk } from "../Clients.ts"
import { fetchOf, provider, taskId } from "../Provider.ts"

const figure = "µs of CPU per submission"
const count = 2000
const place = { url: nowhere, fetch: fetchOf(provider()) }

const promised = (submit: () => Promise<string>): Contestant => ({
  round: async () => {
    const cpu = await cpuOf(count, async () => {
      for (let n = 0; n < count; n++) verify((await submit()) === taskId, "the task's id")
    })
    return { [figure]: cpu }
  }
})

const inOneFiber = async <R>(
  submit: Effect<string, unknown, R>,
  provided: <A, E>(program: Effect<A, E, R>) => Effect<A, E>
): Promise<Contestant> => {
  const Effect = await import("effect/Effect")
  const Logger = await import("effect/Logger")
  const all = Effect.gen(function* () {
    for (let n = 0; n < count; n++) verify((yield* submit) === taskId, "the task's id")
    // What each logs is made, and then printed nowhere: a terminal's speed is not the question.
  }).pipe(Effect.provide(Logger.layer([])))
  return { round: async () => ({ [figure]: await cpuOf(count, () => Effect.runPromise(provided(all))) }) }
}

export const bench: Bench = {
  title: "one paid submission, in process",
  workloads: {
    "in process": {
      base: "Effect HttpClient",
      rounds: 9,
      contestants: {
        [ours]: async () => {
          const { provided } = await ourClient(place)
          const { submit } = await import("../../src/CharacterPerformance.ts")
          return inOneFiber(submit(input), provided)
        },
        "@runwayml/sdk": async () => {
          const client = await sdk(place)
          return promised(async () => (await client.characterPerformance.create(body)).id)
        },
        "Effect HttpClient": async () => {
          const { submit, withFetch } = await effectClient(place)
          const Effect = await import("effect/Effect")
          return inOneFiber(
            Effect.map(submit(body), ({ id }) => id),
            withFetch
          )
        },
        "openapi-fetch": async () => {
          const client = await openapiFetch(place)
          return promised(async () => {
            const { data } = await client.POST("/runwayml/v1/character_performance", {
              params: { header: { "X-Runway-Version": "2024-11-06" } },
              body
            })
            return data?.id ?? ""
          })
        },
        fetch: async () => {
          const client = bare(place)
          return promised(async () => (await client.submit(body)).id)
        }
      }
    }
  },
  goals: [{ workload: "in process", figure, times: "Effect HttpClient", atMost: 1.5 }]
}
