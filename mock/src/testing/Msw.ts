/**
 * The mock as a resolver of MSW, which takes the place of the network for a whole process or page.
 *
 * It imports nothing of MSW: it only knows how MSW passes a request on, and that it takes an error response for a failed network. It does
 * not decide which addresses are the mock's: whoever makes the handler does.
 *
 * @module
 */
import type { Mock } from "../RunwayMock.ts"

/**
 * A resolver for `http.all` of MSW: a request comes to the mock, and a fault that breaks the connection is a network error.
 *
 * Use it where the program under test calls the global `fetch`, or another client that MSW intercepts, with a base URL that cannot be
 * changed. It never rejects because of a fault.
 *
 * @example
 * ```ts
 * import { RunwayMock, mswResolver } from "cometapi-runway-mock"
 * import { Effect } from "effect"
 * import { http } from "msw"
 * import { setupServer } from "msw/node"
 *
 * const mock = await Effect.runPromise(RunwayMock.make({ clock: "virtual" }))
 * const server = setupServer(http.all("https://api.cometapi.com/*", mswResolver(mock)))
 * server.listen()
 * ```
 */
export const mswResolver =
  (mock: Pick<Mock, "fetch">) =>
  async ({ request }: { readonly request: Request }): Promise<Response> => {
    try {
      // The client decides whether a redirect is followed, and MSW does not always pass that on.
      return await mock.fetch(request, { redirect: "manual" })
    } catch (error) {
      // `fetch` reports a failed network with a TypeError; a caller that gave up receives no answer anyway.
      if (error instanceof TypeError || request.signal.aborted) return Response.error()
      throw error
    }
  }
