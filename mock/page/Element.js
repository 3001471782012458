// @ts-check
/**
 * Elements of the page: made, found and filled.
 *
 * Whatever comes from the mock becomes text. There is no way here to turn a string into markup.
 *
 * @module
 */

/** @import { Attributes } from "./Types.ts" */

const mostText = 20_000

/** @template {Element} T @param {string} id @param {new () => T} type @returns {T} */
export const byId = (id, type) => {
  const found = document.getElementById(id)
  if (!(found instanceof type)) throw new Error(`the page has no ${type.name} with the id "${id}"`)
  return found
}

export const at = (/** @type {string} */ id) => byId(id, HTMLElement)
export const input = (/** @type {string} */ id) => byId(id, HTMLInputElement)
export const select = (/** @type {string} */ id) => byId(id, HTMLSelectElement)

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
 * A button that does something, and submits nothing.
 *
 * @param {ReadonlyArray<Node | string>} content @param {(event: Event) => unknown} click @param {Attributes} [attributes]
 */
export const button = (content, click, attributes = {}) =>
  make("button", { type: "button", click, ...attributes }, ...content)

/**
 * Changes a text only where it differs, so that a selection in it lives on.
 *
 * @param {Element} element @param {unknown} text
 */
export const say = (element, text) => {
  if (element.textContent !== String(text)) element.textContent = String(text)
}

/**
 * Puts an element somewhere on a line, by shares of its length.
 *
 * @param {HTMLElement} element @param {number} from @param {number} [to]
 */
export const place = (element, from, to = from) => {
  element.style.setProperty("--from", from.toFixed(5))
  element.style.setProperty("--to", to.toFixed(5))
}

/**
 * Gives a list its items by key: those that were there before stay the same elements, so that focus, scroll and selection stay.
 *
 * @template T @param {Element} list @param {ReadonlyArray<T>} items
 * @param {(item: T) => string} keyOf @param {(item: T) => HTMLElement} create @param {(element: HTMLElement, item: T) => unknown} [update]
 */
export const reconcile = (list, items, keyOf, create, update) => {
  const wanted = new Set(items.map(keyOf))
  // What is gone goes first, so that nothing that stays has to move.
  for (const element of [...list.children]) if (!wanted.has(element.getAttribute("data-key") ?? "")) element.remove()
  const before = new Map([...list.children].map((element) => [element.getAttribute("data-key"), element]))
  /** @type {ChildNode | null} */
  let next = list.firstChild
  for (const item of items) {
    const key = keyOf(item)
    const known = before.get(key)
    const element = known instanceof HTMLElement ? known : create(item)
    element.dataset["key"] = key
    update?.(element, item)
    if (element === next) next = next.nextSibling
    else list.insertBefore(element, next)
  }
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
  return text.length > mostText ? `${text.slice(0, mostText)}\n… and ${text.length - mostText} characters more` : text
}

/** @param {unknown} value @param {string} label */
export const code = (value, label) => make("pre", { tabindex: 0, role: "region", "aria-label": label }, written(value))
