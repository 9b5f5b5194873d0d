import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Answer, type Oracle, OracleMissing, type Pair } from './oracle.ts';
import { prepare } from './script.ts';

interface NodeSemver {
  readonly valid: (version: string, options: { readonly loose: true }) => string | null;
  readonly compare: (a: string, b: string, options: { readonly loose: true }) => number;
}

/** node-semver as bundled with npm, in the loose mode that npm uses for installed packages. */
export function openNpm(): Oracle {
  const npm = join(prepare('npm', ['root', '--global'], 'nodejs and npm'), 'npm/');
  const require = createRequire(npm);
  const load = (name: string): unknown => {
    try {
      return require(name);
    } catch (error) {
      throw new OracleMissing(`npm in ${npm} does not contain node-semver`, { cause: error });
    }
  };
  const semver = load('semver') as NodeSemver;
  const { version } = load('semver/package.json') as { readonly version: string };
  return {
    name: `node-semver ${version}`,
    compare: (pairs) => Promise.resolve(pairs.map((pair) => answer(semver, pair))),
    stop: () => Promise.resolve(),
  };
}

function answer({ valid, compare }: NodeSemver, [a, b]: Pair): Answer {
  const options = { loose: true } as const;
  if (valid(a, options) === null || valid(b, options) === null) return '!';
  return '<=>'[compare(a, b, options) + 1] ?? '!';
}
