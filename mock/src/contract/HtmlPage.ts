/**
 * The HTML pages that the provider answers with outside its API: its front page, and the redirect to it from an unknown route.
 *
 * They are written here because the contract describes its operations only, and these pages belong to none of them.
 *
 * @module
 */
import type { Answer } from "./Answer.ts"
import * as Contract from "./Contract.ts"

/** A page with the routes of the API on it. */
export const page = (status: number, title: string, text: string): Answer => ({
  status,
  headers: { "content-type": "text/html; charset=utf-8" },
  body: `<!doctype html><html><head><title>${title}</title></head><body><h1>${title}</h1><p>${text}</p><ul>${Contract.routes
    .map(({ method, path }) => `<li>${method} ${path}</li>`)
    .join("")}</ul></body></html>\n`
})

/** The front page for a method that it does not take. It leads nowhere else, so that nobody who follows a redirect goes round in circles. */
export const front = (): Answer => {
  const { headers, ...answer } = page(405, "CometAPI", "This page is no route of the API. The routes are:")
  return { ...answer, headers: { ...headers, allow: "GET, HEAD" } }
}

/** What the provider does with a path or a method that it does not know: it redirects the caller to its front page. */
export const moved = (): Answer => {
  const { headers, ...answer } = page(
    301,
    "Moved Permanently",
    "No route of the API answers this request. The routes are:"
  )
  // The location names no host, so that a client that follows it cannot be led to send its key to another host.
  return { ...answer, headers: { ...headers, location: "/" } }
}
