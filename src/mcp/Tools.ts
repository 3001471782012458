/**
 * The tools that an agent is offered, in the words that it reads: what each does, costs, takes and gives.
 *
 * @module
 */

import { McpRequestContext } from "effect/ai/McpSchema"
import * as Tool from "effect/ai/Tool"
import * as Toolkit from "effect/ai/Toolkit"
import * as Schema from "effect/Schema"
import { defaultPrice } from "../ledger/Budget.ts"
import { Report } from "../preflight/Report.ts"
import { Failure } from "./Failure.ts"
import { parameters } from "./Parameters.ts"

const price = `$${defaultPrice.toFixed(2)}`

const Amount = Schema.Struct({ jobs: Schema.Int, dollars: Schema.Finite })

/** What is spent of the budget, and what is left. */
const Budget = Schema.Struct({
  name: Schema.String,
  spent: Amount,
  /** Jobs of which nobody knows whether they are charged. */
  held: Amount,
  left: Schema.Struct({ jobs: Schema.optionalKey(Schema.Int), dollars: Schema.optionalKey(Schema.Finite) })
})

/** A task as an agent sees it. */
export const TaskView = Schema.Struct({
  id: Schema.String,
  /** The provider's word, for example `RUNNING`; `NOT_VISIBLE_YET` where it does not show the task. */
  status: Schema.String,
  isDone: Schema.Boolean,
  /** From 0 to 1. */
  progress: Schema.optionalKey(Schema.Finite),
  /** The finished videos. These URLs are credentials and expire within a day or two. */
  output: Schema.optionalKey(Schema.Array(Schema.String)),
  failure: Schema.optionalKey(Schema.String),
  failureCode: Schema.optionalKey(Schema.String),
  /** What to do now. */
  advice: Schema.String
})
export type TaskView = typeof TaskView.Type

/** One line of the ledger as an agent sees it. */
const Entry = Schema.Struct({
  sentAt: Schema.String,
  dollars: Schema.Finite,
  taskId: Schema.optionalKey(Schema.String),
  /** Why it is not known how it ended. */
  why: Schema.optionalKey(Schema.String)
})

const returned = { failure: Failure, failureMode: "return" } as const

const preflight = Tool.dynamic("preflight", {
  description:
    "Looks at the two assets by the provider's published rules: address, type, size, and the length of the reference. Costs nothing and sends nothing to the provider. " +
    "Use it before submit_character_performance, and correct what it finds.",
  parameters: parameters("assets"),
  success: Report,
  ...returned
})
  .annotate(Tool.Readonly, true)
  .annotate(Tool.Destructive, false)
  .annotate(Tool.Idempotent, true)

const submit = Tool.dynamic("submit_character_performance", {
  description:
    `Starts ONE paid job (${price}) that transfers the performance of the reference video to the character, and answers with its task id at once. ` +
    "The video is ready some minutes later: call wait_for_task with the id. The same input is paid only once, however often it is submitted: then the id of the job that exists is the answer, and isNew is false. " +
    "For another take of the same assets, change the seed; that is a new job. If the answer is an error, do what its advice says.",
  parameters: parameters("all"),
  success: Schema.Struct({
    taskId: Schema.String,
    /** False: the job existed, and nothing was paid now. */
    isNew: Schema.Boolean,
    budget: Budget,
    advice: Schema.String
  }),
  ...returned
})
  .annotate(Tool.Readonly, false)
  .annotate(Tool.Destructive, false)
  .annotate(Tool.Idempotent, true)

const id = Schema.NonEmptyString.annotate({ description: "The task id that submit_character_performance gave" })

const getTask = Tool.make("get_task", {
  description: "Looks at a task once. Costs nothing. To wait for its end use wait_for_task, not this in a loop.",
  parameters: Schema.Struct({ id }),
  success: TaskView,
  ...returned
})
  .annotate(Tool.Readonly, true)
  .annotate(Tool.Destructive, false)
  .annotate(Tool.Idempotent, true)

/** How long a wait may take: shorter than the minute after which many clients give a call up. */
export const defaultWait = 50

const waitForTask = Tool.make("wait_for_task", {
  description:
    "Waits for a task's end and gives its video. Costs nothing. It comes back after timeoutSeconds even if the task goes on (isDone is false): then call it again.",
  parameters: Schema.Struct({
    id,
    timeoutSeconds: Schema.optionalKey(
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 3600 })).annotate({
        description: `How long to wait at most, in seconds. Default: ${defaultWait}`
      })
    )
  }),
  success: TaskView,
  dependencies: [McpRequestContext],
  ...returned
})
  .annotate(Tool.Readonly, true)
  .annotate(Tool.Destructive, false)
  .annotate(Tool.Idempotent, true)

const listJobs = Tool.make("list_jobs", {
  description:
    "Lists what is open: paid jobs that nobody has waited for, jobs of which it is not known whether they are charged, jobs that are being submitted, and what is left of the budget. Costs nothing.",
  success: Schema.Struct({
    /** Paid, and not waited for to their end. */
    pending: Schema.Array(Entry),
    /** Perhaps charged: a person has to look. Never submit these again. */
    unknown: Schema.Array(Entry),
    /** Submitted a moment ago, by this server or another one, and not answered yet. */
    sending: Schema.Array(Entry),
    budget: Budget
  }),
  ...returned
})
  .annotate(Tool.Readonly, true)
  .annotate(Tool.Destructive, false)
  .annotate(Tool.Idempotent, true)

/** All tools. */
export const tools = Toolkit.make(preflight, submit, getTask, waitForTask, listJobs)
