/**
 * Nothing but the status decides the state: whatever stands in the other fields, and whatever fields there are, at any depth.
 */
import { afterEach, beforeEach, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { Task } from "../../../src/index.ts"
import { fromBody } from "../../../src/task/WireTask.ts"

const id = Task.TaskId.make("5b91e444-c232-deaf-a4d7-8aef3e57336b")
const output = ["https://cdn.example.com/out.mp4"]
const read = (body: unknown) => Option.getOrUndefined(fromBody(id, body))
const urls = (task: Task.Task | undefined) => (task?._tag === "Succeeded" ? task.output.map(Redacted.value) : undefined)

/** The optional fields of a task and of a row. The output and the copy inside are set by each test. */
const bareFields = ["id", "createdAt", "progress", "failure", "failureCode", "estimatedCost", "cost"] as const
const rowFields = [
  "task_id",
  "action",
  "fail_reason",
  "video_url",
  "submit_time",
  "start_time",
  "finish_time",
  "progress"
] as const

/** What stands in optional fields: any JSON, and in other fields of any name. */
const odd = (fields: ReadonlyArray<string>) =>
  Schema.Struct({
    known: Schema.Record(Schema.Literals([...fields]), Schema.Json),
    // No field of the contract begins like this, however it is spelled.
    unknown: Schema.Array(Schema.Struct({ name: Schema.String, value: Schema.Json }))
  })

interface Odd {
  readonly known: Readonly<Record<string, unknown>>
  readonly unknown: ReadonlyArray<{ readonly name: string; readonly value: unknown }>
}

const laidOut = ({ known, unknown }: Odd) => ({
  ...Object.fromEntries(unknown.map(({ name, value }) => [`x-${name}`, value])),
  ...known
})

/** Every shape, with odd fields at every depth around the given statuses. */
const shapes = (bare: object, row: object, wrapper: object) => ({
  bare,
  row: { ...row, data: bare },
  envelope: { ...wrapper, data: { ...row, data: bare } },
  "wrapper and bare": { ...wrapper, data: bare },
  "copy as JSON text": { ...wrapper, data: { ...row, data: JSON.stringify(bare) } },
  "a list of one": { ...wrapper, data: [{ ...row, data: [bare] }] },
  "two envelopes": { ...wrapper, data: { ...row, data: { ...wrapper, data: { ...row, data: bare } } } }
})

/** The words that mean the same in both vocabularies. */
const states = [
  { tag: "Queued", bare: "PENDING", row: "QUEUED" },
  { tag: "Running", bare: "RUNNING", row: "IN_PROGRESS" },
  { tag: "Succeeded", bare: "SUCCEEDED", row: "SUCCESS" },
  { tag: "Failed", bare: "FAILED", row: "FAILURE" },
  { tag: "Cancelled", bare: "CANCELLED", row: "CANCELLED" },
  { tag: "Unrecognised", bare: "DREAMING", row: "UNKNOWN" }
] as const

/** How many cases a test has tried. */
let cases = 0
beforeEach(() => {
  cases = 0
})
afterEach(({ task }) => {
  Object.assign(task.meta, { cases: Math.max(1, cases) })
})

describe("fields of an odd type, and fields that nobody knows", () => {
  it.effect.prop(
    "change nothing about the state, in any shape and at any depth",
    [
      odd(bareFields),
      odd(rowFields),
      odd(["code", "message", "success", "error"]),
      Schema.Literals(["plain", "  padded\n"])
    ],
    ([bareOdd, rowOdd, wrapperOdd, form]) =>
      Effect.sync(() => {
        cases += 1
        const written = (word: string) => (form === "plain" ? word : ` ${word.toLowerCase()}\r\n`)
        for (const { tag, ...words } of states) {
          const bare = { ...laidOut(bareOdd), status: written(words.bare), output }
          const row = { ...laidOut(rowOdd), status: written(words.row) }
          for (const [shape, body] of Object.entries(shapes(bare, row, laidOut(wrapperOdd)))) {
            const task = read(body)
            expect(task?._tag, shape).toBe(tag)
            expect(task?.id).toBe(id)
            if (tag === "Succeeded") expect(urls(task), shape).toEqual(output)
          }
        }
      })
  )

  it.effect.prop(
    "hide no output that stands in a documented place, and make none",
    [odd(bareFields), odd(rowFields), Schema.Json, Schema.Json],
    ([bareOdd, rowOdd, oddOutput, oddCopy]) =>
      Effect.sync(() => {
        cases += 1
        const row = { ...laidOut(rowOdd), status: "SUCCESS" }
        const bare = { ...laidOut(bareOdd), status: "SUCCEEDED", output: oddOutput }
        expect(urls(read({ code: "success", data: { ...row, result_url: output[0], data: bare } }))).toEqual(output)
        expect(urls(read({ ...row, result_url: output[0], data: oddCopy }))).toEqual(output)
        expect(read(bare)?._tag).toBe("Finishing")
        expect(read({ ...row, data: bare })?._tag).toBe("Finishing")
      })
  )

  it.effect.prop(
    "and do not change whose word counts where two statuses disagree",
    [odd(bareFields), odd(rowFields), Schema.Literals(["odd", "null", "absent"])],
    ([bareOdd, rowOdd, form]) =>
      Effect.sync(() => {
        cases += 1
        const nulls = (fields: ReadonlyArray<string>) => Object.fromEntries(fields.map((name) => [name, null]))
        const bareRest = { odd: laidOut(bareOdd), null: nulls(bareFields), absent: {} }[form]
        const rowRest = { odd: laidOut(rowOdd), null: nulls(rowFields), absent: {} }[form]
        for (const [outer, inner, tag] of [
          ["FAILURE", "RUNNING", "Failed"],
          ["FAILURE", "SUCCEEDED", "Failed"],
          ["SUCCESS", "RUNNING", "Succeeded"],
          ["IN_PROGRESS", "FAILED", "Running"],
          ["IN_PROGRESS", "PENDING", "Running"],
          ["QUEUED", "CANCELLED", "Queued"],
          ["QUEUED", "RUNNING", "Running"],
          ["QUEUED", "SUCCEEDED", "Succeeded"]
        ] as const) {
          const row = { ...rowRest, status: outer, data: { ...bareRest, status: inner, output } }
          for (const body of [row, { code: "success", data: row }, { data: [row] }, { data: JSON.stringify(row) }]) {
            expect(read(body)?._tag, `${outer} around ${inner}`).toBe(tag)
          }
        }
      })
  )

  it.effect.prop(
    "and whatever the answer is, it is read without a defect",
    [Schema.Json, odd(rowFields)],
    ([body, rowOdd]) =>
      Effect.sync(() => {
        cases += 1
        for (const answer of [
          body,
          { data: body },
          { status: body },
          { status: "FAILURE", data: body },
          laidOut(rowOdd)
        ]) {
          read(answer)
        }
      })
  )
})

describe("a task that is wrapped in another way", () => {
  const task = { id, status: "SUCCEEDED", output }
  it.each([
    ["by JSend, whose own status is not the task's", { status: "success", data: task }],
    ["by JSend around a failure", { status: "success", data: { ...task, status: "FAILED" } }, "Failed"],
    ["under result", { success: true, result: task }],
    ["under data and task", { code: 200, msg: "ok", data: { task } }],
    ["in a list of several, by its id", { data: [{ id: "another", status: "FAILED" }, task] }],
    ["as JSON text of JSON text", JSON.stringify(JSON.stringify({ data: JSON.stringify(task) }))],
    ["in a page of items", { data: { items: [task], total: 1 } }],
    ["with its URL in a result beside the status", { id, status: "SUCCESS", result: { video_url: output[0] } }],
    ["with fields in another case", { Id: id, Status: "SUCCEEDED", Output: output }],
    ["in the row's fields in camel case", { data: { taskId: id, status: "SUCCESS", resultUrl: output[0] } }]
  ])("%s", (_, body, tag = "Succeeded") => {
    expect(read(body)?._tag).toBe(tag)
    if (tag === "Succeeded") expect(urls(read(body))).toEqual(output)
  })

  it("is none where the word for that stands in a status, or beside one that is no word of a task", () => {
    for (const body of [
      { status: "task_not_exist" },
      { status: "error", message: "task_not_exist" },
      { status: "error", error: { code: "task_not_exist" } }
    ]) {
      expect(read(body)).toBeUndefined()
    }
    expect(read({ id, status: "RETRYING", failure: "task_not_exist" })?._tag).toBe("Unrecognised")
    expect(read({ status: "RUNNING", message: "task_not_exist" })?._tag).toBe("Running")
  })

  it("is read no deeper than two gateways need, whatever an answer is made of", () => {
    const nested = (depth: number): unknown => (depth === 0 ? task : { data: nested(depth - 1) })
    expect(read(nested(10))?._tag).toBe("Succeeded")
    expect(read(nested(2000))).toBeUndefined()
  })

  it("is not looked for in places that tell of something else", () => {
    for (const body of [
      { error: { id: "x", status: "FAILED" } },
      { meta: { id: "x", status: "FAILED" } },
      { data: [task, { ...task, id: "another" }].map((each) => ({ ...each, id: "another" })) }
    ]) {
      expect(read(body)).toBeUndefined()
    }
  })

  it("does not take an unknown field for the task, where the task has a status of its own", () => {
    for (const name of ["result", "task", "response", "payload", "Status", "STATUS", "Data"]) {
      const value = name.toLowerCase() === "status" ? "SUCCEEDED" : task
      expect(read({ [name]: value, id, status: "RUNNING", data: null })?._tag, name).toBe("Running")
    }
  })
})

describe("the costs in credits", () => {
  it("are read from a task in any shape, and left out where they are none", () => {
    const bare = { id, status: "SUCCEEDED", output, cost: { credits: 25 }, estimatedCost: { credits: "50" } }
    for (const body of [bare, { code: "success", data: { task_id: id, status: "SUCCESS", data: bare } }]) {
      expect(read(body)).toMatchObject({ cost: { credits: 25 }, estimatedCost: { credits: 50 } })
    }
    for (const cost of [null, 25, "25", {}, { credits: null }, { credits: "many" }, { credits: {} }, []]) {
      const task = read({ ...bare, cost })
      expect(task?._tag).toBe("Succeeded")
      expect(task).not.toHaveProperty("cost")
    }
  })
})

describe("times", () => {
  it.each([
    [1773366766, "2026-03-13T01:52:46.000Z"],
    [1773366766000, "2026-03-13T01:52:46.000Z"],
    [1773366766000000, "2026-03-13T01:52:46.000Z"],
    ["1773366766", "2026-03-13T01:52:46.000Z"],
    ["2026-03-13 01:52:46", "2026-03-13T01:52:46.000Z"],
    ["2026-03-13T09:52:46+0800", "2026-03-13T01:52:46.000Z"],
    ["2026-03-13 09:52:46.000000 +0800 CST", "2026-03-13T01:52:46.000Z"],
    ["2026-03-13 01:52:46 UTC", "2026-03-13T01:52:46.000Z"],
    ["Fri, 13 Mar 2026 01:52:46 GMT", "2026-03-13T01:52:46.000Z"],
    [{ $date: "2026-03-13T01:52:46Z" }, "2026-03-13T01:52:46.000Z"],
    ["0001-01-01T00:00:00Z", undefined],
    ["1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"],
    [0, undefined],
    ["0", undefined],
    [-62135596800, undefined],
    [1e300, undefined],
    ["soon 5", undefined],
    ["2026-99-99T00:00:00Z", undefined],
    [[2026, 5, 1], undefined]
  ])("%j is %j", (createdAt, utc) => {
    expect(read({ id, status: "PENDING", createdAt })?.createdAt?.toJSON()).toBe(utc)
  })
})
