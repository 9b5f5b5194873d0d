import { type Command, InvalidArgumentError, Option } from 'commander';
import { momentForms, parseMoment } from '../../kit/moment.ts';
import type { Gate } from '../../match/gate.ts';
import { type Digest, parseDigest } from '../../model/digest.ts';
import type { Distro } from '../../model/distro.ts';
import { type FixState, unfixedStates } from '../../model/fix.ts';
import { parseDistro } from '../../model/parse-distro.ts';
import { parseSeverity, type Severity, severities } from '../../model/severity.ts';
import type { FindingOrder, ReportFormat } from '../../plugin/report-format.ts';
import type { LoadedExtensions } from '../load-extensions.ts';
import { CliOption } from './cli-option.ts';
import { addRunOptions } from './run-options.ts';

/** Dependencies of the commands. */
export interface CommandDeps {
  readonly loaded: LoadedExtensions;
  /** The names of the plugins, as typed. */
  readonly pluginNames: readonly string[];
  readonly run: RunCommand;
  /** Called with the command before it runs. */
  readonly prepare?: (command: Command) => Promise<void> | undefined;
}

/** Sets the command to run after the command line is parsed, with its arguments. The command returns its exit status. */
export type RunCommand = <Arguments extends unknown[]>(
  command: (...args: Arguments) => number | Promise<number>,
  ...args: NoInfer<Arguments>
) => void;

/** Help text of a target. */
export const targetHelp: string =
  'docker-archive:F, oci:DIR[:REF], oci-archive:F, rootfs-tar:F, dir:ROOTFS, aci:F, registry:REF, docker:REF, podman:REF, containerd:REF, sbom:F, a path, a reference, or - for standard input';

/** Adds the options of every command that uses the database. */
export function addDatabaseOptions(command: Command): Command {
  return command
    .option(
      '--db <file>',
      'the database: a file, created if missing, $XDG_CACHE_HOME/clair/clair.db by default; or postgresql://…',
    )
    .option('--mirror <dir>', 'fetch advisories from a directory or URL that mirrors the upstream hosts')
    .option('--offline', 'fetch no advisories and ratings; use those of the database');
}

/** Adds the options `--from` and `--digest`: published databases, and those about trust in them. */
export function addPlaceOptions(command: Command): Command {
  return command
    .addOption(
      new CliOption(
        '--from <place>',
        'use the advisories that clair db build published: in a directory, at https://…, or in registry:HOST/REPOSITORY; repeatable: the next place is asked if one fails; vendors as the last one asks the vendors then; namespaces that no place publishes come from the vendors',
      ).repeatable(String),
    )
    .addOption(
      new Option(
        '--digest <digest>',
        'accept only the version with this digest, which clair db build printed; places on the network need this or --root; PLACE@sha256:… does the same for one place',
      ).argParser(digestOf),
    )
    .option(
      '--root <file>',
      'accept only what the publisher of this root document signed, such as 1.root.json',
    )
    .option(
      '--accept-expired',
      'accept an old published database, as on a disk that was carried: signatures that have expired, and for --fail-on advisories that were last checked more than a day ago',
    );
}

function digestOf(text: string): Digest {
  const digest = parseDigest(text);
  if (digest === undefined)
    throw new InvalidArgumentError('Write it as sha256:…, with 64 hexadecimal digits.');
  return digest;
}

/** Adds the options of every command that reads an image. */
export function addImageOptions(command: Command): Command {
  return addRunOptions(command)
    .addOption(platformOption())
    .option('--verify', 'also read and hash uncompressed layers, which are otherwise read in part')
    .option(
      '--partial',
      'of layers of a registry with a table of contents (eStargz, zstd:chunked, SOCI), fetch only what is needed; the report says so, since the table may differ from the layer',
    )
    .addOption(
      new CliOption(
        '--exclude <glob>',
        'skip these paths of the image: app/vendor, **/test/**; the report names what it skipped, and its verdict is then never clean; repeatable',
      ).repeatable(excludedPath),
    )
    .option(
      '--include-declared',
      'also list the packages that lock files and manifests in an image require; in a directory without an operating system this is the default',
    )
    .addOption(
      new Option(
        '--distro <name:version>',
        'treat the image as this distribution, whatever its files say: debian:12, alpine:3.20, wolfi',
      ).argParser(distroOf),
    );
}

/** Adds the options of every command that finds vulnerabilities in an image. */
export function addAssessmentOptions(command: Command): Command {
  return addImageOptions(
    addPlaceOptions(addDatabaseOptions(command))
      .option('--no-lookups', 'do not look up KEV, EPSS and missing severities')
      .addOption(
        new Option(
          '--as-of <date>',
          'use the advisories that this database had at the end of that day in UTC, or at 2026-01-31T12:00:00Z; fetches none',
        ).argParser(asOfTime),
      ),
  );
}

/** Returns the option `--base`. */
export function baseOption(): Option {
  return new Option(
    '--base <image>',
    'separate the findings of this base image from those of the layers above; auto finds it among the images of the database',
  );
}

/** Parses the time of `--as-of` to ISO 8601. */
function asOfTime(text: string): string {
  const moment = parseMoment(text, new Date());
  if (moment === undefined) throw new InvalidArgumentError(`Write ${momentForms}.`);
  return moment.toISOString();
}

/** Adds the options that decide the exit status of a scan. */
export function addGateOptions(command: Command): Command {
  return command
    .addOption(
      new CliOption(
        '--fail-on <gate>',
        `end with 1 if a finding is at least this severe: ${severityNames}; or known to be exploited: kev; or has at least this EPSS score: epss:0.5; or if a layer was not read whole and compared with its digest: not-verified; or if advisories are stale: stale; several with commas, any gate suffices; repeatable`,
      )
        .suggest([
          ...severities.map((severity) => severity.toLowerCase()),
          'kev',
          'epss:',
          'not-verified',
          'stale',
        ])
        .repeatable((text) => text.split(',').map((word) => gateOf(word.trim()))),
    )
    .option('--allow-unrated', 'with --fail-on, accept findings without a severity or EPSS score')
    .option(
      '--return-code <status>',
      'end with this status, from 0 to 255, if there is any finding, and no --fail-on is reached or undecided',
      statusOf,
    );
}

/** Largest exit status of a process. */
const statusMax = 255;

/** Parses an exit status. Throws `InvalidArgumentError`. */
function statusOf(text: string): number {
  const status = Number(text);
  if (/^\d+$/.test(text) && status <= statusMax) return status;
  throw new InvalidArgumentError(`Write a number from 0 to ${statusMax}.`);
}

const severityNames = severities.join(', ').toLowerCase();

/** Parses a gate. Throws `InvalidArgumentError`. */
function gateOf(text: string): Gate {
  const word = text.toLowerCase();
  if (word === 'kev' || word === 'not-verified' || word === 'stale') return { by: word };
  const [, score] = /^epss:([01](?:\.\d+)?|\.\d+)$/i.exec(text) ?? [];
  if (score !== undefined && Number(score) <= 1) return { by: 'epss', score: Number(score) };
  const severity = parseSeverity(text);
  if (severity === undefined)
    throw new InvalidArgumentError(
      `Write ${severityNames}, kev, not-verified, stale, or epss:N with N from 0 to 1.`,
    );
  return { by: 'severity', severity };
}

/** Parses a severity. Throws `InvalidArgumentError`. */
function severityOf(text: string): Severity {
  const severity = parseSeverity(text);
  if (severity === undefined) throw new InvalidArgumentError(`Severities are ${severityNames}.`);
  return severity;
}

/** Returns the option `--severity`: the severities of the findings to show. */
export function shownSeveritiesOption(): CliOption {
  const names = severities.map((severity) => severity.toLowerCase());
  return new CliOption(
    '--severity <levels>',
    `show only findings of these severities, separated by commas: ${names.join(', ')}; the verdict and --fail-on use all`,
  )
    .suggest(names)
    .repeatable((text) => text.split(',').map((word) => severityOf(word.trim())));
}

/** The orders of `--sort`. */
const findingOrders: readonly FindingOrder[] = ['risk', 'severity', 'epss', 'package', 'vulnerability'];

/** Returns the option `--sort`: the order of the findings in reports for people. */
export function sortOption(formats: readonly Pick<ReportFormat, 'name' | 'isSortable'>[]): CliOption {
  const names = formats.flatMap(({ name, isSortable = false }) => (isSortable ? [name] : []));
  return new CliOption(
    '--sort <order>',
    `order of the findings in ${names.join(', ')} and template: ${findingOrders.join(', ')}; risk by default: exploited, then severity, fix, EPSS`,
  )
    .suggest(findingOrders)
    .argParser((text) => {
      const order = findingOrders.find((name) => name === text.toLowerCase());
      if (order === undefined) throw new InvalidArgumentError(`Orders are ${findingOrders.join(', ')}.`);
      return order;
    });
}

/** Adds the options `--server` and `--token-file`. `what` says what the server does. */
export function addServerOptions(command: Command, what: string): Command {
  return command
    .addOption(serverOption(what))
    .option(
      '--token-file <file>',
      'with --server, a file with the bearer token for it; otherwise the variable CLAIR_SERVER_TOKEN has it',
    );
}

/** Adds the same options to a command that lists what is in a database or on a server. */
export function addListServerOptions(command: Command): Command {
  return addServerOptions(
    command,
    'list those of this server instead of a database; ends with 4 if cells of the server are missing',
  );
}

function serverOption(what: string): Option {
  return new Option('--server <url>', what).argParser((text) => {
    const url = URL.parse(text);
    const isPlain =
      url !== null && [url.username, url.password, url.search, url.hash].every((part) => part === '');
    if (isPlain && /^https?:$/.test(url.protocol)) return url;
    throw new InvalidArgumentError('Write it as https://clair.example or http://127.0.0.1:6060.');
  });
}

/** Adds the options of every command that suppresses findings. */
export function addSuppressionOptions(command: Command): Command {
  return command
    .addOption(
      new CliOption(
        '--ignore <file>',
        'suppress findings by rules: a file of clair, Trivy (.trivyignore) or Grype (.grype.yaml), or a whitelist of clair-scanner or Klar; .clairignore.yaml by default, none disables it; repeatable',
      ).repeatable(String),
    )
    .addOption(
      new CliOption(
        '--vex <file>',
        'suppress findings by VEX documents: OpenVEX, CSAF or CycloneDX, or a directory of them; repeatable',
      ).repeatable(String),
    );
}

/** Adds the options of every command that filters findings. */
export function addFilterOptions(command: Command): Command {
  return addSuppressionOptions(
    command
      .addOption(
        new CliOption(
          '--vex-key <file>',
          'suppress findings by the VEX documents that cosign attached to the image in its registry and that this public key signed',
        ),
      )
      .option(
        '--only-fixed',
        'suppress findings without a fix; --fail-on ignores them, the verdict still counts them',
      )
      .addOption(ignoreStatusOption())
      .option(
        '--new-since <report|image>',
        'suppress findings that a JSON report or another image also has; the verdict still counts them',
      ),
  );
}

/** States that `--ignore-status` takes. */
const ignorableStates = unfixedStates.filter((state) => state !== 'not-affected');

/** States as Trivy and Grype name them. */
const statesOfOtherTools: Readonly<Record<string, FixState>> = {
  affected: 'unfixed',
  'not-fixed': 'unfixed',
  'fix-deferred': 'deferred',
  'wont-fix': 'will-not-fix',
};

function ignoreStatusOption(): CliOption {
  return new CliOption(
    '--ignore-status <states>',
    `suppress findings whose fix has one of these states: ${ignorableStates.join(', ')}; several with commas; repeatable`,
  )
    .suggest(ignorableStates)
    .repeatable((text) => text.split(',').map((word) => ignoredState(word.trim())));
}

function ignoredState(text: string): FixState {
  const word = text.toLowerCase().replaceAll('_', '-');
  const name = Object.hasOwn(statesOfOtherTools, word) ? statesOfOtherTools[word] : word;
  const state = ignorableStates.find((each) => each === name);
  if (state === undefined) throw new InvalidArgumentError(`States are ${ignorableStates.join(', ')}.`);
  return state;
}

function excludedPath(text: string): string {
  if (/^[\s/]*$/.test(text)) throw new InvalidArgumentError('Name a path in the image.');
  if (/[?[\]{}\\]/.test(text)) throw new InvalidArgumentError('Only * and ** are wildcards.');
  return text;
}

function distroOf(text: string): Distro {
  const distro = parseDistro(text);
  if (distro === undefined)
    throw new InvalidArgumentError(
      'Write a distribution and its release as debian:12, ubuntu:22.04, alpine:3.20 or rhel:9, and one without releases as wolfi.',
    );
  return distro;
}

/** Returns the option `--platform` of the commands that read an image. */
export function platformOption(): Option {
  return new Option(
    '--platform <os/arch>',
    'platform of a multi-platform image, such as linux/arm64; scan also accepts all and writes a report for each platform',
  ).argParser(platformOf);
}

function platformOf(text: string): string {
  if (text !== 'all' && !/^[a-z\d]+\/[a-z\d_]+(?:\/[\w.]+)?$/.test(text))
    throw new InvalidArgumentError('Write it as linux/arm64.');
  return text;
}
