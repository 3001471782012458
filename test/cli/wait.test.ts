/**
 * `wait`, and what else can be asked of a task by its id. None of it pays.
 */
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { folder, paste, recorder, refusal, run } from "./Support.ts"

describe.concurrent("cometapi-runway wait", () => {
  const output = (path: string) => (request: Request) => {
    const { origin, pathname } = new URL(request.url)
    if (pathname.startsWith("/assets/")) return new Response("gone", { status: 404 })
    const task = { id: "t-1", status: "SUCCEEDED", output: [origin + path], createdAt: "2026-05-01T12:47:47.351Z" }
    return Response.json(task)
  }

  it.live("whose video cannot be loaded says so and how to try again, and hides the URL's signature", () =>
    Effect.gen(function* () {
      const live = yield* recorder(output("/assets/gone.mp4?_jwt=SIGNED"))
      const out = yield* folder
      const { code, err, out: said } = yield* run(["wait", "t-1", "--live", "--out", out], live.env)
      expect(code).toBe(12)
      expect(err).toContain("the video's URL has expired. Get the task again")
      expect(err).toContain(`npx cometapi-runway wait t-1 --out ${out}`)
      expect(err + said).not.toContain("SIGNED")
      expect(readdirSync(out)).toEqual([])
      expect(live.asked.find(({ path }) => path.startsWith("/assets/"))?.authorization).toBeUndefined()
    })
  )

  it.live("with a key that is refused says so and how to try again", () =>
    Effect.gen(function* () {
      const live = yield* recorder(() => Response.json({ error: "no" }, { status: 401 }))
      const { code, err } = yield* run(["wait", "t-1", "--live", "--out", yield* folder], live.env)
      expect(code).toBe(3)
      expect(err).toContain("COMETAPI_KEY")
      expect(err).toContain("npx cometapi-runway wait t-1 --out")
      expect(live.posts()).toBe(0)
    })
  )

  it.live("prints an id that a shell would take apart so that it can be pasted", () =>
    Effect.gen(function* () {
      const refused = () => Response.json({ error: "no" }, { status: 401 })
      const live = yield* recorder(refused)
      const [id, out] = ["a'; exit 7; $(b)", yield* folder]
      const { err } = yield* run(["wait", id, "--live", "--out", out], live.env)
      const pasted = yield* paste(/npx cometapi-runway wait .*$/m.exec(err)?.[0] ?? "", live.env)
      expect(pasted.code).toBe(3)
      expect(pasted.err).toBe(err)
      const path = `/runwayml/v1/tasks/${encodeURIComponent(id)}`
      expect(live.asked.map((asked) => decodeURIComponent(asked.path))).toEqual([path, path].map(decodeURIComponent))
    })
  )

  it.live("saves a task whose id is no file name inside the folder all the same", () =>
    Effect.gen(function* () {
      const live = yield* recorder((request) =>
        request.url.endsWith(".mp4")
          ? new Response("....ftyp", { headers: { "content-type": "video/mp4" } })
          : output("/v.mp4")(request)
      )
      const out = join(yield* folder, "videos")
      const { code } = yield* run(["wait", "../../escaped", "--live", "--out", out], live.env)
      expect(code).toBe(0)
      expect(readdirSync(out)).toHaveLength(2)
    })
  )

  it.live("needs the real thing, because a mock's tasks end with it", () =>
    Effect.gen(function* () {
      const { code, err } = yield* run(["wait", "t-1", "--mock"])
      expect(code).toBe(2)
      expect(err).toContain("--mock")
    })
  )

  it.live("needs an id", () =>
    Effect.gen(function* () {
      const live = yield* recorder(refusal)
      for (const args of [[], [""]]) {
        const { code, err } = yield* run(["wait", ...args, "--live", "--out", yield* folder], live.env)
        expect(code).toBe(2)
        expect(err).toMatch(/task-id|id of a task/)
        expect(err).not.toContain("npx")
      }
      expect(live.asked).toEqual([])
    })
  )
})
