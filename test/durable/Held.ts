/**
 * A door before the mock that holds the answers to submissions back until it is told to let them go.
 *
 * @module
 */
import { once } from "node:events"
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import * as Effect from "effect/Effect"

interface Held {
  readonly url: string
  /** How many submissions have come so far. */
  readonly posts: () => number
  /** Lets all answers go, also those of later submissions. */
  readonly release: () => void
}

const start = async (mock: string) => {
  let posts = 0
  const gate = Promise.withResolvers<void>()
  const pass = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const isPost = incoming.method === "POST"
    if (isPost) posts += 1
    const { method, headers } = incoming
    const onward = request(new URL(incoming.url ?? "/", mock), { method, headers }, (answer) => {
      const letGo = () => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(outgoing)
      }
      if (isPost) void gate.promise.then(letGo)
      else letGo()
    })
    onward.on("error", () => outgoing.destroy())
    incoming.pipe(onward)
  }
  const server = createServer(pass).listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  const held: Held = { url: `http://127.0.0.1:${port}`, posts: () => posts, release: gate.resolve }
  return { server, held }
}

/** A door before the mock of this URL, which goes with the scope. */
export const before = (mock: string) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(() => start(mock)),
      ({ server }) =>
        Effect.promise(async () => {
          server.closeAllConnections()
          server.close()
          await once(server, "close")
        })
    ),
    ({ held }) => held
  )
