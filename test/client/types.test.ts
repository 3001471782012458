import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as E from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as HttpClient from "effect/http/HttpClient"
import type * as Layer from "effect/Layer"
import type * as Path from "effect/Path"
import type * as Redacted from "effect/Redacted"
import type * as Stream from "effect/Stream"
import * as S from "effect/Stream"
import { describe, expect, expectTypeOf, it } from "vitest"
import * as Bindings from "../../src/Bindings.ts"
import * as Public from "../../src/index.ts"
import { CharacterPerformance, Runway, type RunwayError, Task } from "../../src/index.ts"

declare const input: CharacterPerformance.Input
declare const inputs: Effect.Effect<CharacterPerformance.Input>
declare const id: string
declare const ids: Effect.Effect<string>
declare const handle: Task.Handle
declare const succeeded: Task.Succeeded
declare const retry: Public.RetrySchedule

/** The classes of the index that make a reason. */
type Reasons = {
  [Name in keyof typeof Public as (typeof Public)[Name] extends new (
    ...args: infer _
  ) => Public.Reason
    ? Name
    : never]: (typeof Public)[Name] extends new (
    ...args: infer Args
  ) => infer Made
    ? new (
        ...args: Args
      ) => Made
    : never
}
declare const wait: Effect.Effect<Task.Succeeded, RunwayError, Runway>

describe("types", () => {
  it("say what each operation needs, gives and fails with", () => {
    type Ends<A> = Effect.Effect<A, RunwayError, Runway>
    expectTypeOf(() => CharacterPerformance.submit(input)).returns.toEqualTypeOf<Ends<Task.TaskId>>()
    expectTypeOf(() => CharacterPerformance.generate(input)).returns.toEqualTypeOf<Ends<Task.Succeeded>>()
    expectTypeOf(() => Task.get(id)).returns.toEqualTypeOf<Ends<Task.Task>>()
    expectTypeOf(() => Task.watch(id)).returns.toEqualTypeOf<Stream.Stream<Task.Task, RunwayError, Runway>>()
    expectTypeOf(() => Task.wait(id)).returns.toEqualTypeOf<Ends<Task.Succeeded>>()
    expectTypeOf(Runway.layer).returns.toEqualTypeOf<Layer.Layer<Runway, RunwayError>>()
    expectTypeOf(Runway.layerConfig).returns.toEqualTypeOf<Layer.Layer<Runway, RunwayError>>()
  })

  it("take their options alone too, in a pipe, and a handle is never taken for options", () => {
    type Ends<A> = Effect.Effect<A, RunwayError, Runway>
    expectTypeOf(() => ids.pipe(E.flatMap(Task.get({ retry })))).returns.toEqualTypeOf<Ends<Task.Task>>()
    expectTypeOf(() => ids.pipe(E.flatMap(Task.get))).returns.toEqualTypeOf<Ends<Task.Task>>()
    expectTypeOf(() => ids.pipe(E.flatMap(Task.wait({ deadline: "1 hour" })))).returns.toEqualTypeOf<
      Ends<Task.Succeeded>
    >()
    expectTypeOf(() => ids.pipe(E.flatMap(Task.wait))).returns.toEqualTypeOf<Ends<Task.Succeeded>>()
    expectTypeOf(() => Task.wait(handle)).returns.toEqualTypeOf<Ends<Task.Succeeded>>()
    expectTypeOf(() => Task.watch({ deadline: 1 })(handle)).returns.toEqualTypeOf<
      Stream.Stream<Task.Task, RunwayError, Runway>
    >()
    expectTypeOf(() =>
      inputs.pipe(E.flatMap(CharacterPerformance.generate({ deadline: "1 hour", onSubmitted: E.log })))
    ).returns.toEqualTypeOf<Ends<Task.Succeeded>>()
    expectTypeOf(() => inputs.pipe(E.flatMap(CharacterPerformance.submit({ retry })))).returns.toEqualTypeOf<
      Ends<Task.TaskId>
    >()
    expectTypeOf(() => S.make(input).pipe(CharacterPerformance.generateAll({ concurrency: 2 }))).returns.toEqualTypeOf<
      Stream.Stream<CharacterPerformance.Generated, RunwayError, Runway>
    >()
    expectTypeOf(() => Task.download({ to: "a.mp4" })(succeeded)).returns.toEqualTypeOf<
      ReturnType<() => Effect.Effect<Task.Downloaded, RunwayError, FileSystem.FileSystem | Path.Path>>
    >()
    // @ts-expect-error - there is no such option
    expectTypeOf(() => Task.wait({ deadlin: "1 hour" }))
    // @ts-expect-error - there is no such kind of character
    expectTypeOf(() => CharacterPerformance.generate({ ...input, character: { type: "statue", uri: "" } }))
  })

  it("any reason makes an error, for a stub or a test", () => {
    const error = new Public.RunwayError({ reason: new Public.RateLimited({ retryAfter: Duration.seconds(5) }) })
    expectTypeOf(error.reason).toEqualTypeOf<Public.Reason>()
    expectTypeOf(error.reason.advice).toEqualTypeOf<string>()
    expect(error).toMatchObject({ operation: "runway", isRetryable: true, reason: { said: "" } })
    // @ts-expect-error - an error has a reason
    expectTypeOf(() => new Public.RunwayError({}))
    expectTypeOf<InstanceType<Reasons[keyof Reasons]>["_tag"]>().toEqualTypeOf<Public.Reason["_tag"]>()
  })

  it("layers say what they need", () => {
    expectTypeOf(Runway.make).returns.toEqualTypeOf<Effect.Effect<Runway["Service"], RunwayError>>()
    expectTypeOf(Runway.layerTest).returns.toEqualTypeOf<Layer.Layer<Runway>>()
    expectTypeOf(Runway.layerHttpClient).returns.toEqualTypeOf<
      Layer.Layer<Runway, RunwayError, HttpClient.HttpClient>
    >()
    expectTypeOf(() => Runway.layerConfig({ apiKey: Config.Redacted("MINE"), baseUrl: Config.String("WHERE") }))
    // @ts-expect-error - a number is no key
    expectTypeOf(() => Runway.layerConfig({ apiKey: Config.Number("MINE") }))
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
      "ArchiveFailed",
      "AssetUnidentified",
      "BudgetExceeded",
      "CharacterPerformance",
      "ConnectionLost",
      "DownloadFailed",
      "Forbidden",
      "HeldUp",
      "HookFailed",
      "IntentConflict",
      "IntentUnresolved",
      "InvalidConfig",
      "InvalidInput",
      "Ledger",
      "LedgerFailed",
      "OnAnswer",
      "OutcomeUnknown",
      "OutputExpired",
      "OutputMissing",
      "PreflightRefused",
      "RateLimited",
      "Rejected",
      "Runway",
      "RunwayError",
      "Task",
      "TaskCancelled",
      "TaskFailed",
      "TaskNotFound",
      "Unauthorized",
      "Unavailable",
      "UnexpectedAnswer",
      "Unreachable",
      "WaitTimedOut",
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
