/**
 * The archive's own entry, `cometapi-runway/archive`: where finished videos can be kept, and what is said of them.
 *
 * It stands apart from the client's entry so that nobody who keeps no videos loads it. It holds no code of its own.
 *
 * @module
 */
export {
  type Archive,
  type ArchiveProblem,
  type Finished,
  find,
  type Kept,
  type KeptFile,
  type KeptTask,
  keep
} from "./archive/Archive.ts"
export { folder, type Loading } from "./archive/Folder.ts"
export { type ObjectStore, type ObjectToPut, objects } from "./archive/Objects.ts"
export type { Sidecar } from "./archive/Sidecar.ts"
