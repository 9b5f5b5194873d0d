import { nodeRefusal } from './kit/node-version.ts';

// Imported before all else, since the rest uses what an old Node does not have.
const refusal = nodeRefusal(process.versions.node);
if (refusal !== undefined) {
  process.stderr.write(`${refusal}\n`);
  process.exit(2);
}
