import { describe, expect, it } from "vitest"
import { classify } from "../../src/FailureCode.ts"
import { Task } from "../../src/index.ts"
import { TaskFailed } from "../../src/RunwayError.ts"

const failed = (failureCode?: string) =>
  new TaskFailed({
    task: new Task.Failed({
      id: Task.TaskId.make("t-1"),
      status: "FAILED",
      failure: "It went wrong.",
      ...(failureCode === undefined ? {} : { failureCode })
    })
  })

describe("a failure code says whose fault it was and whether paying again could help", () => {
  it.each([
    ["SAFETY.INPUT.IMAGE", "safety-input", "no"],
    ["SAFETY.INPUT.TEXT", "safety-input", "no"],
    ["SAFETY.INPUT", "safety-input", "no"],
    ["INPUT_PREPROCESSING.SAFETY.TEXT", "safety-input", "no"],
    ["SAFETY.OUTPUT.VIDEO", "safety-output", "no"],
    ["SAFETY.SOMETHING.NEW", "safety-input", "no"],
    ["ASSET.INVALID", "asset", "no"],
    ["INTERNAL.BAD_OUTPUT.CODE01", "internal", "unlikely"],
    ["INTERNAL", "internal", "later"],
    ["INTERNAL.ELSE", "internal", "later"],
    ["INPUT_PREPROCESSING.INTERNAL", "internal", "later"],
    ["THIRD_PARTY.UNAVAILABLE", "third-party", "later"],
    ["third_party.unavailable", "third-party", "later"],
    ["INTERNALISED", "unknown", "unlikely"],
    ["BRAND.NEW", "unknown", "unlikely"],
    ["", "unknown", "unlikely"],
    [undefined, "unknown", "unlikely"]
  ])("%s is %s, a new job: %s", (code, category, newJob) => {
    expect(failed(code)).toMatchObject({ category, newJob })
  })

  it("and the message ends with what to do", () => {
    expect(failed("SAFETY.OUTPUT.VIDEO").message).toBe(
      "the task failed (SAFETY.OUTPUT.VIDEO): It went wrong. The generated video was moderated: change the inputs."
    )
    expect(failed().message).toBe(`the task failed: It went wrong. ${classify(undefined).advice}`)
  })

  it("but never that it may be done again without a word: it is not retryable", () => {
    for (const code of ["INTERNAL", "THIRD_PARTY.UNAVAILABLE", undefined]) expect(failed(code).isRetryable).toBe(false)
  })
})
