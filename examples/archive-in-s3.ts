/** Finished videos in a bucket of S3, or of a store that speaks like it: `presign` signs an address, by the library that you have already. */
import { openAsBlob } from "node:fs"
import type { ObjectStore } from "cometapi-runway/archive"
import { Effect } from "effect"

type Presign = (method: "GET" | "HEAD" | "PUT", name: string) => Promise<string>

const base64 = (hex: string) => Buffer.from(hex, "hex").toString("base64")

export const s3 = (bucket: string, presign: Presign): ObjectStore => {
  const ask = async (method: "GET" | "HEAD" | "PUT", name: string, init: RequestInit = {}) => {
    const answer = await fetch(await presign(method, name), { ...init, method })
    if (answer.ok || (answer.status === 404 && method !== "PUT")) return answer
    throw new Error(`${method} ${name} was answered with ${answer.status}`)
  }
  return {
    put: ({ name, path, sha256, contentType }) =>
      Effect.tryPromise(async () =>
        ask("PUT", name, {
          body: await openAsBlob(path, { type: contentType }),
          // The store compares it with what it has received, and keeps it.
          headers: { "x-amz-checksum-sha256": base64(sha256) }
        })
      ),
    stat: (name) =>
      Effect.tryPromise(async () => {
        const { status, headers } = await ask("HEAD", name, { headers: { "x-amz-checksum-mode": "ENABLED" } })
        if (status === 404) return undefined
        const checksum = headers.get("x-amz-checksum-sha256")
        const sha256 = checksum === null ? undefined : Buffer.from(checksum, "base64").toString("hex")
        return { bytes: Number(headers.get("content-length")), sha256 }
      }),
    read: (name) =>
      Effect.tryPromise(async () => {
        const answer = await ask("GET", name)
        return answer.status === 404 ? undefined : await answer.text()
      }),
    url: (name) => `${bucket}/${name}`
  }
}
