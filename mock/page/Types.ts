/** What the page's modules tell each other. It is for the type checker; no browser loads it. */
import type { paths } from "../../generated/mock-control/paths.gen.ts"
import type {
  Account,
  Entry,
  Fault,
  Health,
  InjectedFault,
  Report,
  Scenario,
  ScenarioChoice,
  State as Step,
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
  /** As the libraries name it. */
  name: string
  title: string
  /** What a job costs in dollars, where the contract says so. */
  price: number | undefined
  /** Bodies to begin with. */
  examples: Array<{ id: string; summary: string; value: unknown }>
}

/** An operation that starts a job, with the body to start it with. */
export interface Job extends Submission {
  example: unknown
}

/** An operation with where it stands in its document. */
export interface Described {
  method: string
  path: string
  operation: Operation
  parameters: Array<Field>
}

/** How well something went, or that it is not known yet. */
export type Tone = "good" | "bad" | "warn" | "work" | "wait"

/** What one request meant for the client that sent it. */
export interface Meaning {
  tone: Tone
  words: string
}

/** Something on a task's timeline: a request, or a stretch of time. */
export interface TimelineEvent extends Meaning {
  key: string
  type: Entry["operation"] | "sleep" | "retry"
  from: number
  to: number
  /** The journal's number, of a request. */
  number?: number
  fault?: string | undefined
  /** Whether no answer came. */
  lost?: boolean
  /** What the report found about it. */
  finding?: string | undefined
  /** Whether it goes on. */
  open?: boolean
  /** What a POST that was accepted cost, in dollars, where that is known. */
  price?: number | undefined
}

/** The life of one task, or what belongs to none. */
export interface Lane extends Meaning {
  /** Empty where it is about no task. */
  id: string
  task: Task | undefined
  /** What it cost in dollars, where that is known. */
  price?: number | undefined
  events: ReadonlyArray<TimelineEvent>
}

/** A mark on the line of times, from 0 to 1. */
export interface Tick {
  at: number
  /** Milliseconds since the line's start, or how much time was folded. */
  after: number
  folded?: boolean
}

export interface Scale {
  start: number
  ticks: ReadonlyArray<Tick>
  /** Where a time stands, from 0 to 1. */
  place: (time: number) => number
}

export interface Timeline {
  lanes: ReadonlyArray<Lane>
  scale: Scale
  /** The time of the world, where something is still waited for. */
  now: number | undefined
  /** How many tasks are not shown. */
  hidden: number
}

/** What a lane is drawn with. */
export interface LanesShown {
  state: State
  scale: Scale
}

/** A fault that is one click away; without one it is about moderation, which is no fault on the wire. */
export interface Preset {
  name: string
  icon: "lost" | "limit" | "slow" | "shield"
  about: string
  fault: Fault | undefined
}

export interface Snippet {
  name: string
  text: string
}

/** Changes a timeline, and puts the focus where the person goes on. */
export type Change = (timeline: ReadonlyArray<Step>, focus: string) => void

/** What the page knows. */
export interface State {
  worlds: ReadonlyArray<World>
  world: World | undefined
  /** The world that somebody chose, or did something to; without one the world used last is shown. */
  chosen: string
  /** Whose world each key tried here is. */
  worldOfKey: Map<string, string>
  health: Health | undefined
  scenarios: ReadonlyMap<string, Scenario>
  /** The provider's contract, and what is read from it. */
  contract: Api
  submissions: ReadonlyArray<Submission>
  poll: Target
  /** The examples to fail with. */
  failures: ReadonlyArray<string>
  tasks: ReadonlyArray<Task>
  faults: ReadonlyArray<InjectedFault>
  account: Account
  report: Report | undefined
  /** The newest requests, oldest first. */
  entries: ReadonlyArray<Entry>
  /** Tasks that were started here. */
  mine: Set<string>
  /** When a task may be polled again, as `performance.now()` counts. */
  pollAt: Map<string, number>
  /** Since when each orphan is known, as `performance.now()` counts. */
  orphanedAt: Map<string, number>
  /** The number of the newest request that is known. */
  last: number
  /** What was asked for last time. */
  seen: string
  loaded: boolean
}

/** An answer of the provider's API, as much of it as is worth showing. */
export interface ProviderAnswer {
  status: number
  headers: Headers
  body: unknown
}

/** What the buttons of a task do, and showing one of its requests. */
export type Act = (
  what: "poll" | "copy" | "requests" | "reveal" | "advance" | "finish" | "fail",
  about: string,
  as: string
) => unknown

/** Shows a request of the journal, by its number. */
export type Reveal = (number: number) => void

/** What the buttons that the view makes do. */
export interface Handlers {
  doToTask: (what: Parameters<Act>[0], id: string, as: string) => unknown
  inject: (fault: Fault) => unknown
  replaceFault: (id: string, fault: Fault) => unknown
  removeFault: (id: string) => unknown
  chooseScenario: (name: string) => unknown
  useScenario: (scenario: ScenarioChoice) => unknown
  copy: (text: string, what: string) => unknown
}

/** Attributes of an element; a function listens to the event of that name. */
export type Attributes = Record<string, string | number | boolean | undefined | ((event: Event) => unknown)>

/** An OpenAPI document, as much of it as the page reads. */
export interface Api {
  info?: { title?: string; description?: string }
  paths?: Record<string, Record<string, Operation | Array<Field>>>
}

interface Operation {
  operationId?: string
  summary?: string
  description?: string
  "x-price"?: { amount: number; currency: string }
  parameters?: Array<Field>
  requestBody?: { $ref?: string; required?: boolean; content?: Record<string, Media> }
  responses?: Record<string, ResponseObject>
}

interface ResponseObject {
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

interface Schema {
  $ref?: string
  type?: string | Array<string>
  description?: string
  required?: Array<string>
  properties?: Record<string, Schema>
  items?: Schema
  oneOf?: Array<Schema>
  anyOf?: Array<Schema>
}
