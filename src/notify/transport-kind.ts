import type { SettingsSection, ValuesOf } from '../core/setting.ts';
import type { Transport } from '../plugin/transport.ts';

/** Where a transport is opened. */
export interface TransportContext {
  /** The environment, which may name proxies. */
  readonly env: NodeJS.ProcessEnv;
  /** Changes are told in digests, one for each image. */
  readonly isBatched: boolean;
}

/** A way to tell somebody, of which the configuration says whom and how. */
export interface TransportKind {
  /** Its settings stand below `notifier` under this name. */
  readonly name: string;
  /** Who is told: a program knows by its name what it is told again, people would read it twice. */
  readonly readBy: 'programs' | 'people';
  readonly settings: SettingsSection;
  /** Makes a transport of the values of the settings; none where they name nobody to tell. Throws `config-invalid`. */
  open(values: unknown, context: TransportContext): Transport | undefined;
}

/** A kind whose `open` sees the values as its settings have them. */
export function transportKind<const S extends SettingsSection>({
  open,
  ...kind
}: Omit<TransportKind, 'settings' | 'open'> & {
  readonly settings: S;
  readonly open: (values: ValuesOf<S>, context: TransportContext) => Transport | undefined;
}): TransportKind {
  // Values are carried by the name of the kind through the configuration, which read them by these very settings.
  return { ...kind, open: (values, context) => open(values as ValuesOf<S>, context) };
}
