/**
 * The mock as a resolver of MSW, which takes the place of the network for a whole process or page.
 *
 * It needs nothing of MSW, and knows only how MSW hands a request over and how it wants to be told that the network failed. Which
 * addresses are the mock's is said where the handler is made.
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
      // Whether a redirect is followed is for the client to say, and MSW does not always know.
      return await mock.fetch(request, { redirect: "manual" })
    } catch (error) {
      // `fetch` speaks of the network with a TypeError; and who gave up hears nothing any more, whatever is said.
      if (error instanceof TypeError || request.signal.aborted) return Response.error()
      throw error
    }
  }
