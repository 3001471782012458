/**
 * The plugin's definition, as hey-api wants it. It always pulls in `@hey-api/typescript`, whose types it refers to,
 * and stays out of the entry file unless asked: `paths` is for whoever makes an `openapi-fetch` client.
 *
 * @module
 */
import { definePluginConfig } from "@hey-api/openapi-ts"
import { handler } from "./plugin.ts"
import type { OpenapiFetchPlugin } from "./types.ts"

const defaultConfig: OpenapiFetchPlugin["Config"] = {
  config: { includeInEntry: false },
  dependencies: ["@hey-api/typescript"],
  handler,
  name: "openapi-fetch",
  symbolMeta: () => ({ artifact: "types" })
}

export const openapiFetch = definePluginConfig(defaultConfig)
