/** What the page's modules tell each other. It is for the type checker; no browser loads it. */
import type {
  Account,
  Health,
  InjectedFault,
  Journal,
  Report,
  Scenario,
  Task,
  World
} from "../../generated/mock-control/types.gen.ts"

/** Which world a call is about: one that there is, or that of a key. */
export interface Target {
  world?: string
  key?: string
}

/** What each control answers a GET. */
export interface Answers {
  "/_mock/health": Health
  "/_mock/worlds": Array<World>
  "/_mock/world": World
  "/_mock/scenarios": Array<Scenario>
  "/_mock/tasks": Array<Task>
  "/_mock/faults": Array<InjectedFault>
  "/_mock/account": Account
  "/_mock/journal": Journal
  "/_mock/report": Report
  "/_mock/contract.json": Api
  "/_mock/openapi.json": Api
}

export type Call = (
  method: string,
  path: string,
  options?: Target & { after?: number; body?: unknown }
) => Promise<unknown>

/** An answer of the provider's API, as much of it as is worth showing. */
export interface Heard {
  status: number
  headers: Headers
  body: unknown
}

/** What the buttons of a task do. */
export type Act = (
  what: "poll" | "copy" | "requests" | "advance" | "finish" | "fail",
  id: string,
  as: string
) => unknown

/** What a task is shown with. */
export interface Facts {
  now: number
  scenarios: ReadonlyMap<string, Scenario>
  /** The examples to fail with. */
  failures: ReadonlyArray<string>
  /** The tasks that were started on the page. */
  mine: ReadonlySet<string>
}

/** Attributes of an element; a function listens to the event of that name. */
export type Attributes = Record<string, string | number | boolean | undefined | ((event: Event) => unknown)>

/** An OpenAPI document, as much of it as the page reads. */
export interface Api {
  info?: { title?: string; description?: string }
  paths?: Record<string, Record<string, Operation | Array<Field>>>
}

export interface Operation {
  operationId?: string
  summary?: string
  description?: string
  parameters?: Array<Field>
  requestBody?: { $ref?: string; required?: boolean; content?: Record<string, Media> }
  responses?: Record<string, Said>
}

export interface Said {
  $ref?: string
  description?: string
  headers?: Record<string, Field>
  content?: Record<string, Media>
}

export interface Media {
  schema?: Schema
  examples?: Record<string, { summary?: string; value?: unknown }>
}

/** A parameter or a header. */
export interface Field {
  $ref?: string
  name?: string
  in?: string
  required?: boolean
  description?: string
  schema?: Schema
}

export interface Schema {
  $ref?: string
  type?: string | Array<string>
  description?: string
  required?: Array<string>
  properties?: Record<string, Schema>
  items?: Schema
  oneOf?: Array<Schema>
  anyOf?: Array<Schema>
}
