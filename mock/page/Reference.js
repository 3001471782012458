// @ts-check
/**
 * An OpenAPI document as a reference for people: operations, parameters, fields, and each answer with its named examples.
 *
 * Of Markdown it knows paragraphs, lists, `code` and *stress*.
 *
 * @module
 */
import { operationsOf, resolve } from "./Contract.js"
import { code, make } from "./Element.js"

/** @import { Api, Field, Media } from "./Types.ts" */

const deepest = 6
const constraints = ["const", "enum", "minimum", "maximum", "minLength", "maxLength", "pattern", "format", "default"]

/** @param {string} text */
const inline = (text) =>
  text.split(/(`[^`]+`|\*\*[^*]+\*\*|\*[^*\s][^*]*\*)/).map((part, index) => {
    if (index % 2 === 0) return part
    return part.startsWith("`") ? make("code", {}, part.slice(1, -1)) : make("strong", {}, part.replaceAll("*", ""))
  })

/** @param {string | undefined} text */
const prose = (text = "") =>
  text
    .trim()
    .split(/\n\s*\n/)
    .filter(Boolean)
    .map((block) => {
      if (!/^(-|\d+\.) /.test(block)) return make("p", {}, ...inline(block))
      const items = block
        .split(/\n(?=(?:-|\d+\.) )/)
        .map((item) => make("li", {}, ...inline(item.replace(/^\S+ /, ""))))
      return make(block.startsWith("-") ? "ul" : "ol", {}, ...items)
    })

/** @param {Api} api @param {Field} field @param {number} [depth] @returns {HTMLElement} */
const fieldOf = (api, { name = "", in: place, required, description, schema: written = {} }, depth = 0) => {
  const schema = resolve(api, written)
  const { type, oneOf, anyOf, properties = {}, items } = schema
  const kind = [type ?? (oneOf ? "one of" : anyOf ? "any of" : "any value")].flat().join(" or ")
  const line = make("p", { class: "field" }, make("code", {}, name), ` ${kind} `)
  if (place !== undefined) line.append(`in the ${place} `)
  if (required) line.append(make("span", { class: "badge" }, "required"))
  for (const [keyword, value] of Object.entries(schema))
    if (constraints.includes(keyword))
      line.append(make("span", {}, ` · ${keyword} `, make("code", {}, JSON.stringify(value))))
  const inner = [
    ...Object.entries(properties).map(([name, field]) => ({
      name,
      schema: field,
      required: schema.required?.includes(name) ?? false
    })),
    ...(oneOf ?? anyOf ?? []).map((schema) => ({ name: schema.$ref?.split("/").at(-1) ?? "", schema })),
    ...(items === undefined ? [] : [{ name: "each", schema: items }])
  ]
  const fields = depth > deepest ? [] : inner.map((one) => fieldOf(api, one, depth + 1))
  const list = fields.length === 0 ? [] : [make("ul", { class: "fields" }, ...fields)]
  return make("li", {}, line, ...prose(description ?? written.description ?? schema.description), ...list)
}

/** @param {Api} api @param {ReadonlyArray<Field>} fields */
const fieldsOf = (api, fields) => make("ul", { class: "fields" }, ...fields.map((field) => fieldOf(api, field)))

/** @param {Api} api @param {Record<string, Media>} content @param {boolean} [open] */
const mediaOf = (api, content, open = false) =>
  Object.entries(content).flatMap(([type, { schema = {}, examples = {} }]) => [
    make("details", { open }, make("summary", {}, "Fields of ", make("code", {}, type)), fieldsOf(api, [{ schema }])),
    ...Object.entries(examples).map(([name, { summary = "", value }]) => {
      const title = make(
        "summary",
        {},
        make("code", {}, name),
        " ",
        make("span", { class: "hint" }, ...inline(summary))
      )
      return make("details", { "data-example": name }, title, code(value, name))
    })
  ])

/** @param {Api} api @param {boolean} [open] whether the operations stand open. @returns {Array<HTMLElement>} */
export const reference = (api, open = false) => {
  const { title = "", description } = api.info ?? {}
  const about = make("section", { class: "panel" }, make("h2", {}, title), ...prose(description))
  const operations = operationsOf(api).map(({ method, path, operation, parameters }) => {
    const { summary = "", description, requestBody, responses = {}, operationId } = operation
    const heading = make("h3", {}, make("b", {}, method.toUpperCase()), " ", make("code", {}, path))
    const root = make("details", { class: "panel", "data-operation": operationId, open })
    root.append(make("summary", {}, heading, " ", make("span", { class: "hint" }, summary)), ...prose(description))
    if (parameters.length > 0) root.append(make("h4", {}, "Parameters"), fieldsOf(api, parameters))
    const { content } = resolve(api, requestBody ?? {})
    if (content !== undefined) root.append(make("h4", {}, "Body"), ...mediaOf(api, content, open))
    root.append(make("h4", {}, "Answers"))
    for (const [status, written] of Object.entries(responses)) {
      const { description = "", headers = {}, content = {} } = resolve(api, written)
      const tone = { 2: "good", 4: "warn", 5: "bad" }[status[0] ?? ""]
      const title = make("summary", {}, make("span", { class: `badge ${tone}` }, status), " ", ...inline(description))
      const named = Object.entries(headers).map(([name, header]) => ({ ...resolve(api, header), name }))
      root.append(make("details", { class: "answer" }, title, fieldsOf(api, named), ...mediaOf(api, content)))
    }
    return root
  })
  return [about, ...operations]
}
