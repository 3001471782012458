/** A program that pays for one job and writes its id down; what SIGTERM does to it is looked at from outside. */
import { appendFileSync } from "node:fs"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import { CharacterPerformance, Runway } from "../../../src/index.ts"

const { PROVIDER_URL: baseUrl = "", IDS: ids = "" } = process.env

CharacterPerformance.generate(
  {
    character: { type: "image", uri: "https://example.com/portrait.png" },
    reference: { type: "video", uri: "https://example.com/performance.mp4" }
  },
  { onSubmitted: (id) => Effect.sync(() => appendFileSync(ids, `${id}\n`)) }
).pipe(Effect.provide(Runway.layer({ apiKey: "sk-test-secret", baseUrl })), NodeRuntime.runMain)
