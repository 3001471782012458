/**
 * A small program that uses the API as any other does: plain `fetch`, no Effect, nothing of this repository.
 *
 * It does right what such programs do wrong. A POST costs money, so it is sent again only where the answer proves that nothing was
 * accepted. A task's id is passed on before anything else can fail. Polls are 5 seconds apart and survive what passes. A success counts
 * once its output is there. The key goes to the API, and not to the host of the video.
 */

/** Where the API is and how to get there. A test puts the mock in the place of the first, or of the second. */
export interface Settings {
  readonly baseUrl: string
  readonly key: string
  readonly fetch?: typeof globalThis.fetch
  readonly sleep?: (millis: number) => Promise<void>
}

export interface Performance {
  readonly character: { readonly type: "image" | "video"; readonly uri: string }
  readonly reference: { readonly type: "video"; readonly uri: string }
}

/** The job may have been accepted, and charged. Somebody has to look before it is sent again. */
export class OutcomeUnknown extends Error {}
/** The API said no, or the task failed; `code` is its reason, where it has one. */
export class Refused extends Error {
  readonly code: string
  constructor(message: string, code = "") {
    super(message)
    this.code = code
  }
}

/** What the API wants to be told besides. */
const rest = {
  model: "act_two",
  ratio: "1280:720",
  bodyControl: true,
  expressionIntensity: 3,
  seed: 1,
  contentModeration: { publicFigureThreshold: "auto" }
}

const pause = 5000
/** Polls until it is given up: half an hour. The task goes on, and its id is known. */
const patience = 360

type Json = Record<string, unknown>
const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null
const text = (value: unknown): string => (typeof value === "string" ? value : "")

/** What `Retry-After` says, in milliseconds: seconds or a date, and never less than the usual pause. */
const waitOf = (response: Response): number => {
  const said = response.headers.get("retry-after") ?? ""
  const millis = /^\d+$/.test(said) ? Number(said) * 1000 : Date.parse(said) - Date.now()
  return Math.max(pause, Number.isNaN(millis) ? 0 : millis)
}

/** The task, whether it comes bare or in the gateway's envelope. */
const taskOf = (body: unknown): Json => {
  if (!isObject(body)) return {}
  return isObject(body["data"]) ? taskOf(body["data"]) : body
}

/** Where the video is. The gateway has more than one place for it, and one is called `fail_reason`. */
const urlOf = ({ output, ...row }: Json): string | undefined =>
  [...(Array.isArray(output) ? output : []), row["result_url"], row["video_url"], row["fail_reason"]]
    .map(text)
    .find((place) => /^https?:/.test(place))

export const makeApp = ({
  baseUrl,
  key,
  fetch = globalThis.fetch,
  sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis))
}: Settings) => {
  const call = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(baseUrl + path, {
      ...init,
      // A wrong path is answered with a redirect to a web page.
      redirect: "manual",
      headers: { authorization: `Bearer ${key}`, "x-runway-version": "2024-11-06", "content-type": "application/json" },
      signal: AbortSignal.timeout(30_000)
    })
  const json = (response: Response): Promise<unknown> => response.json().catch(() => undefined)

  /** Starts a job and gives its id. */
  const submit = async (performance: Performance): Promise<string> => {
    const body = JSON.stringify({ ...rest, ...performance })
    for (let attempt = 1; ; attempt += 1) {
      const response = await call("/runwayml/v1/character_performance", { method: "POST", body }).catch((cause) => {
        throw new OutcomeUnknown("no answer to the POST", { cause })
      })
      const answer = await json(response)
      if (response.ok && isObject(answer) && text(answer["id"]) !== "") return text(answer["id"])
      // The one status that says: not accepted, come again.
      if (response.status === 429 && attempt < 5) await sleep(waitOf(response))
      else if (response.status >= 300 && response.status < 500)
        throw new Refused(`the POST was answered ${response.status}: ${JSON.stringify(answer)}`)
      else throw new OutcomeUnknown(`the POST was answered ${response.status}, without an id`)
    }
  }

  /** Looks until the task has ended, and gives the URL of its video. */
  const wait = async (id: string): Promise<string> => {
    for (let polls = 0, next = pause; polls < patience; polls += 1) {
      await sleep(next)
      next = pause
      // A poll that fails says nothing of the task: not a broken connection, not a 500, not half an answer.
      const response = await call(`/runwayml/v1/tasks/${encodeURIComponent(id)}`).catch(() => undefined)
      if (response === undefined) continue
      if (response.status === 401 || response.status === 403)
        throw new Refused(`the poll was answered ${response.status}`)
      if (!response.ok) {
        next = waitOf(response)
        continue
      }
      const task = taskOf(await json(response))
      const status = text(task["status"])
      const url = urlOf(task)
      if (/^SUCC/.test(status) && url !== undefined) return url
      if (/^(FAIL|CANCEL)/.test(status)) throw new Refused(text(task["failure"]) || status, text(task["failureCode"]))
    }
    throw new Error(`task ${id} goes on; ask for it later`)
  }

  const download = async (url: string): Promise<Uint8Array> => {
    const response = await fetch(url)
    if (!response.ok) throw new Error(`the download was answered ${response.status}`)
    return response.bytes()
  }

  return {
    submit,
    wait,
    /** All of it. `onSubmitted` is where the id is written down: nothing else leads back to the job. */
    make: async (performance: Performance, onSubmitted: (id: string) => void): Promise<Uint8Array> => {
      const id = await submit(performance)
      onSubmitted(id)
      return download(await wait(id))
    }
  }
}
