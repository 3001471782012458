import { afterEach, describe, expect, expectTypeOf, it, vi } from "vitest"
import {
  type Bindings,
  type CharacterPerformanceRequest,
  createBindings,
  type ErrorAnswer,
  type TaskAnswer
} from "../../src/Bindings.ts"

const least = {
  character: { type: "image", uri: "https://example.com/portrait.png" },
  reference: { type: "video", uri: "https://example.com/performance.mp4" }
} as const

/** Bindings whose requests are answered with one answer and kept. */
const answered = (answer: () => Response) => {
  const asked: Array<{ readonly body: string; readonly request: Request }> = []
  const bindings = createBindings({
    apiKey: "sk-test",
    fetch: async (request) => {
      asked.push({ body: await request.clone().text(), request })
      return answer()
    }
  })
  return { asked, bindings }
}

afterEach(() => void vi.restoreAllMocks())

const submit = (bindings: Bindings) => bindings.POST("/runwayml/v1/character_performance", { body: least })

describe("openapi-fetch's own idioms", () => {
  it("`if (error) throw error`, and then the data is there", async () => {
    const { bindings } = answered(() => Response.json({ id: "1" }))
    const read = async (): Promise<string> => {
      const { data, error } = await submit(bindings)
      if (error) throw error
      expectTypeOf(data.id).toBeString()
      return data.id
    }
    expect(await read()).toBe("1")
  })

  it("`if (data)`, else the error is there and has the contract's form", async () => {
    const { bindings } = answered(() => Response.json({ code: "task_not_exist", message: "no", data: null }))
    const { data, error, response } = await bindings.GET("/runwayml/v1/tasks/{id}", { params: { path: { id: "1" } } })
    if (data) expectTypeOf(data).toEqualTypeOf<TaskAnswer>()
    else expectTypeOf(error).toEqualTypeOf<ErrorAnswer>()
    expectTypeOf(response).toEqualTypeOf<Response>()
  })

  it("`client.use(middleware)`, `request(method, path)`, and headers for one call", async () => {
    const { bindings, asked } = answered(() => Response.json({ id: "1" }))
    bindings.use({ onRequest: ({ request }) => request.headers.set("x-mine", "1") })
    await bindings.request("post", "/runwayml/v1/character_performance", { body: least, headers: { "x-call": "2" } })
    const { headers } = asked[0]?.request ?? new Request("https://example.com")
    expect([headers.get("x-mine"), headers.get("x-call"), headers.get("authorization")]).toEqual([
      "1",
      "2",
      "Bearer sk-test"
    ])
  })

  it("a path, a parameter and a body that the contract does not have do not compile", () => {
    const wrong = (bindings: Bindings) => [
      // @ts-expect-error - there is no such path
      bindings.GET("/runwayml/v1/statues"),
      // @ts-expect-error - the id is missing
      bindings.GET("/runwayml/v1/tasks/{id}"),
      // @ts-expect-error - the reference is missing
      bindings.POST("/runwayml/v1/character_performance", { body: { character: least.character } }),
      // @ts-expect-error - a default of another type
      bindings.POST("/runwayml/v1/character_performance", { body: { ...least, seed: "1" } })
    ]
    expectTypeOf(wrong).toBeFunction()
    // A whole body, as a function of one's own returns it, fits too.
    expectTypeOf((bindings: Bindings, body: CharacterPerformanceRequest) =>
      bindings.POST("/runwayml/v1/character_performance", { body })
    ).toBeFunction()
  })
})

describe("what the bindings send", () => {
  it("has all eight fields when two are given, and every one that is given as it is", async () => {
    const { bindings, asked } = answered(() => Response.json({ id: "1" }))
    await submit(bindings)
    await bindings.POST("/runwayml/v1/character_performance", { body: { ...least, seed: 7, ratio: "960:960" } })
    expect(asked.map(({ body }) => JSON.parse(body))).toEqual([
      {
        ...least,
        bodyControl: true,
        expressionIntensity: 1,
        seed: 1,
        model: "act_two",
        ratio: "1280:720",
        contentModeration: { publicFigureThreshold: "auto" }
      },
      expect.objectContaining({ seed: 7, ratio: "960:960", bodyControl: true })
    ])
  })

  it("is byte for byte what was given when nothing is left out, and keeps what the platform reads on a request", async () => {
    const { bindings, asked } = answered(() => Response.json({ id: "1" }))
    const backwards: CharacterPerformanceRequest = {
      contentModeration: {},
      ratio: "960:960",
      model: "act_two",
      seed: 1,
      expressionIntensity: 1,
      bodyControl: true,
      ...least
    }
    await bindings.POST("/runwayml/v1/character_performance", { body: backwards })
    expect(asked[0]?.body).toBe(JSON.stringify(backwards))
    const next = { revalidate: 1 }
    await bindings.POST("/runwayml/v1/character_performance", { body: least, next })
    expect(asked[1]?.request).toMatchObject({ next, redirect: "manual" })
  })
})

describe("what the bindings give", () => {
  const html = "<html><body>Bad gateway</body></html>"
  it.each([
    ["a page", () => new Response(html, { status: 502 }), html],
    ["an empty body", () => new Response("", { status: 502, statusText: "Bad Gateway" }), "502 Bad Gateway"],
    [
      "an empty body with a length",
      () => new Response(null, { status: 503, headers: { "content-length": "0" } }),
      "503"
    ],
    ["JSON that is no object", () => Response.json("", { status: 500 }), '""'],
    ["a redirect", () => new Response(null, { status: 301, headers: { location: "https://example.com" } }), "301"]
  ])("is an error in the contract's form when the answer is %s", async (_, answer, message) => {
    const { data, error, response } = await submit(answered(answer).bindings)
    expect(data).toBeUndefined()
    expect(error).toEqual({ error: { message, type: "not_json", code: null } })
    expect(response.ok).toBe(false)
  })

  it("is the provider's own error where it is one", async () => {
    const body = { error: { message: "no", code: "invalid_request" } }
    const { error } = await submit(answered(() => Response.json(body, { status: 400 })).bindings)
    expect(error).toEqual(body)
  })

  it.each([
    ["an empty text", () => new Response("")],
    ["nothing", () => new Response(null, { status: 204 })]
  ])("rejects where a success is %s, because there would be neither", async (_, answer) => {
    await expect(submit(answered(answer).bindings)).rejects.toThrow(
      /character_performance: 20[04], and the answer is empty/
    )
  })

  it("leaves a success to whoever asks for it as a text or a stream", async () => {
    const { bindings } = answered(() => new Response("plain"))
    const { data } = await bindings.GET("/runwayml/v1/tasks/{id}", { params: { path: { id: "1" } }, parseAs: "text" })
    expect(data).toBe("plain")
  })
})
