import { spawnSync } from 'node:child_process';

/** Runs a tool in a directory and returns its output. Throws with its messages if it fails. */
export function output(tool: string, args: readonly string[], cwd = '.'): Buffer {
  const { status, error, stdout, stderr } = spawnSync(tool, args, { cwd, maxBuffer: 1 << 28 });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${tool} ${args.join(' ')} ended with ${status}: ${stderr.toString()}`);
  return stdout;
}
