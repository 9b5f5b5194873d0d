import type { ComparableV4 } from './v4-compare.ts';

/** A response of the v4 API that differs from Clair's on purpose. The members say what it is instead; everything else is as in Clair. */
export interface V4Deviation {
  /** Heading in docs/reference/deviations.md with the reason. */
  readonly rule: string;
  readonly status?: number;
  /** The message of an error, up to the first colon. */
  readonly message?: string;
  /** Number of packages in the report. */
  readonly packages?: number;
  /** Number of findings in the report. */
  readonly findings?: number;
  /** `did`, `version` and `pretty_name` of the distributions. */
  readonly distributions?: readonly string[];
}

/** Deviations by the number of their exchange. */
export type V4Deviations = Readonly<Record<number, V4Deviation>>;

interface ComparableReport {
  readonly packages: readonly string[];
  readonly findings?: readonly string[];
  readonly distributions: readonly {
    readonly did: string;
    readonly version: string;
    readonly pretty_name: string;
  }[];
}

/** Returns what a deviation says about a response, with what it does not say from `ours`. */
export function expectedV4(
  theirs: ComparableV4,
  deviation: V4Deviation | undefined,
  ours: ComparableV4,
): ComparableV4 {
  if (deviation === undefined) return theirs;
  const { status = theirs.status, message, packages, findings, distributions } = deviation;
  const isReport = isReportBody(ours.body);
  const facts = {
    ...(message !== undefined && { message: messageOf(ours) === message }),
    ...(packages !== undefined && { packages: isReport && ours.body.packages.length === packages }),
    ...(findings !== undefined && { findings: isReport && ours.body.findings?.length === findings }),
    ...(distributions !== undefined && {
      distributions: isReport && String(textsOf(ours.body)) === String(distributions),
    }),
  };
  const isAsSaid = Object.values(facts).every((fact) => fact);
  return { ...ours, status, ...(!isAsSaid && { body: facts }) };
}

function isReportBody(body: unknown): body is ComparableReport {
  return typeof body === 'object' && body !== null && 'packages' in body;
}

function messageOf({ body }: ComparableV4): unknown {
  return typeof body === 'object' && body !== null && 'message' in body ? body.message : undefined;
}

function textsOf({ distributions }: ComparableReport): string[] {
  return distributions.map(({ did, version, pretty_name: pretty }) => [did, version, pretty].join('|'));
}

/** Deviations in the recording of the indexer. */
export const v4IndexDeviations: V4Deviations = {
  13: {
    rule: 'Accept without a known media type',
    status: 415,
    message:
      'unable to negotiate common media type for [application/vnd.clair.index_state.v1+json application/json]',
  },
  33: { rule: 'A validator needs a known manifest', status: 404, message: 'index report not found' },
  44: { rule: 'Paths are exact' },
  57: { rule: 'Paths are exact', status: 404 },
  63: {
    rule: 'A validator needs a known manifest',
    status: 201,
    packages: 5,
    distributions: ['alpine|3.20|Alpine Linux v3.20'],
  },
  64: {
    rule: 'A validator needs a known manifest',
    status: 200,
    packages: 5,
    distributions: ['alpine|3.20|Alpine Linux v3.20'],
  },
  68: { rule: 'Removed packages are not listed', packages: 0 },
  69: { rule: 'Removed packages are not listed', packages: 5 },
  71: {
    rule: 'More compressions are read',
    status: 201,
    packages: 5,
    distributions: ['alpine|3.20|Alpine Linux v3.20'],
  },
  72: {
    rule: 'More compressions are read',
    status: 201,
    packages: 5,
    distributions: ['alpine|3.20|Alpine Linux v3.20'],
  },
  76: { rule: 'Removed packages are not listed', packages: 0 },
  77: { rule: 'Removed packages are not listed', packages: 0 },
  78: {
    rule: 'A package without a source is its own source',
    distributions: ['debian|12 (bookworm)|Distroless'],
    packages: 3,
  },
  80: { rule: 'Packages that Clair cannot read', packages: 9 },
  81: { rule: 'Packages that Clair cannot read', packages: 6 },
  82: {
    rule: 'Layers that cannot be fully read are refused',
    status: 422,
    message: 'failed to start scan: …',
  },
  84: { rule: 'How the distribution is detected', packages: 6, distributions: ['arch|1|'] },
  85: { rule: 'Repositories of Red Hat have their own ids', packages: 162 },
  86: { rule: 'Repositories of Red Hat have their own ids', packages: 162 },
  87: { rule: 'Repositories of Red Hat have their own ids', packages: 162 },
  88: { rule: 'Names of packages are those of their registries', packages: 15 },
  89: { rule: 'Names of packages are those of their registries', packages: 13 },
  90: { rule: 'Unreadable parts are named', packages: 5 },
  91: { rule: 'Names of packages are those of their registries', packages: 3 },
  93: { rule: 'Names of packages are those of their registries', packages: 3 },
  96: {
    rule: 'An image has one distribution',
    distributions: ['alpine|3.20|Alpine Linux v3.20'],
    packages: 14,
  },
  108: { rule: 'A request has one valid JSON document', message: 'failed to deserialize manifest: …' },
  110: { rule: 'Permanent faults get 400', status: 400, message: 'failed to deserialize manifest: …' },
  111: { rule: 'Permanent faults get 400', status: 400, message: 'bogus manifest: …' },
  113: { rule: 'Permanent faults get 400', status: 400, message: 'bogus manifest: …' },
  116: { rule: 'A request has one valid JSON document', message: 'failed to deserialize manifest: …' },
  120: {
    rule: 'A request has one valid JSON document',
    status: 400,
    message: 'failed to deserialize manifest: …',
  },
  129: { rule: 'Permanent faults get 400', status: 400, message: 'bogus manifest: …' },
  130: { rule: 'Permanent faults get 400', status: 400, message: 'bogus manifest: …' },
  132: { rule: 'Permanent faults get 400', status: 400, message: 'bogus manifest: …' },
  133: { rule: 'Permanent faults get 400', status: 400, message: 'bogus manifest: …' },
  134: { rule: 'Permanent faults get 400', status: 400, message: 'bogus manifest: …' },
  135: { rule: 'Permanent faults get 400', status: 400, message: 'bogus manifest: …' },
  141: { rule: 'Permanent faults get 400', status: 400 },
  142: { rule: 'A failed manifest is unknown', status: 404, message: 'index report not found' },
  154: { rule: 'Names of packages are those of their registries', packages: 3 },
  158: { rule: 'Permanent faults get 400', status: 400 },
  168: { rule: 'Packages that Clair cannot read', packages: 6 },
  169: { rule: 'Packages that Clair cannot read', packages: 6 },
  170: {
    rule: 'The content type of a layer is ignored',
    status: 201,
    packages: 6,
    distributions: ['debian|9 (stretch)|Debian GNU/Linux 9 (stretch)'],
  },
  171: { rule: 'Packages that Clair cannot read', packages: 6 },
  172: { rule: 'Layers that cannot be fully read are refused', status: 422 },
  173: {
    rule: 'The content type of a layer is ignored',
    status: 201,
    packages: 2,
    distributions: ['debian|9 (stretch)|Debian GNU/Linux 9 (stretch)'],
  },
  176: { rule: 'A layer needs the URL of a web server', status: 400, message: 'bogus manifest: …' },
  181: { rule: 'A failed manifest is unknown', status: 404, message: 'index report not found' },
  182: { rule: 'Packages that Clair cannot read', packages: 1 },
  183: { rule: 'Packages that Clair cannot read', packages: 3 },
  184: { rule: 'Packages that Clair cannot read', packages: 4 },
  185: {
    rule: 'Layers that cannot be fully read are refused',
    status: 422,
    message: 'failed to start scan: …',
  },
  186: {
    rule: 'Layers that cannot be fully read are refused',
    status: 422,
    message: 'failed to start scan: …',
  },
  187: {
    rule: 'Layers that cannot be fully read are refused',
    status: 422,
    message: 'failed to start scan: …',
  },
  188: { rule: 'How the distribution is detected', distributions: ['fedora|20|'], packages: 1 },
  191: {
    rule: 'A posted manifest replaces its layers',
    packages: 9,
    distributions: ['debian|12 (bookworm)|Debian GNU/Linux 12 (bookworm)'],
  },
  212: { rule: 'Affected manifests are those of the reports' },
  213: { rule: 'Affected manifests are those of the reports' },
  219: { rule: 'Paths are exact', status: 200 },
  202: {
    rule: 'A request has one valid JSON document',
    status: 400,
    message: 'failed to deserialize bulk delete: …',
  },
  225: { rule: 'Paths are exact', status: 404 },
  230: { rule: 'Paths are exact', status: 404 },
  231: { rule: 'Paths are exact', status: 404 },
  232: { rule: 'Several APIs on one port', status: 404 },
  234: { rule: 'Several APIs on one port', status: 200 },
  236: { rule: 'Several APIs on one port', status: 200 },
  238: { rule: 'Several APIs on one port', status: 400 },
  240: {
    rule: 'Web pages of other origins are refused',
    status: 403,
    message: 'requests of web pages of other origins are refused: …',
  },
  241: { rule: 'Web pages of other origins are refused', status: 403 },
};

/** Deviations in the recording of images and distributions. */
export const v4ImageDeviations: V4Deviations = {
  2: {
    rule: 'How the distribution is detected',
    distributions: ['almalinux|8.5|AlmaLinux 8.5 (Arctic Sphynx)'],
    packages: 1,
  },
  5: {
    rule: 'How the distribution is detected',
    distributions: ['centos|6.10|CentOS release 6.10 (Final)'],
    packages: 129,
  },
  6: {
    rule: 'How the distribution is detected',
    distributions: ['centos|7|CentOS Linux 7 (Core)'],
    packages: 2,
  },
  7: { rule: 'Packages that Clair cannot read', packages: 91 },
  8: { rule: 'Packages that Clair cannot read', packages: 5 },
  9: {
    rule: 'A package without a source is its own source',
    distributions: ['debian|9 (stretch)|Distroless'],
    packages: 2,
  },
  10: {
    rule: 'How the distribution is detected',
    distributions: ['fedora|35|Fedora Linux 35 (Container Image)'],
    packages: 138,
  },
  13: { rule: 'An image is no package', packages: 162 },
  28: {
    rule: 'Texts about a distribution come from the image',
    distributions: ['debian|9 (stretch)|Distroless'],
  },
  34: {
    rule: 'Texts about a distribution come from the image',
    distributions: ['ubuntu|12.10|Ubuntu 12.10'],
  },
  35: {
    rule: 'Texts about a distribution come from the image',
    distributions: ['ubuntu|13.04|Ubuntu 13.04'],
  },
  36: {
    rule: 'Texts about a distribution come from the image',
    distributions: ['ubuntu|14.10|Ubuntu 14.10'],
  },
  37: { rule: 'How the distribution is detected', distributions: ['ubuntu|15.10|Ubuntu 15.10'] },
  48: { rule: 'How the distribution is detected', distributions: ['chainguard|20230214|Chainguard'] },
  49: { rule: 'How the distribution is detected', distributions: ['gentoo||Gentoo/Linux'] },
  50: { rule: 'How the distribution is detected', distributions: ['minimos|20241031|MinimOS'] },
  51: {
    rule: 'How the distribution is detected',
    distributions: ['postmarketos|v25.06|postmarketOS v25.06'],
  },
  52: {
    rule: 'How the distribution is detected',
    distributions: ['scientific|6.10|Scientific Linux release 6.10 (Carbon)'],
  },
  56: { rule: 'How the distribution is detected', distributions: ['centos|6.9|CentOS release 6.9 (Final)'] },
  57: { rule: 'How the distribution is detected', distributions: ['debian|6|Debian GNU/Linux 6'] },
  58: { rule: 'How the distribution is detected', distributions: ['ol|5|Oracle Linux Server 5'] },
  64: {
    rule: 'How the distribution is detected',
    distributions: ['not-rhel|9.4|Red Hat Enterprise Linux 9.4 (Plow)'],
  },
  66: { rule: 'How the distribution is detected', distributions: ['centos|8|CentOS Linux 8 (Core)'] },
  67: { rule: 'How the distribution is detected', distributions: ['centos|6|'] },
  68: { rule: 'How the distribution is detected', distributions: ['debian||Distroless'] },
  69: { rule: 'How the distribution is detected', distributions: ['debian|13|Debian GNU/Linux 13'] },
  70: { rule: 'How the distribution is detected', distributions: ['mariner|1.0|CBL-Mariner/Linux'] },
  72: {
    rule: 'How the distribution is detected',
    distributions: ['rhel|7|Red Hat Enterprise Linux Server 7'],
  },
  74: {
    rule: 'How the distribution is detected',
    distributions: ['rocky|8.10|Rocky Linux release 8.10 (Green Obsidian)'],
  },
  75: {
    rule: 'How the distribution is detected',
    distributions: ['scientific|7.9|Scientific Linux release 7.9 (Nitrogen)'],
  },
  76: { rule: 'How the distribution is detected', distributions: ['wolfi|20220914|Wolfi'] },
  78: { rule: 'How the distribution is detected', distributions: ['debian|9|Debian GNU/Linux 9'] },
  79: { rule: 'How the distribution is detected', distributions: ['debian|sid|Debian GNU/Linux sid'] },
};

/** Deviations in the recording of the matcher. */
export const v4MatchDeviations: V4Deviations = {
  23: { rule: 'Undetermined vulnerabilities do not count', findings: 34 },
  25: { rule: 'Undetermined vulnerabilities do not count', findings: 21 },
  26: {
    rule: 'A package without a source is its own source',
    packages: 3,
    distributions: ['debian|12 (bookworm)|Distroless'],
  },
  27: { rule: 'Undetermined vulnerabilities do not count', findings: 19 },
  29: { rule: 'Records of an unknown form are skipped', findings: 0 },
  30: { rule: 'Repositories of Red Hat have their own ids', packages: 162 },
  31: { rule: 'Repositories of Red Hat have their own ids', packages: 162, findings: 3 },
  32: { rule: 'Repositories of Red Hat have their own ids', packages: 162 },
  33: { rule: 'Repositories of Red Hat have their own ids', packages: 162, findings: 3 },
  34: { rule: 'Names of packages are those of their registries', packages: 15 },
  35: { rule: 'A package without its code does not count', findings: 36, packages: 15 },
  36: { rule: 'Names of packages are those of their registries', packages: 6 },
  37: { rule: 'A package without its code does not count', findings: 2, packages: 6 },
  38: { rule: 'Names of packages are those of their registries', packages: 3 },
  39: { rule: 'Names of packages are those of their registries', findings: 4, packages: 3 },
  42: { rule: 'Names of packages are those of their registries', packages: 3 },
  43: { rule: 'Names of packages are those of their registries', findings: 8, packages: 3 },
  44: { rule: 'Unreadable parts are named', packages: 5 },
  45: { rule: 'Packages that Clair cannot read', findings: 8, packages: 5 },
  48: { rule: 'How the distribution is detected', packages: 6, distributions: ['arch|1|'] },
  49: { rule: 'How the distribution is detected', findings: 0, packages: 6, distributions: ['arch|1|'] },
  9: { rule: 'An unknown update gets 404', status: 404 },
  58: { rule: 'Paths are exact', status: 404 },
  59: { rule: 'Paths are exact', status: 404 },
  60: { rule: 'Paths are exact', status: 404 },
  102: { rule: 'An unknown update gets 404', status: 404 },
  103: { rule: 'Updates are those of feeds', status: 404 },
  105: { rule: 'Updates are those of feeds', status: 404 },
  106: { rule: 'Updates are those of feeds', status: 404 },
  112: { rule: 'Undetermined vulnerabilities do not count', findings: 34 },
  117: { rule: 'A difference has whole records' },
  118: { rule: 'A difference has whole records' },
  121: { rule: 'Updates are those of feeds', status: 404 },
  122: { rule: 'Updates are those of feeds', status: 404 },
  127: { rule: 'Undetermined vulnerabilities do not count', findings: 33 },
  128: { rule: 'Undetermined vulnerabilities do not count', findings: 22 },
  129: { rule: 'Records of an unknown form are skipped', findings: 0 },
  130: { rule: 'A package without its code does not count', findings: 36, packages: 15 },
  136: { rule: 'Undetermined vulnerabilities do not count', findings: 33 },
  137: { rule: 'An unknown update gets 404', status: 404 },
  138: { rule: 'The advisories in use cannot be deleted', status: 400 },
  139: { rule: 'The advisories in use cannot be deleted', findings: 33 },
  140: { rule: 'The advisories in use cannot be deleted' },
};

/** Deviations in the recording of tokens. */
export const v4AuthDeviations: V4Deviations = {
  7: { rule: 'A token must expire and may come in any case', status: 200 },
  10: { rule: 'A token must expire and may come in any case', status: 401 },
  20: { rule: 'A token must expire and may come in any case', status: 401 },
  57: { rule: 'Several APIs on one port', status: 401 },
  58: { rule: 'Several APIs on one port' },
  59: { rule: 'Several APIs on one port', status: 401 },
  60: { rule: 'Several APIs on one port', status: 404 },
  61: { rule: 'Several APIs on one port', status: 401 },
  63: { rule: 'Several APIs on one port', status: 401 },
  65: { rule: 'Several APIs on one port', status: 401 },
  67: { rule: 'Several APIs on one port', status: 401 },
  69: { rule: 'Several APIs on one port', status: 401 },
};

/** Deviations in the recording of the notifier. */
export const v4NotifyDeviations: V4Deviations = {
  16: { rule: 'A notification is about one update of a feed' },
  20: { rule: 'A notification is about one update of a feed' },
  21: { rule: 'A notification is about one update of a feed' },
  22: { rule: 'A notification is about one update of a feed' },
  23: { rule: 'A notification is about one update of a feed' },
  25: { rule: 'Pages of notifications are limited', status: 400 },
  27: { rule: 'Pages of notifications are limited' },
  32: { rule: 'Pages of notifications are limited', status: 400 },
  39: { rule: 'Accept without a known media type', status: 415 },
  45: { rule: 'An unknown notification gets 404', status: 404 },
  46: { rule: 'An unknown notification gets 404', status: 404 },
  50: { rule: 'Paths are exact', status: 404 },
  51: { rule: 'An unknown notification gets 404', status: 404 },
  55: { rule: 'Paths are exact', status: 404 },
  56: { rule: 'Paths are exact', status: 404 },
  71: { rule: 'A notification is about one update of a feed' },
  75: { rule: 'A notification is about one update of a feed' },
  82: { rule: 'A deleted manifest is in no notification' },
  83: { rule: 'A deleted manifest is in no notification' },
};
