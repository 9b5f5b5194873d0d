import { Argument, type Command } from 'commander';
import type { VexOptions } from '../vex.ts';
import { addAssessmentOptions, addSuppressionOptions, type CommandDeps, targetHelp } from './options.ts';
import { addReportOptions } from './report-options.ts';

/** `clair vex`. */
export function addVex(program: Command, { run, loaded }: CommandDeps): void {
  const command = program
    .command('vex')
    .description('what an image is affected by and what not, for others to read')
    .addArgument(new Argument('<target>', targetHelp))
    .option('--author <name>', 'who says so: a person or an organisation', 'unknown author');
  const { vexFormats: formats } = loaded.extensions;
  const destinations = addReportOptions(command, { formats, what: 'the document' });
  addAssessmentOptions(addSuppressionOptions(command))
    .addHelpText(
      'after',
      `
What a rule ignores is not affected where the rule has a justification, and else affected: a risk that is accepted.
The time of the document is SOURCE_DATE_EPOCH, or the newest of when the image was made and when advisories were fetched.

Examples:
  clair vex nginx.tar --author "Example Ltd" --output nginx.openvex.json
  clair vex nginx.tar --ignore rules.yaml --format csaf`,
    )
    .action((target: string, options: VexOptions) =>
      run(
        import('../vex.ts').then(({ writeVex }) =>
          writeVex(target, { ...options, loaded, destinations: destinations() }),
        ),
      ),
    );
}
