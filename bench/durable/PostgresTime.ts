/**
 * How long the processes of a PostgreSQL server have worked, as Linux counts it.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs"

/** Linux counts in hundredths of a second. */
const tick = 10

/** The fields of a process after its name, which may have spaces; undefined when the process has ended. */
const fieldsOf = (pid: string): ReadonlyArray<string> | undefined => {
  try {
    return readFileSync(`/proc/${pid}/stat`, "latin1")
      .replace(/^.*\) /, "")
      .split(" ")
  } catch {
    return undefined
  }
}

/** Milliseconds of the server's first process, of its children, and of the children that have ended. */
export const postgresMillis = (server: number): number => {
  let ticks = 0
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const fields = fieldsOf(pid)
    if (fields === undefined) continue
    const [, parent, ...rest] = fields
    // From the fields of proc(5): utime and stime are the 14th and 15th, those of ended children the two after them.
    const [user, system, childrensUser, childrensSystem] = rest.slice(9, 13).map(Number)
    if (Number(pid) === server) ticks += (childrensUser ?? 0) + (childrensSystem ?? 0)
    if (Number(pid) === server || Number(parent) === server) ticks += (user ?? 0) + (system ?? 0)
  }
  return ticks * tick
}
