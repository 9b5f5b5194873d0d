import type { Coverage, Report } from '../model/report.ts';
import { sampleReport } from './sample-report.ts';

const [complete] = sampleReport.coverage;
const noFindings = { matches: [], suppressed: [] } as const;

function covered(change: Partial<Coverage>): readonly Coverage[] {
  return complete === undefined ? [] : [{ ...complete, ...change }];
}

/** The sample without findings, fully assessed. */
export const cleanReport: Report = { ...sampleReport, ...noFindings, verdict: 'clean' };

/** Reports that are marked as incomplete, and one that claims to be clean nevertheless. */
export const incompleteReports: Readonly<Record<string, Report>> = {
  'no advisories': notAssessed({
    coverage: covered({ status: 'missing', reason: 'the feed is not loaded' }),
  }),
  'an unsupported release': notAssessed({ coverage: covered({ status: 'unsupported' }) }),
  'an unknown distribution': notAssessed({ distro: null, namespaces: [], coverage: [] }),
  'no packages': notAssessed({ packages: [] }),
  'an unreadable database': notAssessed({
    statuses: [
      {
        extension: 'rpm',
        status: 'failed',
        files: [{ path: 'var/lib/rpm/rpmdb.sqlite', layer: null, problem: 'not a database' }],
      },
    ],
  }),
  'stale advisories': {
    ...cleanReport,
    coverage: covered({ status: 'stale', reason: 'last fetched 40 days ago' }),
  },
};

function notAssessed(change: Partial<Report>): Report {
  return { ...sampleReport, ...noFindings, verdict: 'not-assessed', ...change };
}

/** Returns the sample with attacker-controlled text in every external field. */
export function hostileReport(text: string): Report {
  const [match] = sampleReport.matches;
  const [found] = sampleReport.packages;
  if (match === undefined || found === undefined) throw new Error('the sample is empty');
  const vulnerability = { ...match.vulnerability, id: text, description: text, links: [text] };
  const location = { path: text, layer: null };
  const named = {
    name: text,
    version: text,
    location,
    purl: `pkg:deb/debian/${encodeURIComponent(text.toWellFormed())}`,
  };
  const hostile = {
    ...match,
    vulnerability: { ...vulnerability, advisories: [{ id: text, link: text, fixedVersion: text }] },
    package: { ...match.package, ...named, source: { name: text, version: text } },
    fix: { state: 'fixed', version: text },
  } as const;
  return {
    ...sampleReport,
    target: { ...sampleReport.target, reference: text, platform: text },
    distro: { id: text, prettyName: text, versionId: text, like: [text] },
    packages: [{ ...found, ...named, vendor: text, licence: text, modularity: text }],
    matches: [hostile],
    suppressed: [{ ...hostile, reason: text }],
    coverage: covered({ status: 'missing', namespace: text, reason: text }),
    statuses: [
      { extension: 'dpkg', status: 'partly-failed', files: [{ path: text, layer: null, problem: text }] },
    ],
  };
}

/** Text with a special meaning for parsers, terminals, browsers and pipelines. */
export const hostileText =
  'a\r\n::error::b\x1b[2J\u202e\u0000"\'<script>alert(1)</script>]]>&amp;%0A[x](javascript:1){{y}}\ud800 \u2028é';
