// @ts-check
/**
 * Where a time stands on a line, from 0 to 1. Long stretches in which nothing happened are folded, so that what happened can be seen.
 *
 * @module
 */

/** @import { Scale, Tick } from "./Types.ts" */

const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400].map(
  (seconds) => seconds * 1000
)

/** The stretches between times, each with how wide it is drawn. @param {ReadonlyArray<number>} times sorted. */
const stretchesOf = (times) => {
  const lengths = times.slice(1).map((time, index) => time - (times[index] ?? time))
  const sorted = lengths.filter((length) => length > 0).sort((a, b) => a - b)
  const usual = sorted[Math.floor(sorted.length * 0.75)] ?? 0
  const longest = Math.max(60_000, usual * 6)
  return lengths.map((length, index) => ({
    from: times[index] ?? 0,
    length,
    drawn: length > longest ? longest / 2 : length,
    folded: length > longest
  }))
}

/** @param {ReturnType<typeof stretchesOf>} stretches @param {number} total @returns {Array<Tick>} */
const ticksOf = (stretches, total) => {
  const step = steps.find((length) => total / length <= 6) ?? total / 6
  /** @type {Array<Tick>} */
  const ticks = []
  let before = 0
  let next = 0
  for (const { length, drawn, folded } of stretches) {
    for (; !folded && next <= before + drawn; next += step) ticks.push({ at: next / total, after: next })
    if (folded) {
      ticks.push({ at: (before + drawn / 2) / total, after: length, folded: true })
      next = Math.max(next, Math.ceil((before + drawn) / step) * step)
    }
    before += drawn
  }
  return ticks
}

/**
 * @param {ReadonlyArray<number>} moments when something happened, in any order; the line begins with the first of them.
 * @returns {Scale}
 */
export const scaleOf = (moments) => {
  const times = [...new Set(moments)].sort((a, b) => a - b)
  const [start = 0] = times
  const last = times.at(-1) ?? start
  const stretches = stretchesOf(times)
  const drawn = stretches.reduce((sum, stretch) => sum + stretch.drawn, 0)
  // A little room at the end, so that what is newest does not stand at the very edge.
  const total = Math.max(drawn * 1.06, 10_000)
  /** @param {number} time */
  const place = (time) => {
    let before = 0
    for (const { from, length, drawn } of stretches) {
      if (time < from + length) return (before + (Math.max(0, time - from) / length) * drawn) / total
      before += drawn
    }
    return Math.min(1, (before + Math.max(0, time - last)) / total)
  }
  const room = { from: last, length: total - drawn, drawn: total - drawn, folded: false }
  const hasFold = stretches.some(({ folded }) => folded)
  // Between folds a tick says how long after the start it is only as long as nothing was folded before it.
  const ticks = ticksOf([...stretches, room], total)
  const firstFold = ticks.findIndex(({ folded }) => folded)
  return { start, place, ticks: hasFold ? ticks.filter(({ folded }, index) => folded || index < firstFold) : ticks }
}
