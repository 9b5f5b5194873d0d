import { Argument, type Command, Option } from 'commander';
import type { AttachedOptions } from '../attached-sbom.ts';
import type { CompareOptions } from '../compare.ts';
import type { DiffOptions } from '../diff.ts';
import type { ExplainOptions } from '../explain.ts';
import type { LayerOptions } from '../layer.ts';
import type { SbomOptions } from '../sbom.ts';
import { CliOption } from './cli-option.ts';
import { plainFormatOption } from './format-option.ts';
import {
  addAssessmentOptions,
  addFilterOptions,
  addImageOptions,
  type CommandDeps,
  platformOption,
  targetHelp,
} from './options.ts';
import { addReportOptions } from './report-options.ts';
import { addRunOptions } from './run-options.ts';
import { addScan } from './scan-command.ts';
import { addUpgrade } from './upgrade-command.ts';
import { addVex } from './vex-command.ts';

/** Adds the commands that read an image. */
export function addImageCommands(program: Command, deps: CommandDeps): void {
  addScan(program, deps);
  addExplain(program, deps);
  addUpgrade(program, deps);
  addDiff(program, deps);
  addCompare(program, deps);
  addSbom(program, deps);
  addVex(program, deps);
  addLayer(program, deps);
}

function addExplain(program: Command, { run, loaded }: CommandDeps): void {
  const command = program
    .command('explain')
    .description('explain why a vulnerability is reported for an image, or why not')
    .addArgument(new Argument('<target>', targetHelp))
    .argument('<id>', 'a CVE, or the id of an advisory')
    .argument(
      '[package]',
      'its name, its purl, or its source package; all packages that the advisories cover by default',
    )
    .addOption(plainFormatOption());
  addAssessmentOptions(addFilterOptions(command))
    .addHelpText(
      'after',
      `
Clair checks every entry of the advisories against the package: namespace, source, package, build,
state and version.

Examples:
  clair explain nginx.tar CVE-2024-2961
  clair explain nginx.tar CVE-2024-2961 libc6 --format json
  clair explain nginx.tar CVE-2024-2961 --ignore rules.yaml --vex vendor.openvex.json
  clair explain nginx.tar DSA-5673-1 glibc --as-of 2024-05-01`,
    )
    .action(async (target: string, id: string, item: string | undefined, options: ExplainOptions) => {
      const { explain } = await import('../explain.ts');
      run(explain, target, { id, package: item }, { ...options, loaded });
    });
}

function addDiff(program: Command, { run, loaded }: CommandDeps): void {
  const command = program
    .command('diff')
    .description('compare the packages and findings of two images')
    .addArgument(new Argument('<from>', `${targetHelp}, or a JSON report`))
    .addArgument(new Argument('<to>', 'an image or a JSON report'))
    .addOption(plainFormatOption());
  addAssessmentOptions(command)
    .addHelpText(
      'after',
      `
A finding is the same in both if the vulnerability and the package are the same, whatever the version.

Examples:
  clair diff nginx-1.26.tar nginx-1.27.tar
  clair diff last-week.json nginx.tar`,
    )
    .action(async (from: string, to: string, options: DiffOptions) => {
      const { diff } = await import('../diff.ts');
      run(diff, from, to, { ...options, loaded });
    });
}

function addCompare(program: Command, { run, loaded }: CommandDeps): void {
  const command = program
    .command('compare')
    .description('explain how findings differ from those of other scanners')
    .addArgument(new Argument('<target>', `${targetHelp}, or a JSON report`))
    .addOption(
      new CliOption(
        '--with <file>',
        'the report of another scanner, or - for standard input; repeatable',
      ).repeatable(String),
    )
    .addOption(plainFormatOption());
  addAssessmentOptions(command)
    .addHelpText(
      'after',
      `
Reads the JSON of Trivy, Grype, osv-scanner, Clair v4 and Snyk, and SARIF and CycloneDX. Clair recognizes the format by the content.
A finding is the same in both if the vulnerability, or an alias of it, and the package with its version are the same.
The database explains why an advisory does not apply. For a JSON report, no advisories are fetched.

Examples:
  clair compare nginx.tar --with trivy.json
  clair compare nginx.tar --with trivy.json --with grype.json --format json
  clair compare report.json --with grype.json`,
    )
    .action(async (target: string, options: CompareOptions) => {
      const { compare } = await import('../compare.ts');
      run(compare, target, { ...options, loaded });
    });
}

function addSbom(program: Command, { run, loaded }: CommandDeps): void {
  const command = program
    .command('sbom')
    .description('list the packages of an image')
    .addArgument(new Argument('<target>', targetHelp));
  const { sbomFormats: formats } = loaded.extensions;
  const destinations = addReportOptions(command, { formats, what: 'the list' });
  command
    .addOption(
      new Option(
        '--attached [form]',
        'print the SBOM that is attached to the image in its registry, unchanged',
      ).choices(['cyclonedx', 'spdx']),
    )
    .option('--db <file>', 'the database that caches layers');
  addImageOptions(command)
    .addHelpText(
      'after',
      '\nExamples:\n  clair sbom nginx.tar --format json\n  clair sbom nginx.tar --format cyclonedx --output nginx.cdx.json\n  clair sbom nginx.cdx.json --format spdx           an SBOM in another format\n  clair sbom registry:ghcr.io/acme/app:1.2 --attached spdx',
    )
    .action((target: string, options: ListOptions) => {
      run(listPackages, target, { ...options, loaded, destinations: destinations() });
    });
}

type ListOptions = SbomOptions & Partial<AttachedOptions>;

async function listPackages(target: string, { attached, ...options }: ListOptions): Promise<number> {
  if (attached === undefined) {
    const { sbom } = await import('../sbom.ts');
    return await sbom(target, options);
  }
  const { showAttached } = await import('../attached-sbom.ts');
  return await showAttached(target, { ...options, attached });
}

function addLayer(program: Command, { run, loaded }: CommandDeps): void {
  addRunOptions(
    program.command('layer').description('list the files that detectors and listers read, layer by layer'),
  )
    .addArgument(new Argument('<target>', targetHelp))
    .option('--dump <dir>', 'write those files below a directory, one subdirectory per layer')
    .addOption(platformOption())
    .addHelpText('after', '\nExample:\n  clair layer nginx.tar --dump ./files')
    .action(async (target: string, options: LayerOptions) => {
      const { showLayers } = await import('../layer.ts');
      run(showLayers, target, { ...options, loaded });
    });
}
