/**
 * A hey-api plugin that prints the `paths` type of `openapi-fetch` out of the types hey-api already generates.
 *
 *   plugins: ["@hey-api/typescript", openapiFetch()]
 *
 * @module
 */
export { openapiFetch } from "./config.ts"
