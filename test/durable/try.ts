import { startPostgres } from "../support/Postgres.ts"
import { run } from "./Cluster.ts"

const [jobs = 60, kills = 0, freezes = 0, seed = 1, runs = 1] = process.argv.slice(2).map(Number)
const pg = await startPostgres({ settings: { max_connections: 200 } })
try {
  for (let i = 0; i < runs; i++) console.log(JSON.stringify(await run(pg, { jobs, kills, freezes, seed: seed + i })))
} finally {
  await pg.stop()
}
