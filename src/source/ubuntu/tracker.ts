import { trimCharactersEnd } from '../../kit/collections.ts';
import { toCvssVector } from '../../model/cvss.ts';
import type { Affected, CvssVector, FeedRecord, Fix, Severity } from '../../plugin/index.ts';
import type { ArchivedRecord } from '../archived-record.ts';
import { vendorSeverity } from '../vendor-values.ts';
import { isKernel, namespaceOfLabel, pageOf } from './release.ts';

/** A line on one source package in one release: `esm-infra/xenial_openssl: released (1.0.2g-1ubuntu4.20+esm1)`. */
const statusLine = /^([a-z0-9][a-z0-9.-]*(?:\/[a-z0-9.-]+)?)_([a-z0-9][a-z0-9.+-]*)\s*:(.*)$/;

/** A field: `Priority: medium`, `Priority_linux_focal: low`, `Description:` with continuation lines. */
const fieldLine = /^([A-Z][\w/.+-]*)\s*:(.*)$/;

/** Matches notes on the end of a release or of its support. */
const ended = /end[- ]of[- ](life|standard support)|out of standard support|no longer supported/i;

/** The parts of a line on a source package. */
interface Status {
  readonly label: string;
  readonly package: string;
  readonly word: string;
  readonly note: string;
}

/** The parsed content of a tracker file. */
interface Fields {
  /** The value and its continuation lines, by name. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly statuses: readonly Status[];
}

/** Reads the vulnerability of one CVE file of Ubuntu's tracker. People write these files in a loose format. */
export function readTrackerFile({ path, bytes }: ArchivedRecord): FeedRecord {
  const { values, statuses } = fieldsOf(bytes.toString('utf8'));
  const id = path.slice(path.lastIndexOf('/') + 1);
  const candidate = values.get('Candidate')?.[0];
  if (candidate !== id)
    return { kind: 'skipped', key: id, reason: `the file is about ${candidate ?? 'nothing'}` };
  const severity = priorityOf(values, 'Priority') ?? 'Unknown';
  const description = values.get('Description')?.join('\n').trim();
  const notices = (values.get('References') ?? []).filter((line) => /\/(usn|notices)\//.test(line));
  return {
    kind: 'vulnerability',
    key: id,
    id,
    aliases: [],
    ...(description && { description }),
    links: [pageOf(id), ...notices],
    severity,
    cvss: (values.get('CVSS') ?? []).flatMap(vectorOf),
    affected: statuses.flatMap((status) => rowOf(status, values, severity) ?? []),
  };
}

function fieldsOf(text: string): Fields {
  const values = new Map<string, string[]>();
  const statuses: Status[] = [];
  let current: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const status = statusIn(line);
    const field = fieldLine.exec(line);
    if (status !== undefined) {
      statuses.push(status);
      current = [];
    } else if (field !== null) {
      const [, name = '', text = ''] = field;
      const value = text.trim();
      current = value === '' ? [] : [value];
      values.set(name, current);
    } else if (/^\s/.test(line)) {
      current.push(line.trim());
    }
  }
  return { values, statuses };
}

function statusIn(line: string): Status | undefined {
  const [, label, name, text = ''] = statusLine.exec(line) ?? [];
  if (label === undefined || name === undefined) return undefined;
  const statusText = text.trimStart();
  const [word = ''] = /^[\w-]*/.exec(statusText) ?? [];
  const note = statusText.slice(word.length).replace(/^[\s(]+/, '');
  return { label, package: name, word, note: trimCharactersEnd(note, ' \t\v\f\r\u00a0)') };
}

/** Returns the priority in the first word. A reason may follow in brackets or on further lines. */
function priorityOf(values: Fields['values'], name: string): Severity | undefined {
  const word = /^\w+/.exec(values.get(name)?.[0] ?? '')?.[0];
  return word === undefined ? undefined : vendorSeverity(word);
}

/** Parses ` nvd: CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:H [5.5 MEDIUM]`. */
function vectorOf(line: string): CvssVector[] {
  const [, source, vector] = /^([\w.-]+):\s*(CVSS:\S+)/.exec(line) ?? [];
  return source === undefined || vector === undefined ? [] : [toCvssVector(source, vector)];
}

/**
 * Returns the row of a status. Returns undefined for other labels than releases, and if the package does not exist in
 * the release.
 */
function rowOf(status: Status, values: Fields['values'], common: Severity): Affected | undefined {
  const { label, package: name, word, note } = status;
  const namespace = namespaceOfLabel(label);
  if (namespace === undefined || word === 'DNE' || word === '') return undefined;
  const fix = fixOf(word, note);
  if (fix.state === 'not-affected' && isKernel(name)) return undefined;
  const severity = priorityOf(values, `Priority_${name}_${label}`) ?? priorityOf(values, `Priority_${name}`);
  const range = fix.state === 'fixed' ? { to: fix.version } : {};
  const row = { namespace, package: name, range, fix };
  return severity === undefined || severity === common ? row : { ...row, severity };
}

/**
 * Returns the fix of a status and its note. An unknown status, or one without the version it needs, counts as unfixed:
 * nothing states that the package is unaffected.
 */
export function fixOf(status: string, note: string): Fix {
  if (status === 'not-affected') return { state: 'not-affected' };
  if (status === 'released') {
    const version = note.split(/[,\s]+/).find((word) => /^\d[\w.+:~-]*$/.test(word));
    return version === undefined ? { state: 'unfixed' } : { state: 'fixed', version };
  }
  if (ended.test(note)) return { state: 'end-of-life' };
  if (status === 'ignored') return { state: 'will-not-fix' };
  if (status === 'needs-triage') return { state: 'under-investigation' };
  return { state: status === 'deferred' ? 'deferred' : 'unfixed' };
}
