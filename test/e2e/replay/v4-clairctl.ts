import assert from 'node:assert/strict';
import type { V4VulnerabilityReport } from '../../../src/report/clair4/types.ts';
import type { V4Line } from '../../../src/testing/recordings.ts';

/** A report that the recorded clairctl printed as text. */
export interface ClairctlReport {
  /** Number of the line. */
  readonly n: number;
  /** References of the images. */
  readonly images: readonly string[];
  /** One line for each finding, without the padding of the columns. */
  readonly findings: readonly string[];
}

/** Returns the text reports of a recording. */
export function textReports(lines: readonly V4Line[]): ClairctlReport[] {
  return lines.flatMap(({ n, command = [], stdout = '' }) => {
    const isText = /^\S+ (?:found|ok)\b/.test(stdout);
    if (!isText) return [];
    const images = command.filter((word) => word.startsWith('127.0.0.1:25005/'));
    const printed = stdout.split('\n').filter((line) => line !== '');
    return [{ n, images, findings: printed.map((line) => line.replaceAll(/ +/g, ' ')) }];
  });
}

/** Returns the recorded manifests by the repository of their layers, such as `test/alpine`. */
export function postedManifests(lines: readonly V4Line[]): Map<string, string> {
  const printed = lines.flatMap(({ command, stdout = '' }) =>
    command?.[1] === 'manifest' ? stdout.split(/(?<=\})(?=\{)/) : [],
  );
  const posted = lines.flatMap(({ client_requests: requests = [] }) =>
    requests.flatMap(({ method, body }) => (method === 'POST' ? [body] : [])),
  );
  return new Map(
    [...printed, ...posted].flatMap((body) => {
      const repository = /\/v2\/(.*?)\/blobs\//.exec(body)?.[1];
      return repository === undefined ? [] : [[repository, body.trim()] as const];
    }),
  );
}

/** Returns a report as clairctl prints it, without the padding of the columns. quay/clair, cmd/clairctl. */
export function asText(image: string, text: string): string[] {
  const report = JSON.parse(text) as V4VulnerabilityReport;
  const name = image.replace(/^.*\//, '');
  const findings = Object.entries(report.package_vulnerabilities).flatMap(([id, vulnerabilities]) =>
    vulnerabilities.map((one) => {
      const [item, found] = [report.packages[id], report.vulnerabilities[one]];
      assert.ok(item !== undefined && found !== undefined);
      const fix = found.fixed_in_version === '' ? '' : ` (fixed: ${found.fixed_in_version})`;
      return `${name} found ${item.name} ${item.version} ${found.name}${fix}`;
    }),
  );
  return findings.length === 0 ? [`${name} ok`] : findings;
}
