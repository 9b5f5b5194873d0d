import { manifestOfName } from '../../model/digest.ts';
import type { Fix } from '../../model/fix.ts';
import type { Match } from '../../model/report.ts';
import type { Vulnerability } from '../../model/vulnerability.ts';
import type { ChangeNotificationContent } from '../../plugin/transport.ts';
import { uuidOf } from '../identity.ts';
import { distributionOfNamespace } from './distribution.ts';
import { fixedVersionInV4, severityInV4 } from './document.ts';
import type { V4Notification } from './types.ts';

/** A change of a vulnerability, and images that it affects or no longer affects. */
export interface V4Change {
  /** Name of the notification of the change. */
  readonly name: string;
  /** Whether the change ended the findings of the images. */
  readonly isEnded: boolean;
  readonly namespace: string | null;
  readonly images: readonly V4AffectedImage[];
}

/** An affected image, with the first of its findings. */
interface V4AffectedImage {
  /** Names of the image, some of which may be those of manifests. */
  readonly names: readonly string[];
  readonly vulnerability: Pick<Vulnerability, 'id' | 'severity' | 'links'> & {
    readonly description?: string | null;
  };
  readonly package: Pick<Match['package'], 'name' | 'version'>;
  readonly fix: Fix;
}

/** Returns a notification for each manifest of the images. A client acts on `added` only. */
export function toV4Notifications({ name, isEnded, namespace, images }: V4Change): V4Notification[] {
  const reason = isEnded ? 'removed' : 'added';
  return images.flatMap((image) =>
    image.names.flatMap((one) => {
      const manifest = manifestOfName(one);
      if (manifest === undefined) return [];
      const id = uuidOf(name, manifest, image.package.name, reason);
      return [{ id, manifest, reason, vulnerability: summaryOf(image, namespace) }];
    }),
  );
}

/**
 * Returns what messages to brokers say about the manifests among the images of a change. The severity is that of the advisory. `name` is that
 * of the notification.
 */
export function manifestNotifications(name: string, content: ChangeNotificationContent): V4Notification[] {
  const { namespace, images, kind, noLongerAffected } = content;
  const listed = [
    { isEnded: kind === 'withdrawn', vulnerability: content.new ?? content.old, images },
    { isEnded: true, vulnerability: content.old, images: noLongerAffected?.images ?? [] },
  ];
  return listed.flatMap(({ isEnded, vulnerability, images: all }) => {
    if (vulnerability === null) return [];
    const ofChange = all.flatMap(({ names, packages: [item], fix }) =>
      item === undefined ? [] : [{ names, vulnerability, package: item, fix }],
    );
    return toV4Notifications({ name, namespace, isEnded, images: ofChange });
  });
}

/** Clair writes the normalized word as `severity`, and Quay reads `normalized_severity`. */
function summaryOf(
  { vulnerability, package: item, fix }: V4AffectedImage,
  namespace: string | null,
): V4Notification['vulnerability'] {
  const severity = severityInV4(vulnerability.severity);
  return {
    name: vulnerability.id,
    description: vulnerability.description ?? '',
    severity,
    normalized_severity: severity,
    package: {
      id: '',
      name: item.name,
      version: item.version,
      kind: 'binary',
      normalized_version: '',
      cpe: '',
      detector: null,
    },
    distribution: distributionOfNamespace(namespace ?? ''),
    repo: { cpe: '' },
    fixed_in_version: fixedVersionInV4(fix),
    links: vulnerability.links.map((link) => link.replaceAll(' ', '%20')).join(' '),
  };
}
