/**
 * The page for people: a handful of files, served as they stand, at `/` and below `/_mock/page/`.
 *
 * The list of files is fixed, and nothing of a request ever becomes part of a path on disk. The page may load and call this origin
 * only, run no inline script, and stand in no other page's frame.
 *
 * @module
 */
import { bundledFile, isKnown } from "../BundledFile.ts"

const types = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml"
} as const

/** Each file, and what it is. */
const files = {
  "index.html": "html",
  "page.css": "css",
  "page.js": "js",
  "Actions.js": "js",
  "Client.js": "js",
  "Contract.js": "js",
  "Control.js": "js",
  "Element.js": "js",
  "FaultForm.js": "js",
  "Faults.js": "js",
  "Findings.js": "js",
  "Icons.js": "js",
  "Lanes.js": "js",
  "Meaning.js": "js",
  "Money.js": "js",
  "Reference.js": "js",
  "Requests.js": "js",
  "Scale.js": "js",
  "ScenarioEditor.js": "js",
  "Shortcuts.js": "js",
  "Snippets.js": "js",
  "State.js": "js",
  "TaskPanel.js": "js",
  "Time.js": "js",
  "Timeline.js": "js",
  "View.js": "js",
  "Welcome.js": "js",
  "favicon.svg": "svg"
} as const satisfies Record<string, keyof typeof types>

const served = new Map(
  Object.entries(files).map(([name, kind]) => [
    name === "index.html" ? "/" : `/_mock/page/${name}`,
    { type: types[kind], read: bundledFile(`page/${name}`) }
  ])
)

const strict = {
  "content-security-policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin"
}

/** Answers a request for the page or a part of it; `undefined` for any other. */
export const serve = async (request: Request): Promise<Response | undefined> => {
  if (request.method !== "GET" && request.method !== "HEAD") return undefined
  const file = served.get(new URL(request.url).pathname)
  if (file === undefined) return undefined
  const { bytes, etag } = await file.read()
  const headers = new Headers({ ...strict, "content-type": file.type, "cache-control": "no-cache", etag })
  if (isKnown(request.headers.get("if-none-match"), etag)) return new Response(null, { status: 304, headers })
  headers.set("content-length", String(bytes.length))
  return new Response(request.method === "HEAD" ? null : bytes, { headers })
}
