import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import type { UpgradeOptions } from '../upgrade.ts';
import { plainFormatOption } from './format-option.ts';
import {
  addAssessmentOptions,
  addFilterOptions,
  baseOption,
  type CommandDeps,
  targetHelp,
} from './options.ts';

/** Adds the command `clair upgrade`. */
export function addUpgrade(program: Command, { run, loaded }: CommandDeps): void {
  const command = program
    .command('upgrade')
    .description('list what to upgrade first in an image, and what is left then')
    .addArgument(new Argument('<target>', targetHelp))
    .addOption(plainFormatOption(['markdown', 'dockerfile']))
    .addOption(
      new Option('--limit <number>', 'maximum number of upgrades; all by default').argParser(limitOf),
    );
  command.addOption(baseOption());
  addAssessmentOptions(addFilterOptions(command))
    .addHelpText(
      'after',
      `
Each upgrade is the one that removes the most risk after those before it. The risk of a finding is the probability that it is exploited,
times the weight of its severity.

Examples:
  clair upgrade nginx.tar
  clair upgrade nginx.tar --limit 5 --format markdown          for a ticket
  clair upgrade nginx.tar --format dockerfile >> Dockerfile    instructions that upgrade the packages
  clair upgrade nginx.tar --ignore rules.yaml --format json`,
    )
    .action(async (target: string, options: UpgradeOptions) => {
      const { upgrade } = await import('../upgrade.ts');
      run(upgrade, target, { ...options, loaded });
    });
}

function limitOf(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Write a number from 1 to 999999.');
}
