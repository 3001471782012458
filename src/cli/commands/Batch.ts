/**
 * `batch`: one video for each line of a file. A run that was ended goes on where it stopped, and no accepted job is paid for again.
 *
 * The whole file is checked before anything is paid for, and read once more while it is worked on: it may be larger than the memory.
 *
 * @module
 */
import { Argument, Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as Folder from "../../archive/Folder.ts"
import { type Budget, defaultPrice } from "../../ledger/Budget.ts"
import { Ledger } from "../../ledger/Ledger.ts"
import { Runway } from "../../Runway.ts"
import * as BatchLine from "../BatchLine.ts"
import * as JobsFile from "../JobsFile.ts"
import * as LedgerPlace from "../LedgerPlace.ts"
import * as Mode from "../Mode.ts"
import * as Output from "../Output.ts"
import * as Paid from "../Paid.ts"
import * as Purse from "../Purse.ts"
import * as Question from "../Question.ts"
import * as Screen from "../Screen.ts"
import * as Stop from "../Stop.ts"
import * as Subcommand from "../Subcommand.ts"
import * as Survey from "../Survey.ts"
import * as Tally from "../Tally.ts"
import * as Ticker from "../Ticker.ts"
import * as VideoFile from "../VideoFile.ts"

const flags = {
  ...Mode.paidFlags,
  ...LedgerPlace.payFlags,
  jobs: Argument.String("jobs.jsonl").pipe(
    Argument.withDescription('One job a line: {"character": "https://…", "reference": "https://…", "ratio": …}')
  ),
  out: Flag.String("out").pipe(
    Flag.withAlias("o"),
    Flag.withDefault("out"),
    Flag.withMetavar("folder"),
    Flag.withDescription(
      "Where the videos are kept, each as <task id>.mp4 with a <task id>.json that says what it was made of"
    )
  ),
  order: Flag.Literals("order", ["input", "ended"]).pipe(
    Flag.withDefault("input" as const),
    Flag.withDescription("Whether results come in the order of the lines (input), or as each ends (ended)")
  ),
  concurrency: Flag.Int("concurrency").pipe(
    Flag.withDefault(5),
    Flag.filter(
      (count) => count >= 1,
      (count) => `1 or more, got ${count}`
    ),
    Flag.withDescription("How many jobs may be under way at once. Default: 5")
  ),
  preflight: Paid.flags.preflight,
  retryFailed: Flag.Boolean("retry-failed").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Pay for a new job for each line whose job has failed")
  ),
  yes: Question.yes,
  budget: Purse.flag
}

type Flags = Command.Command.Config.Infer<typeof flags>

/** The ledger of a batch stands beside its file. */
const ledgerOf = (flags: Flags, mode: Mode.Mode) =>
  LedgerPlace.forPaying(
    { ...flags, ledger: Option.orElseSome(flags.ledger, () => `${flags.jobs}.ledger.sqlite`) },
    mode,
    !flags.noLedger || Option.isSome(flags.ledger) || Option.isSome(flags.budget)
  )

/** Says what it will cost, and asks whoever sits at a terminal. */
const agreed = Effect.fnUntraced(function* (survey: Survey.Survey, flags: Flags, mode: Mode.Mode) {
  const { baseUrl } = yield* Runway
  const { total, toPay, paid, open, repeated } = survey
  const cost = `$${(toPay * defaultPrice).toFixed(2)}`
  const parts = [
    `${toPay} to pay${mode === "live" ? ` (${cost} at ${baseUrl}, ${Mode.price} each)` : " at a mock, which costs nothing"}`,
    ...(paid > 0 ? [`${paid} paid already`] : []),
    ...(repeated > 0 ? [`${repeated} that repeat another line and share its video`] : []),
    ...(open > 0 ? [`${open} of which it is not known whether they were paid, and which are not sent again`] : [])
  ]
  yield* Output.note(`${total} lines: ${parts.join(", ")}.`)
  if (mode === "live" && toPay > 0 && !flags.yes && Question.canAsk()) yield* Question.confirm(`Pay up to ${cost}?`)
})

/** Works on all lines, and writes the result of each. */
const work = Effect.fnUntraced(function* (tally: Tally.Tally, budget: Budget, flags: Flags) {
  const { baseUrl } = yield* Runway
  const ledger = Option.getOrUndefined(yield* Effect.serviceOption(Ledger))
  const archive = yield* Folder.folder(yield* VideoFile.pathOf(flags.out))
  // Only who wants it loads it.
  const look = flags.preflight ? yield* Effect.promise(() => import("../../Preflight.ts")) : undefined
  const how: BatchLine.How = {
    archive,
    preflight: look?.check,
    budget,
    again: flags.retryFailed ? "failed" : "never"
  }
  const one = Effect.fnUntraced(function* (read: Result.Result<JobsFile.Job, JobsFile.BadLine>) {
    // Only where the file was changed while it was worked on.
    if (Result.isFailure(read)) return { event: "line", ok: false, reason: "InvalidInput", ...read.failure }
    tally.underWay++
    return yield* Effect.ensuring(
      BatchLine.run(read.success, how),
      Effect.sync(() => tally.underWay--)
    )
  })
  const write = Effect.fnUntraced(function* (result: Output.Event & { readonly ok: boolean }) {
    if (result.ok) tally.saved++
    else tally.failed++
    if (ledger !== undefined) tally.budget = yield* ledger.budget(budget)
    yield* Output.result(JSON.stringify(result), result)
  })
  const results = JobsFile.read(flags.jobs, baseUrl).pipe(
    Stream.mapEffect(one, { concurrency: flags.concurrency, unordered: flags.order === "ended" })
  )
  const all = Stream.runForEach(results, write)
  yield* Ticker.during(
    Ticker.saying(all, () => Tally.words(tally)),
    () => Tally.shown(tally)
  )
})

export const batch = Subcommand.make(
  "batch",
  flags,
  Effect.fn(function* (flags) {
    const mode = yield* Mode.modeOf(flags)
    yield* VideoFile.folderOnly(flags.out)
    yield* Effect.gen(function* () {
      const { baseUrl } = yield* Runway
      const budget = Purse.budgetOf(flags.budget, baseUrl)
      const survey = yield* Survey.of(flags.jobs, baseUrl, flags.retryFailed)
      yield* VideoFile.writable(flags.out)
      yield* agreed(survey, flags, mode)
      const tally = Tally.make(survey.total)
      yield* work(tally, budget, flags).pipe(
        Effect.onInterrupt(() =>
          Screen.say(
            `${Stop.why()}. ${Tally.words(tally)}. Jobs that were accepted go on at the provider; run the same command again to go on: what is paid is not paid again.`
          )
        )
      )
      yield* Output.note(`${Tally.words(tally)}.`)
      if (tally.failed > 0) yield* Subcommand.end("someFailed")
    }).pipe(Effect.provide(Layer.merge(Mode.client(mode), ledgerOf(flags, mode))))
  })
).pipe(
  Command.withDescription("Make a video for each line of a file; run it again to go on where it stopped"),
  Command.withExamples([
    { command: "cometapi-runway batch jobs.jsonl --mock", description: "Try the file for nothing" },
    {
      command: "cometapi-runway batch jobs.jsonl --live --budget 20 --out videos > results.jsonl",
      description: "Pay at most $20 for this file, whatever happens on the way"
    }
  ])
)
