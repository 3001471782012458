import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { inspect } from "node:util"
import { describe, it } from "@effect/vitest"
import {
  ConnectionLost,
  InvalidInput,
  OutcomeUnknown,
  RateLimited,
  type Reason,
  Rejected,
  RunwayError,
  Task,
  TaskFailed,
  TaskNotFound,
  Unavailable,
  UnexpectedAnswer,
  Unreachable,
  WaitTimedOut
} from "cometapi-runway"
import * as Cause from "effect/Cause"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { expect } from "vitest"

const root = fileURLToPath(new URL("../../", import.meta.url))
const id = Task.TaskId.make("task-1")

const error = new RunwayError({
  operation: "GET /tasks/1",
  reason: new RateLimited({ said: "slow down" }),
  status: 429,
  requestId: "req-1",
  taskId: id,
  lastTask: new Task.Running({ id, status: "RUNNING" }),
  attempts: 5
})

const printed = `RunwayError: GET /tasks/1: 429 RateLimited after 5 attempts [task task-1] (request id req-1)
  why: rate limited: slow down
  now: Try again later`

describe("a printed error is three lines: what failed, why, and what to do now", () => {
  it("by console.log, also inside of something else", () => {
    expect(inspect(error)).toBe(printed)
    expect(inspect({ error }, { depth: 9 }).split("\n").length).toBeLessThanOrEqual(5)
  })

  it("as a text, as its stack, and as its message behind its name", () => {
    expect(String(error)).toBe(printed)
    expect(error.stack).toBe(printed)
    expect(`${error.name}: ${error.message}`).toBe(printed)
  })

  it("by Cause.pretty, as a failure and as a defect", () => {
    expect(Cause.pretty(Cause.fail(error))).toBe(printed)
    expect(Cause.pretty(Cause.die(error))).toBe(printed)
  })

  it.effect("by Cause.pretty after it went through effects that have no span", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(Effect.flatMap(Effect.fail(error), () => Effect.void))
      expect(exit._tag === "Failure" ? Cause.pretty(exit.cause) : "").toBe(printed)
    })
  )

  it("where a program's runMain ends with it", () => {
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      [join(root, "test/client/printed-fixtures/uncaught.ts")],
      { encoding: "utf8", env: { NO_COLOR: "1" } }
    )
    const said = `${stdout}${stderr}`.trim().split("\n")
    expect(said).toEqual([
      expect.stringMatching(/ERROR .*: RunwayError: GET \/tasks\/1: 429 RateLimited$/),
      "  why: rate limited: slow down",
      "  now: Try again later"
    ])
    expect(status).toBe(1)
  })

  it("where a test of vitest fails with it", () => {
    const cache = join(root, "node_modules/.cache")
    mkdirSync(cache, { recursive: true })
    const folder = mkdtempSync(join(cache, "printed-"))
    try {
      writeFileSync(
        join(folder, "failing.test.ts"),
        `import { RateLimited, RunwayError } from "cometapi-runway"
import { it } from "vitest"
it("fails", () => {
  throw new RunwayError({ operation: "GET /tasks/1", reason: new RateLimited({ said: "slow down" }), status: 429 })
})
`
      )
      const vitest = join(root, "node_modules/vitest/vitest.mjs")
      const { stdout, stderr } = spawnSync(process.execPath, [vitest, "run", "--root", folder], {
        encoding: "utf8",
        env: { NO_COLOR: "1", PATH: process.env["PATH"] ?? "" }
      })
      const lines = `${stdout}\n${stderr}`.split("\n")
      const first = lines.findIndex((line) => line.startsWith("RunwayError: "))
      expect(lines.slice(first, first + 3)).toEqual([
        "RunwayError: GET /tasks/1: 429 RateLimited",
        "  why: rate limited: slow down",
        "  now: Try again later"
      ])
      expect(lines[first + 3]).toMatch(/^(⎯|\s*$)/)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe("a task's id in the message", () => {
  const shown = (id: string): string | undefined =>
    /\[task (.*)\]/.exec(new RunwayError({ ...error, taskId: Task.TaskId.make(id) }).message)?.[1]

  it.each(["5b91e444-c232-deaf-a4d7-8aef3e57336b", "task_0123456789", "42", "v1.task:7"])(
    "is whole where it is an id: %s",
    (id) => {
      expect(shown(id)).toBe(id)
    }
  )

  it.each([
    ["https://user:secret@example.com/t-1", "https:…"],
    ["t-1?token=secret", "t-1…"],
    ["t-1\u001b[31m\nsecret", "t-1…"],
    ["%3Ftoken%3Dsecret", "…"],
    ["\u202esecret", "…"],
    ["7".repeat(500), `${"7".repeat(120)}…`]
  ])("ends where it stops being one, so that it hides nothing: %j", (id, beginning) => {
    expect(shown(id)).toBe(beginning)
  })
})

describe("what the three lines leave out", () => {
  it("is in the error's fields and in its JSON, from which it can be made again", () => {
    expect(error).toMatchObject({ status: 429, requestId: "req-1", taskId: id, attempts: 5 })
    const json = JSON.parse(JSON.stringify(error))
    expect(json).toMatchObject({
      _tag: "RunwayError",
      operation: "GET /tasks/1",
      reason: { _tag: "RateLimited", said: "slow down" },
      lastTask: { _tag: "Running", status: "RUNNING" },
      attempts: 5
    })
    const encoded = JSON.parse(JSON.stringify(Schema.encodeSync(RunwayError)(error)))
    expect(Schema.decodeUnknownSync(RunwayError)(encoded)).toEqual(error)
  })

  it("has the reason once", () => {
    expect(Object.keys(JSON.parse(JSON.stringify(error)))).not.toContain("cause")
  })
})

describe("each reason says why, and what to do now", () => {
  const reasons: ReadonlyArray<Reason> = [
    new InvalidInput({ problems: [{ path: "ratio", message: "is odd" }] }),
    new OutcomeUnknown({ problem: "the answer was lost", sentAt: DateTime.makeUnsafe(0), bodyDigest: "abcdef" }),
    new RateLimited({ retryAfter: Duration.seconds(5) }),
    new Rejected({ code: "bad" }),
    new Unavailable({}),
    new TaskNotFound({}),
    new UnexpectedAnswer({ problem: "a page" }),
    new Unreachable({ problem: "ECONNREFUSED" }),
    new ConnectionLost({ problem: "ECONNRESET" }),
    new TaskFailed({
      task: new Task.Failed({ id, status: "FAILED", failure: "no face", failureCode: "ASSET.INVALID" })
    }),
    new WaitTimedOut({ waited: Duration.minutes(30), seen: { RUNNING: 3 } })
  ]

  it.each(reasons.map((reason) => [reason._tag, reason] as const))(
    "%s, with nothing but what it needs",
    (_, reason) => {
      expect(reason.why).toMatch(/\w/)
      expect(reason.advice).toMatch(/^[A-Z]/)
      expect(reason.message).toBe(`${reason.why}. ${reason.advice}`)
      expect(new RunwayError({ reason }).message.split("\n")).toHaveLength(3)
    }
  )
})
