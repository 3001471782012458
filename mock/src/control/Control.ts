/**
 * The mock's controls as typed functions: see and steer what it does to one key.
 *
 * They are plain and synchronous, because nothing waits here. A wrong call throws a `RunwayMockError` and changes nothing. `ControlApi.ts`
 * is the same over HTTP, and its contract describes what both take and answer. It sends no request and knows no door.
 *
 * @module
 */
import * as Result from "effect/Result"
import type * as Api from "../../../generated/mock-control/types.gen.ts"
import * as TaskShape from "../contract/TaskShape.ts"
import { check } from "../faults/Fault.ts"
import {
  BrokenFault,
  BrokenSeed,
  ClientMisconduct,
  InvalidOption,
  RunwayMockError,
  TooManyWorlds,
  UnexpectedRequests,
  UnknownScenario,
  UnknownTask,
  UnknownWorld
} from "../MockError.ts"
import * as TaskBody from "../provider/TaskBody.ts"
import * as Verification from "../record/Verification.ts"
import type { RecordingsReport } from "../recording/RecordingReport.ts"
import { type Length, millisOf } from "../Time.ts"
import * as Account from "../world/Account.ts"
import * as Scenario from "../world/Scenario.ts"
import type { Seed as SeededJob, TaskView, World } from "../world/World.ts"
import type { Worlds } from "../world/Worlds.ts"
import type { Metrics } from "./Metrics.ts"

/** What a mock is to those who steer it. */
export interface Mock {
  readonly worlds: Worlds
  readonly scripts: ReadonlyMap<string, Scenario.Script>
  readonly clock: Api.ClockKind
  readonly scale: number
  /** Milliseconds of real time since it started. */
  readonly uptime: () => number
  readonly metrics: Metrics
  /** Whether it records or replays, and what it has recorded or replays. */
  readonly mode: Api.Recordings["mode"]
  readonly recordings: () => Promise<RecordingsReport>
}

/** Which entries of a journal are wanted. */
export interface JournalFilter {
  /** Only entries with a higher number. */
  readonly after?: number | undefined
  readonly operation?: Api.Operation | undefined
  /** Only entries about this task. */
  readonly task?: string | undefined
}

/** A task that is there without a POST. */
export interface Seed {
  /** Its id, one that no task of this world has. Default: one that is the same in every run. */
  readonly id?: string | undefined
  /** What becomes of it: a known scenario's name, or a scenario of your own. Default: what becomes of this world's tasks. */
  readonly scenario?: string | Scenario.Scenario | undefined
  /** How long ago it was submitted, in this world's time: `"1 minute"`. Default: now. */
  readonly at?: Length | undefined
}

/** Faults of one world at a time: each request is compared with all of them. */
const mostFaults = 100

const fail = (reason: RunwayMockError["reason"]): never => {
  throw new RunwayMockError({ reason })
}

const orFail = <A>(result: Result.Result<A, RunwayMockError["reason"]>): A =>
  Result.isSuccess(result) ? result.success : fail(result.failure)

/** A scenario that is known by its name, or one of the caller's own. */
const scriptOf = (
  scripts: ReadonlyMap<string, Scenario.Script>,
  scenario: string | Scenario.Scenario
): Scenario.Script =>
  typeof scenario === "string"
    ? (scripts.get(scenario) ?? fail(new UnknownScenario({ name: scenario, known: [...scripts.keys()] })))
    : orFail(Scenario.compile(scenario))

/** The state in which a task ends, in the shape that it has now. */
const lastStep = (
  { moment, task }: TaskView,
  name: string | undefined,
  names: Readonly<Record<string, string>>
): Scenario.Step => {
  const shape = moment.example.status === "200" ? TaskShape.shapeOf(moment.body) : Scenario.shapeOf(task.script)
  const state = name ?? names[shape] ?? names["bare"] ?? ""
  const [last] = orFail(Scenario.compile({ name: task.script.name, timeline: [{ state }] })).steps
  return TaskShape.hasEnded(last.body)
    ? last
    : fail(new InvalidOption({ option: "as", problem: `must be an example of a task that is over; "${state}" is not` }))
}

const successes = { bare: "succeeded", envelope: "envelope-success", row: "row-success" }
const failures = { bare: "failed", envelope: "envelope-failure", row: "failed" }

/** A task as it is now, for those who watch. Calling this does not count as a poll. */
const shown = (world: World, view: TaskView, origin: string): Api.Task => {
  const { task, moment } = view
  const { example } = moment
  const body = TaskBody.bodyOf(world, view, origin)
  const status = TaskShape.statusOf(body)
  const output = TaskShape.outputOf(body)
  return {
    id: task.id,
    scenario: task.script.name,
    state: example.name,
    shape: example.status === "200" ? TaskShape.shapeOf(body) : "other",
    ...(status === undefined ? {} : { status }),
    ...(moment.progress === undefined ? {} : { progress: Math.min(1, moment.progress) }),
    ended: TaskShape.hasEnded(moment.body),
    createdAt: new Date(task.createdAt).toISOString(),
    age: (world.now() - task.createdAt) / 1000,
    polls: task.polls,
    collected: world.report.isCollected(task.id),
    body,
    ...(output === undefined ? {} : { output })
  }
}

/** What can be seen and steered of one key's world. Each function throws a `RunwayMockError` where it cannot do what was asked. */
export interface WorldControl {
  /** What this world is like. */
  readonly describe: () => Api.World
  /** Says what becomes of the tasks that are submitted from now on: a known scenario's name, or a scenario of your own. */
  readonly choose: (scenario: string | Scenario.Scenario) => Api.World
  /** The time in this world. */
  readonly clock: () => Api.Clock
  /** Says which fields a body must have from now on. */
  readonly require: (required: Api.RequiredFields) => Api.World
  /** Lets time pass in this world, at once: `"45 seconds"`. */
  readonly advance: (by: Length) => Api.Clock
  /**
   * Lets so many milliseconds pass in this world, at once: the `sleep` for the program under test. On a manual clock nothing else moves
   * the time, so a program that does not sleep as it should is found.
   */
  readonly sleep: (millis: number) => Promise<void>
  /** Its tasks in the order of their submission. Calling this does not count as a poll. */
  readonly tasks: () => Array<Api.Task>
  /** One task. Calling this does not count as a poll. */
  readonly task: (id: string) => Api.Task
  /** Makes a task that nobody submitted, for a client that has an id from somewhere else. It costs nothing and need not be collected. */
  readonly seed: (seed?: Seed) => Api.Task
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
  /** How the client behaved so far, without the kinds of findings that `allow` names. */
  readonly report: (options?: { readonly allow?: ReadonlyArray<Api.FindingKind> | undefined }) => Api.Report
  /**
   * Throws a `ClientMisconduct` where the report is not clean; its message is the report in words. `allow` lets findings of some kinds through, as
   * a test needs that submits and does not wait. A paid orphan is let through where a fault made it, for the client could not help it.
   */
  readonly expectClean: (options?: { readonly allow?: ReadonlyArray<Api.FindingKind> | undefined }) => void
  /** Whether it received such requests, and if not, how those that came nearest differ. */
  readonly verify: (expected: Api.ExpectedRequests) => Api.Verification
  /** Throws an `UnexpectedRequests` where it did not receive such requests; its message says what differs. */
  readonly expectRequests: (expected: Api.ExpectedRequests) => void
  /** Makes it as if the key had never been used. */
  readonly reset: () => void
}

/** What can be seen and steered of a whole mock. */
export interface MockControl {
  /** The world of a key; a key that was never used gets a new one. */
  readonly world: (key: string) => WorldControl
  /** The world with this id, as `worlds` lists it; `undefined` if there is none. */
  readonly worldAt: (id: string) => WorldControl | undefined
  /** Every world, the one used last in front. None tells a key that may be a secret. */
  readonly worlds: () => Array<Api.World>
  /** The scenarios that can be asked for by name. */
  readonly scenarios: () => Array<Scenario.Scenario>
  /** Forgets every world. */
  readonly reset: () => void
}

/** One world of a mock, as its controls need it. */
interface Controlled {
  readonly mock: Mock
  /** Looks the world up anew each time: it may have been forgotten since. */
  readonly find: () => World
  /** Where the outputs of its tasks are. */
  readonly origin: string
}

const describe = (world: World): Api.World => ({
  world: world.id,
  ...(world.label === undefined ? {} : { name: world.label }),
  scenario: world.script.name,
  tasks: world.size,
  requests: world.journal.last,
  findings: world.report.size(world.ending()),
  faults: world.faults.size,
  now: new Date(world.now()).toISOString(),
  required: world.required,
  money: world.report.money
})

const worldControls = ({
  mock,
  find
}: Controlled): Pick<WorldControl, "describe" | "choose" | "require" | "limit" | "account" | "reset"> => ({
  describe: () => describe(find()),
  require: (required) => {
    if (required !== "full" && required !== "minimal")
      return fail(new InvalidOption({ option: "required", problem: `must be "full" or "minimal"; got "${required}"` }))
    const world = find()
    world.required = required
    return describe(world)
  },
  choose: (scenario) => {
    const world = find()
    world.script = scriptOf(mock.scripts, scenario)
    return describe(world)
  },
  limit: (account) => {
    const problem = Account.problemOf(account)
    if (problem !== undefined) return fail(new InvalidOption(problem))
    const world = find()
    world.limit({ ...account })
    return Account.stated(world.account)
  },
  account: () => Account.stated(find().account),
  reset: () => mock.worlds.forget(find())
})

/** A time that can pass in a world, in milliseconds. */
const passable = (length: Length): number | undefined => {
  const millis = millisOf(length)
  return millis !== undefined && millis >= 0 && millis < 1e12 ? millis : undefined
}

const clockControls = ({
  mock: { clock, scale },
  find
}: Controlled): Pick<WorldControl, "clock" | "advance" | "sleep"> => {
  const clockOf = (world: World): Api.Clock => ({ now: new Date(world.now()).toISOString(), clock, scale })
  const advance = (by: Length): Api.Clock => {
    const millis = passable(by)
    if (millis === undefined) {
      const problem = `must be a duration such as "45 seconds", of thirty years at most; got ${String(by)}`
      return fail(new InvalidOption({ option: "by", problem }))
    }
    const world = find()
    world.advance(millis)
    return clockOf(world)
  }
  return {
    clock: () => clockOf(find()),
    advance,
    // What is not positive is no sleep, as with a timer.
    sleep: async (millis) => void advance(Math.max(0, millis))
  }
}

/** Ids that stand in any URL as they are. */
const seedId = /^[A-Za-z0-9][A-Za-z0-9_.~:-]{0,199}$/

/** What a seed asks for, checked. */
const checkedSeed = ({ scripts }: Mock, world: World, { id, scenario, at = "0 seconds" }: Seed): SeededJob => {
  const refuse = (problem: string) => fail(new BrokenSeed({ problem }))
  if (world.isKeyless)
    return refuse("requests without a key make no task and can ask about none: seed it with the key of your program")
  if (id !== undefined && !seedId.test(id))
    return refuse(`its id must have 1 to 200 letters, digits and any of _ . ~ : -, and begin with a letter or digit`)
  const ago = passable(at)
  if (ago === undefined)
    return refuse(
      `at must say how long ago it was submitted, such as "1 minute", thirty years at most; got ${String(at)}`
    )
  const script = scenario === undefined ? world.script : scriptOf(scripts, scenario)
  // Such a script only says where to look for one, by the body of a POST that is not there.
  if (script.scriptFor !== undefined)
    return refuse(`"${script.name}" chooses a recording by the POST's body, and there is none: name a scenario`)
  return { id, script, ago }
}

const seedOf =
  ({ mock, find, origin }: Controlled): WorldControl["seed"] =>
  (seed = {}) => {
    const world = find()
    const checked = checkedSeed(mock, world, seed)
    return Result.match(world.seed(checked), {
      onSuccess: (view) => shown(world, view, origin),
      onFailure: (reason) => {
        const taken = `this world has a task "${checked.id}" already: choose another id, or reset the world`
        const full = `the mock keeps ${mock.worlds.limits.tasks} tasks of one key: reset the world, or raise the limit`
        return fail(new BrokenSeed({ problem: reason === "taken" ? taken : full }))
      }
    })
  }

const taskControls = (
  controlled: Controlled
): Pick<WorldControl, "tasks" | "task" | "seed" | "step" | "finish" | "fail"> => {
  const { find, origin } = controlled
  const shownOrFail = (id: string, view: TaskView | undefined): Api.Task => {
    const world = find()
    return view === undefined ? fail(new UnknownTask({ id, known: world.ids() })) : shown(world, view, origin)
  }
  const end = (id: string, name: string | undefined, names: Readonly<Record<string, string>>): Api.Task => {
    const view = find().look(id)
    return shownOrFail(id, view && find().move(id, lastStep(view, name, names)))
  }
  return {
    tasks: () => {
      const world = find()
      return world.views().map((view) => shown(world, view, origin))
    },
    task: (id) => shownOrFail(id, find().look(id)),
    seed: seedOf(controlled),
    step: (id) => shownOrFail(id, find().move(id)),
    finish: (id) => end(id, undefined, successes),
    fail: (id, as) => end(id, as, failures)
  }
}

const faultControls = ({ find }: Controlled): Pick<WorldControl, "inject" | "faults" | "heal"> => ({
  inject: (fault) => {
    const checked = orFail(check(fault))
    const { faults } = find()
    return faults.size < mostFaults
      ? faults.inject(fault, checked)
      : fail(new BrokenFault({ problem: `this world has ${mostFaults} faults already; remove some` }))
  },
  faults: () => find().faults.list(),
  heal: (id) => {
    const { faults } = find()
    if (id !== undefined) return faults.remove(id)
    const hadAny = faults.size > 0
    faults.clear()
    return hadAny
  }
})

/** Throws where an expectation can never be met, or would always be. */
const checkExpected = ({ operation, count, atLeast, atMost }: Api.ExpectedRequests): void => {
  const refuse = (option: string, problem: string) => fail(new InvalidOption({ option, problem }))
  if (!["submit", "poll", "asset", "other"].includes(operation))
    refuse("operation", `must be submit, poll, asset or other; got ${String(operation)}`)
  for (const [option, number] of Object.entries({ count, atLeast, atMost }))
    if (number !== undefined && !(Number.isInteger(number) && number >= 0))
      refuse(option, `must be a whole number, 0 or more; got ${number}`)
  if (count !== undefined && (atLeast !== undefined || atMost !== undefined))
    refuse("count", "is the exact number: give it alone, or atLeast and atMost without it")
  if (atLeast !== undefined && atMost !== undefined && atLeast > atMost)
    refuse("atLeast", `must not be above atMost; got ${atLeast} and ${atMost}`)
}

const verifyControls = ({ find }: Controlled): Pick<WorldControl, "verify" | "expectRequests"> => {
  const verify = (expected: Api.ExpectedRequests): Api.Verification => {
    checkExpected(expected)
    return Verification.verify(
      expected,
      find().journal.read(() => true)
    )
  }
  return {
    verify,
    expectRequests: (expected) => {
      const verification = verify(expected)
      if (!verification.ok) throw new UnexpectedRequests(verification)
    }
  }
}

const recordControls = ({ find }: Controlled): Pick<WorldControl, "journal" | "report" | "expectClean"> => ({
  journal: ({ after = 0, operation, task } = {}) =>
    find().journal.read(
      (entry) =>
        entry.number > after &&
        (operation === undefined || entry.operation === operation) &&
        (task === undefined || entry.taskId === task)
    ),
  report: ({ allow = [] } = {}) => {
    const world = find()
    return world.report.read(world.id, world.ending(), ({ kind }) => allow.includes(kind))
  },
  expectClean: ({ allow = [] } = {}) => {
    const world = find()
    const isAllowed = ({ kind, byFault }: Api.Finding) =>
      allow.includes(kind) || (kind === "paid-orphan" && byFault === true)
    const report = world.report.read(world.id, world.ending(), isAllowed)
    if (!report.clean) throw new ClientMisconduct(report)
  }
})

const ofWorld = (mock: Mock, find: () => World, origin: string): WorldControl => {
  const controlled: Controlled = { mock, find, origin }
  return {
    ...worldControls(controlled),
    ...clockControls(controlled),
    ...taskControls(controlled),
    ...faultControls(controlled),
    ...recordControls(controlled),
    ...verifyControls(controlled)
  }
}

const day = 24 * 3_600_000

/** What is recorded or replayed, and how old it is by the machine's clock. */
export const recordingsOf = async ({ mode, recordings }: Mock): Promise<Api.Recordings> => {
  const { recordings: list, unrecorded, ...report } = await recordings()
  const aged = list.map(({ deviations, neverAsked, unsaved, ...recording }) => ({
    ...recording,
    age: Math.max(0, Date.now() - Date.parse(recording.recordedAt)) / day,
    deviations: [...deviations],
    neverAsked: [...neverAsked],
    unsaved: [...unsaved]
  }))
  return { mode, ...report, recordings: aged, unrecorded: [...unrecorded] }
}

/** The origin of output URLs, for a caller in this process. */
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
  worlds: () => mock.worlds.all().map((world) => describe(world)),
  scenarios: () => [...mock.scripts.values()].map(({ scenario }) => scenario),
  reset: () => mock.worlds.forget()
})
