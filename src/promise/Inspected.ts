/**
 * What `console.log` and `util.inspect` show of an object of ours: its name and chosen fields, on Node, Bun and Deno.
 *
 * It chooses no fields itself.
 *
 * @module
 */

/** The name of the method by which those platforms ask. */
export const inspected: unique symbol = Symbol.for("nodejs.util.inspect.custom")

type Inspect = (value: unknown, options: unknown) => string

/** A method for that name. */
export const showing =
  (name: string, fields: () => object) =>
  (_depth?: unknown, options?: unknown, inspect?: Inspect): string =>
    `${name} ${inspect === undefined ? JSON.stringify(fields()) : inspect(fields(), options)}`
