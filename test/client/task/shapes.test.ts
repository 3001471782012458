import { describe, expect, it } from "@effect/vitest"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import contract from "../../../generated/contract.gen.json" with { type: "json" }
import { Task } from "../../../src/index.ts"
import { fromBody } from "../../../src/task/WireTask.ts"

const id = Task.TaskId.make("5b91e444-c232-deaf-a4d7-8aef3e57336b")
const read = (body: unknown) => Option.getOrUndefined(fromBody(id, body))
const examples = contract.paths["/runwayml/v1/tasks/{id}"].get.responses["200"].content["application/json"].examples
const row = { task_id: id, status: "IN_PROGRESS" }
const urls = (task: Task.Task | undefined) => (task?._tag === "Succeeded" ? task.output.map(Redacted.value) : undefined)

describe("every shape of the contract becomes one task", () => {
  const expected = {
    pending: "Queued",
    "pending-with-estimate": "Queued",
    throttled: "Queued",
    running: "Running",
    succeeded: "Succeeded",
    "succeeded-with-cost": "Succeeded",
    "succeeded-without-output": "Finishing",
    failed: "Failed",
    "failed-safety-input": "Failed",
    "failed-safety-output": "Failed",
    "failed-asset": "Failed",
    cancelled: "Cancelled",
    "envelope-not-start": "Queued",
    "envelope-submitted": "Queued",
    "envelope-queued": "Queued",
    "envelope-in-progress": "Running",
    "envelope-success": "Succeeded",
    "envelope-success-with-cost": "Succeeded",
    "envelope-success-result-url": "Succeeded",
    "envelope-success-fail-reason": "Succeeded",
    "envelope-failure": "Failed",
    "envelope-unknown": "Unrecognised",
    "envelope-null": "Unrecognised",
    row: "Running",
    "row-success": "Succeeded"
  } satisfies Record<keyof typeof examples, Task.Task["_tag"]>

  it.each(Object.entries(expected))("the example %s is %s", (name, tag) => {
    const task = read(Object.entries(examples).find(([key]) => key === name)?.[1].value)
    expect(task?._tag).toBe(tag)
    expect(task?.id).toBe(id)
    if (tag === "Succeeded") expect(urls(task)).toEqual(["https://example.com/output.mp4"])
  })

  it("with a failure's words and code from wherever they stand", () => {
    const said = "The provided image was flagged by content moderation."
    for (const name of ["failed-safety-input", "envelope-failure"] as const) {
      expect(read(examples[name].value)).toMatchObject({ failure: said, failureCode: "SAFETY.INPUT.IMAGE" })
    }
    expect(read({ ...row, status: "FAILURE", fail_reason: "gone wrong" })).toMatchObject({ failure: "gone wrong" })
  })
})

describe("a field that comes in several forms is read as one", () => {
  it.each([
    [0.275, 0.275],
    ["0.275", 0.275],
    ["30%", 0.3],
    ["100%", 1],
    ["100 %", 1],
    [30, 0.3],
    [1, 1],
    [1.02, 1],
    [2, 0.02],
    [101, 1],
    ["", undefined],
    [true, undefined],
    [[0.5], undefined],
    [{ percent: 50 }, undefined],
    [null, undefined],
    ["soon", undefined],
    [-1, 0]
  ])("progress %j is %j", (progress, share) => {
    expect(read({ id, status: "RUNNING", progress })?.progress).toBe(share)
    expect(read({ ...row, progress })?.progress).toBe(share)
  })

  it.each([
    ["2026-03-13T09:52:46+08:00", "2026-03-13T01:52:46.000Z"],
    ["2026-05-01T12:47:47.351Z", "2026-05-01T12:47:47.351Z"],
    ["yesterday", undefined],
    ["", undefined],
    [null, undefined]
  ])("createdAt %j is %j", (createdAt, utc) => {
    expect(read({ id, status: "PENDING", createdAt })?.createdAt?.toJSON()).toBe(utc)
  })

  it("the submission's time stands in for a missing createdAt, and 0 means none", () => {
    expect(read({ ...row, submit_time: 1773366766 })?.createdAt?.toJSON()).toBe("2026-03-13T01:52:46.000Z")
    expect(read({ ...row, submit_time: 0 })?.createdAt).toBeUndefined()
  })

  it("output as a list or as a lone URL, and nothing that is no URL", () => {
    expect(urls(read({ id, status: "SUCCEEDED", output: "https://a.b/c.mp4" }))).toEqual(["https://a.b/c.mp4"])
    expect(urls(read({ id, status: "SUCCEEDED", output: ["", "https://a.b/c.mp4", "later"] }))).toEqual([
      "https://a.b/c.mp4"
    ])
    for (const without of [
      {},
      { output: null },
      { output: [] },
      { output: "" },
      { output: [""] },
      { output: "later" }
    ]) {
      expect(read({ id, status: "SUCCEEDED", ...without })?._tag).toBe("Finishing")
    }
  })

  it("a status in lower case, and one not known yet with its word kept", () => {
    expect(read({ id, status: "succeeded", output: ["https://a.b/c.mp4"] })?._tag).toBe("Succeeded")
    for (const status of ["PAUSED", "constructor", "__proto__", ""]) {
      expect(read({ id, status })).toMatchObject({ _tag: "Unrecognised", status })
    }
  })
})

describe("where the envelope and the provider's copy inside disagree", () => {
  const output = ["https://a.b/c.mp4"]
  const inner = (status: string, more: object = {}) => ({ id, status, ...more })

  it("a terminal envelope stands", () => {
    expect(
      read({ ...row, status: "FAILURE", fail_reason: "refunded", data: inner("SUCCEEDED", { output }) })?._tag
    ).toBe("Failed")
    expect(read({ ...row, status: "SUCCESS", result_url: output[0], data: inner("RUNNING") })?._tag).toBe("Succeeded")
    expect(read({ ...row, status: "SUCCESS", data: inner("FAILED") })?._tag).toBe("Finishing")
  })

  it("the copy is believed when it got further", () => {
    expect(read({ ...row, status: "QUEUED", data: inner("RUNNING", { progress: 0.4 }) })).toMatchObject({
      _tag: "Running",
      progress: 0.4
    })
    expect(read({ ...row, status: "UNKNOWN", data: inner("SUCCEEDED", { output }) })?._tag).toBe("Succeeded")
    expect(read({ ...row, status: "IN_PROGRESS", data: inner("PENDING") })?._tag).toBe("Running")
  })

  it("but not when it says that the task failed: money follows the envelope", () => {
    expect(read({ ...row, status: "IN_PROGRESS", data: inner("FAILED") })?._tag).toBe("Running")
    expect(read({ ...row, status: "QUEUED", data: inner("CANCELLED") })?._tag).toBe("Queued")
  })

  it("a URL in fail_reason is an output after a success and a text after a failure", () => {
    expect(urls(read({ ...row, status: "SUCCESS", fail_reason: output[0] }))).toEqual(output)
    expect(read({ ...row, status: "FAILURE", fail_reason: "see https://a.b/help" })).toMatchObject({
      failure: "see https://a.b/help"
    })
  })

  it("whatever else the provider said inside is passed over", () => {
    for (const data of [null, {}, { error: "boom" }, { id: 7 }]) expect(read({ ...row, data })?._tag).toBe("Running")
  })
})

it("a text status is all that is needed", () => {
  expect(read({ status: "PENDING" })?._tag).toBe("Queued")
  expect(read({ code: "success", data: { status: "RUNNING" } })?._tag).toBe("Running")
})

it("what is no task is nothing", () => {
  for (const body of [
    undefined,
    null,
    "",
    0,
    [],
    {},
    "PENDING",
    { id },
    { status: 2 },
    { status: "task_not_exist" },
    { code: "task_not_exist", message: "", data: null },
    { error: "x" }
  ]) {
    expect(read(body)).toBeUndefined()
  }
})
