/**
 * What the tests of the mock share: requests as a client in any language sends them, and what comes back, in a form that can be compared.
 *
 * @module
 */
import { connect } from "node:net"
import { assert } from "@effect/vitest"
import { RunwayMock, type Served, type ServeOptions, type WorldControl } from "cometapi-runway-mock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import { afterAll, beforeAll } from "vitest"
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
  ratio: "1280:720",
  contentModeration: { publicFigureThreshold: "auto" }
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

/** An error and what caused it, as far as its reader can tell errors apart. */
export const said = (error: unknown): unknown =>
  error instanceof Error
    ? {
        ...{ name: error.name, message: error.message },
        ...("code" in error ? { code: error.code } : {}),
        ...(error.cause === undefined ? {} : { cause: said(error.cause) })
      }
    : error

/** All that a caller of `fetch` comes to know, read to its end: how it failed, or the answer and how its body ended. */
export const outcomeOf = async (asking: Promise<Response>, origin = provider) => {
  try {
    const response = await asking
    const { status, headers } = response
    const chunks: Array<Uint8Array> = []
    const broken = await (async () => {
      for await (const chunk of response.body ?? []) chunks.push(chunk)
    })().catch(said)
    const bytes = Buffer.concat(chunks)
    const type = headers.get("content-type")
    return {
      ...{ status, type, location: headers.get("location"), retryAfter: headers.get("retry-after") },
      body: type === "video/mp4" ? bytes.toString("base64") : bytes.toString().replaceAll(origin, "ORIGIN"),
      ...(broken === undefined ? {} : { broken })
    }
  } catch (error) {
    return { failed: said(error) }
  }
}

export type Outcome = Awaited<ReturnType<typeof outcomeOf>>

/** A mock that is served to all tests of a file, on the machine's time. */
export const served = (options: ServeOptions = {}): (() => Served) => {
  const scope = Effect.runSync(Scope.make())
  let mock: Served | undefined
  beforeAll(async () => {
    mock = await Effect.runPromise(RunwayMock.serve({ port: 0, ...options }).pipe(Scope.provide(scope)))
  })
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))
  return () => mock ?? assert.fail("it is served only while tests run")
}

/** Sends bytes as they are, for what no HTTP client would send, and gives all that comes until the connection ends. */
export const raw = (port: number, bytes: string | Uint8Array, { hangUp = false }: { hangUp?: boolean } = {}) =>
  new Promise<string>((resolve) => {
    const socket = connect(port, "127.0.0.1")
    let answer = ""
    socket.setEncoding("latin1")
    socket.on("data", (chunk) => {
      answer += String(chunk)
    })
    socket.on("error", (error) => {
      answer += "code" in error ? `(${String(error.code)})` : ""
    })
    socket.on("close", () => resolve(answer))
    socket.write(bytes)
    if (hangUp) socket.end()
  })

/** The URL of the output of a task that is finished at once. */
export const finishedOutput = (world: WorldControl, id: string): string =>
  world.finish(id).output ?? assert.fail("no output")
