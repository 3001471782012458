// @ts-check
/**
 * An OpenAPI document as a reference for people: operations, parameters, fields, and each answer with its named examples.
 *
 * Of the descriptions' Markdown it knows paragraphs, lists, `code` and **strong**, and shows the rest as it is written.
 */
import { operationsOf, resolve } from "./Document.js"
import { code, make } from "./Element.js"

/** @import { ApiDocument, Media, Parameter, Schema } from "./Document.js" */

const deepest = 6

/** @param {string} text */
const inline = (text) =>
  text.split(/(`[^`]+`|\*\*[^*]+\*\*|\*[^*\s][^*]*\*)/).map((part) => {
    if (part.length > 2 && part.startsWith("`")) return make("code", {}, part.slice(1, -1))
    if (part.length > 4 && part.startsWith("**")) return make("strong", {}, part.slice(2, -2))
    return part.length > 2 && part.startsWith("*") ? make("em", {}, part.slice(1, -1)) : part
  })

/** @param {string | undefined} text */
const prose = (text = "") =>
  text
    .trim()
    .split(/\n\s*\n/)
    .filter((block) => block !== "")
    .map((block) => {
      const items = block.split(/\n(?=(?:-|\d+\.) )/)
      if (!/^(-|\d+\.) /.test(block)) return make("p", {}, ...inline(block))
      const list = items.map((item) => make("li", {}, ...inline(item.replace(/^(-|\d+\.) /, ""))))
      return make(block.startsWith("-") ? "ul" : "ol", {}, ...list)
    })

/** @param {Schema} schema */
const typeOf = (schema) => {
  if (schema.type !== undefined) return [schema.type].flat().join(" or ")
  if (schema.oneOf !== undefined) return "one of"
  return schema.anyOf === undefined ? "any value" : "any of"
}

/** @param {Schema} schema */
const constraintsOf = (schema) => {
  const { minimum, maximum, minLength, maxLength } = schema
  /** @param {unknown} value */
  const show = (value) => JSON.stringify(value)
  /** @param {number | undefined} from @param {number | undefined} to @param {string} unit */
  const range = (from, to, unit) =>
    from === undefined && to === undefined
      ? undefined
      : to === undefined
        ? `at least ${from}${unit}`
        : from === undefined
          ? `at most ${to}${unit}`
          : `${from} to ${to}${unit}`
  return [
    schema.const === undefined ? undefined : `always ${show(schema.const)}`,
    schema.enum === undefined ? undefined : schema.enum.map(show).join(", "),
    range(minimum, maximum, ""),
    range(minLength, maxLength, " characters"),
    schema.pattern === undefined ? undefined : `matches ${schema.pattern}`,
    schema.format,
    schema.default === undefined ? undefined : `default ${show(schema.default)}`
  ].filter((part) => part !== undefined)
}

/** @param {ApiDocument} api @param {Schema} written @param {number} depth @returns {Array<HTMLElement>} */
const inner = (api, written, depth) => {
  const schema = resolve(api, written)
  if (depth > deepest) return []
  const required = new Set(schema.required)
  const fields = Object.entries(schema.properties ?? {}).map(([name, field]) =>
    fieldOf(api, name, field, required.has(name), depth)
  )
  const parts = fields.length === 0 ? [] : [make("ul", { class: "fields" }, ...fields)]
  const variants = schema.oneOf ?? schema.anyOf ?? []
  if (variants.length > 0) {
    const each = variants.map((variant) =>
      fieldOf(api, variant.$ref?.split("/").at(-1) ?? "", variant, undefined, depth)
    )
    parts.push(make("ul", { class: "fields variants" }, ...each))
  }
  if (schema.items !== undefined) {
    parts.push(make("ul", { class: "fields" }, fieldOf(api, "each", schema.items, undefined, depth)))
  }
  return parts
}

/**
 * @param {ApiDocument} api
 * @param {string} name
 * @param {Schema} written
 * @param {boolean | undefined} required
 * @param {number} depth
 * @param {string} [about]
 */
const fieldOf = (api, name, written, required, depth, about) => {
  const schema = resolve(api, written)
  const line = make("p", { class: "field" })
  if (name !== "") line.append(make("code", {}, name), " ")
  line.append(make("span", { class: "type" }, typeOf(schema)))
  if (required === true) line.append(" ", make("span", { class: "badge" }, "required"))
  for (const constraint of constraintsOf(schema)) line.append(" ", make("span", { class: "constraint" }, constraint))
  return make(
    "li",
    {},
    line,
    ...prose(about ?? written.description ?? schema.description),
    ...inner(api, written, depth + 1)
  )
}

/** @param {ApiDocument} api @param {Record<string, Media>} content */
const mediaOf = (api, content) =>
  Object.entries(content).flatMap(([type, { schema, examples }]) => {
    /** @type {Array<HTMLElement>} */
    const parts = []
    if (schema !== undefined) {
      const fields = make("ul", { class: "fields" }, fieldOf(api, "", schema, undefined, 0))
      parts.push(make("details", {}, make("summary", {}, "Fields of ", make("code", {}, type)), fields))
    }
    for (const [name, example] of Object.entries(examples ?? {})) {
      const summary = make("summary", {}, make("code", {}, name))
      if (example.summary !== undefined)
        summary.append(" ", make("span", { class: "hint" }, ...inline(example.summary)))
      parts.push(make("details", { class: "example", "data-example": name }, summary, code(example.value, name)))
    }
    return parts
  })

/** @param {ApiDocument} api @param {ReadonlyArray<Parameter>} parameters */
const parametersOf = (api, parameters) =>
  make(
    "ul",
    { class: "fields" },
    ...parameters.map((parameter) => {
      const { name = "", in: place, required, schema = {}, description } = parameter
      const field = fieldOf(api, name, schema, required, 0, description)
      field
        .querySelector(".type")
        ?.after(make("span", { class: "hint" }, place === undefined ? "" : ` in the ${place}`))
      return field
    })
  )

/** @param {string} status */
const toneOf = (status) =>
  status.startsWith("2") ? "good" : status.startsWith("4") ? "warn" : status.startsWith("5") ? "bad" : "none"

/**
 * @param {ApiDocument} api
 * @param {{ open?: boolean }} [options] whether the operations stand open.
 * @returns {Array<HTMLElement>}
 */
export const reference = (api, { open = false } = {}) => {
  const about = make(
    "section",
    { class: "panel prose" },
    make("h2", {}, api.info?.title ?? "API"),
    ...prose(api.info?.description)
  )
  const operations = operationsOf(api).map(({ method, path, operation, parameters }) => {
    const { summary = "", description, requestBody, responses = {}, operationId = "" } = operation
    /** @type {Array<HTMLElement>} */
    const parts = prose(description)
    if (parameters.length > 0) parts.push(make("h4", {}, "Parameters"), parametersOf(api, parameters))
    const body = requestBody === undefined ? undefined : resolve(api, requestBody)
    if (body?.content !== undefined) {
      const media = mediaOf(api, body.content)
      const first = media[0]
      if (open && first !== undefined) first.setAttribute("open", "")
      parts.push(make("h4", {}, body.required === true ? "Body, required" : "Body"), ...media)
    }
    parts.push(make("h4", {}, "Answers"))
    for (const [status, written] of Object.entries(responses)) {
      const { description: words, headers = {}, content = {} } = resolve(api, written)
      const named = Object.entries(headers).map(([name, header]) => ({ ...resolve(api, header), name, in: "answer" }))
      const answer = make(
        "details",
        { class: "answer", "data-status": status },
        make(
          "summary",
          {},
          make("span", { class: `badge ${toneOf(status)}` }, status),
          " ",
          ...inline(words?.trim() ?? "")
        )
      )
      if (named.length > 0) answer.append(parametersOf(api, named))
      answer.append(...mediaOf(api, content))
      parts.push(answer)
    }
    const title = make(
      "summary",
      {},
      make("h3", {}, make("b", { class: `method ${method.toLowerCase()}` }, method), " ", make("code", {}, path)),
      make("span", { class: "hint" }, summary)
    )
    return make("details", { class: "panel operation-reference", "data-operation": operationId, open }, title, ...parts)
  })
  return [about, ...operations]
}
