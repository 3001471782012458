/**
 * What the body of an answer says of a task: its shape, its status, its output, whether it has started or ended.
 *
 * A body may hold anything, so each question looks at what is there and believes no type. It changes no body: `DynamicFields.ts` does.
 *
 * @module
 */
import * as Predicate from "effect/Predicate"
import type * as Api from "../../../generated/types.gen.ts"

/** The fields that a task has in any of its shapes, as the contract names them. */
export type Field = keyof Api.TaskEnvelope | keyof Api.TaskRow | keyof Api.BareTask

/** A body that may have these fields; what they hold is not known. */
export type Fields = { readonly [name in Field]?: unknown }

/** Which form a body has: Runway's own task, the gateway's envelope around it, the row of that envelope alone, or none of them. */
export type Shape = "bare" | "envelope" | "row" | "other"

export const isFields = (value: unknown): value is Fields => Predicate.isReadonlyObject(value)

export const isUrl = (value: unknown): value is string => typeof value === "string" && /^https?:\/\//.test(value)

/** The gateway's row inside a body. */
const rowOf = (body: unknown): Fields | undefined => {
  const row = isFields(body) && "code" in body ? body.data : body
  return isFields(row) && "task_id" in row ? row : undefined
}

/** Runway's own task, inside the row or by itself. */
const taskOf = (body: unknown): Fields | undefined => {
  const row = rowOf(body)
  const task = row === undefined ? body : row.data
  return isFields(task) && "id" in task ? task : undefined
}

/** The form that a body has. */
export const shapeOf = (body: unknown): Shape => {
  if (isFields(body) && "code" in body && "data" in body) return "envelope"
  if (rowOf(body) !== undefined) return "row"
  return taskOf(body) === undefined ? "other" : "bare"
}

/** Whether a body says how far the work is. */
export const hasProgress = (body: unknown): boolean => Predicate.isNumber(taskOf(body)?.progress)

/** Whether a time of the gateway's is one; 0 means not yet. */
export const isTime = (value: unknown): boolean => Predicate.isNumber(value) && value !== 0

/** Whether a body says that the work has begun. */
export const hasStarted = (body: unknown): boolean => isTime(rowOf(body)?.start_time)

/** Whether a body says that the work is over, or holds an output. */
export const hasFinished = (body: unknown): boolean => isTime(rowOf(body)?.finish_time) || hasOutput(body)

/** The URL of the output that a body holds, wherever this shape keeps it. */
export const outputOf = (body: unknown): string | undefined => {
  const output = taskOf(body)?.output
  const row = rowOf(body)
  const places = [output, ...(Array.isArray(output) ? output : []), row?.result_url, row?.video_url, row?.fail_reason]
  return places.find(isUrl)
}

/** Whether a body holds the URL of an output. */
export const hasOutput = (body: unknown): boolean => outputOf(body) !== undefined

/** The status that a body has for the task: Runway's own where both have one. */
export const statusOf = (body: unknown): string | undefined =>
  [taskOf(body)?.status, rowOf(body)?.status].find(Predicate.isString)

/** Whether a body is about a task that has a status. */
export const isTask = (body: unknown): boolean => statusOf(body) !== undefined

const failures: ReadonlySet<unknown> = new Set(["FAILED", "CANCELLED", "FAILURE"])

/** Whether a body says that the task is over: it failed, or it succeeded and its output is there. */
export const hasEnded = (body: unknown): boolean => {
  const row = rowOf(body)
  // Where the gateway has a row, its status decides: after Runway's own failure the gateway may try again.
  const status = row === undefined ? taskOf(body)?.status : row.status
  return failures.has(status) || ((status === "SUCCEEDED" || status === "SUCCESS") && hasOutput(body))
}
