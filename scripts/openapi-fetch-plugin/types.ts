/**
 * The plugin's place in hey-api's type registry. It takes no options of its own: what it prints is given by the
 * contract and by `openapi-fetch`, so there is nothing to choose beyond hey-api's own hooks and entry-file option.
 *
 * @module
 */
import type { DefinePlugin, Plugin } from "@hey-api/openapi-ts"

type UserConfig = Plugin.Name<"openapi-fetch"> & Plugin.Hooks & Plugin.UserExports

export type OpenapiFetchPlugin = DefinePlugin<UserConfig>

declare module "@hey-api/shared" {
  interface PluginConfigMap {
    "openapi-fetch": OpenapiFetchPlugin["Types"]
  }
}
