import { type Command, InvalidArgumentError, Option } from 'commander';
import { durationMs } from '../../core/duration.ts';
import { timerMsMax } from '../../core/limits.ts';
import type { TimeLimit } from '../deadline.ts';

/** The option that names a file of options. Commands that have it also take their options from the environment. */
export class OptionFileOption extends Option {}

/** The options of every command that may take long: what it says on standard error, its time, and where else options are. */
export function addRunOptions(command: Command): Command {
  return command
    .option('-q, --quiet', 'no progress and no notes on standard error; errors stay')
    .option('-v, --verbose', 'a line on standard error for each step')
    .addOption(
      new Option('--timeout <duration>', 'end with 4 when it takes longer: 30s, 5m, 1h30m').argParser(
        timeLimitOf,
      ),
    )
    .addOption(
      new OptionFileOption(
        '--config <file>',
        'options of this command in YAML; each may also be a variable, as CLAIR_FORMAT',
      ),
    );
}

function timeLimitOf(text: string): TimeLimit {
  const ms = durationMs(text);
  if (ms === undefined || ms < 1) throw new InvalidArgumentError('Write a duration as 30s, 5m or 1h30m.');
  if (ms > timerMsMax) throw new InvalidArgumentError('It is longer than 24 days.');
  return { ms, text };
}
