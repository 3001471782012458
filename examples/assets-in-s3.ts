/** Local files for CometAPI, through a bucket of S3: `presign` signs an address, by the library that you have already. */
import { openAsBlob } from "node:fs"
import { AssetStore } from "cometapi-runway/asset-store"
import { Effect } from "effect"

type Presign = (method: "GET" | "PUT", name: string) => Promise<string>

export const assetsInS3 = (presign: Presign) =>
  AssetStore.layer(({ path, name, contentType, sha256 }) =>
    Effect.tryPromise(async () => {
      const checksum = Buffer.from(sha256, "hex").toString("base64")
      const answer = await fetch(await presign("PUT", name), {
        method: "PUT",
        body: await openAsBlob(path, { type: contentType }),
        headers: { "x-amz-checksum-sha256": checksum }
      })
      if (!answer.ok) throw new Error(`PUT ${name} was answered with ${answer.status}`)
      // It must be good for as long as the provider may need to begin the job: some hours.
      return await presign("GET", name)
    })
  )
