/**
 * How the client behaved towards one world: what it paid for, and what it did that costs money or breaks a rule.
 *
 * It judges a client only by what that client could know. An answer that a fault kept back was never received, so sending the same POST
 * again is the client's mistake, and a task whose id was lost is not one that the client forgot.
 *
 * @module
 */
import type * as Api from "../../../generated/mock-control/types.gen.ts"
import type { Received } from "../faults/Delivery.ts"
import { pollInterval } from "../Time.ts"
import { Findings, mostFindings } from "./Findings.ts"
import * as Money from "./Money.ts"

/** What one request means for the report. All times are the world's. */
export interface RequestFacts {
  /** Its number in the journal. */
  readonly number: number
  readonly at: number
  readonly operation: Api.Operation
  readonly violations: ReadonlyArray<Api.Violation>
  /** Whether it named the version of the API, or need not. */
  readonly versioned: boolean
  /** The same for the same POST. */
  readonly intent: string | undefined
  /** The task that it is about, if the world has it. For a POST, the one that it made. */
  readonly taskId: string | undefined
  /** What one job of this operation costs, where the contract says so. */
  readonly price: number | undefined
  /** Whether a fault hit it. */
  readonly faulted: boolean
  /** What the client receives, once the answer has reached it. */
  readonly received: Received
  readonly status: number
  /** The time before which it should not come again. */
  readonly notBefore: number | undefined
  /** How the intended answer says that the task ended, if it does, and until when the output's URL need not be asked for again. */
  readonly ended: { readonly succeeded: boolean; readonly outputFreshUntil: number } | undefined
}

/** What has to be known of a task to judge. */
interface TaskRecord {
  readonly submittedBy: number
  readonly price: number
  /** Whether a fault hit its POST, so that the client could not help what became of the answer. */
  readonly byFault: boolean
  /** Whether the client has received its id, or may have read it in an answer under a wrong media type. */
  known: boolean
  perhapsKnown: boolean
  /** Whether the client has received that it failed. */
  failed: boolean
  answeredAt: number
  answeredBy: number
  notBefore: number
  /** The request whose answer said how it ended. */
  collectedBy: number | undefined
  /** Whether such an answer came under a wrong media type, so that some clients could not read it. */
  perhapsCollected: boolean
  /** Until then a poll has nothing new to say, unless the output could not be downloaded. */
  outputFreshUntil: number
  downloadFailed: boolean
}

interface Intent {
  sent: number
  readonly taskIds: Array<string>
  readonly requests: Array<number>
  notBefore: number
  limitedBy: number
}

/** So many POSTs that were not accepted are told apart. */
const mostIntents = 1000

const inSeconds = (millis: number): string => `${Math.round(millis / 100) / 10} s`
const times = (count: number): string => (count === 1 ? "once" : count === 2 ? "twice" : `${count} times`)
const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`

/** The report of one world, as it grows. */
export class ClientReport {
  readonly #slack: number
  readonly #counts = { submit: 0, poll: 0, asset: 0, other: 0 }
  readonly #tasks = new Map<string, TaskRecord>()
  /** Those of them of which the client has not heard how they ended. */
  readonly #uncollected = new Map<string, TaskRecord>()
  readonly #intents = new Map<string, Intent>()
  readonly #findings = new Findings()
  #accepted = Money.sumOf([])
  #collected = Money.sumOf([])
  #paidTwice = Money.sumOf([])

  /** `slack` is how much too early a patient client may seem to come. */
  constructor(slack: number) {
    this.#slack = slack
  }

  /** The time until which a patient client would have waited before it sends this. */
  dueAt(
    operation: Api.Operation,
    subject: { readonly intent: string | undefined; readonly taskId: string | undefined }
  ): number {
    if (operation === "submit") return this.#intents.get(subject.intent ?? "")?.notBefore ?? 0
    return operation === "poll" ? (this.#tasks.get(subject.taskId ?? "")?.notBefore ?? 0) : 0
  }

  /** Takes one request into account, by what the client knew when it sent that. */
  observe(request: RequestFacts): void {
    this.#counts[request.operation] += 1
    if (request.operation === "submit") this.#submitted(request)
    if (request.operation === "poll") this.#polled(request)
    const task = this.#tasks.get(request.taskId ?? "")
    // Until the answer has arrived. After a failed download the client may poll the task again for a fresh URL.
    if (request.operation === "asset" && task !== undefined) task.downloadFailed = true
    this.#judgeForm(request)
  }

  /** Takes into account what the client knows now, because the answer to a request has reached it. */
  arrived(request: RequestFacts): void {
    if (request.received === "nothing") return
    const task = this.#tasks.get(request.taskId ?? "")
    if (request.operation === "submit") this.#submissionArrived(request, task)
    if (task === undefined) return
    if (request.operation === "asset" && request.received === "intended" && request.status < 400)
      task.downloadFailed = false
    if (request.operation === "poll") this.#pollArrived(request, task)
  }

  #submissionArrived({ intent, notBefore, number, received }: RequestFacts, task: TaskRecord | undefined): void {
    const entry = this.#intents.get(intent ?? "")
    if (entry !== undefined && notBefore !== undefined) {
      entry.notBefore = notBefore
      entry.limitedBy = number
    }
    if (task !== undefined && received === "intended") task.known = true
    if (task !== undefined && received === "mislabelled") task.perhapsKnown = true
  }

  #pollArrived(request: RequestFacts, task: TaskRecord): void {
    const { number, at, taskId = "", received, status, notBefore, ended } = request
    if (received === "mislabelled") {
      if (ended !== undefined) task.perhapsCollected = true
      return
    }
    task.notBefore = notBefore ?? 0
    task.answeredBy = number
    // Of an answer that is no task, only its Retry-After says when to come again.
    if (status < 500 && status !== 429) task.answeredAt = Math.max(task.answeredAt, at)
    if (ended === undefined || received !== "intended") return
    if (this.#uncollected.delete(taskId)) this.#collected = Money.plus(this.#collected, task.price)
    task.collectedBy ??= number
    task.failed = !ended.succeeded
    task.outputFreshUntil = ended.outputFreshUntil
    task.downloadFailed = false
  }

  #judgeForm({ operation, violations, versioned, number, taskId }: RequestFacts): void {
    if (operation === "submit" && !versioned) {
      const message = (n: number) =>
        `A POST came without X-Runway-Version ${times(n)}: the provider requires that header.`
      this.#findings.add({ kind: "version-header-missing", about: "", taskId, message }, number)
    }
    for (const { location, message, severity } of violations) {
      const ofVersion = location[1] === "header" && /x-runway-version/i.test(`${location.join(".")} ${message}`)
      if (severity !== "Error" || (ofVersion && !versioned)) continue
      const where = location.join(".")
      const about = `${operation} ${where} ${message}`
      const sentence = (n: number) =>
        `A request broke the contract ${times(n)}, at ${where || "request"}: ${message.slice(0, 300)}`
      this.#findings.add({ kind: "contract-violation", about, taskId, message: sentence }, number)
    }
  }

  #submitted(request: RequestFacts): void {
    const { number, at, intent = "", taskId } = request
    const known = this.#intents.get(intent)
    const entry: Intent = known ?? { sent: 0, taskIds: [], requests: [], notBefore: 0, limitedBy: 0 }
    const hasRoom = taskId !== undefined || this.#intents.size < mostIntents
    if (known === undefined && intent !== "" && hasRoom) this.#intents.set(intent, entry)
    entry.sent += 1
    if (at < entry.notBefore - this.#slack)
      this.#tooEarly("submit", "the POST", number, undefined, entry.notBefore - at, entry.limitedBy)
    if (taskId === undefined) return
    const { taskIds, requests } = entry
    // A client that has received that a job failed, and submits it again, knows that it pays again.
    const isDuplicate = taskIds.some((id) => this.#tasks.get(id)?.failed !== true)
    taskIds.push(taskId)
    requests.push(number)
    this.#charge(request, taskId)
    if (isDuplicate) this.#paidAgain(request, entry)
  }

  /** A job was made. */
  #charge({ number, price = 0, faulted }: RequestFacts, taskId: string): void {
    const task = newTask(number, price, faulted)
    this.#accepted = Money.plus(this.#accepted, price)
    this.#tasks.set(taskId, task)
    this.#uncollected.set(taskId, task)
  }

  /**
   * A job is there that nobody submitted while this report was kept: its polls are judged, but it costs nothing and need not be collected.
   * `collected` says that the client has heard before how it ended.
   */
  seeded(taskId: string, collected = false): void {
    this.#tasks.set(taskId, { ...newTask(0, 0, false), collectedBy: collected ? 0 : undefined })
  }

  #paidAgain({ number, price = 0, intent = "", taskId }: RequestFacts, { taskIds, requests }: Intent): void {
    this.#paidTwice = Money.plus(this.#paidTwice, price)
    const message = () => {
      const ids = taskIds.slice(0, 5).join(", ") + (taskIds.length > 5 ? ", …" : "")
      return (
        `The same body was accepted, and charged, ${times(taskIds.length)}: tasks ${ids}. ` +
        "A POST whose answer was lost may have been accepted: look before it is sent again."
      )
    }
    const [since] = requests
    this.#findings.add({ kind: "duplicate-submission", about: intent, taskId, message, since }, number)
  }

  #polled({ number, at, taskId }: RequestFacts): void {
    const task = this.#tasks.get(taskId ?? "")
    if (task === undefined || taskId === undefined) return
    // Who asks about a task knows its id, wherever from: an answer that broke off may have held it.
    task.known = true
    if (at < task.notBefore - this.#slack)
      this.#tooEarly("poll", "the poll", number, taskId, task.notBefore - at, task.answeredBy)
    const since = at - task.answeredAt
    const { collectedBy } = task
    if (collectedBy !== undefined && at < task.outputFreshUntil && !task.downloadFailed) {
      const message = (n: number) =>
        `Task ${taskId} was polled ${times(n)} after request ${collectedBy} had told how it ended: nothing more comes.`
      this.#findings.add({ kind: "poll-after-end", about: taskId, taskId, message }, number)
    } else if (since < pollInterval - this.#slack) {
      const message = (n: number) =>
        `Task ${taskId} was polled too soon ${times(n)}, first ${inSeconds(since)} after its last answer: the provider asks for ${inSeconds(pollInterval)} at least.`
      this.#findings.add({ kind: "poll-too-fast", about: taskId, taskId, message }, number)
    }
  }

  #tooEarly(
    operation: string,
    what: string,
    number: number,
    taskId: string | undefined,
    early: number,
    limitedBy: number
  ): void {
    const message = (n: number) =>
      `Retry-After was ignored ${times(n)}: ${what} came again ${inSeconds(early)} too early after request ${limitedBy}.`
    this.#findings.add({ kind: "retry-after-ignored", about: `${operation} ${taskId ?? ""}`, taskId, message }, number)
  }

  /** Whether the client has received how a task ended. */
  isCollected(taskId: string): boolean {
    return this.#tasks.get(taskId)?.collectedBy !== undefined
  }

  /** How many findings there are, given the tasks that can end. */
  size(ending: ReadonlySet<string>): number {
    return this.#findings.size + this.#unfinished(ending).length
  }

  /** The kinds of findings, with a number for each, given the tasks that can end. One kind may come more than once. */
  kinds(ending: ReadonlySet<string>): ReadonlyArray<readonly [Api.FindingKind, number]> {
    return [...this.#findings.kinds(), ...this.#unfinished(ending).map(({ kind }) => [kind, 1] as const)]
  }

  /** What has been paid for and has not come to its end: by itself no mistake, as long as the client still can. */
  #unfinished(ending: ReadonlySet<string>): Array<Api.Finding> {
    return [...this.#uncollected].flatMap(([taskId, task]) => {
      if (isOrphan(task)) return [orphanOf(taskId, task)]
      const isMissed = task.known && !task.perhapsCollected && ending.has(taskId)
      return isMissed ? [neverCollectedOf(taskId, task)] : []
    })
  }

  /** What the jobs so far cost, and what came of that. */
  get money(): Api.Money {
    const orphans = [...this.#uncollected.values()].filter(isOrphan)
    return {
      accepted: this.#accepted,
      collected: this.#collected,
      orphaned: Money.sumOf(orphans.map(({ price }) => price)),
      paidTwice: this.#paidTwice
    }
  }

  /** The report so far, without the findings that are allowed. A task that never ends cannot be collected, and is not missed. */
  read(
    world: string,
    ending: ReadonlySet<string>,
    isAllowed: (finding: Api.Finding) => boolean = () => false
  ): Api.Report {
    const findings = [...this.#findings.list(), ...this.#unfinished(ending)].filter((finding) => !isAllowed(finding))
    const report = {
      clean: findings.length === 0 && this.#findings.dropped === 0,
      submissions: this.#counts.submit,
      accepted: this.#accepted.jobs,
      polls: this.#counts.poll,
      downloads: this.#counts.asset,
      others: this.#counts.other,
      money: this.money,
      intents: [...this.#intents.values()]
        .slice(0, mostFindings)
        .map(({ sent, taskIds }) => ({ sent, accepted: taskIds.length, taskIds: [...taskIds] })),
      findings: findings.slice(0, mostFindings),
      dropped: this.#findings.dropped + Math.max(0, findings.length - mostFindings)
    }
    return { ...report, text: textOf(world, report, this.#intents.size) }
  }
}

/** A job of which the client has heard nothing yet. */
const newTask = (submittedBy: number, price: number, byFault: boolean): TaskRecord => ({
  submittedBy,
  price,
  byFault,
  known: false,
  perhapsKnown: false,
  failed: false,
  answeredAt: Number.NEGATIVE_INFINITY,
  answeredBy: 0,
  notBefore: 0,
  collectedBy: undefined,
  perhapsCollected: false,
  outputFreshUntil: 0,
  downloadFailed: false
})

/** Whether a job was paid for whose id its client cannot know. */
const isOrphan = ({ known, perhapsKnown, perhapsCollected }: TaskRecord): boolean =>
  !known && !perhapsKnown && !perhapsCollected

const orphanOf = (taskId: string, { submittedBy, price, byFault }: TaskRecord): Api.Finding => {
  const cost = price === 0 ? "" : ` ($${price.toFixed(2)})`
  const message = `Task ${taskId} was paid for${cost}, and its id never reached the client: nothing leads back to it.`
  return { kind: "paid-orphan", taskId, requests: [submittedBy], message, byFault }
}

const neverCollectedOf = (taskId: string, { submittedBy }: TaskRecord): Api.Finding => ({
  kind: "never-collected",
  taskId,
  requests: [submittedBy],
  message: `Task ${taskId} was paid for, and the client never heard how it ended: its result is lost with its id.`
})

const textOf = (world: string, report: Omit<Api.Report, "text">, different: number): string => {
  const { clean, submissions, accepted, polls, downloads, findings, dropped, money } = report
  const spent = Money.inWords(money)
  const summary = [
    `${count(submissions, "POST")} (${accepted} accepted, ${different} different)`,
    count(polls, "poll"),
    count(downloads, "download")
  ]
    .join(", ")
    .concat(spent === "" ? "" : `; ${spent}`)
  if (clean) return `The client behaved: ${summary}.`
  const number = findings.length + dropped
  return [
    `The client did ${number === 1 ? "something" : `${number} things`} that it should not (world ${world}; ${summary}):`,
    ...findings.map(
      ({ kind, message, requests }) =>
        `- ${kind}: ${message} (${requests.length === 1 ? "request" : "requests"} ${requests.join(", ")})`
    ),
    ...(dropped === 0 ? [] : [`- and ${dropped} more`])
  ].join("\n")
}
