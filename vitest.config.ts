import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", "examples/**/*.test.ts"],
    // Two cores: more workers than that only make each other late.
    maxWorkers: 2,
    testTimeout: 30_000
  }
})
