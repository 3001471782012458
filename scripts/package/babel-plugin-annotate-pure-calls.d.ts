/**
 * The types of Babel's plugin for pure marks, which has none of its own. It holds nothing else.
 *
 * @module
 */
declare module "babel-plugin-annotate-pure-calls" {
  import type { PluginTarget } from "@babel/core"

  const annotatePureCalls: PluginTarget
  export default annotatePureCalls
}
