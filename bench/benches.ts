/** The benchmarks by name, each loaded only when it is wanted. */
export const benches = {
  call: () => import("./benches/call.ts"),
  submit: () => import("./benches/submit.ts"),
  "wait-many": () => import("./benches/wait-many.ts"),
  "poll-efficiency": () => import("./benches/poll-efficiency.ts"),
  abort: () => import("./benches/abort.ts"),
  load: () => import("./benches/load.ts"),
  mock: () => import("./benches/mock.ts"),
  "virtual-time": () => import("./benches/virtual-time.ts"),
  generate: () => import("./benches/generate.ts")
}

export type Name = keyof typeof benches

export const names = Object.keys(benches)

export const isName = (name: string): name is Name => Object.hasOwn(benches, name)
