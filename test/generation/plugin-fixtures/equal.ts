// Type-level equality, for the usage files: `check<Equal<A, B>>()` compiles only if A and B are the same type.

export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

export declare function check<_T extends true>(): void
