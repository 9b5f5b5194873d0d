import type { SettingsSection, ValuesOf } from '../core/setting.ts';
import type { ChangeNotificationContent, Transport } from '../plugin/transport.ts';

/** Context in which a transport is opened. */
export interface TransportContext {
  /** Environment variables, which may name proxies. */
  readonly env: NodeJS.ProcessEnv;
  /** Whether changes are delivered in batches, one for each image. */
  readonly isBatched: boolean;
  /** Returns a notification of Clair v4 for each manifest among the images. `name` is that of the notification of the change. */
  readonly manifestNotifications: (name: string, content: ChangeNotificationContent) => readonly object[];
}

/** A way to deliver notifications. The configuration selects the receiver. */
export interface TransportKind {
  /** Name of the section below `notifier` that holds its settings. */
  readonly name: string;
  /** Kind of receiver. Programs recognize a redelivery by its name; people would read it twice. */
  readonly readBy: 'programs' | 'people';
  readonly settings: SettingsSection;
  /** Opens a transport with the values of its settings. Returns undefined if they name no receiver. Throws `config-invalid`. */
  open(values: unknown, context: TransportContext): Transport | undefined;
}

/** Returns a transport kind whose `open` receives values typed by its settings. */
export function transportKind<const S extends SettingsSection>({
  open,
  ...kind
}: Omit<TransportKind, 'settings' | 'open'> & {
  readonly settings: S;
  readonly open: (values: ValuesOf<S>, context: TransportContext) => Transport | undefined;
}): TransportKind {
  // The configuration has parsed the values with these very settings.
  return { ...kind, open: (values, context) => open(values as ValuesOf<S>, context) };
}
