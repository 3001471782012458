import { RunwayMock } from "cometapi-runway-mock"
import * as Effect from "effect/Effect"
import { expect, it } from "vitest"
import { performance, post, provider } from "../Support.ts"

const { character, reference, model, ratio } = performance
const minimal = { character, reference, model, ratio }

const made = (required?: "full" | "minimal") => Effect.runPromise(RunwayMock.make({ clock: "virtual", required }))
const status = async (fetch: typeof globalThis.fetch, body: unknown, key = "k") =>
  (await post(fetch, provider, key, { body: JSON.stringify(body) })).status

it("accepts the shorter edition's body of four fields where that is asked for, as an option or of one world", async () => {
  const { fetch } = await made("minimal")
  expect(await status(fetch, minimal)).toBe(200)
  const other = await made()
  expect(await status(other.fetch, minimal)).toBe(400)
  expect(other.world("k").require("minimal").required).toBe("minimal")
  expect(await status(other.fetch, minimal)).toBe(200)
  expect(await status(other.fetch, minimal, "another key")).toBe(400)
  other.world("k").require("full")
  expect(await status(other.fetch, minimal)).toBe(400)
})

it("asks for no less than those four, and for nothing else of what is there", async () => {
  const { fetch, world } = await made("minimal")
  for (const field of Object.keys(minimal)) expect(await status(fetch, { ...minimal, [field]: undefined })).toBe(400)
  expect(await status(fetch, { ...minimal, seed: "1" })).toBe(400)
  expect(await status(fetch, { ...minimal, sed: 1 })).toBe(400)
  expect(await status(fetch, performance)).toBe(200)
  expect(world("k").describe()).toMatchObject({ tasks: 1, required: "minimal" })
})
