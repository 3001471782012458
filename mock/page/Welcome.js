// @ts-check
/**
 * The first screen, for somebody who has never been here: where to send requests, how a job is started, and what a world is.
 *
 * @module
 */
import { at, button, make, say } from "./Element.js"
import { icon } from "./Icons.js"
import { snippetsOf, suggestedKey } from "./Snippets.js"

/** @import { Handlers, Snippet, State } from "./Types.ts" */

/** A text that can be copied. @param {string} text @param {string} label @param {Handlers["copy"]} copy @param {string} [id] */
const copyable = (text, label, copy, id) =>
  make(
    "div",
    { class: "copyable" },
    make("pre", { tabindex: 0, role: "region", "aria-label": label, id }, text),
    button([icon("copy"), "Copy"], () => copy(text, label), { "aria-label": `Copy ${label}` })
  )

/** Arrow keys go from tab to tab, as everywhere. @param {HTMLElement} list @param {(index: number) => void} choose */
const tabKeys = (list, choose) =>
  list.addEventListener("keydown", (event) => {
    const tabs = [...list.querySelectorAll("button")]
    const present = tabs.findIndex((tab) => tab.getAttribute("aria-selected") === "true")
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -present, End: tabs.length - 1 - present }[event.key]
    if (step === undefined) return
    event.preventDefault()
    const next = (present + step + tabs.length) % tabs.length
    choose(next)
    tabs[next]?.focus()
  })

/** @param {ReadonlyArray<Snippet>} snippets @param {Handlers["copy"]} copy */
const tabs = (snippets, copy) => {
  const list = make("div", { role: "tablist", class: "tabs", "aria-label": "Language" })
  const panel = make("div", { role: "tabpanel", id: "snippet-panel", "aria-labelledby": "snippet-0" })
  /** @param {number} chosen */
  const choose = (chosen) => {
    for (const [index, tab] of [...list.children].entries()) {
      tab.setAttribute("aria-selected", String(index === chosen))
      tab.setAttribute("tabindex", index === chosen ? "0" : "-1")
    }
    const { name = "", text = "" } = snippets[chosen] ?? {}
    panel.setAttribute("aria-labelledby", `snippet-${chosen}`)
    panel.replaceChildren(copyable(text, `${name} example`, copy, "snippet"))
  }
  const items = snippets.map(({ name }, index) =>
    button([name], () => choose(index), { role: "tab", id: `snippet-${index}`, "aria-controls": "snippet-panel" })
  )
  list.append(...items)
  tabKeys(list, choose)
  choose(0)
  return [list, panel]
}

/** Shows it for a contract. @param {State} state @param {Handlers["copy"]} copy */
export const showWelcome = ({ submissions, poll }, copy) => {
  const environment = [`export COMETAPI_BASE_URL=${location.origin}`, `export COMETAPI_KEY=${suggestedKey}`].join("\n")
  at("environment").replaceChildren(copyable(environment, "base URL and key", copy))
  at("snippets").replaceChildren(...tabs(snippetsOf(submissions[0], poll, location.origin), copy))
  say(at("origin"), location.origin)
}
