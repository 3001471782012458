/**
 * Goes through each of the three doors of the installed packages, to a provider that answers and to three that cannot be reached, and says what
 * a program gets of it: the job's end, the reason of a `RunwayError`, or what `fetch` threw.
 *
 * The same file runs in Node, Bun and Deno as it is, and bundled in workerd and a browser. It judges nothing.
 *
 * @module
 */
import { CharacterPerformance, Runway } from "cometapi-runway"
import { createBindings } from "cometapi-runway/bindings"
import { adaptivePoll } from "cometapi-runway/Poll"
import { createRunway } from "cometapi-runway/promise"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"

const input = {
  character: { type: "image", uri: "https://example.com/portrait.png" },
  reference: { type: "video", uri: "https://example.com/performance.mp4" }
}
const between = { minimum: "20 millis", maximum: "50 millis" }

const ends = {
  Effect: ({ apiKey, baseUrl }) => {
    const poll = { schedule: adaptivePoll(between), firstAfter: 0 }
    const job = CharacterPerformance.generate(input, poll)
    // The log would stand in the output, where what was seen goes.
    const client = Layer.merge(Runway.layer({ apiKey, baseUrl }), Logger.layer([]))
    return Effect.runPromise(Effect.provide(job, client)).then(({ status }) => status)
  },
  Promise: async ({ apiKey, baseUrl }) => {
    const runway = createRunway({ apiKey, baseUrl, between, firstAfter: 0 })
    try {
      const video = await runway.characterPerformance({
        character: input.character.uri,
        reference: input.reference.uri
      })
      return video.url.startsWith("http") ? "SUCCEEDED" : `a video at ${video.url}`
    } finally {
      await runway.close()
    }
  },
  bindings: async (account) => {
    const api = createBindings(account)
    const { data, error } = await api.POST("/runwayml/v1/character_performance", { body: input })
    if (error) return `an answer that is an error: ${JSON.stringify(error)}`
    const path = { id: data.id }
    for (let looks = 0; looks < 50; looks++) {
      const task = await api.GET("/runwayml/v1/tasks/{id}", { params: { path } })
      if (task.error) return `an answer that is an error: ${JSON.stringify(task.error)}`
      if (task.data.status === "SUCCEEDED") return task.data.status
    }
    return "no end"
  }
}

/** The reason of what a door threw, or that it threw what `fetch` did. */
const said = (error) => error?.reason?._tag ?? (error instanceof Error ? "threw" : `not an error: ${String(error)}`)

export const probe = async (cases) =>
  Object.fromEntries(
    await Promise.all(
      cases.map(async ({ name, door, ...account }) => [
        name,
        await ends[door](account).then(
          (end) => ({ end }),
          (error) => ({ end: said(error), message: String(error?.message) })
        )
      ])
    )
  )
