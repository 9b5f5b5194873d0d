import { Argument, type Command, Option } from 'commander';
import { severities } from '../../model/severity.ts';
import type { LayerOptions } from '../layer.ts';
import { type SbomOptions, sbom } from '../sbom.ts';
import { type ScanOptions, scan } from '../scan.ts';
import { formatOption } from './format-option.ts';
import { addDatabaseOptions, addImageOptions, type CommandParts, severityOf, targetHelp } from './options.ts';

/** The commands that read an image. */
export function addImageCommands(program: Command, parts: CommandParts): void {
  addScan(program, parts);
  addSbom(program, parts);
  addLayer(program, parts);
}

function addScan(program: Command, { run, plugged }: CommandParts): void {
  const command = program
    .command('scan')
    .description('what is vulnerable in an image')
    .addArgument(new Argument('<target>', targetHelp))
    .addOption(formatOption(plugged.extensions.formats, true))
    .option('--output <file>', 'write the report to a file')
    .addOption(
      new Option(
        '--fail-on <severity>',
        `end with 1 at a finding this severe or worse: ${severities.join(', ').toLowerCase()}`,
      ).argParser(severityOf),
    )
    .option('--only-fixed', 'report only what has a fix');
  addImageOptions(addDatabaseOptions(command))
    .addHelpText(
      'after',
      `
Advisories are fetched on demand, only for the distribution found in the image, and kept for later runs.

Examples:
  clair scan nginx.tar
  clair scan nginx.tar --format json --output report.json
  clair scan nginx.tar --format sarif --output clair.sarif     for GitHub's code scanning and editors
  clair scan nginx.tar --format html --output report.html      one page for people
  clair scan nginx.tar --format template=summary.md            as a template of yours has it
  clair scan dir:/mnt/rootfs --only-fixed --fail-on medium
  clair scan nginx.tar --mirror /srv/advisories`,
    )
    .action((target: string, options: ScanOptions) => run(scan(target, { ...options, plugged })));
}

function addSbom(program: Command, { run, plugged }: CommandParts): void {
  const command = program
    .command('sbom')
    .description('what an image is made of')
    .addArgument(new Argument('<target>', targetHelp))
    .addOption(formatOption(plugged.extensions.sbomFormats))
    .option('--output <file>', 'write the list to a file')
    .option('--db <file>', 'the database that remembers layers');
  addImageOptions(command)
    .addHelpText(
      'after',
      '\nExamples:\n  clair sbom nginx.tar --format json\n  clair sbom nginx.tar --format cyclonedx --output nginx.cdx.json',
    )
    .action((target: string, options: SbomOptions) => run(sbom(target, { ...options, plugged })));
}

function addLayer(program: Command, { run, plugged }: CommandParts): void {
  program
    .command('layer')
    .description('the files the detectors looked at, layer by layer')
    .addArgument(new Argument('<target>', targetHelp))
    .option('--dump <dir>', 'write those files below a directory, one folder a layer')
    .option('--platform <os/arch>', 'which image of several')
    .addHelpText('after', '\nExample:\n  clair layer nginx.tar --dump ./files')
    .action((target: string, options: LayerOptions) =>
      run(import('../layer.ts').then(({ showLayers }) => showLayers(target, { ...options, plugged }))),
    );
}
