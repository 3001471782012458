/**
 * The engine for many processes on many machines: Effect's cluster over sockets, its state and the ledger in one database.
 *
 * The database is whatever `SqlClient` is provided, PostgreSQL for example. Each process owns a part of the jobs; when one dies, the others
 * take its part over. When one is told to stop it lets requests that have left finish, and hands its part over.
 *
 * @module
 */
import * as NodeClusterSocket from "@effect/platform-node/NodeClusterSocket"
import { type Ledger, type LedgerFailed, LedgerSql } from "cometapi-runway/ledger"
import type { ConfigError } from "effect/Config"
import * as ClusterWorkflowEngine from "effect/cluster/ClusterWorkflowEngine"
import * as RunnerAddress from "effect/cluster/RunnerAddress"
import type { Sharding } from "effect/cluster/Sharding"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { SocketServerError } from "effect/socket/SocketServer"
import type { SqlClient } from "effect/sql/SqlClient"
import type { WorkflowEngine } from "effect/workflow/WorkflowEngine"
import { type EngineOptions, sharding } from "./Engine.ts"

export interface RunnerOptions extends EngineOptions {
  /** Under which address the other processes reach this one. It must be free here, and different for each process. */
  readonly host: string
  readonly port: number
}

/** A process of the cluster that runs jobs. */
export const runner = ({
  host,
  port,
  sharding: own,
  ledger
}: RunnerOptions): Layer.Layer<
  WorkflowEngine | Sharding | Ledger,
  LedgerFailed | ConfigError | SocketServerError,
  SqlClient
> =>
  Layer.mergeAll(
    ClusterWorkflowEngine.layer.pipe(
      Layer.provideMerge(
        NodeClusterSocket.layer({
          storage: "sql",
          shardingConfig: { ...sharding, ...own, runnerAddress: Option.some(RunnerAddress.make(host, port)) }
        })
      )
    ),
    LedgerSql.layer(ledger)
  )

/** A process that starts jobs and asks after them, and runs none. */
export const client = ({
  sharding: own,
  ledger
}: EngineOptions = {}): Layer.Layer<WorkflowEngine | Ledger, LedgerFailed | ConfigError, SqlClient> =>
  Layer.mergeAll(
    ClusterWorkflowEngine.layer.pipe(
      Layer.provide(
        NodeClusterSocket.layer({
          storage: "sql",
          clientOnly: true,
          shardingConfig: { ...sharding, ...own, runnerAddress: Option.none() }
        })
      )
    ),
    LedgerSql.layer(ledger)
  )
