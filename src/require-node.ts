// Must be the first import: other modules use features that older Node versions lack.
const unsupportedNode = unsupportedNodeReason(process.versions.node);
if (unsupportedNode !== undefined) {
  process.stderr.write(`${unsupportedNode}\n`);
  process.exit(2);
}

/** Returns why this program does not run on a version of Node. Undefined if it does. Uses only syntax that old versions support. */
export function unsupportedNodeReason(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 22)) return undefined;
  const needed = major < 23 ? 'Node 22.22 or later' : 'Node 22.22 or later of 22, or Node 24.5 or later';
  return `clair needs ${needed}; this is v${version}`;
}
