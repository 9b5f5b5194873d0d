import type { Oracle } from './oracle.ts';
import { beside, runScript } from './script.ts';

/** The command of RubyGems. */
export function openGem(): Oracle {
  return runScript({
    command: 'ruby',
    args: ['-Ku', '--encoding=UTF-8', beside('gem.rb')],
    probe: ['-e', 'puts Gem::VERSION'],
    tool: 'RubyGems',
    packages: 'ruby',
  });
}
