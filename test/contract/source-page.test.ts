/**
 * The provider's own page of the endpoint, one statement at a time, against the contract.
 *
 * The page was read in its Chinese edition. Each line is quoted as it stands there (shortened where it is long), with what it means, and
 * with how the contract says it. The last part goes the other way: whatever the contract credits to the page must name the line that
 * says so, so that nothing is attributed to the page that it does not say.
 */
import { readFileSync } from "node:fs"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import contract from "../../generated/contract.gen.json" with { type: "json" }
import { CharacterPerformanceRequest, TaskAccepted } from "../../generated/schemas.gen.ts"

const path = "/runwayml/v1/character_performance"
const { post } = contract.paths[path]
const { schemas, securitySchemes } = contract.components
const request = schemas.CharacterPerformanceRequest
const fields = request.properties
const header = post.parameters[0]
const accepted = contract.components.responses.Accepted

const decodes = (body: unknown): boolean =>
  Result.isSuccess(
    Schema.decodeUnknownResult(CharacterPerformanceRequest, { errors: "all", onExcessProperty: "error" })(body)
  )

/** The body of the page's own curl command. */
const example = {
  character: { type: "video", uri: "https://filesystem.site/cdn/20250818/wAKbHUoj5EHyqZvEdJbFXn10wXBMUn.mp4" },
  reference: { type: "video", uri: "https://filesystem.site/cdn/20250818/wAKbHUoj5EHyqZvEdJbFXn10wXBMUn.mp4" },
  bodyControl: true,
  expressionIntensity: 3,
  seed: 4294967295,
  model: "act_two",
  ratio: "1280:720",
  contentModeration: { publicFigureThreshold: "auto" }
}

const without = (field: string) => Object.fromEntries(Object.entries(example).filter(([name]) => name !== field))

/** A field that the page marks 必填: a body without it is refused. */
const requires = (field: keyof typeof fields) => {
  expect(request.required).toContain(field)
  expect(decodes(without(field))).toBe(false)
}

const refuses = (change: object) => expect(decodes({ ...example, ...change }), JSON.stringify(change)).toBe(false)

const source = readFileSync(new URL("../../src/CharacterPerformance.ts", import.meta.url), "utf8")
const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8")

interface Statement {
  readonly line: string
  readonly means: string
  readonly holds: () => void
}

const statement = (line: string, means: string, holds: () => void): Statement => ({ line, means, holds })

const statements: ReadonlyArray<Statement> = [
  statement("POST / runwayml / v1 / character_performance", "the method and the path", () => {
    expect(Object.keys(contract.paths[path])).toEqual(["post"])
  }),
  statement("Create a Runway character-performance task", "what the call does", () => {
    expect(post.operationId).toBe("createCharacterPerformance")
  }),
  statement("--url https://api.cometapi.com/runwayml/v1/character_performance", "the address", () => {
    expect(contract.servers.map(({ url }) => url)).toEqual(["https://api.cometapi.com"])
  }),
  statement("--header 'Authorization: Bearer <token>'", "the key is a bearer token", () => {
    expect(contract.security).toEqual([{ cometApiKey: [] }])
    expect(securitySchemes.cometApiKey).toMatchObject({ type: "http", scheme: "bearer" })
    expect(post).not.toHaveProperty("security")
  }),
  statement("--header 'Content-Type: application/json'", "the body is JSON", () => {
    expect(Object.keys(post.requestBody.content)).toEqual(["application/json"])
    expect(post.requestBody.required).toBe(true)
  }),
  statement(
    '--data \'{ "character": …, "seed": 4294967295, … }\'',
    "the page's example is right, and is an example here",
    () => {
      expect(post.requestBody.content["application/json"].examples["source-document"].value).toEqual(example)
      expect(decodes(example)).toBe(true)
    }
  ),
  statement(
    '{ "id": "5b91e444-c232-deaf-a4d7-8aef3e57336b" }',
    "the page's answer is right, and is an example here",
    () => {
      const answer = { id: "5b91e444-c232-deaf-a4d7-8aef3e57336b" }
      expect(accepted.content["application/json"].examples.accepted.value).toEqual(answer)
      expect(Schema.decodeUnknownSync(TaskAccepted)(answer)).toEqual(answer)
    }
  ),
  statement(
    "Fetch the complete documentation index at: https://apidoc.cometapi.com/llms.txt",
    "where all pages are listed",
    () => {
      expect(contract.externalDocs.url).toBe("https://apidoc.cometapi.com/llms.txt")
      expect(post.externalDocs.url).toBe(
        "https://apidoc.cometapi.com/api/video/runway/official-format/control-a-character"
      )
    }
  ),
  statement(
    "使用此端点可将参考片段中的表演迁移到角色图片或角色视频上",
    "the reference's performance goes to a character image or video",
    () => {
      expect(contract.info.description).toMatch(/performance of a reference clip .* to a character image or video/)
    }
  ),
  statement(
    "发送必需的 X-Runway-Version 请求头，例如 2024-11-06",
    "the version header is required, e.g. 2024-11-06",
    () => {
      expect(header).toMatchObject({ name: "X-Runway-Version", in: "header", required: true, example: "2024-11-06" })
    }
  ),
  statement("使用 model: act_two", "the model is act_two", () => {
    expect(fields.model.const).toBe("act_two")
  }),
  statement("提供一个 character 资源和一个 reference 资源", "one character and one reference", () => {
    refuses({ character: [example.character] })
    refuses({ reference: [example.reference] })
    expect(post.description).toContain("one character and one reference")
  }),
  statement("二者都必须是可访问的 HTTPS URL", "both are HTTPS URLs that the provider can reach", () => {
    for (const uri of ["http://example.com/a.mp4", "runway://performance", "data:video/mp4;base64,AAAA"]) {
      refuses({ character: { type: "video", uri } })
      refuses({ reference: { type: "video", uri } })
    }
    expect(post.description).toContain("both as HTTPS URLs that the provider can reach")
  }),
  statement(
    "在调整风格之前，先使用 bodyControl: true 和适中的 expressionIntensity 作为起点",
    "before adjusting the style, start with bodyControl: true and a moderate expressionIntensity",
    () => {
      expect(post.description).toMatch(/`bodyControl: true`\s+and a moderate `expressionIntensity`/)
      expect(fields.bodyControl.description).toContain("start with `true`")
      expect(fields.expressionIntensity.description).toContain("Start with a moderate value")
      expect(source).toMatch(/start with `bodyControl: true` and a moderate `expressionIntensity`/)
      expect(source).toMatch(/Start with a moderate value[\s\S]*?readonly expressionIntensity/)
      expect(readme).toMatch(/start with `bodyControl: true` and a \*moderate\* `expressionIntensity`/)
    }
  ),
  statement("提交角色表演请求 … 创建任务", "step 1: create the task", () => {
    expect(contract.info.description).toMatch(/1\. `POST \/runwayml\/v1\/character_performance` starts/)
  }),
  statement("保留返回的 id，因为后续轮询时需要用到它", "step 2: keep the id, because polling needs it", () => {
    expect(contract.info.description).toContain("Keep it")
    expect(accepted.description).toContain("Keep the id, because polling needs it")
    expect(contract.paths["/runwayml/v1/tasks/{id}"].get.parameters[0]).toMatchObject({ name: "id", in: "path" })
  }),
  statement(
    "轮询 … 直到任务进入终态，并且提供商元数据包含已完成的输出",
    "step 3: poll until the status is terminal and the provider's metadata holds the output",
    () => {
      expect(contract.info.description).toMatch(
        /terminal status \*\*and\*\* the\s+provider's metadata holds the finished output/
      )
      const { examples } = contract.paths["/runwayml/v1/tasks/{id}"].get.responses["200"].content["application/json"]
      expect(examples["succeeded-without-output"].summary).toContain("keep polling")
    }
  ),
  statement("character 是你想要制作动画的主体", "the character is the subject to animate", () => {
    expect(schemas.Character.description).toContain("The subject to animate")
  }),
  statement(
    "reference 是提供面部表演或身体动作的源片段",
    "the reference supplies the facial performance or the body's movement",
    () => {
      expect(schemas.Reference.description).toContain("supplies the facial performance or the body's movement")
    }
  ),
  statement(
    "bodyControl 决定动作迁移是否除表情迁移外还包含身体动作",
    "bodyControl decides whether the body moves as well as the face",
    () => {
      expect(fields.bodyControl.description).toContain("Whether the body's movement is transferred as well as the face")
    }
  ),
  statement(
    "contentModeration 会将提供商的内容审核阈值应用到该请求中",
    "contentModeration applies the provider's thresholds to this request",
    () => {
      expect(schemas.ContentModeration.description).toMatch(
        /provider's own moderation thresholds, applied to this request/
      )
    }
  ),
  statement(
    "Authorization string header 必填 … Use your CometAPI key.",
    "the key is required, and is CometAPI's",
    () => {
      expect(contract.security).not.toContainEqual({})
      expect(securitySchemes.cometApiKey.description).toContain("Your CometAPI key, as a bearer token")
    }
  ),
  statement("X-Runway-Version string 必填", "the version header is required, a text", () => {
    expect(header?.required).toBe(true)
    expect(schemas.RunwayVersion.type).toBe("string")
  }),
  statement("application/json", "the body's and the answer's type", () => {
    expect(Object.keys(accepted.content)).toEqual(["application/json"])
  }),
  statement("character object 必填 … a video or an image", "required, an object, a video or an image", () => {
    requires("character")
    for (const type of ["video", "image"])
      expect(decodes({ ...example, character: { ...example.character, type } })).toBe(true)
    refuses({ character: { ...example.character, type: "audio" } })
  }),
  statement(
    "reference object 必填 … type (video) and uri (HTTPS URL)",
    "required, an object with type video and a uri",
    () => {
      requires("reference")
      expect(schemas.Reference.required).toEqual(["type", "uri"])
      refuses({ reference: { ...example.reference, type: "image" } })
    }
  ),
  statement("bodyControl boolean 默认值:true 必填", "required, a boolean, true by default", () => {
    requires("bodyControl")
    expect(fields.bodyControl).toMatchObject({ type: "boolean", default: true })
  }),
  statement("expressionIntensity integer 默认值:1 必填", "required, an integer, 1 by default", () => {
    requires("expressionIntensity")
    expect(fields.expressionIntensity).toMatchObject({ type: "integer", default: 1 })
  }),
  statement("Higher values produce more exaggerated expressions.", "higher is more exaggerated", () => {
    expect(fields.expressionIntensity.description).toContain("higher is more exaggerated")
  }),
  statement("seed integer 默认值:1 必填", "required, an integer, 1 by default", () => {
    requires("seed")
    expect(fields.seed).toMatchObject({ type: "integer", default: 1 })
  }),
  statement("Random seed for reproducible results.", "reproducible, which is more than similar", () => {
    expect(fields.seed.description).toMatch(/^Random seed for reproducible results \(source page\)/)
    expect(source).toMatch(/Random seed for reproducible results/)
  }),
  statement("model string 默认值:act_two 必填 … Must be act_two.", "required, act_two and nothing else", () => {
    requires("model")
    expect(fields.model).toMatchObject({ type: "string", default: "act_two" })
    refuses({ model: "act_one" })
  }),
  statement("ratio string 默认值:1280:720 必填 … e.g. 1280:720", "required, a text, 1280:720 by default", () => {
    requires("ratio")
    expect(schemas.Ratio).toMatchObject({ type: "string", default: "1280:720" })
  }),
  statement("contentModeration object 必填", "required, an object", () => {
    requires("contentModeration")
    expect(schemas.ContentModeration).toMatchObject({ type: "object", default: example.contentModeration })
  }),
  statement("200 - application/json … Task accepted.", "the answer of success", () => {
    expect(accepted.description).toMatch(/^Task accepted/)
    expect(Object.keys(post.responses).filter((status) => status.startsWith("2"))).toEqual(["200"])
  }),
  statement("id string 必填", "the answer has an id, a text", () => {
    expect(schemas.TaskAccepted.required).toEqual(["id"])
    expect(schemas.TaskAccepted.properties.id.type).toBe("string")
  })
]

describe("the provider's page says, and so does the contract", () => {
  it.each(statements)("$line ($means)", ({ holds }) => holds())

  it("that these eight fields make a body, each of them required, and no other", () => {
    expect(request.required.toSorted()).toEqual(Object.keys(example).toSorted())
    expect(Object.keys(fields).toSorted()).toEqual(Object.keys(example).toSorted())
  })
})

/** Every place of the contract that credits the page, and the beginnings of the lines of the page that it may do so for. */
const credits: Readonly<Record<string, ReadonlyArray<string>>> = {
  "info.description": ["轮询"],
  "externalDocs.description": ["Fetch the complete documentation index"],
  "post.description": ["提供一个 character 资源", "在调整风格之前"],
  "post.externalDocs.description": ["Create a Runway"],
  "post.parameters.0.description": ["发送必需的 X-Runway-Version"],
  "post.requestBody.content.application/json.examples.source-document.summary": ["--data"],
  "components.responses.Accepted.description": ["200 - application/json", "保留返回的 id"],
  "components.responses.Accepted.content.application/json.examples.accepted.summary": ['{ "id"'],
  "get.parameters.0.description": ['{ "id"'],
  "get.responses.200.content.application/json.examples.succeeded-without-output.summary": ["轮询"],
  "components.securitySchemes.cometApiKey.description": ["Authorization"],
  "components.schemas.RunwayVersion.description": ["发送必需的 X-Runway-Version"],
  "components.schemas.CharacterPerformanceRequest.description": ["contentModeration object 必填"],
  "components.schemas.CharacterPerformanceRequest.properties.bodyControl.description": ["bodyControl 决定", "--data"],
  "components.schemas.CharacterPerformanceRequest.properties.expressionIntensity.description": [
    "Higher values",
    "在调整风格之前"
  ],
  "components.schemas.CharacterPerformanceRequest.properties.seed.description": ["Random seed"],
  "components.schemas.CharacterPerformanceRequest.properties.model.description": ["model string"],
  "components.schemas.Character.description": ["character 是"],
  "components.schemas.Reference.description": ["reference 是"],
  "components.schemas.AssetUri.description": ["二者都必须是可访问的 HTTPS URL"],
  "components.schemas.Ratio.description": ["ratio string"],
  "components.schemas.ContentModeration.description": ["contentModeration 会"]
}

/** How often each text of the contract names the page. */
const creditsIn = (node: unknown, place: ReadonlyArray<string> = []): ReadonlyArray<readonly [string, number]> => {
  if (typeof node === "string") {
    const count = node.match(/source page/gi)?.length ?? 0
    const name = place.join(".").replace(/^paths\.\/runwayml\/v1\/[^.]*\./, "")
    return count === 0 ? [] : [[name, count]]
  }
  if (typeof node !== "object" || node === null) return []
  return Object.entries(node).flatMap(([key, child]) => creditsIn(child, [...place, key]))
}

describe("whatever the contract credits to the provider's page", () => {
  it("is on it: each place names as many lines of the page as it credits", () => {
    expect(Object.fromEntries(creditsIn(contract))).toEqual(
      Object.fromEntries(Object.entries(credits).map(([place, lines]) => [place, lines.length]))
    )
  })

  it.each(Object.entries(credits))("%s", (_, lines) => {
    for (const line of lines) expect(statements.filter((statement) => statement.line.startsWith(line))).toHaveLength(1)
  })

  it("does not have what only Runway or a newer edition says", () => {
    expect(fields.seed.description).toMatch(/similar results \(Runway\)/)
    expect(schemas.Ratio.description).toMatch(/another may be accepted by another version \(newer edition\)/)
    expect(JSON.stringify(contract)).not.toMatch(/similar[^.]*\(source page\)/)
  })
})
