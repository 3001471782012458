import { describe, it } from "@effect/vitest"
import { CharacterPerformance, Runway, Task } from "cometapi-runway"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { expect } from "vitest"

const input: CharacterPerformance.Input = {
  character: { type: "image", uri: "https://example.com/portrait.png" },
  reference: { type: "video", uri: "https://example.com/performance.mp4" }
}

describe("options alone, in a pipe, do what they do behind their subject", () => {
  it.effect("for submit, generate and generateAll", () =>
    Effect.gen(function* () {
      const told: Array<string> = []
      const onSubmitted = (id: string) => Effect.sync(() => told.push(id))
      expect(yield* Effect.succeed(input).pipe(Effect.flatMap(CharacterPerformance.submit({ onSubmitted })))).toBe(
        "task-1"
      )
      const task = yield* Effect.succeed(input).pipe(
        Effect.flatMap(CharacterPerformance.generate({ deadline: "1 hour", onSubmitted }))
      )
      expect(task.id).toBe("task-2")
      const all = yield* Stream.make(input).pipe(
        CharacterPerformance.generateAll({ concurrency: 1, onSubmitted }),
        Stream.runCollect
      )
      expect(all.map(({ result }) => Result.isSuccess(result))).toEqual([true])
      expect(told).toEqual(["task-1", "task-2", "task-3"])
    }).pipe(Effect.provide(Runway.layerTest()))
  )

  it.effect("for get, wait and watch, and a handle is what is waited for, not an option", () =>
    Effect.gen(function* () {
      const retry = Schedule.recurs(0)
      expect((yield* Effect.succeed("a").pipe(Effect.flatMap(Task.get({ retry })))).id).toBe("a")
      expect((yield* Effect.succeed("b").pipe(Effect.flatMap(Task.wait({ deadline: "1 hour" })))).id).toBe("b")
      const handle = new Task.Handle({ id: Task.TaskId.make("c"), submittedAt: DateTime.makeUnsafe(0) })
      expect((yield* Task.wait(handle)).id).toBe("c")
      const seen = yield* Task.watch({ firstAfter: 0 })(handle).pipe(Stream.runCollect)
      expect(seen.map(({ _tag }) => _tag)).toEqual(["Succeeded"])
    }).pipe(Effect.provide(Runway.layerTest()))
  )

  it.effect("and are refused when they cannot be used", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.succeed("a").pipe(Effect.flatMap(Task.wait({ deadline: 0 }))))
      expect(error.reason).toMatchObject({ _tag: "InvalidInput", problems: [{ path: "deadline" }] })
    }).pipe(Effect.provide(Runway.layerTest()))
  )
})
