/**
 * How the client behaved towards one world: what it paid for, and what it did that costs money or breaks a rule.
 *
 * It judges by what the client could know. An answer that a fault kept back was never given, so the same POST once more is the
 * client's doing, and a task whose id was lost is not one that it forgot.
 */
import { createHash } from "node:crypto"
import type * as Api from "../../../generated/mock-control/types.gen.ts"
import type { Heard } from "../faults/Delivery.ts"
import { pollInterval } from "../Time.ts"

/** What one request means for the report. All times are the world's. */
export interface Conduct {
  /** Its number in the journal. */
  readonly number: number
  readonly at: number
  readonly operation: Api.Operation
  readonly violations: ReadonlyArray<Api.Violation>
  /** Whether it named the version of the API. */
  readonly versioned: boolean
  /** The same for the same POST. */
  readonly intent: string | undefined
  /** The task that it is about, if the world has it. For a POST, the one that it made. */
  readonly taskId: string | undefined
  /** What the client makes of its answer, once it has that. */
  readonly heard: Heard
  readonly status: number
  /** The time before which it should not come again. */
  readonly notBefore: number | undefined
  /** How the right answer tells that the task ended, if it does, and until when the output's URL need not be asked for again. */
  readonly ended: { readonly succeeded: boolean; readonly outputFreshUntil: number } | undefined
}

/** What has to be known of a task to judge. */
interface Ward {
  readonly submittedBy: number
  /** Whether the client was told its id, and whether that it failed. */
  known: boolean
  failed: boolean
  answeredAt: number
  answeredBy: number
  notBefore: number
  /** The request that told how it ended, and whether one did that not everybody can read. */
  collectedBy: number | undefined
  perhapsCollected: boolean
  /** Until then nothing more is to be had of it, unless its output could not be downloaded. */
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

interface Found {
  readonly kind: Api.FindingKind
  readonly taskId: string | undefined
  readonly requests: Array<number>
  times: number
  readonly say: (times: number) => string
}

const most = 100
/** So many POSTs that were not accepted are told apart. */
const mostIntents = 1000
const mostRequests = 20

/** The same for two POSTs that ask for the same. Fields are compared whatever their order. */
export const intentOf = (body: unknown): string | undefined => {
  if (typeof body !== "object" || body === null) return undefined
  try {
    const sorted = JSON.stringify(body, (_, value: unknown) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
        : value
    )
    return createHash("sha256").update(sorted).digest("hex")
  } catch {
    // Nested too deeply to be written down again, so it is no request that the contract allows.
    return undefined
  }
}

const inSeconds = (millis: number): string => `${Math.round(millis / 100) / 10} s`
const times = (count: number): string => (count === 1 ? "once" : count === 2 ? "twice" : `${count} times`)
const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`

/** The report of one world, as it grows. */
export class ClientReport {
  readonly #slack: number
  readonly #counts = { submit: 0, poll: 0, asset: 0, other: 0 }
  readonly #tasks = new Map<string, Ward>()
  readonly #intents = new Map<string, Intent>()
  readonly #found = new Map<string, Found>()
  #accepted = 0
  #dropped = 0

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
  observe(conduct: Conduct): void {
    this.#counts[conduct.operation] += 1
    if (conduct.operation === "submit") this.#submitted(conduct)
    if (conduct.operation === "poll") this.#polled(conduct)
    const ward = this.#tasks.get(conduct.taskId ?? "")
    // Until it has arrived. A download that fails may send the client back to the task for a fresh URL.
    if (conduct.operation === "asset" && ward !== undefined) ward.downloadFailed = true
    this.#judgeForm(conduct)
  }

  /** Takes into account what the client knows now, because the answer to a request has reached it. */
  arrived({ number, at, operation, intent, taskId, heard, status, notBefore, ended }: Conduct): void {
    if (heard === "nothing") return
    const right = heard === "right"
    const ward = this.#tasks.get(taskId ?? "")
    if (operation === "submit") {
      const entry = this.#intents.get(intent ?? "")
      if (entry !== undefined && notBefore !== undefined) Object.assign(entry, { notBefore, limitedBy: number })
      if (ward !== undefined && right) ward.known = true
    }
    if (ward === undefined) return
    if (operation === "asset" && right && status < 400) ward.downloadFailed = false
    if (operation !== "poll") return
    if (ended !== undefined && heard === "perhaps") ward.perhapsCollected = true
    if (heard === "perhaps") return
    ward.notBefore = notBefore ?? 0
    ward.answeredBy = number
    // An answer that is no task says nothing of when to come again but in its Retry-After.
    if (status < 500 && status !== 429) ward.answeredAt = Math.max(ward.answeredAt, at)
    if (ended === undefined || !right) return
    ward.collectedBy ??= number
    ward.failed = !ended.succeeded
    ward.outputFreshUntil = ended.outputFreshUntil
    ward.downloadFailed = false
  }

  #judgeForm({ operation, violations, versioned, number, taskId }: Conduct): void {
    if (operation === "submit" && !versioned) {
      this.#find(
        "version-header-missing",
        "",
        number,
        taskId,
        (n) => `A POST came without X-Runway-Version ${times(n)}: the provider requires that header.`
      )
    }
    for (const { location, message, severity } of violations) {
      const ofVersion = location[1] === "header" && /x-runway-version/i.test(`${location.join(".")} ${message}`)
      if (severity !== "Error" || (ofVersion && !versioned)) continue
      const where = location.join(".")
      this.#find(
        "contract-violation",
        `${operation} ${where} ${message}`,
        number,
        taskId,
        (n) => `A request broke the contract ${times(n)}, at ${where || "request"}: ${message.slice(0, 300)}`
      )
    }
  }

  #submitted({ number, at, intent = "", taskId }: Conduct): void {
    const known = this.#intents.get(intent)
    const entry: Intent = known ?? { sent: 0, taskIds: [], requests: [], notBefore: 0, limitedBy: 0 }
    const room = taskId !== undefined || this.#intents.size < mostIntents
    if (known === undefined && intent !== "" && room) this.#intents.set(intent, entry)
    entry.sent += 1
    if (at < entry.notBefore - this.#slack) this.#tooEarly("submit", "the POST", number, undefined, entry, at)
    if (taskId === undefined) return
    const { taskIds, requests } = entry
    // Who has heard that a job failed, and asks for another, knows what it costs.
    const duplicate = taskIds.some((id) => this.#tasks.get(id)?.failed !== true)
    this.#accepted += 1
    taskIds.push(taskId)
    requests.push(number)
    this.#tasks.set(taskId, {
      ...{ submittedBy: number, known: false, failed: false, answeredAt: Number.NEGATIVE_INFINITY, answeredBy: 0 },
      ...{ notBefore: 0, collectedBy: undefined, perhapsCollected: false, outputFreshUntil: 0, downloadFailed: false }
    })
    if (!duplicate) return
    this.#find(
      "duplicate-submission",
      intent,
      number,
      taskId,
      () => {
        const ids = taskIds.slice(0, 5).join(", ") + (taskIds.length > 5 ? ", …" : "")
        return (
          `The same body was accepted, and charged, ${times(taskIds.length)}: tasks ${ids}. ` +
          "A POST whose answer was lost may have been accepted: look before it is sent again."
        )
      },
      requests[0]
    )
  }

  #polled({ number, at, taskId }: Conduct): void {
    const ward = this.#tasks.get(taskId ?? "")
    if (ward === undefined) return
    if (at < ward.notBefore - this.#slack)
      this.#tooEarly("poll", "the poll", number, taskId, { ...ward, limitedBy: ward.answeredBy }, at)
    const since = at - ward.answeredAt
    const told = ward.collectedBy
    if (told !== undefined && at < ward.outputFreshUntil && !ward.downloadFailed) {
      this.#find(
        "poll-after-end",
        taskId,
        number,
        taskId,
        (n) => `Task ${taskId} was polled ${times(n)} after request ${told} had told how it ended: nothing more comes.`
      )
    } else if (since < pollInterval - this.#slack) {
      this.#find(
        "poll-too-fast",
        taskId,
        number,
        taskId,
        (n) =>
          `Task ${taskId} was polled too soon ${times(n)}, first ${inSeconds(since)} after its last answer: the provider asks for ${inSeconds(pollInterval)} at least.`
      )
    }
  }

  #tooEarly(
    on: string,
    what: string,
    number: number,
    taskId: string | undefined,
    told: { readonly notBefore: number; readonly limitedBy: number },
    at: number
  ): void {
    const early = inSeconds(told.notBefore - at)
    this.#find(
      "retry-after-ignored",
      `${on} ${taskId ?? ""}`,
      number,
      taskId,
      (n) =>
        `Retry-After was ignored ${times(n)}: ${what} came again ${early} too early after request ${told.limitedBy}.`
    )
  }

  /** One more of a kind about the same thing is the same finding. */
  #find(
    kind: Api.FindingKind,
    about: string | undefined,
    number: number,
    taskId: string | undefined,
    say: Found["say"],
    since?: number
  ): void {
    const id = `${kind} ${about}`
    const known = this.#found.get(id)
    if (known === undefined && this.#found.size >= most) {
      this.#dropped += 1
      return
    }
    const found = known ?? { kind, taskId, requests: since === undefined ? [] : [since], times: 0, say }
    found.times += 1
    if (found.requests.length < mostRequests) found.requests.push(number)
    this.#found.set(id, found)
  }

  /** Whether the client was told how a task ended. */
  isCollected(taskId: string): boolean {
    return this.#tasks.get(taskId)?.collectedBy !== undefined
  }

  /** How many findings there are, given the tasks that can end. */
  size(ending: ReadonlySet<string>): number {
    return this.#found.size + this.#dropped + this.#forgotten(ending).length
  }

  #forgotten(ending: ReadonlySet<string>): Array<Api.Finding> {
    return [...this.#tasks].flatMap(([taskId, { known, collectedBy, perhapsCollected, submittedBy }]) =>
      known && collectedBy === undefined && !perhapsCollected && ending.has(taskId)
        ? [
            {
              kind: "never-collected" as const,
              taskId,
              requests: [submittedBy],
              message: `Task ${taskId} was paid for, and the client never heard how it ended: its result is lost with its id.`
            }
          ]
        : []
    )
  }

  /** The report so far, without the findings that are allowed. A task that never ends cannot be collected, and is not missed. */
  read(world: string, ending: ReadonlySet<string>, allow: ReadonlyArray<Api.FindingKind> = []): Api.Report {
    const found: Array<Api.Finding> = [
      ...[...this.#found.values()].map(({ kind, taskId, requests, times, say }) => ({
        ...{ kind, message: say(times), requests: [...requests] },
        ...(taskId === undefined ? {} : { taskId })
      })),
      ...this.#forgotten(ending)
    ]
    const all = found.filter(({ kind }) => !allow.includes(kind))
    const report = {
      clean: all.length === 0 && this.#dropped === 0,
      submissions: this.#counts.submit,
      accepted: this.#accepted,
      polls: this.#counts.poll,
      downloads: this.#counts.asset,
      others: this.#counts.other,
      intents: [...this.#intents.values()]
        .slice(0, most)
        .map(({ sent, taskIds }) => ({ sent, accepted: taskIds.length, taskIds: [...taskIds] })),
      findings: all.slice(0, most),
      dropped: this.#dropped + Math.max(0, all.length - most)
    }
    return { ...report, text: textOf(world, report, this.#intents.size) }
  }
}

const textOf = (world: string, report: Omit<Api.Report, "text">, different: number): string => {
  const { clean, submissions, accepted, polls, downloads, findings, dropped } = report
  const did = [
    `${count(submissions, "POST")} (${accepted} accepted, ${different} different)`,
    count(polls, "poll"),
    count(downloads, "download")
  ].join(", ")
  if (clean) return `The client behaved: ${did}.`
  const number = findings.length + dropped
  return [
    `The client did ${number === 1 ? "something" : `${number} things`} that it should not (world ${world}; ${did}):`,
    ...findings.map(
      ({ kind, message, requests }) =>
        `- ${kind}: ${message} (${requests.length === 1 ? "request" : "requests"} ${requests.join(", ")})`
    ),
    ...(dropped === 0 ? [] : [`- and ${dropped} more`])
  ].join("\n")
}
