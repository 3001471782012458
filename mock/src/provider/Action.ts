/**
 * What a right request does to its world, and what the provider answers to that: a task is made, a task is polled, an output is fetched.
 *
 * It takes the request for right: Prism has judged it. Misuse of the mock is answered with 400, because no client retries a 400.
 *
 * @module
 */
import * as Result from "effect/Result"
import * as Answer from "../contract/Answer.ts"
import * as Contract from "../contract/Contract.ts"
import * as TaskShape from "../contract/TaskShape.ts"
import type { Script } from "../world/Scenario.ts"
import type { Limits, Refusal, TaskView, World } from "../world/World.ts"
import type { Address, Body } from "./Incoming.ts"
import * as Output from "./Output.ts"
import * as ScenarioChoice from "./ScenarioChoice.ts"
import * as TaskBody from "./TaskBody.ts"

/** What was answered, and what of the world it was about. */
export interface Acted {
  readonly answer: Answer.Answer
  /** The task that was made or polled. */
  readonly taskId?: string | undefined
  /** The task as a poll answered it. */
  readonly view?: TaskView | undefined
}

/** What can be acted with. */
interface Means {
  readonly limits: Limits
  /** The scenarios that a POST can ask for, by name. */
  readonly scripts: ReadonlyMap<string, Script>
}

/** A documented answer of an operation. One that had to be borrowed from a related operation cannot be held against this one's contract. */
export const documented = (operationId: string, status: number, name: string): Answer.Answer => {
  const example = Contract.exampleFor(operationId, status, name)
  const answer = Answer.fromExample(example)
  return example.operationId === operationId ? answer : { ...answer, outsideContract: true }
}

const refused = (world: World, refusal: Refusal, operationId: string, { limits }: Means): Answer.Answer => {
  if (refusal.reason === "daily") {
    const answer = documented(operationId, 429, "native")
    // A date has whole seconds, and one that is rounded down would let a client come too early.
    const date = Math.ceil(world.time.dateAfter(refusal.until - world.now()) / 1000) * 1000
    return { ...answer, headers: { ...answer.headers, "retry-after": new Date(date).toUTCString() } }
  }
  const why = `This key has ${limits.tasks} tasks, and the mock keeps no more for one: use another key, or raise the limit`
  return Answer.problem(400, "TOO_MANY_TASKS", why)
}

/** Starts a task. */
const submit = (world: World, operationId: string, { request }: Address, body: Body, means: Means): Acted => {
  const choice = ScenarioChoice.choiceOf(body.value, request.headers)
  const script = choice === undefined ? world.script : means.scripts.get(choice.name)
  if (script === undefined) {
    const known = [...means.scripts.keys()].join(", ")
    const why = `There is no scenario "${choice?.name}", which ${choice?.from} asks for; known: ${known}`
    return { answer: Answer.problem(400, "UNKNOWN_SCENARIO", why) }
  }
  // Where a script finds another one by the POST's body, that one is played.
  const played = script.scriptFor === undefined ? script : script.scriptFor(world, operationId, body.value)
  return played === undefined ? unrecorded() : start(world, operationId, played, means)
}

const unrecorded = (): Acted => {
  const why =
    "No recording has a POST with this body, or each that has one was played for this key already. The mock sends nothing to the provider. Ask for a scenario by name, or record this request"
  return { answer: Answer.problem(400, "NO_RECORDING", why) }
}

/** Starts a task that plays this script, unless the recorded POST was refused too. */
const start = (world: World, operationId: string, script: Script, means: Means): Acted => {
  const { recorded } = script
  const accepted = recorded === undefined ? undefined : Answer.fromExample(recorded.submitted)
  if (accepted !== undefined && accepted.status !== 200) {
    recorded?.played("submit")
    return { answer: { ...accepted, outsideContract: script.outsideContract } }
  }
  return Result.match(world.submit(script), {
    onFailure: (refusal) => ({ answer: refused(world, refusal, operationId, means) }),
    onSuccess: ({ id }) => {
      recorded?.played("submit")
      const { body, ...answer } = accepted ?? documented(operationId, 200, "accepted")
      const outsideContract = script.outsideContract && recorded !== undefined
      return { answer: { ...answer, outsideContract, body: TaskBody.withId(body, id, recorded) }, taskId: id }
    }
  })
}

/** Asks about a task. */
const poll = (world: World, route: Contract.Route, { url }: Address): Acted => {
  const id = Contract.parameterOf(route, url.pathname) ?? ""
  const view = world.poll(id)
  if (view === undefined) return { answer: documented(route.operationId, 400, "task-not-exist") }
  const { outsideContract, recorded } = view.task.script
  recorded?.played(view.moment.example)
  const answer = Answer.fromExample(view.moment.example, TaskBody.bodyOf(world, view, url.origin))
  return { answer: { ...answer, outsideContract }, taskId: id, view }
}

/** What a right request to an operation of the contract does to its world. */
export const act = (world: World, operationId: string, address: Address, body: Body, means: Means): Acted => {
  const route = Contract.routeOf(operationId)
  if (route?.kind === "submit") return submit(world, operationId, address, body, means)
  if (route?.kind === "poll") return poll(world, route, address)
  return { answer: documented(operationId, 200, "") }
}

/** Fetches the output of a task. */
export const download = async (world: World, taskId: string, { request }: Address): Promise<Acted> => {
  const view = world.look(taskId)
  if (view === undefined) return { answer: Output.missing() }
  const { recorded } = view.task.script
  const hasOutput = recorded === undefined ? TaskShape.hasOutput(view.moment.body) : true
  if (recorded !== undefined && recorded.video === undefined) return { answer: Output.unrecorded(), taskId }
  recorded?.played("video")
  return {
    answer: hasOutput ? await Output.serve(request, taskId, world.now(), recorded?.video) : Output.missing(),
    taskId
  }
}
