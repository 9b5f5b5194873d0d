import type { Coverage, Report } from '../model/report.ts';
import { sampleReport } from './sample-report.ts';

const [complete] = sampleReport.coverage;
const silent = { matches: [], suppressed: [] } as const;

function covered(change: Partial<Coverage>): readonly Coverage[] {
  return complete === undefined ? [] : [{ ...complete, ...change }];
}

/** The sample without findings: everything was assessed. */
export const cleanReport: Report = { ...sampleReport, ...silent, verdict: 'clean' };

/** Reports that say of themselves that something is not known, and one that claims to be clean in spite of it. */
export const doubtfulReports: Readonly<Record<string, Report>> = {
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
  return { ...sampleReport, ...silent, verdict: 'not-assessed', ...change };
}

/** The sample with everything that comes from outside written by an enemy. */
export function hostileReport(words: string): Report {
  const [match] = sampleReport.matches;
  const [found] = sampleReport.packages;
  if (match === undefined || found === undefined) throw new Error('the sample is empty');
  const vulnerability = { ...match.vulnerability, id: words, description: words, links: [words] };
  const location = { path: words, layer: null };
  const named = {
    name: words,
    version: words,
    location,
    purl: `pkg:deb/debian/${encodeURIComponent(words.toWellFormed())}`,
  };
  const hostile = {
    ...match,
    vulnerability: { ...vulnerability, advisories: [{ id: words, link: words, fixedVersion: words }] },
    package: { ...match.package, ...named, source: { name: words, version: words } },
    fix: { state: 'fixed', version: words },
  } as const;
  return {
    ...sampleReport,
    target: { ...sampleReport.target, reference: words, platform: words },
    distro: { id: words, prettyName: words, versionId: words, like: [words] },
    packages: [{ ...found, ...named, vendor: words, licence: words, modularity: words }],
    matches: [hostile],
    suppressed: [{ ...hostile, reason: words }],
    coverage: covered({ status: 'missing', namespace: words, reason: words }),
    statuses: [
      { extension: 'dpkg', status: 'partly-failed', files: [{ path: words, layer: null, problem: words }] },
    ],
  };
}

/** What parsers, terminals, browsers and pipelines take for something else than words. */
export const hostileWords =
  'a\r\n::error::b\x1b[2J\u202e\u0000"\'<script>alert(1)</script>]]>&amp;%0A[x](javascript:1){{y}}\ud800 \u2028é';
