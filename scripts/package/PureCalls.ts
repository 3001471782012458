/**
 * Marks the calls that a module makes while it is loaded as free of side effects, with `/*#__PURE__*` + `/`, as Effect's own build does.
 *
 * A bundler may then leave out what a program does not use: without the mark it has to keep every schema, every service and every `Effect.fn`, for the call
 * that makes it might do something. A call whose result is not kept (a statement of its own) is not marked, because it is made for its effect.
 *
 * @module
 */
import { transformAsync } from "@babel/core"
import annotatePureCalls from "babel-plugin-annotate-pure-calls"

/** The step of the build that marks them. It leaves declarations and maps as they are. */
export const markPureCalls = {
  name: "mark-pure-calls",
  renderChunk: async (code: string, { fileName }: { readonly fileName: string }) => {
    if (!fileName.endsWith(".js")) return null
    const marked = await transformAsync(code, {
      plugins: [annotatePureCalls],
      configFile: false,
      babelrc: false,
      compact: false,
      sourceMaps: true,
      sourceType: "module",
      filename: fileName
    })
    if (marked?.code === null || marked?.code === undefined) throw new Error(`${fileName} could not be marked`)
    return { code: marked.code, map: JSON.stringify(marked.map) }
  }
}
