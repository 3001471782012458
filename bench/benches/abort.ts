/** How long it takes until a wait that is given up has ended: while it sleeps, and while it waits for an answer that never comes. */
import { setTimeout as sleep } from "node:timers/promises"
import { type Bench, type Contestant, ours, verify } from "../Bench.ts"
import { nowhere, ourClient, type Place, sdk } from "../Clients.ts"
import { fetchOf, provider, taskId } from "../Provider.ts"

const figure = "ms until it has ended"
/** Nobody is waited for longer. */
const patience = 8000

/** Begins a wait that ends when the signal says so. */
type Waiting = (signal: AbortSignal) => Promise<unknown>

const waiting: Readonly<Record<string, (place: Place) => Promise<Waiting>>> = {
  [ours]: async (place) => {
    const { provided } = await ourClient(place)
    const Task = await import("../../src/Task.ts")
    const Effect = await import("effect/Effect")
    return (signal) => Effect.runPromise(provided(Task.wait(taskId)), { signal })
  },
  "@runwayml/sdk": async (place) => {
    const client = await sdk(place)
    return (abortSignal) => client.tasks.retrieve(taskId).waitForTaskOutput({ abortSignal })
  }
}

/** Never answers; an abort ends a look as it ends a `fetch`. */
const silent: typeof globalThis.fetch = (input, init) => {
  const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined)
  return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)))
}

const givenUp =
  (fetch: typeof globalThis.fetch, prepare: (place: Place) => Promise<Waiting>) => async (): Promise<Contestant> => ({
    round: async () => {
      const wait = await prepare({ url: nowhere, fetch })
      const controller = new AbortController()
      const ended = wait(controller.signal).then(
        () => "with a video",
        () => "given up"
      )
      await sleep(500)
      const from = performance.now()
      controller.abort()
      const end = await Promise.race([ended, sleep(patience, "still waiting", { ref: false })])
      verify(end !== "with a video", "a wait that was given up ended with a video")
      return { [figure]: performance.now() - from }
    }
  })

const each = (fetch: typeof globalThis.fetch) =>
  Object.fromEntries(Object.entries(waiting).map(([name, prepare]) => [name, givenUp(fetch, prepare)]))

export const bench: Bench = {
  title: "a wait that is given up (8000 ms: it had not ended by then)",
  workloads: {
    "while it sleeps": {
      base: "@runwayml/sdk",
      rounds: 2,
      fresh: true,
      together: true,
      contestants: each(fetchOf(provider()))
    },
    "while a look is under way": {
      base: "@runwayml/sdk",
      rounds: 2,
      fresh: true,
      together: true,
      contestants: each(silent)
    }
  },
  goals: [
    { workload: "while it sleeps", figure, atMost: 10 },
    { workload: "while a look is under way", figure, atMost: 10 }
  ]
}
