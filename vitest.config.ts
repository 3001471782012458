import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", "examples/**/*.test.ts"],
    // Two cores: more workers than that only make each other late.
    maxWorkers: 2,
    // No test measures time; this only ends one that hangs, on a machine however busy.
    testTimeout: 60_000
  }
})
