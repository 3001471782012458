/**
 * What the rounds say: tables of medians, ratios and their spread, for the terminal and for `docs/performance.md`, out of `bench/results.json`.
 *
 * Ratios are of figures of the same round, because what a busy machine does to one it does to the other. It measures nothing.
 *
 * @module
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { cpus } from "node:os"
import { join } from "node:path"
import { type Bench, type Goal, ours } from "./Bench.ts"
import { plotOf } from "./Plot.ts"
import type { Measured } from "./Rounds.ts"

const root = join(import.meta.dirname, "..")
const resultsFile = join(import.meta.dirname, "results.json")
const docsFile = join(root, "docs/performance.md")

/** One run of one benchmark. */
export interface Run {
  readonly machine: string
  readonly versions: Readonly<Record<string, string>>
  readonly measured: Measured
  /** How long the whole run took. One that was kept without it is older than this field. */
  readonly seconds?: number
}

/** The last run of each benchmark, and the one that was kept to compare with. */
interface Results {
  readonly before: Readonly<Record<string, Run>>
  readonly now: Readonly<Record<string, Run>>
}

export const era = (isBefore: boolean): keyof Results => (isBefore ? "before" : "now")

export const readResults = (): Results =>
  existsSync(resultsFile) ? JSON.parse(readFileSync(resultsFile, "utf8")) : { before: {}, now: {} }

export const keep = (name: string, which: keyof Results, run: Run): void => {
  const results = readResults()
  writeFileSync(
    resultsFile,
    `${JSON.stringify({ ...results, [which]: { ...results[which], [name]: run } }, round, 2)}\n`
  )
}

const round = (_: string, value: unknown): unknown => (typeof value === "number" ? Number(value.toPrecision(4)) : value)

export const machine = (): string => {
  const [cpu] = cpus()
  return `${cpus().length} × ${cpu?.model.trim() ?? "unknown"}, Node ${process.versions.node}`
}

const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle) - 1] ?? Number.NaN)) / 2
}

const number = (value: number): string => {
  if (Number.isNaN(value)) return "–"
  return value >= 100 ? value.toFixed(0) : value.toPrecision(value < 0.1 ? 1 : value < 10 ? 2 : 3)
}

const spread = (values: ReadonlyArray<number>): string =>
  values.length === 0
    ? "–"
    : `${number(median(values))} (${number(Math.min(...values))} to ${number(Math.max(...values))})`

/** A contestant's figures of each round. */
const figuresOf = (measured: Measured, workload: string, contestant: string, figure: string): ReadonlyArray<number> =>
  (measured[workload]?.[contestant] ?? []).flatMap((figures) => figures[figure] ?? [])

/** One figure as a multiple of another, round by round. */
const ratios = (of: ReadonlyArray<number>, to: ReadonlyArray<number>): ReadonlyArray<number> =>
  of.flatMap((value, index) => {
    const base = to[index]
    return base === undefined || base === 0 ? [] : [value / base]
  })

const row = (...cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`

/** All figures of a run: the median, and each contestant's ratio to the base with its spread over the rounds. */
export const tableOf = ({ workloads }: Bench, { measured }: Run): string => {
  const lines = Object.entries(workloads).flatMap(([workload, { base, contestants, rounds }]) => {
    const names = Object.keys(contestants)
    const figures = new Set(
      names.flatMap((name) => (measured[workload]?.[name] ?? []).flatMap((figures) => Object.keys(figures)))
    )
    return [...figures].flatMap((figure) => {
      const bases = figuresOf(measured, workload, base, figure)
      return names.flatMap((name) => {
        const values = figuresOf(measured, workload, name, figure)
        if (values.length === 0) return []
        const compared = name === base ? "1" : spread(ratios(values, bases))
        return [row(workload, figure, name, number(median(values)), `${compared} × ${base}`, String(rounds))]
      })
    })
  })
  return [
    row("work", "figure", "who", "median", "ratio: median (least to most)", "rounds"),
    row("---", "---", "---", "---:", "---:", "---:"),
    ...lines
  ].join("\n")
}

/** What was wanted, what was before, and what is now. */
const goalsOf = (name: string, { goals }: Bench, { before, now }: Results): ReadonlyArray<string> =>
  goals.map((goal) => {
    const wanted = `≤ ${goal.atMost}${goal.times === undefined ? "" : ` × ${goal.times}`}`
    const reached = valuesOf(goal, now[name]?.measured)
    const verdict = reached.length === 0 ? "" : median(reached) <= goal.atMost ? "yes" : "**no**"
    const earlier = valuesOf(goal, before[name]?.measured)
    const figure = goal.who === undefined ? goal.figure : `${goal.who}: ${goal.figure}`
    return row(`${name}: ${goal.workload}`, figure, spread(earlier), spread(reached), wanted, verdict)
  })

const valuesOf = (goal: Goal, measured: Measured | undefined): ReadonlyArray<number> => {
  if (measured === undefined) return []
  const values = figuresOf(measured, goal.workload, goal.who ?? ours, goal.figure)
  return goal.times === undefined ? values : ratios(values, figuresOf(measured, goal.workload, goal.times, goal.figure))
}

/** Writes the tables of all benchmarks, and the plots, into the documentation. */
export const document = (benches: Readonly<Record<string, Bench>>): void => {
  const results = readResults()
  const summary = [
    row("work", "figure", "before", "now", "goal", "reached"),
    row("---", "---", "---:", "---:", "---:", "---"),
    ...Object.entries(benches).flatMap(([name, bench]) => goalsOf(name, bench, results))
  ].join("\n")
  const details = Object.entries(benches).flatMap(([name, bench]) => {
    const run = results.now[name] ?? results.before[name]
    if (run === undefined) return []
    const versions = Object.entries(run.versions).map(([peer, version]) => `${peer} ${version}`)
    const plot = bench.plot === undefined ? [] : [`![${bench.title}](images/${name}.svg)`]
    if (bench.plot !== undefined) {
      writeFileSync(join(root, `docs/images/${name}.svg`), plotOf(bench.title, bench.plot, run.measured))
    }
    return [`### ${name}: ${bench.title}`, `${[run.machine, ...versions].join(", ")}.`, ...plot, tableOf(bench, run)]
  })
  const written = [["goals", summary] as const, ["figures", details.join("\n\n")] as const].reduce(
    (page, [name, text]) => between(page, name, text),
    readFileSync(docsFile, "utf8")
  )
  writeFileSync(docsFile, written)
}

/** A page with a text between two of its marks, which stay. */
const between = (page: string, name: string, text: string): string => {
  const [from, to] = [`<!-- bench: ${name} -->`, `<!-- end: ${name} -->`]
  const start = page.indexOf(from)
  const end = page.indexOf(to)
  if (start < 0 || end < start) throw new Error(`docs/performance.md has no marks ${from} and ${to}`)
  return `${page.slice(0, start + from.length)}\n\n${text}\n\n${page.slice(end)}`
}
