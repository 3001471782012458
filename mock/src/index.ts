/**
 * `cometapi-runway-mock`: a stand-in for CometAPI's Runway character performance (Act-Two) endpoint.
 *
 * It answers from the contract, checks every request and each of its own answers against it, and remembers its tasks: a minute of
 * generation passes on a test clock in no time, and ends with a real video. Nothing leaves the machine.
 *
 * @module
 */
export type {
  Clock,
  ClockKind,
  ContentTypeFault,
  CutFault,
  DripFault,
  Entry,
  EntryAnswer,
  EntryFault,
  ExpectedRequests,
  Fault,
  FaultKind,
  Finding,
  FindingKind,
  InjectedFault,
  Intent,
  Journal,
  KeyRules,
  LatencyFault,
  MockFile,
  NearMiss,
  Operation,
  OversizedFault,
  PlainFault,
  Report,
  StatusFault,
  Task,
  Verification,
  Violation,
  World
} from "../../generated/mock-control/types.gen.ts"
export type { ConfigChange } from "./Configuration.ts"
export type { JournalFilter, MockControl, Seed, WorldControl } from "./control/Control.ts"
export type { Access } from "./doors/Guard.ts"
export {
  BrokenFault,
  BrokenFile,
  BrokenRecording,
  BrokenScenario,
  BrokenSeed,
  BrokenState,
  ClientMisconduct,
  InvalidOption,
  InvalidScale,
  ListenFailed,
  type MockErrorReason,
  PortInUse,
  RunwayMockError,
  StaleRecording,
  TooManyWorlds,
  UnexpectedRequests,
  UnknownScenario,
  UnknownTask,
  UnknownWorld
} from "./MockError.ts"
export type { Options, RecordOptions, ReplayOptions } from "./Options.ts"
export {
  type Mock,
  type Running,
  RunwayMock,
  type Served,
  type ServeOptions,
  type Unserved
} from "./RunwayMock.ts"
export type { Deviation, Severity } from "./recording/Drift.ts"
export type { RecordedDeviation } from "./recording/RecordingFile.ts"
export { type RecordingState, type RecordingsReport, ReplayIncomplete } from "./recording/RecordingReport.ts"
export type { RedactedHosts } from "./recording/Redaction.ts"
export { mswResolver } from "./testing/Msw.ts"
export { openWorld, type TestWorld, type TestWorldOptions, withWorld } from "./testing/TestWorld.ts"
export type { Account } from "./world/Account.ts"
export type { Scenario, State } from "./world/Scenario.ts"

import { builtIn } from "./world/BuiltInScenarios.ts"

/** The names of the scenarios that the mock brings along. */
export const scenarioNames: ReadonlyArray<string> = [...builtIn.keys()]
