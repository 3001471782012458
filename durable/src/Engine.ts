/**
 * The embedded engine: Effect's workflow engine and the ledger in one file of this machine, for one process, with nothing to install.
 *
 * The engine for many processes is `cometapi-runway-durable/cluster`; it needs a database server.
 *
 * @module
 */
import { type Ledger, type LedgerFailed, type LedgerOptions, LedgerSql, Sqlite } from "cometapi-runway/ledger"
import type { ConfigError } from "effect/Config"
import * as ClusterWorkflowEngine from "effect/cluster/ClusterWorkflowEngine"
import type { Sharding } from "effect/cluster/Sharding"
import type * as ShardingConfig from "effect/cluster/ShardingConfig"
import * as SingleRunner from "effect/cluster/SingleRunner"
import * as Digest from "effect/crypto/Digest"
import * as Layer from "effect/Layer"
import type { SqlClient } from "effect/sql/SqlClient"
import type { WorkflowEngine } from "effect/workflow/WorkflowEngine"

/**
 * Settings of Effect's cluster, for those who know them. A process that is told to stop always stops taking jobs at once, so that is no
 * setting.
 */
export type ShardingOptions = Partial<Omit<ShardingConfig.ShardingConfig["Service"], "preemptiveShutdown">>

/** What every engine here starts from; the rest are Effect's own defaults. */
export const sharding: Partial<ShardingConfig.ShardingConfig["Service"]> = {
  // It is said here so that a variable of the environment cannot say otherwise: the handover begins when the cluster knows of the end.
  preemptiveShutdown: true,
  // A job that was written down is noticed within this time.
  entityMessagePollInterval: "1 second",
  // A request that has left is let finish for 30 seconds when its process is told to stop; the engine must wait for longer than that.
  entityTerminationTimeout: "45 seconds"
}

/** What can be said of any engine. */
export interface EngineOptions {
  readonly sharding?: ShardingOptions | undefined
  readonly ledger?: LedgerOptions | undefined
}

export interface EmbeddedOptions extends EngineOptions {
  /** Where jobs and ledger are kept. It is created if it does not exist; its folder has to exist. */
  readonly file: string
}

/**
 * An engine for one process. After a crash, the next process that opens the file goes on with its jobs.
 *
 * It is for one process at a time. Two on one file pay for nothing twice, but disturb each other: they may end with a defect, or wait long.
 */
export const embedded = ({
  file,
  sharding: own,
  ledger
}: EmbeddedOptions): Layer.Layer<WorkflowEngine | Sharding | Ledger | SqlClient, LedgerFailed | ConfigError> =>
  Layer.mergeAll(
    ClusterWorkflowEngine.layer.pipe(
      Layer.provideMerge(SingleRunner.layer({ runnerStorage: "memory", shardingConfig: { ...sharding, ...own } })),
      Layer.provide(Digest.layerWebCrypto)
    ),
    LedgerSql.layer(ledger)
  ).pipe(Layer.provideMerge(Sqlite.layer({ file })))
