// @ts-check
/**
 * The form that makes a fault, which asks for what its kind needs and no more.
 *
 * It judges nothing: the mock says what is wrong with a fault.
 */
import { answersOf } from "./Document.js"
import { byId, make, offer, say } from "./Element.js"

/** @import { Fault, FaultKind } from "../../generated/mock-control/types.gen.ts" */
/** @import { ApiDocument } from "./Document.js" */

/** @type {Record<FaultKind, string>} */
const kinds = {
  status: "a documented answer in place of the right one",
  reset: "the connection is reset before anything is answered",
  lost: "the request is carried out, and its answer never arrives",
  stall: "the request is carried out, and no answer ever comes",
  drip: "the answer comes a few bytes at a time",
  truncated: "a whole answer whose JSON (or file) ends in the middle",
  cut: "the connection breaks in the middle of the body",
  html: "an HTML page with status 200",
  redirect: "301 to the front page",
  empty: "an answer without a body",
  "content-type": "the right body, said to be text/plain",
  oversized: "a body without use for anybody, far too large",
  latency: "the answer comes late"
}

/** @type {Record<Fault["on"], string | undefined>} */
const operations = { submit: "createCharacterPerformance", poll: "getTask", asset: undefined }

/** @param {Fault} fault */
export const inWords = (fault) => {
  const { on, kind, nth, first, rate, once, ...rest } = fault
  const when = [
    nth === undefined ? undefined : `request ${nth} only`,
    first === undefined ? undefined : `the first ${first}`,
    rate === undefined ? undefined : `${Number((rate * 100).toFixed(2))} % of them`,
    once === true ? "once" : undefined
  ].filter((part) => part !== undefined)
  const extras = Object.entries(rest).map(([name, value]) => `${name} ${String(value)}`)
  return { title: `${on}: ${kind}`, rest: [...extras, when.length === 0 ? "every time" : when.join(", ")].join(" · ") }
}

/**
 * @param {HTMLFormElement} form
 * @param {(fault: Fault) => unknown} inject
 */
export const faultForm = (form, inject) => {
  /** @type {ApiDocument} */
  let contract = {}
  /** @param {string} name */
  const said = (name) => String(new FormData(form).get(name) ?? "")
  /** @param {string} name */
  const select = (name) => /** @type {HTMLSelectElement} */ (form.elements.namedItem(name))

  offer(
    select("kind"),
    Object.keys(kinds).map((kind) => [kind, kind])
  )

  const fit = () => {
    const on = /** @type {Fault["on"]} */ (select("on").value)
    const kind = /** @type {FaultKind} */ (select("kind").value)
    const when = select("when").value
    say(byId("kind-about", HTMLElement), kinds[kind])
    for (const label of form.querySelectorAll("label")) {
      const { kinds: ofKinds, when: ofWhen, on: ofOn } = label.dataset
      const fits = [
        [ofKinds, kind],
        [ofWhen, when],
        [ofOn, on]
      ].every(([wanted, value]) => wanted === undefined || wanted.split(" ").includes(value ?? ""))
      label.hidden = !fits
      // What is not asked for is neither checked nor sent.
      for (const field of label.querySelectorAll("input, select"))
        if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) field.disabled = !fits
    }
    const operation = operations[on]
    const answers = (operation === undefined ? [] : answersOf(contract, operation)).filter(
      ({ status }) => Number(status) >= 400
    )
    const statuses = [...new Set(answers.map(({ status }) => status))]
    byId("statuses", HTMLDataListElement).replaceChildren(...statuses.map((value) => make("option", { value })))
    const names = answers.filter(({ status }) => status === said("status")).map(({ name }) => name)
    offer(select("example"), [
      ["", "its first one"],
      ...[...new Set(names)].map((name) => /** @type {const} */ ([name, name]))
    ])
  }

  form.addEventListener("input", fit)
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    /** @param {string} name */
    const number = (name) => (said(name) === "" ? undefined : Number(said(name)))
    /** @param {string} name */
    const text = (name) => said(name).trim() || undefined
    const when = said("when")
    const accepted = said("accepted")
    const fields = {
      on: said("on"),
      kind: said("kind"),
      nth: when === "nth" ? number("count") : undefined,
      first: when === "first" ? number("count") : undefined,
      rate: when === "rate" ? number("rate") : undefined,
      once: said("once") === "" ? undefined : true,
      accepted: accepted === "" ? undefined : accepted === "yes",
      status: number("status"),
      example: text("example"),
      retryAfter: number("retryAfter"),
      retryAfterAs: number("retryAfter") === undefined ? undefined : text("retryAfterAs"),
      bytes: number("bytes"),
      every: text("every"),
      median: text("median"),
      p99: text("p99")
    }
    const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
    inject(/** @type {Fault} */ (/** @type {unknown} */ (given)))
  })
  fit()
  return {
    /** @param {ApiDocument} api */
    know(api) {
      contract = api
      fit()
    }
  }
}
