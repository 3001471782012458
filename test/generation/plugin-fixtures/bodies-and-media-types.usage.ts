// What a caller may and may not write against `bodies-and-media-types.yaml`. Compiled by the test, never run.

import type { Client } from "openapi-fetch"
import type { paths } from "./__snapshots__/bodies-and-media-types/paths.gen.ts"
import type { Report, ReportForm, ReportWritable } from "./__snapshots__/bodies-and-media-types/types.gen.ts"
import { check, type Equal } from "./equal.ts"

type Reports = paths["/reports"]
type Content = Reports["post"]["requestBody"]["content"]
type Found = Reports["post"]["responses"][200]["content"]

// Each media type is a key of its own, in requests and in responses, with its own type.
check<Equal<Content["application/json"], ReportWritable>>()
check<Equal<Content["application/vnd.report+json"], ReportWritable>>()
check<Equal<Content["application/x-www-form-urlencoded"], ReportForm>>()
check<Equal<Content["application/octet-stream"], Blob | File>>()
check<Equal<Content["text/plain"], string>>()
check<Equal<keyof Found, "text/csv" | "application/json" | "application/vnd.report+json">>()
check<Equal<Found["text/csv"], string>>()
check<Equal<Found["application/vnd.report+json"], Report>>()

export async function usage(client: Client<paths>, json: Client<paths, "application/json">) {
  // An optional body.
  await client.PUT("/reports")
  await client.PUT("/reports", { body: { title: "Owls" } })
  // @ts-expect-error the title is missing
  await client.PUT("/reports", { body: {} })
  check<Equal<NonNullable<Reports["put"]["requestBody"]>["content"]["application/json"], ReportWritable>>()

  // An optional body that may also be null.
  await client.PATCH("/reports")
  await client.PATCH("/reports", { body: null })

  // No body at all, and none in the answer.
  const gone = await client.DELETE("/reports")
  check<Equal<typeof gone.data, undefined>>()
  // @ts-expect-error no body is declared
  await client.DELETE("/reports", { body: { title: "Owls" } })

  // Any of the declared bodies; any of the declared answers, or those of one media type.
  const posted = await client.POST("/reports", { body: { title: "Owls" } })
  check<Equal<typeof posted.data, Report | { job: string } | string | undefined>>()
  await client.POST("/reports", { body: "Owls" })
  await client.POST("/reports", { body: { reportTitle: "Owls" } })
  const postedJson = await json.POST("/reports", { body: { title: "Owls" } })
  check<Equal<typeof postedJson.data, Report | { job: string } | undefined>>()
  // @ts-expect-error a body is required
  await client.POST("/reports")
  // @ts-expect-error no declared body is a number
  await client.POST("/reports", { body: 1 })
}
