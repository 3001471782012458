/**
 * What every ledger promises, wherever it is kept, as tests.
 *
 * @module
 */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import { TestClock } from "effect/testing"
import type { Verdict } from "../../src/ledger/Entry.ts"
import { Ledger, sendOnce } from "../../src/ledger/Ledger.ts"
import type { Claim, Claimed } from "../../src/ledger/Rules.ts"
import { request } from "./Support.ts"

/** Sends nothing: claims, which must succeed. */
const claimed = Effect.fnUntraced(function* (claim: Effect.Effect<Claim, unknown>) {
  const answer = yield* claim
  if (answer._tag !== "Claimed") return yield* Effect.die(new Error(`the claim was answered ${answer._tag}`))
  return answer satisfies Claimed
})

const accepted = (taskId: string): Verdict => ({ _tag: "Accepted", taskId })
const refused: Verdict = { _tag: "Refused", why: "429" }
const unknown: Verdict = { _tag: "Unknown", why: "connection lost" }

/** Declares the tests of one ledger. The layer is built anew for each, and begins empty. */
export const promises = <E>(where: string, layer: Layer.Layer<Ledger, E>): void => {
  describe(`a ledger ${where}`, () => declared(layer))
}

const declared = <E>(layer: Layer.Layer<Ledger, E>): void => {
  const test = (name: string, body: (ledger: typeof Ledger.Service) => Effect.Effect<unknown, unknown>) =>
    it.effect(name, () => Effect.flatMap(Ledger, body).pipe(Effect.provide(layer)))

  test("lets the first claim of an intent send, and nobody else meanwhile", (ledger) =>
    Effect.gen(function* () {
      const first = yield* claimed(ledger.claim(request("a")))
      assert.strictEqual(first.entry.attempt, 1)
      const second = yield* ledger.claim(request("a"))
      assert.strictEqual(second._tag, "Busy")
      assert.strictEqual((yield* ledger.claim(request("b")))._tag, "Claimed")
    }))

  test("answers a claim with the id of the job that there is", (ledger) =>
    Effect.gen(function* () {
      const first = yield* claimed(ledger.claim(request("a", { label: "Ann dances" })))
      yield* ledger.record(first, accepted("t1"))
      const again = yield* ledger.claim(request("a"))
      assert.strictEqual(again._tag, "Accepted")
      assert.strictEqual(again.entry.taskId, "t1")
      assert.strictEqual(again.entry.label, "Ann dances")
    }))

  test("lets an intent be sent again after a refusal, as its next attempt", (ledger) =>
    Effect.gen(function* () {
      yield* ledger.record(yield* claimed(ledger.claim(request("a"))), refused)
      const second = yield* claimed(ledger.claim(request("a")))
      assert.strictEqual(second.entry.attempt, 2)
      assert.strictEqual(second.previous?.why, "429")
    }))

  test("refuses the key of an intent for another body", (ledger) =>
    Effect.gen(function* () {
      yield* ledger.record(yield* claimed(ledger.claim(request("a"))), accepted("t1"))
      const error = yield* Effect.flip(ledger.claim(request("a", { digest: "d2" })))
      assert.strictEqual(error._tag, "IntentConflict")
      assert.match(error.message, /nothing was sent, because the ledger knows the intent "a" with another body/)
    }))

  test("does not send again when it is not known how an attempt ended, until a person says so", (ledger) =>
    Effect.gen(function* () {
      yield* ledger.record(yield* claimed(ledger.claim(request("a"))), unknown)
      assert.strictEqual((yield* ledger.claim(request("a")))._tag, "Unknown")
      const early = yield* ledger.release("a", "not in the console")
      assert.strictEqual(early._tag, "TooEarly")
      assert.strictEqual((yield* ledger.claim(request("a")))._tag, "Unknown")
      yield* TestClock.adjust("90 seconds")
      const released = yield* ledger.release("a", "not in the console")
      assert.strictEqual(released._tag, "Done")
      assert.strictEqual((yield* claimed(ledger.claim(request("a")))).entry.attempt, 2)
      assert.strictEqual((yield* ledger.show("a"))[0]?.why, "not in the console")
    }))

  test("takes an id that a person found for the job", (ledger) =>
    Effect.gen(function* () {
      yield* ledger.record(yield* claimed(ledger.claim(request("a"))), unknown)
      yield* TestClock.adjust("90 seconds")
      yield* ledger.adopt("a", "t-found")
      const answer = yield* ledger.claim(request("a"))
      assert.deepStrictEqual([answer._tag, answer.entry.taskId], ["Accepted", "t-found"])
      assert.strictEqual((yield* ledger.adopt("a", "t-other"))._tag, "NothingUnknown")
    }))

  test("does not take an id twice", (ledger) =>
    Effect.gen(function* () {
      const zombie = yield* claimed(ledger.claim(request("a")))
      yield* TestClock.adjust("90 seconds")
      yield* ledger.release("a", "not in the console")
      yield* ledger.record(yield* claimed(ledger.claim(request("a"))), unknown)
      yield* ledger.record(zombie, accepted("t-late"))
      yield* TestClock.adjust("90 seconds")
      assert.strictEqual((yield* ledger.adopt("a", "t-late"))._tag, "AlreadyKnown")
      assert.strictEqual((yield* ledger.budget()).spent.jobs, 1)
      assert.strictEqual((yield* ledger.release("a", "only the late one is in the console"))._tag, "Done")
    }))

  test("calls an attempt unknown once its sender's time is over, and never free", (ledger) =>
    Effect.gen(function* () {
      yield* claimed(ledger.claim(request("a")))
      yield* TestClock.adjust("89 seconds")
      assert.strictEqual((yield* ledger.claim(request("a")))._tag, "Busy")
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* ledger.claim(request("a")))._tag, "Unknown")
    }))

  test("keeps an id that comes late, whatever was written meanwhile", (ledger) =>
    Effect.gen(function* () {
      const zombie = yield* claimed(ledger.claim(request("a")))
      yield* TestClock.adjust("90 seconds")
      assert.strictEqual((yield* ledger.claim(request("a")))._tag, "Unknown")
      yield* ledger.release("a", "not in the console")
      const second = yield* claimed(ledger.claim(request("a")))
      yield* ledger.record(zombie, accepted("t-late"))
      yield* ledger.record(second, accepted("t-second"))
      const ids = (yield* ledger.show("a")).map(({ taskId }) => taskId)
      assert.deepStrictEqual(ids, ["t-late", "t-second"])
      assert.strictEqual((yield* ledger.budget()).spent.jobs, 2)
    }))

  test("keeps an id beside the one that a person has adopted by mistake", (ledger) =>
    Effect.gen(function* () {
      const zombie = yield* claimed(ledger.claim(request("a")))
      yield* TestClock.adjust("90 seconds")
      yield* ledger.adopt("a", "t-mistaken")
      yield* ledger.record(zombie, accepted("t1"))
      assert.deepStrictEqual(
        (yield* ledger.show("a")).map(({ taskId }) => taskId),
        ["t-mistaken", "t1"]
      )
    }))

  test("takes a refusal from nobody but the sender of the attempt", (ledger) =>
    Effect.gen(function* () {
      const zombie = yield* claimed(ledger.claim(request("a")))
      yield* TestClock.adjust("90 seconds")
      yield* ledger.release("a", "not in the console")
      yield* claimed(ledger.claim(request("a")))
      yield* ledger.record(zombie, refused)
      assert.strictEqual((yield* ledger.claim(request("a")))._tag, "Busy")
    }))

  test("pays for a new job in place of a failed one, once, when it is asked to", (ledger) =>
    Effect.gen(function* () {
      yield* ledger.record(yield* claimed(ledger.claim(request("a"))), accepted("t1"))
      yield* ledger.settle("a", "t1", { outcome: "failed" })
      assert.strictEqual((yield* ledger.claim(request("a")))._tag, "Accepted")
      const second = yield* claimed(ledger.claim(request("a", { replaces: "t1" })))
      assert.strictEqual((yield* ledger.claim(request("a", { replaces: "t1" })))._tag, "Busy")
      yield* ledger.record(second, accepted("t2"))
      const again = yield* ledger.claim(request("a", { replaces: "t1" }))
      assert.deepStrictEqual([again._tag, again.entry.taskId], ["Accepted", "t2"])
    }))

  test("finds what nobody takes care of: unknown outcomes, and jobs to whose end nobody has waited", (ledger) =>
    Effect.gen(function* () {
      yield* claimed(ledger.claim(request("gone")))
      yield* ledger.record(yield* claimed(ledger.claim(request("abandoned"))), accepted("t1"))
      yield* ledger.record(yield* claimed(ledger.claim(request("ended"))), accepted("t2"))
      assert.isTrue(yield* ledger.settle("ended", "t2", { outcome: "succeeded" }))
      assert.isFalse(yield* ledger.settle("ended", "t-other", { outcome: "succeeded" }))
      yield* TestClock.adjust("90 seconds")
      yield* claimed(ledger.claim(request("young")))
      const sweep = yield* ledger.sweep
      assert.strictEqual(sweep.expired, 1)
      assert.deepStrictEqual(
        sweep.unknown.map(({ intent }) => intent),
        ["gone"]
      )
      assert.deepStrictEqual(
        sweep.pending.map(({ intent }) => intent),
        ["abandoned"]
      )
      assert.strictEqual((yield* ledger.sweep).expired, 0)
      assert.strictEqual((yield* ledger.list({ limit: 2, offset: 1 })).length, 2)
    }))

  test("forgets an intent only when nothing of it is open", (ledger) =>
    Effect.gen(function* () {
      assert.strictEqual((yield* ledger.forget("a"))._tag, "NotFound")
      const first = yield* claimed(ledger.claim(request("a")))
      assert.strictEqual((yield* ledger.forget("a"))._tag, "StillOpen")
      yield* ledger.record(first, accepted("t1"))
      assert.strictEqual((yield* ledger.forget("a"))._tag, "StillOpen")
      yield* ledger.settle("a", "t1", { outcome: "succeeded" })
      assert.strictEqual((yield* ledger.forget("a"))._tag, "Done")
      assert.deepStrictEqual(yield* ledger.show("a"), [])
      assert.strictEqual((yield* ledger.budget()).spent.jobs, 1)
      assert.strictEqual((yield* ledger.claim(request("a", { digest: "d2" })))._tag, "Claimed")
    }))

  test("refuses what would exceed a budget of jobs, and counts refused jobs out again", (ledger) =>
    Effect.gen(function* () {
      const budget = { name: "week", jobs: 2 }
      const first = yield* claimed(ledger.claim(request("a", { budget })))
      yield* claimed(ledger.claim(request("b", { budget })))
      const error = yield* Effect.flip(ledger.claim(request("c", { budget })))
      assert.strictEqual(error._tag, "BudgetExceeded")
      assert.match(error.message, /nothing was sent, because the budget "week" allows 2 jobs/)
      assert.deepStrictEqual(yield* ledger.show("c"), [])
      yield* ledger.record(first, refused)
      assert.strictEqual((yield* ledger.claim(request("c", { budget })))._tag, "Claimed")
      assert.strictEqual((yield* ledger.claim(request("d")))._tag, "Claimed")
    }))

  test("counts money exactly, holds what is unknown, and takes the cost that the provider says", (ledger) =>
    Effect.gen(function* () {
      const budget = { dollars: 1.2 }
      const [a, b, c] = yield* Effect.forEach(["a", "b", "c"], (intent) =>
        claimed(ledger.claim(request(intent, { budget })))
      )
      if (a === undefined || b === undefined || c === undefined) return assert.fail("three claims")
      assert.strictEqual((yield* Effect.flip(ledger.claim(request("d", { budget }))))._tag, "BudgetExceeded")
      yield* ledger.record(a, accepted("t1"))
      yield* ledger.record(b, unknown)
      yield* ledger.record(c, accepted("t2"))
      const report = yield* ledger.budget(budget)
      assert.deepStrictEqual(report, {
        name: "default",
        spent: { jobs: 2, dollars: 0.8 },
        held: { jobs: 1, dollars: 0.4 },
        reserved: { jobs: 0, dollars: 0 },
        left: { dollars: 0 }
      })
      yield* ledger.settle("a", "t1", { outcome: "succeeded", cost: 0.25 })
      yield* ledger.settle("c", "t2", { outcome: "failed", cost: 0 })
      assert.strictEqual((yield* ledger.budget(budget)).spent.dollars, 0.25)
      assert.strictEqual((yield* ledger.claim(request("d", { budget, price: 0.55 })))._tag, "Claimed")
      assert.strictEqual((yield* ledger.budget(budget)).left.dollars, 0)
    }))

  test("answers for a job that there is, also when the budget is used up", (ledger) =>
    Effect.gen(function* () {
      const budget = { jobs: 1 }
      yield* ledger.record(yield* claimed(ledger.claim(request("a", { budget }))), accepted("t1"))
      assert.strictEqual((yield* ledger.claim(request("a", { budget })))._tag, "Accepted")
    }))

  test("lets only one of many claims at once send", (ledger) =>
    Effect.gen(function* () {
      const answers = yield* Effect.forEach(Array.from({ length: 20 }), () => ledger.claim(request("a")), {
        concurrency: "unbounded"
      })
      assert.strictEqual(answers.filter(({ _tag }) => _tag === "Claimed").length, 1)
    }))

  test("writes down how sending ended, also when it is interrupted", (ledger) =>
    Effect.gen(function* () {
      const verdictOf = (exit: Exit.Exit<string, string>): Verdict => {
        if (Exit.isSuccess(exit)) return accepted(exit.value)
        return Exit.hasInterrupts(exit) ? { _tag: "Unknown", why: "interrupted" } : refused
      }
      const send = (intent: string, sending: Effect.Effect<string, string>) =>
        sendOnce(request(intent), () => sending, verdictOf).pipe(Effect.provideService(Ledger, ledger))
      const sent = yield* send("a", Effect.succeed("t1"))
      assert.deepStrictEqual(sent, { _tag: "Sent", value: "t1", unrecorded: undefined })
      assert.strictEqual((yield* send("a", Effect.die("sent again")))._tag, "Accepted")
      assert.strictEqual(yield* Effect.flip(send("b", Effect.fail("429"))), "429")

      const started = yield* Deferred.make<void>()
      const fiber = yield* Effect.forkChild(
        send("c", Effect.andThen(Deferred.succeed(started, undefined), Effect.never))
      )
      yield* Deferred.await(started)
      yield* Fiber.interrupt(fiber)
      const states = (yield* ledger.list()).map(({ intent, state }) => `${intent} ${state}`)
      assert.deepStrictEqual(states, ["a accepted", "b refused", "c unknown"])
    }))
}
