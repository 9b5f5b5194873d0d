import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';

/** Returns the location of an error in a module, `3:43` for line and column; undefined if it is unknown. */
export function errorLocation(error: unknown, path: string): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { stack = '' } = error;
  if (!(error instanceof SyntaxError)) return locationInStack(stack, path);
  // For a syntax error in TypeScript, Node has the location in the stack; for JavaScript, only on standard error.
  return locationInExcerpt(stack) ?? locationInExcerpt(nodeSyntaxCheck(path));
}

/** Returns the location from an excerpt as Node prints it: file and line, the text of the line, and carets below it. */
function locationInExcerpt(text: string): string | undefined {
  const line = /^\S+:(\d+)$/m.exec(text)?.[1];
  const marks = /^( *)\^+ *$/m.exec(text)?.[1];
  return line === undefined || marks === undefined ? undefined : `${line}:${marks.length + 1}`;
}

/** Returns the location of the first stack frame in the module. The URL of the module has a query. */
function locationInStack(stack: string, path: string): string | undefined {
  const { href } = pathToFileURL(path);
  const frame = stack.split('\n').find((line) => line.includes(href));
  return frame && /:(\d+:\d+)\)?$/.exec(frame)?.[1];
}

function nodeSyntaxCheck(path: string): string {
  return spawnSync(process.execPath, ['--check', path], { encoding: 'utf8', timeout: 10_000 }).stderr;
}
