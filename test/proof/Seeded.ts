/**
 * A property that is tried with many cases from one seed. A failure says the seed and the smallest case, as data that can be kept and played again.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { TaskMeta } from "vitest"

/** `PROOF_SEED=7` begins elsewhere; `npm run proof -- NAME --seed 7` sets it. */
const seed = Number(process.env["PROOF_SEED"] ?? 1)

/** What is to be tried, and how often. */
export interface Trial<A> {
  readonly schema: Schema.Codec<A, unknown>
  readonly cases: number
  /** What is wrong with a case: nothing, where the property holds. */
  readonly judge: (given: A) => Promise<ReadonlyArray<string>>
  /** What a part of a case may be replaced with to make it smaller, beside 0 and an empty text. */
  readonly simplest?: ReadonlyArray<unknown>
  /** A JSON file of cases that failed once. They are tried first. */
  readonly kept?: string
}

const keptCases = <A>({ schema, kept }: Trial<A>): ReadonlyArray<A> =>
  kept !== undefined && existsSync(kept)
    ? Schema.decodeUnknownSync(Schema.Array(schema))(JSON.parse(readFileSync(kept, "utf8")))
    : []

/** Smaller forms of a value, one change each: with less in it, or with something simple in a place. Those that are no cases are passed over. */
const smaller = (value: unknown, simplest: ReadonlyArray<unknown>): ReadonlyArray<unknown> => {
  const simple =
    typeof value === "number"
      ? [0, Math.floor(value / 2), value - 1]
      : typeof value === "string"
        ? ["", value.slice(0, value.length / 2)]
        : []
  return [
    ...simplest,
    ...simple,
    ...(typeof value === "object" && value !== null ? inside(value, simplest) : [])
  ].filter((candidate) => isSmaller(candidate, value))
}

const inside = (value: object, simplest: ReadonlyArray<unknown>): ReadonlyArray<unknown> => {
  if (Array.isArray(value)) {
    const without = value.map((_, index) => value.toSpliced(index, 1))
    return [
      ...without,
      ...value.flatMap((item: unknown, index) => smaller(item, simplest).map((less) => value.with(index, less)))
    ]
  }
  return Object.entries(value).flatMap(([name, item]) => {
    const { [name]: _, ...rest } = Object.fromEntries(Object.entries(value))
    return [rest, ...smaller(item, simplest).map((less) => ({ ...value, [name]: less }))]
  })
}

/** Shorter when it is written down, or before the other in the alphabet: so making smaller comes to an end. */
const isSmaller = (candidate: unknown, value: unknown): boolean => {
  const [a = "", b = ""] = [JSON.stringify(candidate), JSON.stringify(value)]
  return a.length < b.length || (a.length === b.length && a < b)
}

/** Tries it, and tells the table how many cases there were. */
export const holds = async <A>(
  { task }: { readonly task: { readonly meta: TaskMeta } },
  trial: Trial<A>
): Promise<void> => {
  const { schema, cases, judge } = trial
  const kept = keptCases(trial)
  Object.assign(task.meta, { cases: cases + kept.length, seed })
  for (const given of kept) {
    const wrong = await judge(given)
    if (wrong.length > 0)
      throw new Error(`A case that failed once fails again: ${wrong.join("; ")}\n${JSON.stringify(given)}`)
  }
  const property = (given: A) =>
    Effect.flatMap(
      Effect.promise(() => judge(given)),
      (wrong) => (wrong.length === 0 ? Effect.succeed(true) : Effect.fail(wrong))
    )
  // What is no case is not tried.
  const shrink = (given: A): ReadonlyArray<A> => smaller(given, trial.simplest ?? []).flatMap((less) => [less as A])
  const arbitrary = Arbitrary.schema(schema, { shrink })
  const result = await Effect.runPromise(
    Arbitrary.checkEffect(arbitrary, property, { runs: cases, seed, maxShrinks: 5000 })
  )
  if (result._tag === "Passed") return
  const smallest = result._tag === "Falsified" ? `\nSmallest case: ${JSON.stringify(result.shrunkInput)}` : ""
  throw new Error(`Seed ${seed}: ${Arbitrary.formatCheckFailure(result)}${smallest}`)
}

/** What is said of a property that does not hold. */
export const falsified = async <A>(trial: Trial<A>): Promise<string> => {
  try {
    await holds({ task: { meta: {} } }, trial)
    return "it holds"
  } catch (error) {
    return String(error)
  }
}
