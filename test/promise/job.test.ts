import { inspect } from "node:util"
import { describe, expect, it } from "vitest"
import { createRunway, RunwayError } from "../../src/promise.ts"
import { accepted, answer, silence, socketError, wrapped } from "../support/Provider.ts"
import { held, id, input, running, scripted, signed, succeeded } from "./Support.ts"

const caught = (promise: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(promise).then(
    () => expect.unreachable("it was to fail"),
    (error: unknown) => error
  )

const runwayError = async (promise: PromiseLike<unknown>): Promise<RunwayError> => {
  const error = await caught(promise)
  if (!(error instanceof RunwayError)) throw error
  return error
}

/** Lets timers that are due run. */
const turn = () => new Promise((resolve) => setTimeout(resolve))

describe("a job", () => {
  it("is a video when it is awaited, however often, and is paid for once", async () => {
    const { runway, asked, posts } = scripted([accepted(), running(), succeeded()])
    await using _ = runway
    const job = runway.characterPerformance(input)
    const [video, again] = await Promise.all([job, job])
    expect(again).toBe(video)
    expect(video.url).toBe(signed)
    expect(await job).toBe(video)
    expect(posts()).toBe(1)
    expect(asked).toHaveLength(3)
    expect(JSON.parse(asked[0]?.body ?? "")).toMatchObject({
      character: { type: "image", uri: input.character },
      reference: { type: "video", uri: input.reference },
      model: "act_two"
    })
  })

  it("starts at once, even if nobody awaits it", async () => {
    const post = held(accepted)
    const { runway } = scripted([post.reply, succeeded()])
    await using _ = runway
    const job = runway.characterPerformance(input)
    await post.asked
    post.release()
    await job
  })

  it("knows its id before any waiting, and tells it before the first look", async () => {
    const order: Array<string> = []
    const { runway } = scripted([
      accepted(),
      () => {
        order.push("look")
        return succeeded()
      }
    ])
    await using _ = runway
    const job = runway.characterPerformance(input, {
      onSubmitted: async (id) => {
        await turn()
        order.push(id)
      }
    })
    expect(await job.id).toBe(id)
    await job
    expect(order).toEqual([id, "look"])
  })

  it("rejects with the id when the hook that stores it fails, and does not wait", async () => {
    const { runway, asked } = scripted([accepted(), succeeded()])
    await using _ = runway
    const job = runway.characterPerformance(input, {
      onSubmitted: () => Promise.reject(new TypeError("the database is away"))
    })
    const error = await runwayError(job)
    expect(error.is("HookFailed") && error.reason.problem).toBe("died: the database is away")
    expect(error.taskId).toBe(id)
    expect(await job.id).toBe(id)
    expect(asked).toHaveLength(1)
  })

  it("shows its states to any number of loops, from the first to the last, with one wait", async () => {
    const { runway, asked } = scripted([accepted(), running(0.2), running(0.2), running(0.7), succeeded()])
    await using _ = runway
    const progress: Array<number | undefined> = []
    const job = runway.characterPerformance(input, { onProgress: (task) => progress.push(task.progress) })
    const states = async () => {
      const seen: Array<string> = []
      for await (const task of job) seen.push(`${task.status} ${task.progress ?? ""}`.trim())
      return seen
    }
    const expected = ["RUNNING 0.2", "RUNNING 0.7", "SUCCEEDED"]
    expect(await Promise.all([states(), states()])).toEqual([expected, expected])
    await job
    expect(await states()).toEqual(expected)
    expect(progress).toEqual([0.2, 0.7, undefined])
    expect(asked).toHaveLength(5)
  })

  it("goes on when a loop is left, and when onProgress fails", async () => {
    const { runway, warnings } = scripted([accepted(), running(), succeeded()])
    await using _ = runway
    const job = runway.characterPerformance(input, {
      onProgress: () => {
        throw new Error("no bar")
      }
    })
    for await (const _ of job) break
    expect((await job).id).toBe(id)
    expect(warnings).toHaveLength(2)
    expect(warnings[0]).toBe("onProgress failed, and the wait goes on: Error: no bar")
  })

  it("that failed at the provider ends its loops and rejects", async () => {
    const failed = Response.json({ id, status: "FAILED", failure: "no face", failureCode: "SAFETY.INPUT.IMAGE" })
    const { runway } = scripted([accepted(), failed])
    await using _ = runway
    const job = runway.characterPerformance(input)
    const seen: Array<string> = []
    for await (const task of job) seen.push(task._tag)
    expect(seen).toEqual(["Failed"])
    const error = await runwayError(job)
    expect(error.is("TaskFailed") && error.reason.category).toBe("safety-input")
    expect(error.is("WaitTimedOut")).toBe(false)
  })

  it("that was refused throws in its loops too, and has no id", async () => {
    const { runway } = scripted([answer(401, wrapped("invalid_token"))])
    await using _ = runway
    const job = runway.characterPerformance(input)
    const loop = async () => {
      for await (const task of job) expect.unreachable(task.status)
    }
    for (const part of [job, loop(), job.id]) expect((await runwayError(part)).is("Unauthorized")).toBe(true)
  })

  it("whose answer was lost is not sent again, and says that its outcome is unknown", async () => {
    const { runway, posts } = scripted([socketError("ECONNRESET"), accepted()])
    await using _ = runway
    const error = await runwayError(runway.characterPerformance(input))
    expect(error.is("OutcomeUnknown") && error.reason.bodyDigest).toMatch(/^[0-9a-f]{64}$/)
    expect(posts()).toBe(1)
  })

  it("ends at its deadline, and another wait takes it up by its id", async () => {
    const { runway, posts } = scripted([accepted(), running()])
    await using _ = runway
    const error = await runwayError(runway.characterPerformance(input, { deadline: "20 millis" }))
    expect(error.is("WaitTimedOut")).toBe(true)
    const other = scripted([succeeded()])
    await using _other = other.runway
    expect((await other.runway.task(error.taskId ?? "")).url).toBe(signed)
    expect(posts() + other.posts()).toBe(1)
  })

  it("shows its id and status when it is inspected, and is a promise to whoever asks", async () => {
    const { runway } = scripted([accepted(), succeeded()])
    await using _ = runway
    const job = runway.characterPerformance(input)
    await job.finally(() => {})
    expect(inspect(job)).toContain(id)
    expect(inspect(job)).not.toContain("secret")
    expect(String(job)).toBe("[object Job]")
  })
})

describe("an abort", () => {
  it("while waiting rejects with the signal's reason at once, and cuts the request", async () => {
    const { reply, state } = silence()
    const { runway, asked } = scripted([accepted(), reply])
    await using _ = runway
    const controller = new AbortController()
    const job = runway.characterPerformance(input, { signal: controller.signal })
    while (asked.length < 2) await turn()
    const reason = new Error("enough")
    controller.abort(reason)
    expect(await caught(job)).toBe(reason)
    await turn()
    expect(state.aborted).toBe(true)
    expect(await job.id).toBe(id)
  })

  it("while the paid request is on its way rejects at once, and the id is kept when it comes", async () => {
    const post = held(accepted)
    const stored: Array<string> = []
    const { runway, asked } = scripted([post.reply, succeeded()])
    await using _ = runway
    const controller = new AbortController()
    const job = runway.characterPerformance(input, {
      signal: controller.signal,
      onSubmitted: (id) => stored.push(id)
    })
    await post.asked
    controller.abort()
    expect(await caught(job)).toBe(controller.signal.reason)
    post.release()
    expect(await job.id).toBe(id)
    await turn()
    expect(stored).toEqual([id])
    expect(asked).toHaveLength(1)
  })

  it("of a bare submission on its way is answered with the id that arrives all the same", async () => {
    const post = held(accepted)
    const { runway } = scripted([post.reply])
    await using _ = runway
    const controller = new AbortController()
    const submitted = runway.characterPerformance.submit(input, { signal: controller.signal })
    await post.asked
    controller.abort()
    post.release()
    expect(await submitted).toBe(id)
  })

  it("cuts a paid request that is not answered within the grace, and warns that there may be a job", async () => {
    const { reply, state } = silence()
    const { runway, warnings, posts } = scripted([reply], { interruptGrace: 5 })
    await using _ = runway
    const controller = new AbortController()
    const submitted = runway.characterPerformance.submit(input, { signal: controller.signal })
    while (posts() === 0) await turn()
    controller.abort(new Error("enough"))
    await expect(submitted).rejects.toThrow()
    expect(state.aborted).toBe(true)
    expect(warnings).toEqual([expect.stringContaining("may have been accepted and charged")])
  })

  it("before the call sends nothing", async () => {
    const { runway, asked } = scripted([accepted()])
    await using _ = runway
    const reason = new Error("too late")
    const job = runway.characterPerformance(input, { signal: AbortSignal.abort(reason) })
    expect(await caught(job)).toBe(reason)
    expect(await caught(job.id)).toBe(reason)
    expect(asked).toEqual([])
  })

  it("between two tries of a submission sends nothing more", async () => {
    const { runway, posts } = scripted([answer(429, wrapped("busy"), { "retry-after": "1" }), accepted()], {
      interruptGrace: 5
    })
    await using _ = runway
    const controller = new AbortController()
    const job = runway.characterPerformance(input, { signal: controller.signal })
    while (posts() === 0) await turn()
    controller.abort()
    await caught(job)
    await caught(job.id)
    expect(posts()).toBe(1)
  })
})

describe("a job that nobody awaits", () => {
  it("never is an unhandled rejection; its failure is a warning", async () => {
    const unhandled: Array<unknown> = []
    const listener = (error: unknown) => unhandled.push(error)
    process.on("unhandledRejection", listener)
    try {
      const { runway, warnings } = scripted([answer(401, wrapped("invalid_token"))])
      runway.characterPerformance(input)
      while (warnings.length === 0) await turn()
      expect(warnings).toEqual([
        expect.stringMatching(/^a job that nobody awaits has failed: POST [\s\S]*the key was not/)
      ])
      await runway.close()
      await turn()
      expect(unhandled).toEqual([])
    } finally {
      process.off("unhandledRejection", listener)
    }
  })

  it("does not warn where somebody awaits it, or has taken its id", async () => {
    const { runway, warnings } = scripted([answer(401, wrapped("invalid_token"))])
    await caught(runway.characterPerformance(input))
    await caught(runway.characterPerformance(input).id)
    await turn()
    await runway.close()
    expect(warnings).toEqual([])
  })
})

describe("closing a runway", () => {
  it("waits for a submission on its way and for the hook that stores its id", async () => {
    const post = held(accepted)
    const stored: Array<string> = []
    const { runway } = scripted([post.reply, running()])
    const job = runway.characterPerformance(input, {
      onSubmitted: async (id) => {
        await turn()
        stored.push(id)
      }
    })
    await post.asked
    const closing = runway.close()
    post.release()
    await closing
    expect(stored).toEqual([id])
    expect(await job.id).toBe(id)
    expect(await caught(job)).toMatchObject({ name: "AbortError", message: expect.stringContaining("task(id)") })
  })

  it("ends a wait, and leaves nothing that could be asked", async () => {
    const { runway, asked } = scripted([accepted(), running()])
    const job = runway.characterPerformance(input)
    await job.id
    await runway.close()
    expect(await caught(job)).toMatchObject({ name: "AbortError" })
    const count = asked.length
    for (const part of [runway.characterPerformance(input), runway.task(id), runway.get(id)])
      expect(await caught(part)).toMatchObject({ name: "AbortError" })
    expect(asked).toHaveLength(count)
  })
})

describe("a runway", () => {
  it("says at once what is wrong with its options, and never shows a key", () => {
    expect(() => createRunway({ apiKey: "sk-secret key" })).toThrow(RunwayError)
    expect(() => createRunway({ apiKey: "sk-secret key" })).toThrow(/^(?![\s\S]*secret)[\s\S]*white space/)
    expect(() => createRunway({ apiKey: "" })).toThrow(/COMETAPI_KEY is not set/)
    expect(inspect(createRunway({ apiKey: "sk-secret" }), { depth: 9 })).not.toContain("secret")
  })

  it("looks at a task once", async () => {
    const { runway, asked } = scripted([running(0.3)])
    await using _ = runway
    expect(await runway.get(id)).toMatchObject({ _tag: "Running", progress: 0.3 })
    expect(asked).toHaveLength(1)
  })
})
