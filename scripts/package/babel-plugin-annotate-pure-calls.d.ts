declare module "babel-plugin-annotate-pure-calls" {
  import type { PluginTarget } from "@babel/core"

  const annotatePureCalls: PluginTarget
  export default annotatePureCalls
}
