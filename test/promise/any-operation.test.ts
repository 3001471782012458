import * as Effect from "effect/Effect"
import { Fetch } from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { expect, it } from "vitest"
import * as Job from "../../src/Job.ts"
import { Engine } from "../../src/promise/Engine.ts"
import { paidOperation } from "../../src/promise/PaidOperation.ts"
import { Runway } from "../../src/Runway.ts"
import { accepted, input, provider } from "../support/Provider.ts"
import { id, signed, succeeded } from "./Support.ts"

it("whatever Job.make makes is put behind promises with one line", async () => {
  const operation = "POST /runwayml/v1/character_performance"
  const another = Job.make({
    operation,
    validate: ({ prompt }: { readonly prompt: string }) => Effect.succeed({ ...input, prompt }),
    send: (bindings, body) => bindings.POST("/runwayml/v1/character_performance", { body })
  })
  const { asked, fetch } = provider(accepted(), succeeded())
  const layer = Layer.mergeAll(
    Runway.layer({ apiKey: "sk-test", poll: { firstAfter: 0 } }),
    Layer.succeed(Fetch, fetch),
    Logger.layer([])
  )
  const engine = new Engine({ layer, warn: () => {} })
  const run = paidOperation(engine, another, "another", Effect.succeed)
  const job = run({ prompt: "a cat" })
  expect([await job.id, (await job).url]).toEqual([id, signed])
  expect(JSON.parse(asked[0]?.body ?? "")).toMatchObject({ prompt: "a cat" })
  await engine.close()
})
