/**
 * The requests that a world received and what came of each, for people and for tests.
 *
 * Keys, cookies and the queries of URLs are not in it: `Scrub.ts` removes them. It is bounded: all worlds share so many entries, and where
 * there are too many, the world that has most of them loses its oldest, so that no world can push out another's.
 *
 * @module
 */
import type * as Api from "../../../generated/mock-control/types.gen.ts"
import * as Scrub from "./Scrub.ts"

export type Entry = Api.Entry

/** One request and what came of it, with its secrets still in it: the journal scrubs all of it before it keeps any. */
export interface ReceivedRequest extends Pick<Entry, "operation" | "method" | "violations" | "took"> {
  readonly at: number
  readonly path: string
  /** The contract's operation, if the address is one of those. */
  readonly operationId: string | undefined
  /** The key that it was sent with, which must not be found in what is kept. */
  readonly key: string | undefined
  readonly taskId: string | undefined
  readonly headers: Iterable<readonly [string, string]>
  readonly body: string | undefined
  readonly answer:
    | { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: unknown }
    | undefined
  readonly fault: Api.EntryFault | undefined
}

const answerOf = (answer: ReceivedRequest["answer"], key: string | undefined): Pick<Entry, "answer"> => {
  if (answer === undefined) return {}
  const body = Scrub.body(answer.body, key)
  const headers = Scrub.headers(Object.entries(answer.headers), key)
  return { answer: { status: answer.status, headers, ...(body === undefined ? {} : { body }) } }
}

/**
 * The same entry in memory of its own. V8 makes a part of a long text by pointing into it, so that a page of a body that is kept would
 * keep the whole body.
 */
// What comes back has the entry's type, because an entry is JSON.
const copied = (entry: Entry): Entry => JSON.parse(JSON.stringify(entry)) as Entry

const entryOf = (number: number, request: ReceivedRequest): Entry => {
  const { at, operation, method, path, key, taskId, headers, body, violations, answer, fault, took, operationId } =
    request
  const shownBody = Scrub.body(body, key)
  return copied({
    number,
    operation,
    took,
    at: new Date(at).toISOString(),
    method: Scrub.scrub(method, key),
    path: Scrub.path(path, key),
    violations: Scrub.violations(violations, key),
    headers: Scrub.headers(headers, key),
    ...(operationId === undefined ? {} : { operationId }),
    ...(taskId === undefined ? {} : { taskId: Scrub.scrub(taskId, key) }),
    ...(shownBody === undefined ? {} : { body: shownBody }),
    ...answerOf(answer, key),
    ...(fault === undefined ? {} : { fault })
  })
}

/** How many entries all journals of a mock have together, and may have. */
export class JournalStore {
  readonly limit: number
  readonly #journals = new Set<Journal>()
  #size = 0

  constructor(limit: number) {
    this.limit = limit
  }

  /** Counts the entries of one more journal until it is closed. */
  open(journal: Journal): void {
    this.#journals.add(journal)
  }

  close(journal: Journal): void {
    if (this.#journals.delete(journal)) this.#size -= journal.size
  }

  grow(journal: Journal): void {
    // A request that was still being answered when its world was forgotten has no place here any more.
    if (!this.#journals.has(journal)) return
    this.#size += 1
    if (this.#size <= this.limit) return
    let [largest] = this.#journals
    for (const candidate of this.#journals) if (candidate.size > (largest?.size ?? 0)) largest = candidate
    // A tenth at a time, so that a full store is not searched at every request.
    this.#size -= largest?.shorten(Math.ceil(largest.size / 10)) ?? 0
  }
}

/** One world's journal. */
export class Journal {
  readonly #store: JournalStore
  #entries: Array<Entry> = []
  #numbers = 0

  constructor(store: JournalStore) {
    this.#store = store
    store.open(this)
  }

  /** How many entries are kept. */
  get size(): number {
    return this.#entries.length
  }

  /** The number of the newest request. */
  get last(): number {
    return this.#numbers
  }

  record(request: ReceivedRequest): Entry {
    this.#numbers += 1
    const entry = entryOf(this.#numbers, request)
    this.#entries.push(entry)
    this.#store.grow(this)
    return entry
  }

  /** Forgets its oldest entries and says how many those were. */
  shorten(count: number): number {
    return this.#entries.splice(0, count).length
  }

  read(wanted: (entry: Entry) => boolean): Api.Journal {
    const first = this.#entries[0]?.number ?? this.#numbers + 1
    return { entries: this.#entries.filter(wanted), last: this.#numbers, dropped: first - 1 }
  }

  close(): void {
    this.#store.close(this)
  }
}
