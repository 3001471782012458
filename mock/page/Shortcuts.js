// @ts-check
/**
 * Single keys that do what buttons do. They can be switched off, and are silent while somebody types.
 *
 * @module
 */
import { at, byId, input, make } from "./Element.js"

/** @type {ReadonlyArray<{ key: string, does: string, click?: string, focus?: string, hash?: string }>} */
const shortcuts = [
  { key: "1", does: "Live", hash: "#live" },
  { key: "2", does: "Scenarios", hash: "#scenarios" },
  { key: "3", does: "API", hash: "#reference" },
  { key: "n", does: "Start a job", click: "#start" },
  { key: "+", does: "Let a minute pass", click: '#advance [value="1 minute"]' },
  { key: "l", does: "Lose the next answer", click: "#presets button" },
  { key: "w", does: "Choose a world", focus: "#world" },
  { key: "t", does: "Go to the tasks", focus: "#lanes button" },
  { key: "r", does: "Go to the requests", focus: "#requests summary" },
  { key: "?", does: "Show this" }
]

/** @param {EventTarget | null} target */
const isTyping = (target) => target instanceof Element && target.closest("input, select, textarea, dialog") !== null

/** @param {typeof shortcuts[number]} shortcut */
const carryOut = ({ key, click, focus, hash }) => {
  if (key === "?") byId("help", HTMLDialogElement).showModal()
  if (hash !== undefined) location.hash = hash
  const element = document.querySelector(click ?? focus ?? "none")
  if (!(element instanceof HTMLElement)) return
  if (click === undefined) element.focus()
  else element.click()
}

export const listenToKeys = () => {
  at("close-help").addEventListener("click", () => byId("help", HTMLDialogElement).close())
  const lines = shortcuts.flatMap(({ key, does }) => [make("dt", {}, make("kbd", {}, key)), make("dd", {}, does)])
  at("shortcuts").replaceChildren(...lines)
  at("show-help").addEventListener("click", () => byId("help", HTMLDialogElement).showModal())
  addEventListener("keydown", (event) => {
    if (!input("shortcuts-on").checked || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target))
      return
    const shortcut = shortcuts.find(({ key }) => key === event.key)
    if (shortcut === undefined) return
    event.preventDefault()
    carryOut(shortcut)
  })
}
