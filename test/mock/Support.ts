import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { BareTask, TaskAccepted } from "../../generated/schemas.gen.ts"

export type Fetch = typeof globalThis.fetch

/** A host that no mock listens on: whatever answers it, answers in process. */
export const provider = "https://api.cometapi.com"

export const performance = {
  character: { type: "image", uri: "https://example.com/portrait.png" },
  reference: { type: "video", uri: "https://example.com/performance.mp4" },
  bodyControl: true,
  expressionIntensity: 3,
  seed: 1,
  model: "act_two",
  ratio: "1280:720"
}

export const headers = (key = "test-key"): Record<string, string> => ({
  authorization: `Bearer ${key}`,
  "x-runway-version": "2024-11-06",
  "content-type": "application/json"
})

export const post = (fetch: Fetch, base = provider, key?: string, init: RequestInit = {}) =>
  fetch(`${base}/runwayml/v1/character_performance`, {
    method: "POST",
    headers: headers(key),
    body: JSON.stringify(performance),
    redirect: "manual",
    ...init
  })

export const get = (fetch: Fetch, id: string, base = provider, key?: string, init: RequestInit = {}) =>
  fetch(`${base}/runwayml/v1/tasks/${id}`, { headers: headers(key), redirect: "manual", ...init })

export const submit = (fetch: Fetch, base = provider, key?: string) =>
  Effect.promise(async () => {
    const response = await post(fetch, base, key)
    assert.strictEqual(response.status, 200)
    return Schema.decodeUnknownSync(TaskAccepted)(await response.json()).id
  })

/** The URL of a finished task's output, in Runway's own shape. */
export const outputOf = (body: unknown): string => {
  const { output } = Schema.decodeUnknownSync(BareTask)(body)
  return Array.isArray(output) ? String(output[0]) : assert.fail("no output")
}

export interface Poll {
  readonly status: number
  readonly body: unknown
  readonly requestId: string | null
}

export const poll = (fetch: Fetch, id: string, base = provider, key?: string) =>
  Effect.promise(async (): Promise<Poll> => {
    const response = await get(fetch, id, base, key)
    const requestId = response.headers.get("x-oneapi-request-id")
    return { status: response.status, body: await response.json(), requestId }
  })

export const violations = (response: Response): string => {
  const header = response.headers.get("sl-violations")
  assert.isNotNull(header, "a wrong request says in sl-violations what is wrong")
  return JSON.stringify(JSON.parse(header))
}
