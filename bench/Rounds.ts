/**
 * Interleaved rounds: each contestant of a workload in a process of its own, by turns, so that a busy machine is busy for all of them.
 *
 * It knows no benchmark and draws no conclusion; `Report.ts` does.
 *
 * @module
 */
import { type ChildProcess, fork } from "node:child_process"
import { join } from "node:path"
import type { Bench, Figures, Workload } from "./Bench.ts"

/** The figures of each round by workload and contestant. */
export type Measured = Readonly<Record<string, Readonly<Record<string, ReadonlyArray<Figures>>>>>

/** Measures a benchmark. What there is after each workload is handed over, so that a later one that fails takes nothing away. */
export const measure = async (
  name: string,
  { workloads, prepare }: Bench,
  sofar: (measured: Measured) => void
): Promise<void> => {
  prepare?.()
  const measured: Record<string, Measured[string]> = {}
  for (const [title, workload] of Object.entries(workloads)) {
    console.error(`${name}, ${title}`)
    measured[title] = await (workload.fresh ? inFreshProcesses : inKeptProcesses)([name, title], workload)
    sofar(measured)
  }
}

const inFreshProcesses = async (about: ReadonlyArray<string>, workload: Workload): Promise<Measured[string]> => {
  const figures = empty(workload)
  for (let turn = 0; turn < workload.rounds; turn++) {
    await byTurns(workload, turn, async (name) => {
      const contestant = await start([...about, name])
      try {
        figures[name]?.push(await contestant.round())
      } finally {
        await contestant.stop()
      }
    })
  }
  return figures
}

const inKeptProcesses = async (about: ReadonlyArray<string>, workload: Workload): Promise<Measured[string]> => {
  const figures = empty(workload)
  const started: Record<string, Started> = {}
  try {
    for (const name of Object.keys(workload.contestants)) started[name] = await start([...about, name])
    // The first is for nothing: it compiles and opens connections.
    for (let turn = -1; turn < workload.rounds; turn++) {
      await byTurns(workload, turn + 1, async (name) => {
        const figure = await started[name]?.round()
        if (turn >= 0 && figure !== undefined) figures[name]?.push(figure)
      })
    }
  } finally {
    await Promise.all(Object.values(started).map(({ stop }) => stop()))
  }
  return figures
}

const empty = ({ contestants }: Workload): Record<string, Array<Figures>> =>
  Object.fromEntries(Object.keys(contestants).map((name) => [name, []]))

/** Each contestant once; another one begins each time. */
const byTurns = async (
  { contestants, together = false }: Workload,
  turn: number,
  round: (name: string) => Promise<void>
): Promise<void> => {
  const names = Object.keys(contestants)
  const first = turn % names.length
  const order = [...names.slice(first), ...names.slice(0, first)]
  if (together) await Promise.all(order.map(round))
  else for (const name of order) await round(name)
}

interface Started {
  readonly round: () => Promise<Figures>
  readonly stop: () => Promise<void>
}

const start = async (about: ReadonlyArray<string>): Promise<Started> => {
  const child = fork(join(import.meta.dirname, "contestant.ts"), about, {
    stdio: ["ignore", "inherit", "inherit", "ipc"]
  })
  await message(child, about)
  return {
    round: async () => {
      const answer = message(child, about)
      child.send("round")
      // What a contestant sends after a round are its figures.
      return (await answer) as Figures
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = new Promise((resolve) => child.once("exit", resolve))
      child.send("stop")
      await ended
    }
  }
}

/** The next message of a contestant. One that ends instead has failed, and has said why. */
const message = (child: ChildProcess, about: ReadonlyArray<string>): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const ended = () => reject(new Error(`${about.join(", ")}: ended without a figure`))
    child.once("exit", ended)
    child.once("message", (figures) => {
      child.off("exit", ended)
      resolve(figures)
    })
  })
