import { unsupportedNodeReason } from './kit/node-version.ts';

// Imported before all else, since the rest uses what an old Node does not have.
const unsupportedNode = unsupportedNodeReason(process.versions.node);
if (unsupportedNode !== undefined) {
  process.stderr.write(`${unsupportedNode}\n`);
  process.exit(2);
}
