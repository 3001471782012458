/**
 * What a client did that it should not, one finding for each kind and thing, with the requests in which it happened.
 *
 * Their number is limited; those beyond it are only counted. It judges nothing: the report does.
 *
 * @module
 */
import type * as Api from "../../../generated/mock-control/types.gen.ts"

/** What a finding is about. */
interface Subject {
  readonly kind: Api.FindingKind
  /** Tells findings of one kind apart: two with the same text are the same finding. */
  readonly about: string
  readonly taskId: string | undefined
  /** The request that this began with, where it began before the one that shows it. */
  readonly since?: number | undefined
  /** The finding in words, when it has happened so many times. */
  readonly message: (times: number) => string
}

interface Finding extends Subject {
  readonly requests: Array<number>
  times: number
}

/** So many are told apart, and so many of the requests of each are kept. */
export const mostFindings = 100
const mostRequests = 20

/** The findings of one world. */
export class Findings {
  readonly #findings = new Map<string, Finding>()
  #dropped = 0

  /** Adds what the request with this number did. One more of a kind about the same thing is the same finding. */
  add(subject: Subject, number: number): void {
    const id = `${subject.kind} ${subject.about}`
    const known = this.#findings.get(id)
    if (known === undefined && this.#findings.size >= mostFindings) {
      this.#dropped += 1
      return
    }
    const requests = subject.since === undefined ? [] : [subject.since]
    const finding = known ?? { ...subject, requests, times: 0 }
    finding.times += 1
    if (finding.requests.length < mostRequests) finding.requests.push(number)
    this.#findings.set(id, finding)
  }

  /** How many there were, those beyond the limit too. */
  get size(): number {
    return this.#findings.size + this.#dropped
  }

  /** How many were beyond the limit. */
  get dropped(): number {
    return this.#dropped
  }

  /** How many there are of each kind, without those beyond the limit. */
  kinds(): ReadonlyArray<readonly [Api.FindingKind, number]> {
    return [...this.#findings.values()].map(({ kind }) => [kind, 1])
  }

  list(): Array<Api.Finding> {
    return [...this.#findings.values()].map(({ kind, taskId, requests, times, message }) => ({
      kind,
      message: message(times),
      requests: [...requests],
      ...(taskId === undefined ? {} : { taskId })
    }))
  }
}
