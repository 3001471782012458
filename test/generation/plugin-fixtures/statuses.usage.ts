// What a caller gets back from `statuses.yaml`. Compiled by the test, never run.

import type { Client } from "openapi-fetch"
import type { paths } from "./__snapshots__/statuses/paths.gen.ts"
import type { Fault, Job, Problem, Progress } from "./__snapshots__/statuses/types.gen.ts"
import { check, type Equal } from "./equal.ts"

type Responses = paths["/jobs/{id}"]["get"]["responses"]

// Every declared status is there: numbers as numbers, ranges and the default by name.
check<Equal<keyof Responses, 200 | 202 | 303 | 304 | 404 | "5XX" | "default">>()
check<Equal<Responses[303]["content"]["application/json"], Progress>>()
check<Equal<Responses[304]["content"], undefined>>()
check<Equal<Responses["default"]["content"], { "application/problem+json": Problem }>>()

export async function usage(client: Client<paths>) {
  const params = { path: { id: "1" } }

  const got = await client.GET("/jobs/{id}", { params })
  check<Equal<typeof got.data, Job | Progress | undefined>>()
  check<Equal<typeof got.error, { missing: string } | Fault | Problem | undefined>>()
  if (got.error === undefined) check<Equal<typeof got.data, Job | Progress>>()

  const deleted = await client.DELETE("/jobs/{id}", { params })
  check<Equal<typeof deleted.data, undefined>>()
  check<Equal<typeof deleted.error, Problem | undefined>>()

  // `default` is an error to openapi-fetch, whatever hey-api takes it for.
  const posted = await client.POST("/jobs")
  check<Equal<typeof posted.data, undefined>>()
  check<Equal<typeof posted.error, Job | undefined>>()
  const listed = await client.GET("/jobs")
  check<Equal<typeof listed.data, Array<Job> | undefined>>()
  check<Equal<typeof listed.error, Progress | undefined>>()
}
