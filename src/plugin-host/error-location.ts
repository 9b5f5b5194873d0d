import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';

/** Where in a module an error is, `3:43` for line and column; undefined where nothing says so. */
export function errorLocation(error: unknown, path: string): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { stack = '' } = error;
  if (!(error instanceof SyntaxError)) return locationInStack(stack, path);
  // Node says the place of an error in TypeScript in the stack, and of one in JavaScript on standard error alone.
  return locationInExcerpt(stack) ?? locationInExcerpt(nodeSyntaxCheck(path));
}

/** The place in an excerpt as Node shows it: the file with the line, the text of the line, and signs below it. */
function locationInExcerpt(text: string): string | undefined {
  const line = /^\S+:(\d+)$/m.exec(text)?.[1];
  const marks = /^( *)\^+ *$/m.exec(text)?.[1];
  return line === undefined || marks === undefined ? undefined : `${line}:${marks.length + 1}`;
}

/** The place of the first call in the stack that is in the module, which was imported with a query. */
function locationInStack(stack: string, path: string): string | undefined {
  const { href } = pathToFileURL(path);
  const frame = stack.split('\n').find((line) => line.includes(href));
  return frame && /:(\d+:\d+)\)?$/.exec(frame)?.[1];
}

function nodeSyntaxCheck(path: string): string {
  return spawnSync(process.execPath, ['--check', path], { encoding: 'utf8', timeout: 10_000 }).stderr;
}
