/**
 * The two sides of the comparison on docs/promise.md: the same job through this door and through Runway's own SDK, against one mock.
 *
 * Pauses of the SDK, which are 4.5 seconds and more, take a thousandth of their time and are counted.
 *
 * @module
 */
import RunwayML from "@runwayml/sdk"
import type { Running } from "cometapi-runway-mock"
import { createRunway } from "../../src/promise.ts"

/** What a row of the table says of one side. */
export interface Side {
  readonly name: "ours" | "theirs"
  readonly key: string
  /** Makes one video. */
  readonly make: (options?: { readonly signal?: AbortSignal }) => Promise<unknown>
}

const portrait = "https://example.com/portrait.png"
const performance = "https://example.com/performance.mp4"

/** A program with this door. */
export const ours = ({ url }: Running, key: string): Side => {
  const runway = createRunway({ apiKey: key, baseUrl: url, firstAfter: 0, between: { minimum: 1, maximum: 1 } })
  return {
    name: "ours",
    key,
    make: (options) => runway.characterPerformance({ character: portrait, reference: performance }, options)
  }
}

/** The same program with `create().waitForTaskOutput()`. */
export const theirs = ({ url }: Running, key: string): Side => {
  const client = new RunwayML({ apiKey: key, baseURL: `${url}/runwayml`, maxRetries: 2 })
  const body = {
    character: { type: "image", uri: portrait },
    reference: { type: "video", uri: performance },
    bodyControl: true,
    expressionIntensity: 1,
    seed: 1,
    model: "act_two",
    ratio: "1280:720",
    contentModeration: { publicFigureThreshold: "auto" }
  } as const
  return {
    name: "theirs",
    key,
    make: ({ signal } = {}) =>
      client.characterPerformance.create(body).waitForTaskOutput(signal === undefined ? {} : { abortSignal: signal })
  }
}

const original = globalThis.setTimeout

/** Shortens the pauses of whatever runs meanwhile, and says how long they would have been since it was last asked. */
export const hastened = () => {
  let millis = 0
  const hasty = (run: (...rest: ReadonlyArray<unknown>) => void, delay = 0, ...rest: ReadonlyArray<unknown>) => {
    const isPause = delay >= 400 && delay <= 10_000
    if (isPause) millis += delay
    return original(run, isPause ? delay / 1000 : delay, ...rest)
  }
  globalThis.setTimeout = Object.assign(hasty, { __promisify__: original.__promisify__ }) as typeof setTimeout
  return {
    elapsed: () => millis,
    restore: () => {
      globalThis.setTimeout = original
    }
  }
}
