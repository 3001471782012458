import { defineConfig } from "vitest/config"

/** What `npm run check:page` tests: it needs a browser, which `npm test` does not. */
export default defineConfig({ test: { include: ["test/page/**/*.test.ts"], testTimeout: 60_000 } })
