import type * as Effect from "effect/Effect"
import * as E from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type * as Stream from "effect/Stream"
import { describe, expect, expectTypeOf, it } from "vitest"
import * as Bindings from "../../src/Bindings.ts"
import * as Public from "../../src/index.ts"
import { CharacterPerformance, Runway, type RunwayError, Task } from "../../src/index.ts"

declare const input: CharacterPerformance.Input
declare const wait: Effect.Effect<Task.Succeeded, RunwayError, Runway>

describe("types", () => {
  it("say what each operation needs, gives and fails with", () => {
    expectTypeOf(CharacterPerformance.submit).returns.toEqualTypeOf<Effect.Effect<Task.TaskId, RunwayError, Runway>>()
    expectTypeOf(CharacterPerformance.generate).returns.toEqualTypeOf<
      Effect.Effect<Task.Succeeded, RunwayError, Runway>
    >()
    expectTypeOf(Task.get).returns.toEqualTypeOf<Effect.Effect<Task.Task, RunwayError, Runway>>()
    expectTypeOf(Task.watch).returns.toEqualTypeOf<Stream.Stream<Task.Task, RunwayError, Runway>>()
    expectTypeOf(Task.wait).returns.toEqualTypeOf<Effect.Effect<Task.Succeeded, RunwayError, Runway>>()
    expectTypeOf(Runway.layer).returns.toEqualTypeOf<Layer.Layer<Runway, RunwayError>>()
    expectTypeOf(Runway.layerConfig).toEqualTypeOf<Layer.Layer<Runway, RunwayError>>()
  })

  it("a success has at least one output, and a URL is not read by accident", () => {
    expectTypeOf<Task.Succeeded["output"]>().toEqualTypeOf<
      readonly [Redacted.Redacted<string>, ...Array<Redacted.Redacted<string>>]
    >()
  })

  it("a task narrows by its tag, and only an ended one is terminal", () => {
    const read = (task: Task.Task): string | undefined => {
      if (Task.isTerminal(task)) expectTypeOf(task).toEqualTypeOf<Task.Succeeded | Task.Failed | Task.Cancelled>()
      switch (task._tag) {
        case "Failed":
          return task.failureCode
        case "Succeeded":
          expectTypeOf(task.output).not.toBeNever()
          return undefined
        default:
          // @ts-expect-error - no output before success
          task.output
          return undefined
      }
    }
    expectTypeOf(read).returns.toEqualTypeOf<string | undefined>()
  })

  it("a caught reason is narrowed, and the error it came in too", () => {
    const caught = () =>
      wait.pipe(
        E.catchReason("RunwayError", "OutcomeUnknown", (reason, error) => {
          expectTypeOf(reason.bodyDigest).toEqualTypeOf<string>()
          expectTypeOf(error.taskId).toEqualTypeOf<Task.TaskId | undefined>()
          return E.succeed("unknown" as const)
        })
      )
    expectTypeOf(caught).returns.toExtend<Effect.Effect<Task.Succeeded | "unknown", RunwayError, Runway>>()
    // @ts-expect-error - there is no such reason
    expectTypeOf(() => wait.pipe(E.catchReason("RunwayError", "Timeout", () => E.void)))
  })

  it("an input is checked where it is written", () => {
    const wrong = () => [
      // @ts-expect-error - a ratio is WIDTH:HEIGHT
      CharacterPerformance.submit({ ...input, ratio: "wide" }),
      // @ts-expect-error - a reference is a video
      CharacterPerformance.submit({ ...input, reference: { type: "image", uri: "https://example.com/a.png" } }),
      // @ts-expect-error - a field that the contract does not have
      CharacterPerformance.submit({ character: input.character, reference: input.reference, bodycontrol: true }),
      // @ts-expect-error - the reference is missing
      CharacterPerformance.submit({ character: input.character })
    ]
    expectTypeOf(wrong).toBeFunction()
  })

  it("nothing public is any", () => {
    type IsAny<A> = 0 extends 1 & A ? true : false
    /** The names of a module whose value, parameters, result, or anything a result holds, is `any`. */
    type AnyIn<M> = {
      [K in keyof M]: IsAny<M[K]> extends true
        ? K
        : M[K] extends (...parameters: infer P) => infer R
          ? IsAny<P[number]> extends true
            ? K
            : IsAny<R> extends true
              ? K
              : R extends Effect.Effect<infer A, infer Err, infer Req>
                ? true extends IsAny<A> | IsAny<Err> | IsAny<Req>
                  ? K
                  : never
                : never
          : never
    }[keyof M]
    expectTypeOf<AnyIn<typeof Public>>().toBeNever()
    expectTypeOf<AnyIn<typeof CharacterPerformance>>().toBeNever()
    expectTypeOf<AnyIn<typeof Task>>().toBeNever()
    expectTypeOf<AnyIn<typeof Bindings>>().toBeNever()
  })

  it("and the public names are these, no more", () => {
    expect(Object.keys(Public).sort()).toEqual([
      "CharacterPerformance",
      "Ledger",
      "OnAnswer",
      "Runway",
      "RunwayError",
      "Task",
      "adaptivePoll",
      "defaultPoll",
      "defaultRetry"
    ])
    expect(Object.keys(Task).sort()).toEqual([
      "Cancelled",
      "Failed",
      "Finishing",
      "Handle",
      "OutputUrl",
      "Queued",
      "Running",
      "Succeeded",
      "Task",
      "TaskId",
      "Unrecognised",
      "download",
      "get",
      "handle",
      "isTerminal",
      "outcome",
      "restore",
      "wait",
      "watch"
    ])
    expect(Object.keys(Bindings).sort()).toEqual(["createBindings", "defaultBaseUrl", "defaultVersion"])
  })
})
