import { type Severity, severities } from '../../src/model/severity.ts';
import { severitiesDescending } from '../../ui/src/severity.ts';
import { scannedDays } from './simulated-days.ts';

/** Returns the document of a path of `/api/v1`. */
type Get = <T>(path: string) => Promise<T>;

interface Report {
  readonly matches: readonly {
    readonly vulnerability: { readonly id: string; readonly severity: Severity };
  }[];
}

/** How many days before today a repository got and lost a vulnerability. */
interface AgedFinding {
  severity: Severity;
  readonly isLowerBound: boolean;
  readonly since: number;
  closed: number | null;
}

/**
 * Returns the rows of the table of ages, from the reports of all images as of the end of each simulated day. It counts the repositories whose
 * names begin with a text.
 */
export async function agesByReports(get: Get, team: string): Promise<string[]> {
  const current = new Map<string, string>();
  const ledger = new AgeLedger();
  for (const { ago, images } of scannedDays) {
    for (const name of Object.keys(images).filter((one) => one.startsWith(team)))
      current.set(name, await digestOn(get, name, ago));
    const found = new Map<string, Severity>();
    for (const [name, digest] of current)
      for (const { vulnerability } of (await get<Report>(reportPath(digest, ago))).matches) {
        const key = `${repositoryOf(name)} ${vulnerability.id}`;
        found.set(key, worse(vulnerability.severity, found.get(key)));
      }
    ledger.close(found, ago);
    ledger.open(found, ago);
    for (const name of current.keys()) ledger.repositories.add(repositoryOf(name));
  }
  return ledger.rows();
}

/** All findings, and those that are open by repository and vulnerability. */
class AgeLedger {
  /** Those that were counted before. */
  readonly repositories = new Set<string>();
  readonly #findings: AgedFinding[] = [];
  readonly #open = new Map<string, AgedFinding>();

  close(found: ReadonlyMap<string, Severity>, ago: number): void {
    for (const [key, finding] of this.#open) {
      if (found.has(key)) continue;
      finding.closed = ago;
      this.#open.delete(key);
    }
  }

  open(found: ReadonlyMap<string, Severity>, ago: number): void {
    for (const [key, severity] of found) {
      const known = this.#open.get(key);
      const isLowerBound = !this.repositories.has(key.split(' ')[0] ?? '');
      const finding = known ?? { severity, isLowerBound, since: ago, closed: null };
      finding.severity = severity;
      if (known === undefined) this.#findings.push(finding);
      this.#open.set(key, finding);
    }
  }

  rows(): string[] {
    return severitiesDescending.flatMap((severity) => {
      const ofSeverity = this.#findings.filter((one) => one.severity === severity);
      if (ofSeverity.length === 0) return [];
      const parts = [true, false].map((isOpen) =>
        ofSeverity.filter((one) => (one.closed === null) === isOpen),
      );
      return [`${severity} ${parts.map(figuresOf).join(' ')}`];
    });
  }
}

/** Returns the digest of the image that a name meant from a day on. An image that has lost its name since has none. */
async function digestOn(get: Get, name: string, ago: number): Promise<string> {
  const isLast = scannedDays.every((day) => day.ago >= ago || !(name in day.images));
  const path = isLast ? '/images' : '/images?untagged=true';
  const { images } = await get<{
    images: { digest: string; reference: string; names: readonly object[] }[];
  }>(path);
  const found = images.find(
    ({ reference, names }) => reference.endsWith(name) && names.length > 0 === isLast,
  );
  if (found === undefined) throw new Error(`no image ${name}`);
  return found.digest;
}

function reportPath(digest: string, ago: number): string {
  if (ago === 0) return `/images/${digest}/report`;
  const day = new Date(Date.now() - ago * 24 * 3_600_000).toISOString().slice(0, 10);
  return `/images/${digest}/report?asOf=${day}T23:59:59Z`;
}

function repositoryOf(name: string): string {
  return name.split(':')[0] ?? '';
}

function worse(a: Severity, b: Severity | undefined): Severity {
  return b === undefined || severities.indexOf(a) > severities.indexOf(b) ? a : b;
}

/** Returns the number of findings, the median and the ninth decile as the table shows them. */
function figuresOf(findings: readonly AgedFinding[]): string {
  const lowest = rising(findings.map(ageOf));
  const highest = rising(findings.map((one) => (one.isLowerBound ? Number.POSITIVE_INFINITY : ageOf(one))));
  const quantiles = [50, 90].map((percent) => {
    const place = Math.ceil((findings.length * percent) / 100) - 1;
    const days = lowest[place];
    if (days === undefined) return '–';
    return `${highest[place] === days ? '' : '≥ '}${days === 1 ? '1 day' : `${days} days`}`;
  });
  return [findings.length, ...quantiles].join(' ');
}

function ageOf({ since, closed }: AgedFinding): number {
  return since - (closed ?? 0);
}

function rising(values: readonly number[]): number[] {
  return values.toSorted((a, b) => a - b);
}
