/**
 * A process of the cluster that runs jobs until it is told to stop. It is started by `Cluster.ts`, killed, stopped and woken up.
 *
 * @module
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as PgClient from "@effect/sql-pg/PgClient"
import { adaptivePoll, Runway } from "cometapi-runway"
import { Generate } from "cometapi-runway-durable"
import * as Cluster from "cometapi-runway-durable/cluster"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import { haste, type Task } from "./Setting.ts"

const { database, port, url, scale }: Task = JSON.parse(process.argv[2] ?? "{}")

const runway = Runway.layer({
  apiKey: Redacted.make("test-cluster"),
  baseUrl: url,
  attemptTimeout: "5 seconds",
  poll: {
    schedule: adaptivePoll({ minimum: Duration.millis(5000 / scale), maximum: Duration.millis(20_000 / scale) }),
    firstAfter: Duration.millis(5000 / scale)
  }
})

const live = Generate.layer({
  keep: ({ id }) => Effect.succeed({ place: `kept/${id}`, bytes: 1 })
}).pipe(
  Layer.provide(runway),
  Layer.provide(Cluster.runner({ host: "127.0.0.1", port, sharding: haste, ledger: { slack: "2 seconds" } })),
  Layer.provide(PgClient.layer({ url: Redacted.make(database), maxConnections: 6 })),
  Layer.provide(Logger.layer([]))
)

const say = (word: string) => Effect.sync(() => process.stdout.write(`${word}\n`))

/** Made last and so ended first: it says when the process has heard that it is to stop. */
const said = Layer.effectDiscard(
  Effect.andThen(
    Effect.addFinalizer(() => say("stopping")),
    say("up")
  )
)

NodeRuntime.runMain(Layer.launch(Layer.provide(said, live)))
