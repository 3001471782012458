/**
 * The README's programs do what the README says, as they are printed.
 */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { block, folder, provider } from "./Pages.ts"

const page = "README.md"
const id = "[0-9a-f]{8}-[0-9a-f-]{27}"

it.live("the README's program with promises pays once, shows its progress and saves the video", () =>
  Effect.gen(function* () {
    const { program, accepted } = yield* provider("readme-promise")
    const { code, out, err } = yield* program(yield* folder, block(page, "createRunway()"))
    expect(err).toBe("")
    expect(out).toMatch(new RegExp(`^paid for ${id}\n[\\s\\S]*SUCCEEDED[\\s\\S]*saved .*videos/${id}\\.mp4\n$`))
    expect([code, accepted()]).toEqual([0, 1])
  })
)

it.live("the README's program with Effect pays once, and says its id and then where the video is", () =>
  Effect.gen(function* () {
    const { program, accepted, url } = yield* provider("readme-effect")
    const { code, out } = yield* program(yield* folder, block(page, "Runway.layerConfig()"))
    const printed = out.split("\n").filter((line) => line.startsWith("paid for") || line.startsWith("http"))
    expect(printed).toEqual([
      expect.stringMatching(new RegExp(`^paid for ${id}$`)),
      expect.stringMatching(new RegExp(`^${url}/assets/${id}\\.mp4\\?_jwt=`))
    ])
    expect([code, accepted()]).toEqual([0, 1])
  })
)

it.live("the README's program with the bindings starts one job", () =>
  Effect.gen(function* () {
    const { program, accepted } = yield* provider("readme-bindings")
    const { code, out, err } = yield* program(yield* folder, block(page, "createBindings"))
    expect([code, err, accepted()]).toEqual([0, "", 1])
    expect(out).toMatch(new RegExp(`^paid for ${id}\n$`))
  })
)
