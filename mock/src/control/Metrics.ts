/**
 * What came and what became of it, as numbers for Prometheus.
 *
 * Requests and faults are counted from the start of the mock; tasks, findings and money are those of the worlds that are there when somebody
 * asks. It names no world, so that the number of series does not grow with the keys. The text is written by Effect's own module, which is
 * loaded when it is first asked for.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import type { Entry } from "../../../generated/mock-control/types.gen.ts"
import * as TaskShape from "../contract/TaskShape.ts"
import type { TaskView, World } from "../world/World.ts"

/** What Prometheus reads. */
export const mediaType = "text/plain; version=0.0.4; charset=utf-8"

type Labels = Readonly<Record<string, string>>

/** Numbers of one mock, apart from those of the program that it runs in. */
const registry = (): Context.Context<never> => Context.make(Metric.MetricRegistry, new Map())

/** What the provider says of a task now, in its own word; a task that a poll would not find is invisible. */
const stateOf = ({ moment }: TaskView): string =>
  moment.example.status === "200" ? (TaskShape.statusOf(moment.body) ?? "UNKNOWN") : "INVISIBLE"

/** Adds up numbers under the same name. */
const sumsOf = (pairs: Iterable<readonly [string, number]>): ReadonlyMap<string, number> => {
  const sums = new Map<string, number>()
  for (const [name, number] of pairs) sums.set(name, (sums.get(name) ?? 0) + number)
  return sums
}

/** The worlds as they are now. */
const current = (worlds: ReadonlyArray<World>): Context.Context<never> => {
  const numbers = registry()
  const set = (name: string, description: string, value: number, attributes: Labels = {}) =>
    Metric.gauge(`cometapi_runway_mock_${name}`, { description, attributes }).updateUnsafe(value, numbers)
  set("worlds", "Keys that the mock keeps something for.", worlds.length)
  const states = sumsOf(worlds.flatMap((world) => world.views().map((view) => [stateOf(view), 1] as const)))
  for (const [state, count] of states) set("tasks", "Tasks, by what a poll would be told now.", count, { state })
  const kinds = sumsOf(worlds.flatMap((world) => [...world.report.kinds(world.ending())]))
  for (const [kind, count] of kinds) set("findings", "What clients did that they should not have.", count, { kind })
  const sums = worlds.flatMap(({ report }) => Object.entries(report.money))
  for (const [what, jobs] of sumsOf(sums.map(([what, sum]) => [what, sum.jobs])))
    set("money_jobs", "Paid jobs, by what came of their money.", jobs, { what })
  for (const [what, dollars] of sumsOf(sums.map(([what, sum]) => [what, sum.dollars])))
    set("money_dollars", "What those jobs cost.", Math.round(dollars * 10_000) / 10_000, { what })
  return numbers
}

/** The numbers of one mock. */
export class Metrics {
  readonly #counted = registry()

  /** Counts a request. */
  observe({ operation, answer, fault }: Entry): void {
    const status = answer === undefined ? "none" : String(answer.status)
    this.#count("requests", "Requests, by what they were for and what they were answered.", { operation, status })
    for (const kind of fault?.kinds ?? []) this.#count("faults", "Requests that a fault hit.", { operation, kind })
  }

  #count(name: string, description: string, attributes: Labels): void {
    const options = { description, attributes, incremental: true }
    Metric.counter(`cometapi_runway_mock_${name}_total`, options).updateUnsafe(1, this.#counted)
  }

  /** All numbers, in the text format of Prometheus. */
  async read(worlds: ReadonlyArray<World>): Promise<string> {
    const { formatUnsafe } = await import("effect/observability/PrometheusMetrics")
    return formatUnsafe(this.#counted) + formatUnsafe(current(worlds))
  }
}
