import { defineConfig } from "vitest/config"

/** What `npm run check:package` tests beside: it builds both packages first, so it is no part of `npm test`. */
export default defineConfig({ test: { include: ["test/package/**/*.test.ts"], testTimeout: 60_000 } })
