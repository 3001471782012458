/**
 * Every answer to a submission in the corpus, read by the client: the reading, what must not be lost, and whether anything is sent again.
 *
 * What comes after such an answer is another acceptance, so that who sends too often is seen.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import { CharacterPerformance, type RunwayError } from "../../../src/index.ts"
import { play, type SubmitEntry, submits } from "../../corpus/Corpus.ts"
import { accepted, input, provider } from "../../support/Provider.ts"
import { run } from "../../support/VirtualTime.ts"

const retryOnce = { retry: Schedule.recurs(1) }

/** The reasons after which a submission may be sent again, by proof. */
const provenReasons = new Set(["Unreachable", "RateLimited", "Unavailable"])

/** What an error has to carry, as far as the file says. */
const expectError = (error: RunwayError, { requestId, retryAfterSeconds }: SubmitEntry["expect"]) => {
  if (requestId !== undefined) expect(error.requestId).toBe(requestId)
  if (retryAfterSeconds === undefined) return
  const { reason } = error
  const asked = "retryAfter" in reason ? reason.retryAfter : undefined
  expect(asked === undefined ? undefined : Duration.toSeconds(asked)).toBe(retryAfterSeconds)
}

describe("the POST's answers", () => {
  it("are many", () => {
    expect(submits.length).toBeGreaterThan(150)
  })

  for (const { name, entry } of submits) {
    const { reading, alsoRight = [], again, id } = entry.expect
    it.effect(`${name}: ${entry.about} → ${reading}${id === undefined ? "" : " with its id"}`, () => {
      // After a second answer of the same kind comes an acceptance, so that who sends too often is seen, and ends.
      const api = provider(
        () => play(entry.answer),
        () => play(entry.answer),
        accepted("sent-a-third-time")
      )
      return Effect.gen(function* () {
        const result = yield* run(Effect.result(CharacterPerformance.submit(input, retryOnce)))
        const got = Result.isSuccess(result) ? "accepted" : result.failure.reason._tag
        expect([reading, ...alsoRight]).toContain(got)
        expect(api.posts()).toBe(provenReasons.has(got) ? 2 : 1)
        if (got === reading) expect(provenReasons.has(got)).toBe(again)
        if (id !== undefined) expect(Result.isSuccess(result) ? result.success : result.failure.taskId).toBe(id)
        if (id === undefined && Result.isFailure(result)) expect(result.failure.taskId).toBeUndefined()
        if (Result.isFailure(result)) expectError(result.failure, entry.expect)
      }).pipe(Effect.provide(api.layer()))
    })
  }
})
