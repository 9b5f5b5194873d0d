import { Argument, type Command } from 'commander';
import type { VexOptions } from '../vex.ts';
import { addAssessmentOptions, addSuppressionOptions, type CommandDeps, targetHelp } from './options.ts';
import { addReportOptions } from './report-options.ts';

/** Adds the command `clair vex`. */
export function addVex(program: Command, { run, loaded }: CommandDeps): void {
  const command = program
    .command('vex')
    .description('write a VEX document: which vulnerabilities affect an image and which do not')
    .addArgument(new Argument('<target>', targetHelp))
    .option('--author <name>', 'author of the document: a person or an organisation', 'unknown author');
  const { vexFormats: formats } = loaded.extensions;
  const destinations = addReportOptions(command, { formats, what: 'the document' });
  addAssessmentOptions(addSuppressionOptions(command))
    .addHelpText(
      'after',
      `
A finding that a rule ignores is not affected if the rule has a justification; otherwise it is affected, as an accepted risk.
The time of the document is SOURCE_DATE_EPOCH, or the later of the creation of the image and the fetch of its advisories.

Examples:
  clair vex nginx.tar --author "Example Ltd" --output nginx.openvex.json
  clair vex nginx.tar --ignore rules.yaml --format csaf`,
    )
    .action(async (target: string, options: VexOptions) => {
      const { writeVex } = await import('../vex.ts');
      run(writeVex, target, { ...options, loaded, destinations: destinations() });
    });
}
