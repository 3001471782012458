/**
 * What a task's body says at a moment: the documented example of its state, with this task's own id, times, progress and output.
 *
 * It reads a task and changes none: making a body does not count as a poll.
 *
 * @module
 */
import * as DynamicFields from "../contract/DynamicFields.ts"
import * as TaskShape from "../contract/TaskShape.ts"
import type { RequestFacts } from "../record/Report.ts"
import type { Recorded } from "../world/Scenario.ts"
import type { Task, TaskView, World } from "../world/World.ts"
import * as Output from "./Output.ts"

/** The time so many milliseconds after a task got its turn. */
const timeOf = ({ admittedAt, createdAt }: Task, after: number | undefined): number | undefined =>
  after === undefined ? undefined : (admittedAt ?? createdAt) + after

const factsOf = (world: World, { task, moment }: TaskView, origin: string): DynamicFields.TaskFacts => {
  const { id, createdAt, script } = task
  const finishedAt = timeOf(task, moment.finishedAfter)
  return {
    id,
    createdAt,
    progress: moment.progress,
    startedAt: timeOf(task, moment.startedAfter),
    finishedAt,
    // Signed when a body has a place for it: most polls are of a task that has no output yet.
    get outputUrl() {
      return Output.urlOf(origin, id, finishedAt ?? createdAt, world.now(), script.outputLasts, {
        world: world.id,
        shown: (at) => world.time.shown(at)
      })
    }
  }
}

/** What a poll of a task is answered with at this moment. Calling this does not count as a poll. */
export const bodyOf = (world: World, view: TaskView, origin: string): unknown => {
  const { example, with: fields } = view.moment
  const facts = factsOf(world, view, origin)
  const body = DynamicFields.merge(DynamicFields.withFacts(example.body, facts), fields)
  const { recorded } = view.task.script
  return recorded === undefined ? body : asOwn(body, facts, recorded)
}

/** Where a recorded answer has the id, or a video, in a field that the contract does not know, this task's own takes its place. */
const asOwn = (body: unknown, facts: DynamicFields.TaskFacts, { taskId }: Recorded): unknown =>
  DynamicFields.mapTexts(body, (text) => (isVideo(text) ? facts.outputUrl : text.replaceAll(taskId, facts.id)))

const isVideo = (text: string): boolean => /^https?:\/\/[^\s?#]+\.(mp4|webm|mov|m4v)(#.*)?$/i.test(text)

/** What a POST is answered, with the id of the task that it made. */
export const withId = (body: unknown, id: string, recorded?: Recorded): unknown => {
  return recorded === undefined
    ? DynamicFields.merge(body, { id })
    : DynamicFields.mapTexts(body, (text) => text.replaceAll(recorded.taskId, id))
}

/** How a task has ended, if it has, and until when the URL that a poll answers at this moment is the newest. */
export const endOf = ({ task, moment }: TaskView, at: number): RequestFacts["ended"] => {
  if (!TaskShape.hasEnded(moment.body)) return undefined
  if (!TaskShape.hasOutput(moment.body)) return { succeeded: false, outputFreshUntil: Number.POSITIVE_INFINITY }
  const finishedAt = timeOf(task, moment.finishedAfter) ?? task.createdAt
  return { succeeded: true, outputFreshUntil: Output.freshUntil(finishedAt, at, task.script.outputLasts) }
}
