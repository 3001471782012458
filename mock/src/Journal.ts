/**
 * The requests that a world received and what came of each, for people and for tests.
 *
 * Keys, cookies and the queries of URLs are not in it. It is bounded: all worlds share so many entries, and where there are too many
 * the oldest of the world that has most of them go, so that no world can push out another's.
 */
import type * as Api from "../../generated/mock-control/types.gen.ts"

export type Entry = Api.Entry

/** So much of a text is kept. Twice as much is searched for secrets, so that the cut does not leave half of one. */
const longest = 4096
const mostHeaders = 50

const secretHeaders = /^(authorization|proxy-authorization|cookie|set-cookie|.*(key|token|secret).*)$/i
const redacted = "(redacted)"

/** A text without this key and without the queries of URLs, which are credentials as often as not. */
const scrub = (text: string, key: string | undefined): string => {
  const clean = text
    .slice(0, 2 * longest)
    .replace(/(https?:\/\/[^\s"'?#<>]{1,2048})\?[^\s"'<>]*/g, `$1?${redacted}`)
    .replace(/([?&][^=&?\s"]{0,64}(?:jwt|key|token|secret|sig|auth)[^=&?\s"]{0,64}=)[^&\s"]+/gi, `$1${redacted}`)
  // A shorter key would be found in words that have nothing to do with it.
  const without = key === undefined || key.length < 8 ? clean : clean.replaceAll(key, redacted)
  return text.length > longest ? `${without.slice(0, longest)}…` : without
}

const headersOf = (headers: Iterable<readonly [string, string]>, key: string | undefined): Record<string, string> =>
  Object.fromEntries(
    [...headers]
      .slice(0, mostHeaders)
      .map(([name, value]) => [name, secretHeaders.test(name) ? redacted : scrub(value, key)] as const)
  )

/** A body as it can be shown: JSON where it still is JSON, text otherwise, nothing for a file. */
const bodyOf = (text: string | undefined, key: string | undefined): unknown => {
  if (text === undefined || text === "") return undefined
  const clean = scrub(text, key)
  try {
    return JSON.parse(clean)
  } catch {
    return clean
  }
}

const textOf = (body: unknown): string | undefined => {
  if (body === undefined || body instanceof Uint8Array || body instanceof ReadableStream) return undefined
  return typeof body === "string" ? body : JSON.stringify(body)
}

/** One request, as it was seen; what of it is kept is not up to those who saw it. */
export interface Visit extends Pick<Entry, "operation" | "method" | "violations" | "took"> {
  readonly at: number
  readonly path: string
  readonly key: string | undefined
  readonly taskId: string | undefined
  readonly headers: Iterable<readonly [string, string]>
  readonly body: string | undefined
  readonly answer:
    | { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: unknown }
    | undefined
  readonly fault: Api.EntryFault | undefined
}

const entryOf = (number: number, { at, path, key, taskId, headers, body, answer, fault, ...rest }: Visit): Entry => {
  const asked = bodyOf(body, key)
  const answered = bodyOf(textOf(answer?.body), undefined)
  return {
    number,
    ...rest,
    at: new Date(at).toISOString(),
    path: scrub(path, key),
    headers: headersOf(headers, key),
    ...(taskId === undefined ? {} : { taskId: scrub(taskId, key) }),
    ...(asked === undefined ? {} : { body: asked }),
    ...(answer === undefined
      ? {}
      : {
          answer: {
            status: answer.status,
            headers: headersOf(Object.entries(answer.headers), key),
            ...(answered === undefined ? {} : { body: answered })
          }
        }),
    ...(fault === undefined ? {} : { fault })
  }
}

/** How many entries all journals of a mock have together, and may have. */
export class Shelf {
  readonly limit: number
  readonly #journals = new Set<Journal>()
  #size = 0

  constructor(limit: number) {
    this.limit = limit
  }

  /** One more journal stands here until it is closed. */
  open(journal: Journal): void {
    this.#journals.add(journal)
  }

  close(journal: Journal): void {
    if (this.#journals.delete(journal)) this.#size -= journal.size
  }

  grow(): void {
    this.#size += 1
    if (this.#size <= this.limit) return
    let [largest] = this.#journals
    for (const journal of this.#journals) if (journal.size > (largest?.size ?? 0)) largest = journal
    // A tenth at a time, so that a full shelf is not searched at every request.
    this.#size -= largest?.shorten(Math.ceil(largest.size / 10)) ?? 0
  }
}

/** One world's journal. */
export class Journal {
  readonly #shelf: Shelf
  #entries: Array<Entry> = []
  #numbers = 0

  constructor(shelf: Shelf) {
    this.#shelf = shelf
    shelf.open(this)
  }

  /** How many entries are kept. */
  get size(): number {
    return this.#entries.length
  }

  /** The number of the newest request. */
  get last(): number {
    return this.#numbers
  }

  record(visit: Visit): Entry {
    this.#numbers += 1
    const entry = entryOf(this.#numbers, visit)
    this.#entries.push(entry)
    this.#shelf.grow()
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
    this.#shelf.close(this)
  }
}
