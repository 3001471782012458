import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", "examples/**/*.test.ts"],
    exclude: ["test/package/**", "test/page/**"],
    // One more than the cores of a small machine: the command's tests mostly wait for its processes.
    maxWorkers: 3,
    // Files share a worker's modules, none of which keeps state between tests: loading Prism and Effect anew for each takes a quarter of the time.
    isolate: false,
    // No test measures time; this only ends one that hangs, on a machine however busy.
    testTimeout: 60_000
  }
})
