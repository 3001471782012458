/**
 * The entry `cometapi-runway/asset-store`: local files as assets. It stands apart because it needs a disk, and holds no code of its own.
 *
 * @module
 */
export { AssetStore, type LocalAsset, type Publish, withPublicAssets } from "./assets/AssetStore.ts"
