/** What the page's modules tell each other. It is for the type checker; no browser loads it. */
import type { paths } from "../../generated/mock-control/paths.gen.ts"
import type {
  Account,
  Entry,
  Fault,
  InjectedFault,
  Report,
  Scenario,
  Task,
  World
} from "../../generated/mock-control/types.gen.ts"

export type Method = "get" | "post" | "put" | "delete"

/** The paths of the controls that take a method. */
export type Path<M extends Method> = {
  [P in keyof paths]: M extends keyof paths[P] ? (paths[P][M] extends object ? P : never) : never
}[keyof paths]

type Control<P extends keyof paths, M extends Method> = M extends keyof paths[P] ? paths[P][M] : never

/** What a control answers; nothing where it answers without a body. */
export type Answer<P extends keyof paths, M extends Method> =
  Control<P, M> extends { responses: infer R }
    ? R[keyof R & (200 | 201)] extends { content: { "application/json": infer A } }
      ? A
      : undefined
    : never

type Body<P extends keyof paths, M extends Method> =
  Control<P, M> extends { requestBody?: infer B }
    ? NonNullable<B> extends { content: { "application/json": infer J } }
      ? J
      : undefined
    : undefined

type Query<P extends keyof paths, M extends Method> =
  Control<P, M> extends { parameters: { query?: infer Q } } ? NonNullable<Q> : never

export interface Options<P extends keyof paths, M extends Method> {
  /** What stands in the path's braces. */
  parameters?: Record<string, string>
  query?: Query<P, M>
  /** Whose world is meant, where no world is named. */
  key?: string
  body?: Body<P, M> | undefined
}

/** Where a request of a client goes, and the headers that its operation asks for. */
export interface Target {
  path: string
  headers: Record<string, string>
}

/** An operation that starts a job. */
export interface Submission extends Target {
  title: string
  /** Bodies to begin with. */
  examples: Array<{ id: string; summary: string; value: unknown }>
}

/** An operation with where it stands in its document. */
export interface Described {
  method: string
  path: string
  operation: Operation
  parameters: Array<Field>
}

/** What the page knows. */
export interface State {
  worlds: ReadonlyArray<World>
  world: World | undefined
  /** The world that somebody chose, or did something to; without one the world used last is shown. */
  chosen: string
  /** Whose world each key tried here is. */
  worldOfKey: Map<string, string>
  scenarios: ReadonlyMap<string, Scenario>
  /** The provider's contract, and what is read from it. */
  contract: Api
  submissions: ReadonlyArray<Submission>
  poll: Target
  /** The examples to fail with. */
  failures: ReadonlyArray<string>
  tasks: ReadonlyArray<Task>
  /** Tasks that were started here. */
  mine: Set<string>
  /** When a task may be polled again, as `performance.now()` counts. */
  pollAt: Map<string, number>
  /** The number of the newest request that is listed. */
  last: number
  /** What the panels were last drawn from. */
  drawn: string
  loaded: boolean
}

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

/** What a look found that was not known. */
export interface News {
  entries: ReadonlyArray<Entry>
  /** What is told of the world as a whole, if that may have changed. */
  panels: { faults: ReadonlyArray<InjectedFault>; account: Account; report: Report } | undefined
}

/** What the buttons that the view makes do. */
export interface Deeds {
  doToTask: Act
  inject: (fault: Fault) => unknown
  removeFault: (id: string) => unknown
}

/** What a task is shown with. */
export interface Facts extends Pick<State, "scenarios" | "failures" | "mine"> {
  now: number
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
  example?: unknown
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
