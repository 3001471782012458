/**
 * The ledger's own entry, `cometapi-runway/ledger`: the service, where it can be kept, and what its answers are.
 *
 * It stands apart from the client's entry so that nobody who needs no ledger loads a store. It holds no code of its own.
 *
 * @module
 */
export * as AssetIdentity from "./ledger/AssetIdentity.ts"
export type { Budget, Report } from "./ledger/Budget.ts"
export type { Entry, Outcome, State, Verdict } from "./ledger/Entry.ts"
export { canonicalJson } from "./ledger/Intent.ts"
export { type ClaimRequest, Ledger, type LedgerOptions, layerMemory, type Sweep } from "./ledger/Ledger.ts"
export {
  AssetUnidentified,
  BudgetExceeded,
  IntentConflict,
  IntentUnresolved,
  LedgerFailed
} from "./ledger/LedgerError.ts"
export * as LedgerFile from "./ledger/LedgerFile.ts"
export * as LedgerSql from "./ledger/LedgerSql.ts"
export type { Claim, Claimed, End, Forgotten, Resolved } from "./ledger/Rules.ts"
export * as Sqlite from "./ledger/Sqlite.ts"
export type { Filter } from "./ledger/Store.ts"
