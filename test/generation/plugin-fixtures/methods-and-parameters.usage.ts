// What a caller may and may not write against `methods-and-parameters.yaml`. Compiled by the test, never run.

import type { Client } from "openapi-fetch"
import type { paths } from "./__snapshots__/methods-and-parameters/paths.gen.ts"
import type { Animal, AnimalWritable } from "./__snapshots__/methods-and-parameters/types.gen.ts"
import { check, type Equal } from "./equal.ts"

type Animals = paths["/zoos/{zoo-id}/animals"]

export async function usage(client: Client<paths>) {
  const zoo = { "zoo-id": "artis" }

  // Parameters of the path are those of each method; what is optional may be left out.
  const listed = await client.GET("/zoos/{zoo-id}/animals", { params: { path: zoo } })
  check<Equal<typeof listed.data, Array<Animal> | undefined>>()
  check<Equal<typeof listed.error, undefined>>()
  await client.GET("/zoos/{zoo-id}/animals", {
    params: { path: zoo, query: { limit: 1, species: ["owl"] }, header: { "X-Trace": "t" } }
  })
  // @ts-expect-error a path parameter is required
  await client.GET("/zoos/{zoo-id}/animals")
  // @ts-expect-error a path parameter is required
  await client.GET("/zoos/{zoo-id}/animals", { params: { query: { limit: 1 } } })
  // @ts-expect-error an undeclared path parameter
  await client.GET("/zoos/{zoo-id}/animals", { params: { path: { zooId: "artis" } } })
  // @ts-expect-error a number is wanted
  await client.GET("/zoos/{zoo-id}/animals", { params: { path: zoo, query: { limit: "1" } } })
  // @ts-expect-error an optional group is left out, not undefined
  await client.GET("/zoos/{zoo-id}/animals", { params: { path: zoo, query: undefined } })

  // A required header; a body without what only the server writes.
  const added = await client.POST("/zoos/{zoo-id}/animals", {
    params: { path: zoo, header: { "Idempotency-Key": "k" } },
    body: { name: "Otus" }
  })
  check<Equal<typeof added.data, Animal | undefined>>()
  // @ts-expect-error a header is required
  await client.POST("/zoos/{zoo-id}/animals", { params: { path: zoo }, body: { name: "Otus" } })
  // @ts-expect-error a body is required
  await client.POST("/zoos/{zoo-id}/animals", { params: { path: zoo, header: { "Idempotency-Key": "k" } } })
  check<Equal<Animals["post"]["requestBody"]["content"]["application/json"], AnimalWritable>>()

  // A required and an optional query parameter; an optional cookie.
  await client.GET("/animals", { params: { query: { q: "owl" } } })
  await client.GET("/animals", { params: { query: { q: "owl", page: 2 }, cookie: { session: "s" } } })
  // @ts-expect-error a query parameter is required
  await client.GET("/animals")
  // @ts-expect-error a query parameter is required
  await client.GET("/animals", { params: { query: { page: 2 } } })
  // @ts-expect-error no header is declared
  await client.GET("/animals", { params: { query: { q: "owl" }, header: { "X-Trace": "t" } } })

  // The rarer methods, without parameters; and one that the path lacks.
  await client.HEAD("/animals")
  await client.TRACE("/animals")
  const options = await client.OPTIONS("/animals")
  check<Equal<typeof options.data, undefined>>()
  // @ts-expect-error the path has no such method
  await client.PUT("/animals")
  // @ts-expect-error there is no such path
  await client.GET("/plants")

  // An odd path, a number in the path, a required cookie.
  const odd = '/~odd/path\'s-"name".json/{a_b}'
  await client.DELETE(odd, { params: { path: { a_b: 1 }, cookie: { session: "s" } } })
  // @ts-expect-error a cookie is required
  await client.DELETE(odd, { params: { path: { a_b: 1 } } })

  // A path item, a body and a response that are references.
  const shared = await client.GET("/shared")
  check<Equal<typeof shared.data, Animal | undefined>>()
  await client.PATCH("/shared")
  await client.PATCH("/shared", { body: { name: "Otus" } })
  // @ts-expect-error the name is missing
  await client.PATCH("/shared", { body: {} })
}
