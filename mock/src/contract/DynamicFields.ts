/**
 * The fields of a task's body that differ from task to task: its id, its times, its progress and the URL of its output.
 *
 * A documented example gets the values of one task in just those fields, where it has them. No field is added or removed, and every
 * other value stays as the contract has it, so one function serves all shapes.
 *
 * @module
 */
import * as Predicate from "effect/Predicate"
import { type Field, isFields, isTime, isUrl } from "./TaskShape.ts"

/** What is known about a task at the moment of a poll; times are milliseconds since 1970. */
export interface TaskFacts {
  readonly id: string
  readonly createdAt: number
  readonly startedAt: number | undefined
  readonly finishedAt: number | undefined
  readonly progress: number | undefined
  readonly outputUrl: string
}

const seconds = (millis: number): number => Math.floor(millis / 1000)

/** A time in the notation that the documented value has. */
const instant = (documented: unknown, millis: number): string =>
  typeof documented === "string" && documented.endsWith("+08:00")
    ? `${new Date(millis + 8 * 3_600_000).toISOString().slice(0, 19)}+08:00`
    : new Date(millis).toISOString()

const urlInPlaceOf = (value: unknown, { outputUrl }: TaskFacts): unknown => (isUrl(value) ? outputUrl : value)

type Replacement = (documented: unknown, facts: TaskFacts) => unknown

/** What takes the place of a documented value, by the field's name. A field that is not named here stays as it is. */
const replacements: { readonly [name in Field]?: Replacement } = {
  id: (_, facts) => facts.id,
  task_id: (_, facts) => facts.id,
  createdAt: (value, facts) => instant(value, facts.createdAt),
  submit_time: (_, facts) => seconds(facts.createdAt),
  start_time: (value, facts) => (isTime(value) ? seconds(facts.startedAt ?? facts.createdAt) : value),
  finish_time: (value, facts) => (isTime(value) ? seconds(facts.finishedAt ?? facts.createdAt) : value),
  // The gateway's own progress is a text in coarse steps, and the examples have the right one for each state.
  progress: (value, facts) =>
    typeof value === "number" && facts.progress !== undefined ? Math.round(facts.progress * 1000) / 1000 : value,
  output: (value, facts) =>
    Array.isArray(value) ? value.map((url) => urlInPlaceOf(url, facts)) : urlInPlaceOf(value, facts),
  result_url: urlInPlaceOf,
  video_url: urlInPlaceOf,
  fail_reason: urlInPlaceOf,
  data: (value, facts) => withFacts(value, facts)
}

const replacementOf: ReadonlyMap<string, Replacement> = new Map(Object.entries(replacements))

/** A documented body with the values of one task. */
export const withFacts = (body: unknown, facts: TaskFacts): unknown =>
  isFields(body)
    ? Object.fromEntries(
        Object.entries(body).map(([name, value]) => {
          const replace = replacementOf.get(name)
          return [name, replace === undefined ? value : replace(value, facts)]
        })
      )
    : body

/** A body with some of its fields replaced. An object is merged field by field; any other value replaces what was there. */
export const merge = (body: unknown, fields: object | undefined): unknown => {
  if (!isFields(body) || fields === undefined) return fields ?? body
  const merged = Object.entries(fields).map(([name, value]) => {
    const documented: unknown = Reflect.get(body, name)
    return [name, isFields(value) ? merge(documented, value) : value] as const
  })
  return { ...body, ...Object.fromEntries(merged) }
}

/** A value in which every text goes through `change`, wherever it stands. */
export const mapTexts = (value: unknown, change: (text: string) => string): unknown => {
  if (typeof value === "string") return change(value)
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change))
  if (!Predicate.isReadonlyObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, mapTexts(item, change)]))
}
