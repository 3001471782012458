// @ts-check
/**
 * The page's icons: strokes on a square of 16, in the colour of the text beside them. None of them says anything alone.
 *
 * @module
 */

const shapes = {
  lost: "M6 5H4.5a3 3 0 0 0 0 6H6M10 5h1.5a3 3 0 0 1 0 6H10M2.5 2.5l11 11",
  limit: "M8 4.5V8l2.5 1.5M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12Z",
  slow: "M3 2.5h10M3 13.5h10M4.5 2.5c0 3.5 7 7.5 7 11M11.5 2.5c0 3.5-7 7.5-7 11",
  shield: "M8 1.8l5 1.9v4c0 3.2-2.1 5.4-5 6.5-2.9-1.1-5-3.3-5-6.5v-4l5-1.9ZM6 8l1.5 1.5L10.3 6.5",
  check: "M3.5 8.5l3 3 6-7",
  cross: "M4.5 4.5l7 7M11.5 4.5l-7 7",
  alert: "M8 5.5v3.2M8 11.2v.1M8 1.9 14.5 13.5H1.5L8 1.9Z",
  copy: "M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8v-8Z",
  play: "M4.5 2.8v10.4L13 8 4.5 2.8Z",
  plus: "M8 3v10M3 8h10",
  up: "M8 13V3M4 7l4-4 4 4",
  down: "M8 3v10M4 9l4 4 4-4",
  bin: "M2.5 4.5h11M6 4.5v-2h4v2M4 4.5l.7 9h6.6l.7-9",
  menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
  chevron: "M6 3.5 10.5 8 6 12.5",
  globe: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM2 8h12M8 2c4 4 4 8 0 12M8 2c-4 4-4 8 0 12"
}

/** @param {keyof typeof shapes} name */
export const icon = (name) => {
  const namespace = "http://www.w3.org/2000/svg"
  const svg = document.createElementNS(namespace, "svg")
  svg.setAttribute("viewBox", "0 0 16 16")
  svg.setAttribute("class", "icon")
  svg.setAttribute("aria-hidden", "true")
  const path = document.createElementNS(namespace, "path")
  path.setAttribute("d", shapes[name])
  svg.append(path)
  return svg
}

/** Puts an icon into each element that asks for one. @param {ParentNode} root */
export const placeIcons = (root) => {
  for (const element of root.querySelectorAll("[data-icon]")) {
    const name = element.getAttribute("data-icon") ?? ""
    if (name in shapes) element.prepend(icon(/** @type {keyof typeof shapes} */ (name)))
    element.removeAttribute("data-icon")
  }
}
