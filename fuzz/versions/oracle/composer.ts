import type { Oracle } from './oracle.ts';
import { beside, runScript } from './script.ts';

/** The library of Composer. */
export function openComposer(): Oracle {
  return runScript({
    command: 'php',
    args: [beside('composer.php')],
    probe: ['-r', 'require "Composer/Semver/autoload.php"; echo "on PHP ", PHP_VERSION;'],
    tool: 'composer/semver',
    packages: 'php-cli and php-composer-semver',
  });
}
