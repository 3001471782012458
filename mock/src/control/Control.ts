/**
 * The mock's controls as typed functions: see and steer what it does to one key.
 *
 * They are plain and synchronous, because nothing waits here; a wrong call throws a `RunwayMockError` and changes nothing.
 * `ControlApi.ts` is the same over HTTP, and what they take and give is described in the contract of that.
 */
import type * as Api from "../../../generated/mock-control/types.gen.ts"
import * as Overlay from "../contract/DynamicFields.ts"
import { check } from "../faults/Fault.ts"
import {
  BrokenFault,
  ClientMisconduct,
  InvalidOption,
  RunwayMockError,
  TooManyWorlds,
  UnknownScenario,
  UnknownTask,
  UnknownWorld
} from "../MockError.ts"
import * as Provider from "../provider/Provider.ts"
import { type Length, millisOf } from "../Time.ts"
import * as Account from "../world/Account.ts"
import * as Scenario from "../world/Scenario.ts"
import type { Glimpse, World, Worlds } from "../world/World.ts"

/** What a mock is to those who steer it. */
export interface Mock {
  readonly worlds: Worlds
  readonly scripts: ReadonlyMap<string, Scenario.Script>
  readonly clock: Api.ClockKind
  readonly scale: number
  /** Milliseconds of real time since it started. */
  readonly uptime: () => number
}

/** Which entries of a journal are wanted. */
export interface JournalFilter {
  /** Only entries with a higher number. */
  readonly after?: number | undefined
  readonly operation?: Api.Operation | undefined
  /** Only entries about this task. */
  readonly task?: string | undefined
}

/** Faults of one world at a time: each request is held against all of them. */
const mostFaults = 100

const fail = (reason: RunwayMockError["reason"]): never => {
  throw new RunwayMockError({ reason })
}

/** A scenario that is known by its name, or one of the caller's own. */
export const scriptOf = (
  scripts: ReadonlyMap<string, Scenario.Script>,
  scenario: string | Scenario.Scenario
): Scenario.Script => {
  if (typeof scenario === "string")
    return scripts.get(scenario) ?? fail(new UnknownScenario({ name: scenario, known: [...scripts.keys()] }))
  const script = Scenario.compile(scenario)
  return "steps" in script ? script : fail(script)
}

/** The state in which a task ends, in the shape that it has now. */
const lastStep = (
  { moment, task }: Glimpse,
  name: string | undefined,
  names: Readonly<Record<string, string>>
): Scenario.Step => {
  const shape = moment.example.status === "200" ? Overlay.shapeOf(moment.body) : Scenario.shapeOf(task.script)
  const state = name ?? names[shape] ?? names["bare"] ?? ""
  const script = Scenario.compile({ name: task.script.name, timeline: [{ state }] })
  if (!("steps" in script)) return fail(script)
  return Overlay.hasEnded(script.steps[0].body)
    ? script.steps[0]
    : fail(new InvalidOption({ option: "as", problem: `must be an example of a task that is over; "${state}" is not` }))
}

const successes = { bare: "succeeded", envelope: "envelope-success", row: "row-success" }
const failures = { bare: "failed", envelope: "envelope-failure", row: "failed" }

/** A task as it is now. Looking is no poll. */
const viewOf = (world: World, glimpse: Glimpse, origin: string): Api.Task => {
  const { task, moment } = glimpse
  const { example } = moment
  const body = Provider.bodyOf(world, glimpse, origin)
  const ended = Overlay.hasEnded(moment.body)
  const status = Overlay.statusOf(body)
  const output = Overlay.outputOf(body)
  return {
    ...{
      id: task.id,
      scenario: task.script.name,
      state: example.name,
      shape: example.status === "200" ? Overlay.shapeOf(body) : "other"
    },
    ...(status === undefined ? {} : { status }),
    ...(moment.progress === undefined ? {} : { progress: Math.min(1, moment.progress) }),
    ...{ ended, createdAt: new Date(task.createdAt).toISOString(), age: (world.now() - task.createdAt) / 1000 },
    ...{ polls: task.polls, collected: world.report.isCollected(task.id), body },
    ...(output === undefined ? {} : { output })
  }
}

/** What can be seen and steered of one key's world. Each function throws a `RunwayMockError` where it cannot do what it is told. */
export interface WorldControl {
  /** What this world is like. */
  readonly describe: () => Api.World
  /** Says what becomes of the tasks that are submitted from now on: a known scenario's name, or a scenario of your own. */
  readonly choose: (scenario: string | Scenario.Scenario) => Api.World
  /** The time in this world. */
  readonly clock: () => Api.Clock
  /** Lets time pass in this world, at once: `"45 seconds"`. */
  readonly advance: (by: Length) => Api.Clock
  /** Its tasks in the order of their submission. Looking is no poll. */
  readonly tasks: () => Array<Api.Task>
  /** One task. Looking is no poll. */
  readonly task: (id: string) => Api.Task
  /** Brings one task to the next state of its scenario. */
  readonly step: (id: string) => Api.Task
  /** Lets one task succeed now, whatever its scenario says. */
  readonly finish: (id: string) => Api.Task
  /** Lets one task fail now, as an example of the contract does: `"failed-safety-input"`. Default `"failed"`, in the task's shape. */
  readonly fail: (id: string, as?: string) => Api.Task
  /** Injects a fault. It counts requests from now on. */
  readonly inject: (fault: Api.Fault) => Api.InjectedFault
  /** Its faults, with what each has done. */
  readonly faults: () => Array<Api.InjectedFault>
  /** Removes the fault with this id, or all of them, and says whether there was any. */
  readonly heal: (id?: string) => boolean
  /** Limits what this key may do; a limit that is left out is none. */
  readonly limit: (account: Account.Account) => Api.Account
  /** What this key may do. */
  readonly account: () => Api.Account
  /** The requests that it received, without keys and signatures. */
  readonly journal: (filter?: JournalFilter) => Api.Journal
  /** How the client behaved so far. */
  readonly report: () => Api.Report
  /**
   * Throws a `ClientMisconduct` where the report is not clean; its message is the report in words. `allow` lets findings of some kinds through, as
   * a test needs that submits and does not wait.
   */
  readonly expectClean: (options?: { readonly allow?: ReadonlyArray<Api.FindingKind> | undefined }) => void
  /** Makes it as if the key had never been used. */
  readonly reset: () => void
}

/** What can be seen and steered of a whole mock. */
export interface MockControl {
  /** The world of a key, which is a fresh one if the key was never used. */
  readonly world: (key: string) => WorldControl
  /** The world with this id, as `worlds` lists it; `undefined` if there is none. */
  readonly worldAt: (id: string) => WorldControl | undefined
  /** Every world, the one used last in front. None tells its key. */
  readonly worlds: () => Array<Api.World>
  /** The scenarios that can be asked for by name. */
  readonly scenarios: () => Array<Scenario.Scenario>
  /** Forgets every world. */
  readonly reset: () => void
}

/** The functions over one world, which is looked up anew each time: it may have been forgotten since. `origin` is where outputs are. */
const ofWorld = ({ worlds, scripts, clock, scale }: Mock, find: () => World, origin: string): WorldControl => {
  const found = (id: string, glimpse: Glimpse | undefined): Api.Task => {
    const world = find()
    const known = world.glimpses().map(({ task }) => task.id)
    return glimpse === undefined ? fail(new UnknownTask({ id, known })) : viewOf(world, glimpse, origin)
  }
  const end = (id: string, name: string | undefined, names: Readonly<Record<string, string>>): Api.Task => {
    const glimpse = find().look(id)
    return found(id, glimpse && find().move(id, lastStep(glimpse, name, names)))
  }
  const controls: WorldControl = {
    describe: (): Api.World => {
      const world = find()
      return {
        ...{ world: world.id, scenario: world.script.name, tasks: world.size, requests: world.journal.last },
        ...{ findings: world.report.size(world.ending()), faults: world.faults.size, now: controls.clock().now }
      }
    },
    choose: (scenario: string | Scenario.Scenario): Api.World => {
      find().script = scriptOf(scripts, scenario)
      return controls.describe()
    },
    clock: (): Api.Clock => ({ now: new Date(find().now()).toISOString(), clock, scale }),
    advance: (by: Length): Api.Clock => {
      const millis = millisOf(by)
      if (millis === undefined || !(millis >= 0 && millis < 1e12)) {
        const problem = `must be a duration such as "45 seconds", of thirty years at most; got ${String(by)}`
        return fail(new InvalidOption({ option: "by", problem }))
      }
      find().advance(millis)
      return controls.clock()
    },
    tasks: (): Array<Api.Task> => {
      const world = find()
      return world.glimpses().map((glimpse) => viewOf(world, glimpse, origin))
    },
    task: (id: string): Api.Task => found(id, find().look(id)),
    step: (id: string): Api.Task => found(id, find().move(id)),
    finish: (id: string): Api.Task => end(id, undefined, successes),
    fail: (id: string, as?: string): Api.Task => end(id, as, failures),
    inject: (fault: Api.Fault): Api.InjectedFault => {
      const checked = check(fault)
      if (checked instanceof BrokenFault) return fail(checked)
      const { faults } = find()
      return faults.size < mostFaults
        ? faults.inject(fault, checked)
        : fail(new BrokenFault({ problem: `this world has ${mostFaults} faults already; remove some` }))
    },
    faults: (): Array<Api.InjectedFault> => find().faults.list(),
    heal: (id?: string): boolean => {
      const { faults } = find()
      if (id !== undefined) return faults.remove(id)
      const any = faults.size > 0
      faults.clear()
      return any
    },
    limit: (account: Account.Account): Api.Account => {
      const problem = Account.problemOf(account)
      if (problem !== undefined) return fail(new InvalidOption(problem))
      find().limit({ ...account })
      return controls.account()
    },
    account: (): Api.Account => Account.stated(find().account),
    journal: ({ after = 0, operation, task }: JournalFilter = {}): Api.Journal =>
      find().journal.read(
        (entry) =>
          entry.number > after &&
          (operation === undefined || entry.operation === operation) &&
          (task === undefined || entry.taskId === task)
      ),
    report: (): Api.Report => {
      const world = find()
      return world.report.read(world.id, world.ending())
    },
    expectClean: ({ allow = [] }: { readonly allow?: ReadonlyArray<Api.FindingKind> | undefined } = {}): void => {
      const world = find()
      const report = world.report.read(world.id, world.ending(), allow)
      if (!report.clean) throw new ClientMisconduct(report)
    },
    reset: () => worlds.forget(find())
  }
  return controls
}

/** Where the outputs of tasks are said to be, for a caller that did not come through a door. */
const nowhere = "https://api.cometapi.com"

/** The functions over the world of a key. */
export const ofKey = (mock: Mock, key: string, origin = nowhere): WorldControl => {
  const { worlds } = mock
  return ofWorld(mock, () => worlds.of(key) ?? fail(new TooManyWorlds({ limit: worlds.limits.worlds })), origin)
}

/** The functions over the world with an id; each throws where there is none, or none any more. */
export const ofId = (mock: Mock, id: string, origin = nowhere): WorldControl => {
  const known = () => mock.worlds.all().map((world) => world.id)
  return ofWorld(mock, () => mock.worlds.at(id) ?? fail(new UnknownWorld({ id, known: known() })), origin)
}

/** The functions over the whole mock. */
export const ofMock = (mock: Mock, origin = nowhere): MockControl => ({
  world: (key) => ofKey(mock, key, origin),
  worldAt: (id) => (mock.worlds.at(id) === undefined ? undefined : ofId(mock, id, origin)),
  worlds: () => mock.worlds.all().map((world) => ofWorld(mock, () => world, origin).describe()),
  scenarios: () => [...mock.scripts.values()].map(({ scenario }) => scenario),
  reset: () => mock.worlds.forget()
})
