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
