// @ts-check
/**
 * Elements of the page: made, found and filled.
 *
 * Whatever comes from the mock becomes text. There is no way here to turn a string into markup.
 */

/** @typedef {Record<string, string | number | boolean | undefined | ((event: Event) => unknown)>} Attributes */

/**
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export const byId = (id, type) => {
  const found = document.getElementById(id)
  if (!(found instanceof type)) throw new Error(`the page has no ${type.name} with the id "${id}"`)
  return found
}

/**
 * An element. A function among the attributes listens to the event of its name.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Attributes} [attributes]
 * @param {ReadonlyArray<Node | string>} children
 * @returns {HTMLElementTagNameMap[K]}
 */
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
 * @param {Element} element
 * @param {string} text
 */
export const say = (element, text) => {
  if (element.textContent !== text) element.textContent = text
}

/**
 * Gives a select its options, and keeps what was chosen.
 *
 * @param {HTMLSelectElement} select
 * @param {ReadonlyArray<readonly [value: string, label: string]>} options
 */
export const offer = (select, options) => {
  const wanted = JSON.stringify(options)
  if (select.dataset["options"] === wanted) return
  const chosen = select.value
  select.dataset["options"] = wanted
  select.replaceChildren(...options.map(([value, label]) => make("option", { value }, label)))
  if (options.some(([value]) => value === chosen)) select.value = chosen
}

const longest = 20_000

/**
 * Any value as it would be typed. What is very long is cut.
 *
 * @param {unknown} value
 */
export const written = (value) => {
  const text = typeof value === "string" ? value : (JSON.stringify(value, undefined, 2) ?? "nothing")
  return text.length > longest ? `${text.slice(0, longest)}\n… ${text.length - longest} characters more` : text
}

/**
 * @param {unknown} value
 * @param {string} [label]
 */
export const code = (value, label) =>
  make("pre", { tabindex: 0, role: "region", "aria-label": label ?? "Source" }, written(value))
