import type { Severity } from '../model/severity.ts';
import type { Vulnerability } from '../model/vulnerability.ts';
import { sampleNotification } from '../plugin/contract/transport.ts';
import type {
  BatchNotificationContent,
  ChangeNotificationContent,
  NotificationImage,
  NotificationMessage,
} from '../plugin/transport.ts';

const { name, createdAt } = sampleNotification;

/** Returns a notification about one change, with defaults for absent fields. */
export function sampleChangeMessage(changes: Partial<ChangeNotificationContent>): NotificationMessage {
  const content: ChangeNotificationContent = {
    source: 'debian',
    namespace: 'debian:12',
    kind: 'new',
    old: null,
    new: plainVulnerability({}),
    images: [],
    hasMoreImages: false,
    ...changes,
  };
  return { name, createdAt, kind: 'change', content: async () => content };
}

/** Returns a notification about all changes that concern an image. */
export function sampleBatchMessage(
  changes: BatchNotificationContent['changes'],
  names: string[] = ['shop'],
): NotificationMessage {
  const content = { image: { identity: 'sha256:00', names }, changes };
  return { name, createdAt, kind: 'digest', content: async () => content };
}

/** Returns a vulnerability with defaults for absent fields. */
export function plainVulnerability(changes: Partial<Vulnerability>): Vulnerability {
  return {
    key: 'A',
    id: 'CVE-2026-1',
    aliases: [],
    links: [],
    severity: 'High',
    cvss: [],
    affected: [],
    ...changes,
  };
}

/** Returns an installed Debian package. */
export function installedDeb(debName: string, version: string): NotificationImage['packages'][number] {
  return {
    type: 'deb',
    name: debName,
    version,
    source: null,
    purl: `pkg:deb/debian/${debName}@${version}`,
    location: { path: 'var/lib/dpkg/status', layer: null },
  };
}

/** Returns a new vulnerability of a batch, with one affected package. */
export function newInBatch(id: string, severity: Severity): BatchNotificationContent['changes'][number] {
  return {
    source: 'debian',
    namespace: 'debian:12',
    kind: 'new',
    old: null,
    new: plainVulnerability({ id, severity }),
    packages: [installedDeb('curl', '7')],
    fix: { state: 'unfixed' },
  };
}

/** Texts of which messages are full. */
export interface FloodedTexts {
  readonly one: string;
  readonly other: string;
  /** Number of images, and of changes of a batch. */
  readonly count: number;
}

/** Returns a message of each kind in which every text that others write is one of these. */
export function floodedMessages({ one, other, count }: FloodedTexts): NotificationMessage[] {
  const affected = Array.from({ length: 9 }, (_, i) => ({
    namespace: { name: 'debian:12', versionScheme: 'dpkg' },
    package: `${i}${one}`,
    range: {},
    fix: { state: 'fixed', version: other } as const,
  }));
  const vulnerability = plainVulnerability({ id: one, description: other, links: [one], affected });
  const [old, changed] = [vulnerability, { source: one, namespace: other, kind: 'changed' } as const];
  const images = Array.from({ length: count }, () => ({
    identity: 'sha256:00',
    names: [one, other],
    packages: [installedDeb('openssl', '3.0.14')],
    fix: { state: 'fixed', version: '3.0.15' } as const,
  }));
  const packages = [installedDeb(one, other)];
  const item = { ...changed, old, new: vulnerability, packages, fix: { state: 'unfixed' } as const };
  return [
    sampleChangeMessage({ ...changed, old, new: vulnerability, images }),
    sampleBatchMessage(Array<typeof item>(count).fill(item), [one]),
  ];
}
