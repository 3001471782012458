/**
 * In which code a process spends its time: the samples of V8's profiler, added up by package and file.
 *
 * @module
 */
import { Session } from "node:inspector/promises"

/** Where a file belongs: a package's file, a file of the repository, or the runtime. */
const placeOf = (url: string, name: string): string => {
  if (name === "(idle)" || name === "(garbage collector)" || name === "(program)") return name
  const dependency = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?:dist|src)\/(.+?)\.\w+$/.exec(url)
  if (dependency !== null) return `${dependency[1]}/${dependency[2]}`
  return url === "" ? `native: ${name}` : url.replace(/^.*\/((?:durable\/)?(?:src|generated)\/)/, "$1")
}

/** Runs something and says which shares of the busy time were spent where, the largest first. Without `wanted` it only runs it. */
export const profiled = async <A>(
  wanted: boolean,
  run: () => Promise<A>
): Promise<{ readonly result: A; readonly shares: ReadonlyArray<readonly [string, number]> }> => {
  if (!wanted) return { result: await run(), shares: [] }
  const session = new Session()
  session.connect()
  await session.post("Profiler.enable")
  await session.post("Profiler.start")
  const result = await run()
  const { profile } = await session.post("Profiler.stop")
  session.disconnect()
  const samples = new Map<number, number>()
  for (const id of profile.samples ?? []) samples.set(id, (samples.get(id) ?? 0) + 1)
  const shares = new Map<string, number>()
  for (const { id, callFrame } of profile.nodes) {
    const place = placeOf(callFrame.url, callFrame.functionName)
    if (place !== "(idle)") shares.set(place, (shares.get(place) ?? 0) + (samples.get(id) ?? 0))
  }
  const busy = [...shares.values()].reduce((sum, count) => sum + count, 0)
  const sorted = [...shares].map(([place, count]) => [place, count / busy] as const).sort(([, a], [, b]) => b - a)
  return { result, shares: sorted.slice(0, 15) }
}
