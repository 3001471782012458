/**
 * One session of an agent, from the tools that it is offered to the video: what `npm test` tries of the server for agents.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import contract from "../../generated/contract.gen.json" with { type: "json" }
import { agent, folder, key, provider } from "./Support.ts"

describe("an agent", () => {
  it.live("is offered tools whose parameters are the contract's", () =>
    Effect.gen(function* () {
      const { url } = yield* provider
      const { client } = yield* agent({ state: yield* folder, baseUrl: url })
      const { tools } = yield* Effect.promise(() => client.listTools())
      expect(tools.map(({ name }) => name)).toEqual([
        ...["preflight", "submit_character_performance", "get_task", "wait_for_task", "list_jobs"]
      ])
      const schemas = contract.components.schemas
      const submit = tools.find(({ name }) => name === "submit_character_performance")
      const { properties = {}, required, ...rest } = submit?.inputSchema ?? { type: "object" }
      expect(Object.keys(properties)).toEqual(Object.keys(schemas.CharacterPerformanceRequest.properties))
      expect(required).toEqual(["character", "reference"])
      expect(properties["seed"]).toMatchObject({ minimum: 0, maximum: 4294967295, default: 1 })
      expect(rest).toMatchObject({ $defs: { AssetUri: { pattern: schemas.AssetUri.pattern } } })
      expect(JSON.stringify(submit)).not.toMatch(/#\/components|x-expected/)
      for (const { description, outputSchema } of tools) {
        expect(description).toBeTruthy()
        expect(outputSchema).toBeDefined()
      }
      expect(client.getInstructions()).toContain("never change an input only to get past a refusal")
    })
  )
})

describe("a wait", () => {
  it.live("reports progress, ends with the video, and the job is no longer listed", () =>
    Effect.gen(function* () {
      const { url, world } = yield* provider
      const { submit, call, said } = yield* agent({ state: yield* folder, baseUrl: url })
      const taskId = String((yield* Effect.promise(() => submit()))["taskId"])
      const progress: Array<{ progress: number; message?: string | undefined }> = []
      const end = yield* Effect.promise(() =>
        call(
          "wait_for_task",
          { id: taskId, timeoutSeconds: 60 },
          {
            onprogress: (report) => {
              progress.push(report)
              // The protocol's client drops a report that comes together with the result, so the last may be missing.
              if (progress.length === 1) world.finish(taskId)
            }
          }
        )
      )
      expect(end).toMatchObject({ isError: false, id: taskId, status: "SUCCEEDED", isDone: true })
      const output = String([end["output"]].flat()[0])
      expect((yield* Effect.promise(() => fetch(output))).status).toBe(200)
      expect(progress.length).toBeGreaterThan(0)
      expect(progress.map(({ progress }) => progress)).toEqual(progress.map((_, index) => index + 1))
      expect(progress[0]?.message).toMatch(/^(waiting|PENDING|THROTTLED|RUNNING)/)
      expect(yield* Effect.promise(() => call("list_jobs"))).toMatchObject({ pending: [] })
      for (const secret of [key, "SECRET-SIGNATURE", "_jwt"]) expect(said.err).not.toContain(secret)
    })
  )
})
