// @ts-check
/**
 * Elements of the page: made, found and filled.
 *
 * Whatever comes from the mock becomes text. There is no way here to turn a string into markup.
 */

/** @import { Attributes } from "./Types.ts" */

const longest = 20_000

/** @template {Element} T @param {string} id @param {new () => T} type @returns {T} */
export const byId = (id, type) => {
  const found = document.getElementById(id)
  if (!(found instanceof type)) throw new Error(`the page has no ${type.name} with the id "${id}"`)
  return found
}

/** @template {keyof HTMLElementTagNameMap} K @param {K} tag @param {Attributes} [attributes] @param {ReadonlyArray<Node | string>} children */
export const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value)
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : String(value))
  }
  element.append(...children)
  return element
}

/**
 * Changes a text only where it differs, so that a selection in it lives on.
 *
 * @param {Element} element @param {unknown} text
 */
export const say = (element, text) => {
  if (element.textContent !== String(text)) element.textContent = String(text)
}

/**
 * Gives a select its options, and keeps what was chosen.
 *
 * @param {HTMLSelectElement} select @param {ReadonlyArray<string | readonly [value: string, label: string]>} options
 */
export const offer = (select, options) => {
  const wanted = JSON.stringify(options)
  if (select.dataset["options"] === wanted) return
  const { value: chosen } = select
  select.dataset["options"] = wanted
  const pairs = options.map((option) => (typeof option === "string" ? [option, option] : option))
  select.replaceChildren(...pairs.map(([value = "", label = ""]) => make("option", { value }, label)))
  if (pairs.some(([value]) => value === chosen)) select.value = chosen
}

/** @param {unknown} value */
export const written = (value) => {
  const text = typeof value === "string" ? value : (JSON.stringify(value, undefined, 2) ?? "nothing")
  return text.length > longest ? `${text.slice(0, longest)}\n… and ${text.length - longest} characters more` : text
}

/** @param {unknown} value @param {string} label */
export const code = (value, label) => make("pre", { tabindex: 0, role: "region", "aria-label": label }, written(value))
