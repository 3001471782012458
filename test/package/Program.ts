/**
 * What a strict TypeScript program writes with the packages; each line that must not compile is marked.
 *
 * @module
 */
export const program = `import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { CharacterPerformance, Runway, type RunwayError, Task } from "cometapi-runway"
import { type Bindings, createBindings, type TaskAccepted } from "cometapi-runway/bindings"
import { createRunway, type PaidJob, RunwayError as Failure, type Video } from "cometapi-runway/promise"
import { RunwayMock, type RunwayMockError, type Scenario } from "cometapi-runway-mock"

export const program: Effect.Effect<Task.Succeeded, RunwayError | RunwayMockError> = CharacterPerformance.generate({
  character: { type: "image", uri: "https://example.com/portrait.png" },
  reference: { type: "video", uri: "https://example.com/performance.mp4" }
}).pipe(Effect.provide(Layer.mergeAll(Runway.layer({ apiKey: "any-key" }), RunwayMock.layer())))

// @ts-expect-error There is no such kind of character.
CharacterPerformance.submit({ character: { type: "statue", uri: "" }, reference: { type: "video", uri: "" } })

const bindings: Bindings = createBindings({ apiKey: "any-key" })
export const row = bindings.GET("/runwayml/v1/tasks/{id}", { params: { path: { id: "1" } } }).then(({ data }) => data)
export const accepted = (answer: TaskAccepted): string => answer.id
export const id = bindings
  .POST("/runwayml/v1/character_performance", {
    body: { character: { type: "image", uri: "" }, reference: { type: "video", uri: "" } }
  })
  .then(({ data, error }): string => {
    if (error) throw error
    return data.id
  })
// @ts-expect-error There is no such route.
bindings.GET("/runwayml/v1/statues")

export const first = async (input: { readonly character: string; readonly reference: string }): Promise<Video> => {
  await using runway = createRunway({ apiKey: "any-key", deadline: "10 minutes" })
  const job: PaidJob = runway.characterPerformance(input, { onProgress: (task) => console.log(task.status) })
  for await (const { status } of job) console.log(status)
  const one: Promise<Video> = job
  return one
}
export const when = (error: unknown): string | undefined =>
  error instanceof Failure && error.is("OutcomeUnknown") ? error.reason.bodyDigest : undefined
// @ts-expect-error There is no such reason.
export const never = (error: Failure) => error.is("Earthquake")

export const scenario: Scenario = { name: "mine", shape: "bare", timeline: [] }
// @ts-expect-error There is no such shape.
export const other: Scenario = { name: "mine", shape: "round", timeline: [] }
`

/** Durable jobs, on one machine and on many, whose declarations need those of Effect's Node platform. */
export const durable = `import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { SqlClient } from "effect/sql/SqlClient"
import { CharacterPerformance, Runway, type RunwayError } from "cometapi-runway"
import { Engine, Generate, type Generated, Runs } from "cometapi-runway-durable"
import * as Cluster from "cometapi-runway-durable/cluster"

declare const input: CharacterPerformance.Input
declare const database: Layer.Layer<SqlClient>

const jobs = Generate.layer({ submissions: 2 })
const client = Runway.layer({ apiKey: "any-key" })
export const result: Effect.Effect<Generated, RunwayError | Layer.Error<typeof alone>> = Runs.result({
  intent: "order-1",
  input
}).pipe(Effect.provide(Layer.suspend(() => alone)))

const alone = jobs.pipe(Layer.provideMerge(Engine.embedded({ file: "jobs.sqlite" })), Layer.provide(client))
export const together = jobs.pipe(
  Layer.provide(client),
  Layer.provide(Cluster.runner({ host: "10.0.0.7", port: 34431 })),
  Layer.provide(database)
)

// @ts-expect-error A job needs the name under which it is paid once.
Runs.start({ input })
// @ts-expect-error An engine needs a file.
Engine.embedded({})
`

/** The doors of the mock for test frameworks, whose declarations need those of vitest. */
export const doors = `import { useRunwayMock } from "cometapi-runway-mock/jest"
import { test } from "cometapi-runway-mock/vitest"

test("a job is accepted", async ({ mock }) => {
  const url: string = mock.url
  // @ts-expect-error There is no such fault.
  mock.inject({ on: "submit", kind: "earthquake" })
  await mock.fetch(new Request(url))
})

export const key = (): string => useRunwayMock({ clock: "virtual" }).key
// @ts-expect-error There is no such clock.
useRunwayMock({ clock: "sundial" })
`
