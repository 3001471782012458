/**
 * Every answer of the corpus to the GET, read by the client: the state, what is read with it, and whether a wait goes on.
 *
 * Each answer is tried twice: by itself, and as the first of two, where a wait has to go on to a finished task or not.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import { type RunwayError, Task } from "../../../src/index.ts"
import { type GetEntry, gets, play } from "../../corpus/Corpus.ts"
import { provider } from "../../support/Provider.ts"
import { run } from "../../support/VirtualTime.ts"

const id = "5b91e444-c232-deaf-a4d7-8aef3e57336b"
const retryOnce = { retry: Schedule.recurs(1) }

/** The states of a task that are an end. */
const ends = new Set(["Succeeded", "Failed", "Cancelled"])
const states = new Set([...ends, "Queued", "Running", "Finishing", "Unrecognised"])

/** What an error has to carry, as far as the file says. */
const expectError = (error: RunwayError, { requestId, retryAfterSeconds }: GetEntry["expect"]) => {
  if (requestId !== undefined) expect(error.requestId).toBe(requestId)
  if (retryAfterSeconds === undefined) return
  const { reason } = error
  const asked = "retryAfter" in reason ? reason.retryAfter : undefined
  expect(asked === undefined ? undefined : Duration.toSeconds(asked)).toBe(retryAfterSeconds)
}

/** What is to be read in a task, as far as the file says. */
const expectTask = (
  task: Task.Task,
  { output, failure, failureCode, progress, createdAt, word }: GetEntry["expect"]
) => {
  expect(task.id).toBe(id)
  if (output !== undefined && task._tag === "Succeeded") {
    expect(task.output.map((url) => new URL(Redacted.value(url)).href)).toEqual(output.map((url) => new URL(url).href))
  }
  if (failure !== undefined) expect(task).toMatchObject({ failure })
  if (failureCode !== undefined) expect(task).toMatchObject({ failureCode })
  if (progress === null) expect(task.progress).toBeUndefined()
  if (typeof progress === "number") expect(task.progress).toBeCloseTo(progress, 6)
  if (createdAt !== undefined) expect(task.createdAt?.toJSON()).toBe(createdAt ?? undefined)
  if (word !== undefined) expect(task.status.trim()).toBe(word)
}

const finished = Response.json({ id, status: "SUCCEEDED", output: ["https://cdn.example.com/second-look.mp4"] })

/** Whether a wait has to look again after an answer; nothing where the file leaves it open. */
const goesOn = ({ reading, again }: GetEntry["expect"]): boolean | undefined =>
  states.has(reading) ? !ends.has(reading) : again

describe("the GET's answers", () => {
  it("are many", () => {
    expect(gets.length).toBeGreaterThan(150)
  })

  for (const { name, entry } of gets) {
    const { reading, alsoRight = [] } = entry.expect
    it.effect(`${name}: ${entry.about} → ${reading}`, () => {
      const api = provider(() => play(entry.answer))
      return Effect.gen(function* () {
        const result = yield* run(Effect.result(Task.get(id, retryOnce)))
        const got = Result.isSuccess(result) ? result.success._tag : result.failure.reason._tag
        expect([reading, ...alsoRight]).toContain(got)
        if (got !== reading) return
        if (Result.isSuccess(result)) expectTask(result.success, entry.expect)
        else expectError(result.failure, entry.expect)
      }).pipe(Effect.provide(api.layer()))
    })

    const on = goesOn(entry.expect)
    if (on === undefined) continue
    it.effect(`${name}: a wait ${on ? "goes on after it" : "ends with it"}`, () => {
      const api = provider(() => play(entry.answer), finished)
      return Effect.gen(function* () {
        const result = yield* run(Effect.result(Task.wait(id)))
        if (on) {
          expect(Result.isSuccess(result) ? result.success._tag : result.failure.reason._tag).toBe("Succeeded")
          // A reading that is right too may be the end already.
          if (!alsoRight.some((other) => ends.has(other))) expect(api.asked.length).toBe(2)
        } else if (alsoRight.length === 0) {
          expect(api.asked.length).toBe(1)
        }
      }).pipe(Effect.provide(api.layer()))
    })
  }
})
