import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Gate } from '../../match/gate.ts';
import type { Distro } from '../../model/distro.ts';
import { parseDistro } from '../../model/parse-distro.ts';
import { parseSeverity, type Severity, severities } from '../../model/severity.ts';
import type { LoadedExtensions } from '../load-extensions.ts';
import { CliOption } from './cli-option.ts';
import { addRunOptions } from './run-options.ts';

/** What the commands work with. */
export interface CommandDeps {
  readonly loaded: LoadedExtensions;
  /** The names of the plugins, as they were given. */
  readonly pluginNames: readonly string[];
  /** Takes the exit status of the command that was asked for. */
  readonly run: (status: Promise<number>) => Promise<void>;
  /** Called with the command of the line before it begins. */
  readonly prepare?: (command: Command) => Promise<void> | undefined;
}

/** What a target may be. */
export const targetHelp: string =
  'docker-archive:F, oci:DIR[:REF], oci-archive:F, rootfs-tar:F, dir:ROOTFS, aci:F, registry:REF, docker:REF, podman:REF, sbom:F, a path, a reference, or - for standard input';

/** The options of every command that uses the database. */
export function addDatabaseOptions(command: Command): Command {
  return command
    .option(
      '--db <file>',
      'the database: a file, made with its directories where it is missing, $XDG_CACHE_HOME/clair/clair.db by default; or postgresql://…',
    )
    .option('--mirror <dir>', 'fetch advisories from a directory or URL that mirrors the upstream hosts')
    .option('--offline', 'fetch nothing; use what the database has');
}

/** The options of every command that reads an image. */
export function addImageOptions(command: Command): Command {
  return addRunOptions(command)
    .addOption(platformOption())
    .option('--verify', 'read and hash also uncompressed layers, which are seeked over otherwise')
    .addOption(
      new CliOption(
        '--exclude <glob>',
        'do not look at these paths of the image, nor below them: app/vendor, **/test/**; stated in the report, which is then never clean; repeatable',
      ).repeatable(excludedPath),
    )
    .addOption(
      new Option(
        '--distro <name:version>',
        'take the image for this distribution, whatever it says: debian:12, alpine:3.20, wolfi',
      ).argParser(distroOf),
    );
}

/** The options of every command that tells what is vulnerable in an image. */
export function addAssessmentOptions(command: Command): Command {
  return addImageOptions(
    addDatabaseOptions(command)
      .option('--no-lookups', 'look up no ratings for findings without a severity, nor KEV and EPSS')
      .addOption(
        new Option(
          '--as-of <date>',
          'with the advisories as they were known here at the end of that day, or at 2026-01-31T12:00:00Z; fetches nothing',
        ).argParser(parseMoment),
      ),
  );
}

/** A day stands for its end: what became known in the course of it was known then. */
function parseMoment(text: string): string {
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text);
  const moment = new Date(isDay ? `${text}T23:59:59.999Z` : text);
  if (Number.isNaN(moment.getTime()) || !isDate(text))
    throw new InvalidArgumentError('Say a day as 2026-01-31, or a time as 2026-01-31T12:00:00Z.');
  // Of today, everything is known that will be before its end.
  const isToday = isDay && text === new Date().toISOString().slice(0, 10);
  return (isToday ? new Date() : moment).toISOString();
}

/** Whether a text begins with a day of the calendar: JavaScript takes 30 February for 2 March. */
function isDate(text: string): boolean {
  const day = /^\d{4}-\d\d-\d\d/.exec(text)?.[0];
  if (day === undefined) return false;
  const start = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(start.getTime()) && start.toISOString().startsWith(day);
}

/** The options that decide the exit status of a scan. */
export function addGateOptions(command: Command): Command {
  return command
    .addOption(
      new CliOption(
        '--fail-on <gate>',
        `end with 1 at a finding this severe or worse: ${severityNames}; at one that is known to be exploited: kev; or at a score of exploitation: epss:0.5; repeatable, any one counts`,
      )
        .suggest([...severities.map((severity) => severity.toLowerCase()), 'kev', 'epss:'])
        .repeatable(gateOf),
    )
    .option('--allow-unrated', 'with --fail-on, let findings without a severity or EPSS score pass');
}

const severityNames = severities.join(', ').toLowerCase();

/** A gate as an option names it. */
function gateOf(text: string): Gate {
  if (text.toLowerCase() === 'kev') return { by: 'kev' };
  const [, score] = /^epss:([01](?:\.\d+)?|\.\d+)$/i.exec(text) ?? [];
  if (score !== undefined && Number(score) <= 1) return { by: 'epss', score: Number(score) };
  const severity = parseSeverity(text);
  if (severity === undefined)
    throw new InvalidArgumentError(`Say ${severityNames}, kev, or epss:N with N from 0 to 1.`);
  return { by: 'severity', severity };
}

/** A severity as an option names it. */
function severityOf(text: string): Severity {
  const severity = parseSeverity(text);
  if (severity === undefined) throw new InvalidArgumentError(`Severities are ${severityNames}.`);
  return severity;
}

/** `--severity`: the severities of the findings that are shown. */
export function shownSeveritiesOption(): CliOption {
  const names = severities.map((severity) => severity.toLowerCase());
  return new CliOption(
    '--severity <levels>',
    `show only findings of these severities, with commas between them: ${names.join(', ')}; the verdict and --fail-on see all`,
  )
    .suggest(names)
    .repeatable((text) => text.split(',').map((word) => severityOf(word.trim())));
}

/** The options of every command that excepts something from what counts. */
export function addSuppressionOptions(command: Command): Command {
  return command
    .addOption(
      new CliOption(
        '--ignore <file>',
        'what is not counted: rules of yours, of Trivy (.trivyignore) or Grype (.grype.yaml), or a whitelist of clair-scanner or Klar; .clairignore.yaml by default, none for none; repeatable',
      ).repeatable(String),
    )
    .addOption(
      new CliOption(
        '--vex <file>',
        'what others say of it: OpenVEX, CSAF or CycloneDX, or a directory of such; repeatable',
      ).repeatable(String),
    );
}

/** The options of every command that may leave findings out of the count. */
export function addFilterOptions(command: Command): Command {
  return addSuppressionOptions(
    command
      .option('--only-fixed', 'count only what has a fix')
      .option(
        '--new-since <report|image>',
        'count only what a report written as JSON, or another image, does not have',
      ),
  );
}

function excludedPath(text: string): string {
  if (/^[\s/]*$/.test(text)) throw new InvalidArgumentError('Name a path in the image.');
  if (/[?[\]{}\\]/.test(text)) throw new InvalidArgumentError('Only * and ** stand for something in it.');
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

/** `--platform`, of all commands that read an image. */
export function platformOption(): Option {
  return new Option(
    '--platform <os/arch>',
    'for which system, where there are images for several: linux/arm64; for clair scan also all, a report for each',
  ).argParser(platformOf);
}

function platformOf(text: string): string {
  if (text !== 'all' && !/^[a-z\d]+\/[a-z\d_]+(?:\/[\w.]+)?$/.test(text))
    throw new InvalidArgumentError('Say it as linux/arm64.');
  return text;
}
