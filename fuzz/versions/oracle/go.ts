import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LineProcess } from './line-process.ts';
import type { Oracle } from './oracle.ts';
import { beside, prepare, temporaryFolder } from './script.ts';

const packages = 'golang-go';

/** golang.org/x/mod/semver, as vendored in the go command. */
export function openGo(): Oracle {
  return openWith([]);
}

/** The same for strict semantic versions, which refuses short forms. */
export function openSemver(): Oracle {
  return openWith(['full']);
}

function openWith(args: readonly string[]): Oracle {
  const folder = temporaryFolder();
  const root = prepare('go', ['env', 'GOROOT'], packages);
  cpSync(join(root, 'src/cmd/vendor/golang.org/x/mod/semver'), join(folder, 'semver'), { recursive: true });
  cpSync(beside('go.go'), join(folder, 'main.go'));
  writeFileSync(join(folder, 'go.mod'), 'module oracle\n');
  const program = join(folder, 'oracle');
  prepare('go', ['build', '-C', folder, '-o', program, '.'], packages);
  return new LineProcess(`golang.org/x/mod of ${prepare('go', ['version'], packages)}`, program, args);
}
