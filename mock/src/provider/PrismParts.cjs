/**
 * The parts of Prism that judge, each by itself. Prism's index takes twice as long to load, and has what is not used here: faker for made-up
 * answers, a proxy, readers of other formats. The files are no public interface of Prism's, so its version is pinned exactly.
 *
 * It is CommonJS, as Prism is: `import` finds Prism's default exports elsewhere under Node than under vitest. The build makes one file of it and
 * of the four hundred modules that it needs, because finding them takes a starting mock longer than running them.
 *
 * @module
 */
const { default: route } = require("@stoplight/prism-http/dist/router")
const { validateInput, validateOutput, validateSecurity } = require("@stoplight/prism-http/dist/validator")

module.exports = { route, validateInput, validateOutput, validateSecurity }
