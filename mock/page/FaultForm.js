// @ts-check
/**
 * The form that makes a fault, which asks for what its kind needs and no more.
 *
 * It judges nothing: the mock says what is wrong with a fault.
 *
 * @module
 */
import { answersOf } from "./Contract.js"
import { at, make, offer, say } from "./Element.js"

/** @import { Fault, FaultKind } from "../../generated/mock-control/types.gen.ts" */
/** @import { Api } from "./Types.ts" */

/** @type {Record<FaultKind, string>} */
const kinds = {
  status: "a documented answer in place of the right one",
  reset: "the connection is reset, without an answer",
  lost: "it is carried out, and the answer never arrives",
  stall: "it is carried out, and the connection just stays open",
  drip: "the answer comes a few bytes at a time",
  truncated: "a whole answer that ends in the middle",
  cut: "the connection breaks within the body",
  html: "an HTML page with status 200",
  redirect: "301 to the front page",
  empty: "an answer without a body",
  "content-type": "the right body, said to be text/plain",
  oversized: "a body that is far too large",
  latency: "the answer comes late"
}

/** @param {Fault} fault */
export const inWords = ({ on, kind, ...rest }) => {
  const words = Object.entries(rest).map(([name, value]) => `${name} ${value === true ? "" : value}`.trim())
  return { title: `${on}: ${kind}`, rest: words.join(", ") || "every time" }
}

/** @param {HTMLFormElement} form @param {(fault: Fault) => unknown} inject */
export const faultForm = (form, inject) => {
  /** @type {Api} */
  let contract = {}
  const said = () => /** @type {Record<string, string>} */ (Object.fromEntries(new FormData(form)))
  const select = (/** @type {string} */ name) => /** @type {HTMLSelectElement} */ (form.elements.namedItem(name))

  const adapt = () => {
    const chosen = said()
    say(at("kind-about"), kinds[/** @type {FaultKind} */ (chosen["kind"])])
    for (const label of form.querySelectorAll("label")) {
      const wishes = Object.entries(label.dataset)
      label.hidden = !wishes.every(([name, fitting = ""]) => fitting.split(" ").includes(chosen[name] ?? ""))
      // What is not asked for is neither checked nor sent.
      for (const field of label.querySelectorAll("input, select")) field.toggleAttribute("disabled", label.hidden)
    }
    const answers = answersOf(contract, chosen["on"] === "submit" ? "submit" : "poll")
    const errors = answers.filter(({ status }) => status >= "400" && status <= "599")
    const statuses = [...new Set(errors.map(({ status }) => status))]
    at("statuses").replaceChildren(...statuses.map((value) => make("option", { value })))
    const names = errors.filter(({ status }) => status === said()["status"]).map(({ name }) => name)
    offer(select("example"), [["", "its first one"], ...names])
  }

  offer(select("kind"), Object.keys(kinds))
  adapt()
  form.addEventListener("input", adapt)
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    const { when = "", count, once, accepted, ...fields } = said()
    if (fields["retryAfter"] === "") delete fields["retryAfterAs"]
    const numbers = ["status", "retryAfter", "bytes", "rate"]
    const given = Object.entries(fields)
      .filter(([, value]) => value.trim() !== "")
      .map(([name, value]) => [name, numbers.includes(name) ? Number(value) : value.trim()])
    if (count !== undefined) given.push([when, Number(count)])
    const fault = {
      ...Object.fromEntries(given),
      ...(once && { once: true }),
      ...(accepted && { accepted: accepted === "yes" })
    }
    inject(fault)
  })
  return (/** @type {Api} */ api) => {
    contract = api
    adapt()
  }
}
