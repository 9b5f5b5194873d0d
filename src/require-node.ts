import { unsupportedNodeReason } from './kit/node-version.ts';

// Must be the first import: other modules use features that older Node versions lack.
const unsupportedNode = unsupportedNodeReason(process.versions.node);
if (unsupportedNode !== undefined) {
  process.stderr.write(`${unsupportedNode}\n`);
  process.exit(2);
}
