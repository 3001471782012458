/**
 * Finds the records of a task in an answer's body, whatever they are wrapped in. It reads no field but the status, and decides no state.
 *
 * A body is followed from the outside inwards, as far as a few levels: through JSON texts, through the list that holds the one task, and
 * through objects by the names below. A record with a text status is the task. Only where it has no field of a task, its word is none of a
 * task's either, and a record inside has a status too, does it speak of the request, as in `{ "status": "success", "data": { … } }`; then it
 * is a wrapper, like the records without a status.
 *
 * | where the next record stands | |
 * | --- | --- |
 * | `data` | documented: the wrapper's row, and the row's copy of what the provider said |
 * | `result`, `task`, `response`, `payload`, `items`, `tasks` | tolerated: only in a wrapper, where `data` leads to no task |
 *
 * A field is found under its documented name, and else in another case or with other joints: `failReason`, `Fail_Reason`.
 *
 * @module
 */
import * as Predicate from "effect/Predicate"
import type { BareTask, TaskRow } from "../../generated/types.gen.ts"
import { decoded } from "./Field.ts"

/** One object of the body. */
export interface TaskRecord {
  /** A field's value, or undefined: `null` is no value either. */
  readonly get: (name: string) => unknown
  /** Whether it has a field that only a task has, whatever stands in it. */
  readonly isTaskLike: boolean
  /** The status, where it is a text. A record without one shows no state, but may hold a task's fields. */
  readonly status: string | undefined
}

/** The records of the task from the outside inwards, and the wrappers around them; none when the body shows no task. */
export interface TaskRecords {
  readonly records: ReadonlyArray<TaskRecord>
  readonly wrappers: ReadonlyArray<TaskRecord>
}

/** How many objects, lists and texts lie around a task at most. Two gateways around a provider need seven. */
const deepest = 12

/** The fields that only a task has, and no wrapper. */
const taskFields: ReadonlyArray<Exclude<keyof BareTask | keyof TaskRow, "status" | "data">> = [
  "id",
  "task_id",
  "action",
  "createdAt",
  "submit_time",
  "start_time",
  "finish_time",
  "progress",
  "output",
  "result_url",
  "video_url",
  "failure",
  "failureCode",
  "fail_reason",
  "estimatedCost",
  "cost"
]

const otherPlaces = ["result", "task", "response", "payload", "items", "tasks"]

/** The records of the task with this id. `isTaskWord` says whether a status can only be a task's. */
export const find = (id: string, body: unknown, isTaskWord: (status: string) => boolean): TaskRecords | undefined => {
  const all = chain(id, body, 0)
  const outermost = all.findIndex(
    ({ status, isTaskLike }, index) =>
      status !== undefined && (isTaskLike || isTaskWord(status) || !showsTask(all.slice(index + 1)))
  )
  return outermost < 0 ? undefined : { records: all.slice(outermost), wrappers: all.slice(0, outermost) }
}

/** Whether a body is a wrapper that says that all is well and holds nothing. */
export const isEmptyWrapper = (body: unknown): boolean => {
  if (!Predicate.isObject(body) || !("data" in body)) return false
  const { data, code = body["success"] } = body
  const isEmpty = data === null || data === "" || (typeof data === "object" && Object.keys(data).length === 0)
  return isEmpty && /^(success|ok|true|200|0)$/i.test(String(code).trim())
}

/** The objects of a body, each inside the one before. */
const chain = (id: string, value: unknown, depth: number): ReadonlyArray<TaskRecord> => {
  if (depth > deepest) return []
  const inner = decoded(value)
  if (inner !== value) return chain(id, inner, depth + 1)
  if (Array.isArray(inner)) return chain(id, ofList(id, inner), depth + 1)
  if (!Predicate.isObject(inner)) return []
  const record = recordOf(inner)
  const documented = chain(id, record.get("data"), depth + 1)
  if (record.status !== undefined || showsTask(documented)) return [record, ...documented]
  const tolerated = otherPlaces.map((name) => chain(id, record.get(name), depth + 1)).find(showsTask)
  return [record, ...(tolerated ?? documented)]
}

const showsTask = (records: ReadonlyArray<TaskRecord>): boolean => records.some(({ status }) => status !== undefined)

/** The one task that a list holds: the one that was asked for, or the only one. */
const ofList = (id: string, list: ReadonlyArray<unknown>): unknown => {
  const objects = list.map(decoded).filter(Predicate.isObject)
  return (
    objects.find((object) => object["id"] === id || object["task_id"] === id) ??
    (objects.length === 1 ? objects[0] : undefined)
  )
}

const recordOf = (object: { readonly [name: PropertyKey]: unknown }): TaskRecord => {
  const names = new Set<string>()
  const loosely = new Map<string, unknown>()
  for (const name of Object.keys(object)) {
    const plain = loose(name)
    names.add(plain)
    if (object[name] !== null && !loosely.has(plain)) loosely.set(plain, object[name])
  }
  const get = (name: string): unknown =>
    Object.hasOwn(object, name) ? (object[name] ?? undefined) : loosely.get(loose(name))
  const status = get("status")
  const isTaskLike = looseTaskFields.some((name) => names.has(name))
  return { get, isTaskLike, status: typeof status === "string" ? status.trim() : undefined }
}

/** A field's name without its case and its joints. */
const loose = (name: string): string => name.toLowerCase().replace(/[_-]/g, "")

const looseTaskFields: ReadonlyArray<string> = taskFields.map(loose)
