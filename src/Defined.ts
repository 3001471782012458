/**
 * A record without its undefined fields: what `exactOptionalPropertyTypes` asks of every optional field that may be absent. It looks at the
 * fields of the record itself, not into them.
 *
 * @module
 */

/** `A` with every field that may be undefined made optional instead. */
export type Defined<A> = {
  readonly [K in keyof A as undefined extends A[K] ? never : K]: A[K]
} & {
  readonly [K in keyof A as undefined extends A[K] ? K : never]?: Exclude<A[K], undefined>
}

export const defined = <A extends object>(record: A): Defined<A> =>
  // The entries that stay are exactly the fields of `Defined<A>`, which the type of `Object.fromEntries` cannot say.
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Defined<A>
