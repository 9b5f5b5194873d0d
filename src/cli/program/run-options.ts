import { type Command, InvalidArgumentError, Option } from 'commander';
import { durationMs } from '../../core/duration.ts';
import { timerMsMax } from '../../core/limits.ts';
import type { TimeLimit } from '../deadline.ts';

/** The option that names an option file. Commands with it also read their options from the environment. */
export class OptionFileOption extends Option {}

/** Adds the options of every long-running command: output on standard error, time limit, and option file. */
export function addRunOptions(command: Command): Command {
  return command
    .option('-q, --quiet', 'write no progress and no notes to standard error; errors are still written')
    .option('-v, --verbose', 'write a line to standard error for each step')
    .addOption(
      new Option('--timeout <duration>', 'end with 4 if the command takes longer: 30s, 5m, 1h30m').argParser(
        timeLimitOf,
      ),
    )
    .addOption(
      new OptionFileOption(
        '--config <file>',
        'YAML file with options of this command; each can also be a variable, such as CLAIR_FORMAT',
      ),
    );
}

function timeLimitOf(text: string): TimeLimit {
  const ms = durationMs(text);
  if (ms === undefined || ms < 1) throw new InvalidArgumentError('Write a duration as 30s, 5m or 1h30m.');
  if (ms > timerMsMax) throw new InvalidArgumentError('It is longer than 24 days.');
  return { ms, text };
}
