/**
 * What is dynamic in a task's body: its id, its times, its progress and the URL of its output.
 *
 * An overlay takes a documented example and replaces just those, where the example has them: it adds no field, removes none, and
 * leaves every word of the provider as it stands. It reads the shape from the example, so that one function serves all of them.
 */
/** What is known about a task at the moment of a poll; times are milliseconds since 1970. */
export interface Facts {
  readonly id: string
  readonly createdAt: number
  readonly startedAt: number | undefined
  readonly finishedAt: number | undefined
  readonly progress: number | undefined
  readonly outputUrl: string
}

/** The fields that are read here. What they hold is looked at, not believed. */
type Field =
  | "code"
  | "data"
  | "id"
  | "task_id"
  | "progress"
  | "output"
  | "start_time"
  | "finish_time"
  | "result_url"
  | "video_url"
  | "fail_reason"
  | "status"
type Fields = { readonly [name in Field]?: unknown }

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)
const isUrl = (value: unknown): value is string => typeof value === "string" && /^https?:\/\//.test(value)

/** The gateway's row inside a body, and Runway's own task inside the row. */
const rowOf = (body: unknown): Fields | undefined => {
  const row = isFields(body) && "code" in body ? body.data : body
  return isFields(row) && "task_id" in row ? row : undefined
}
const taskOf = (body: unknown): Fields | undefined => {
  const row = rowOf(body)
  const task = row === undefined ? body : row.data
  return isFields(task) && "id" in task ? task : undefined
}

/** How a body tells of a task. */
export const shapeOf = (body: unknown): "bare" | "envelope" | "row" | "other" => {
  if (isFields(body) && "code" in body && "data" in body) return "envelope"
  if (rowOf(body) !== undefined) return "row"
  return taskOf(body) === undefined ? "other" : "bare"
}

/** Whether a body tells how far the work is. */
export const hasProgress = (body: unknown): boolean => typeof taskOf(body)?.progress === "number"

const isSet = (value: unknown): boolean => typeof value === "number" && value !== 0

/** Whether a body says that the work has begun. */
export const hasStarted = (body: unknown): boolean => isSet(rowOf(body)?.start_time)

/** Whether a body says that the work is over, or holds an output. */
export const hasFinished = (body: unknown): boolean => isSet(rowOf(body)?.finish_time) || hasOutput(body)

/** The URL of the output that a body holds, wherever this shape keeps it. */
export const outputOf = (body: unknown): string | undefined => {
  const output = taskOf(body)?.output
  const row = rowOf(body)
  const places = [output, ...(Array.isArray(output) ? output : []), row?.result_url, row?.video_url, row?.fail_reason]
  return places.find(isUrl)
}

/** Whether a body holds the URL of an output. */
export const hasOutput = (body: unknown): boolean => outputOf(body) !== undefined

const failures: ReadonlySet<unknown> = new Set(["FAILED", "CANCELLED", "FAILURE"])

/** The word that a body has for where the task is: Runway's own where both speak. */
export const statusOf = (body: unknown): string | undefined =>
  [taskOf(body)?.status, rowOf(body)?.status].find((status) => typeof status === "string")

/** Whether a body says that the task is over: it failed, or it succeeded and its output is there. */
export const hasEnded = (body: unknown): boolean => {
  const row = rowOf(body)
  // The gateway has the last word: Runway's own failure in its row may be followed by another try.
  const verdict = row === undefined ? taskOf(body)?.status : row.status
  return failures.has(verdict) || ((verdict === "SUCCEEDED" || verdict === "SUCCESS") && hasOutput(body))
}

const seconds = (millis: number): number => Math.floor(millis / 1000)

const instant = (like: unknown, millis: number): string =>
  typeof like === "string" && like.endsWith("+08:00")
    ? `${new Date(millis + 8 * 3_600_000).toISOString().slice(0, 19)}+08:00`
    : new Date(millis).toISOString()

/** What takes the place of a field's documented value, by the field's name; a field that is not named here stays. */
const replacements: Readonly<Record<string, (value: unknown, facts: Facts) => unknown>> = {
  id: (_, facts) => facts.id,
  task_id: (_, facts) => facts.id,
  createdAt: (value, facts) => instant(value, facts.createdAt),
  submit_time: (_, facts) => seconds(facts.createdAt),
  start_time: (value, facts) => (isSet(value) ? seconds(facts.startedAt ?? facts.createdAt) : value),
  finish_time: (value, facts) => (isSet(value) ? seconds(facts.finishedAt ?? facts.createdAt) : value),
  // The gateway's own progress is a string in coarse steps, which the examples already tell state by state.
  progress: (value, facts) =>
    typeof value === "number" && facts.progress !== undefined ? Math.round(facts.progress * 1000) / 1000 : value,
  output: (value, facts) =>
    Array.isArray(value)
      ? value.map((url) => (isUrl(url) ? facts.outputUrl : url))
      : isUrl(value)
        ? facts.outputUrl
        : value,
  result_url: (value, facts) => (isUrl(value) ? facts.outputUrl : value),
  video_url: (value, facts) => (isUrl(value) ? facts.outputUrl : value),
  fail_reason: (value, facts) => (isUrl(value) ? facts.outputUrl : value),
  data: (value, facts) => overlay(value, facts)
}

/** A documented body with what is dynamic in it replaced. */
export const overlay = (body: unknown, facts: Facts): unknown =>
  isFields(body)
    ? Object.fromEntries(
        Object.entries(body).map(([name, value]) => {
          const replace = Object.hasOwn(replacements, name) ? replacements[name] : undefined
          return [name, replace === undefined ? value : replace(value, facts)]
        })
      )
    : body

/** A body with fields of it replaced; objects inside it are gone into, anything else is taken as it is. */
export const merge = (body: unknown, fields: object | undefined): unknown => {
  if (!isFields(body) || fields === undefined) return fields ?? body
  const merged = Object.entries(fields).map(([name, value]) => {
    const own: unknown = Reflect.get(body, name)
    return [name, isFields(value) ? merge(own, value) : value] as const
  })
  return { ...body, ...Object.fromEntries(merged) }
}
