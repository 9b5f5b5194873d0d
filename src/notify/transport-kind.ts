import type { Section, ValuesOf } from '../kit/setting.ts';
import type { Transport } from '../plugin/transport.ts';

/** Where a transport is opened. */
export interface TransportPlace {
  /** The environment, which may name proxies. */
  readonly env: NodeJS.ProcessEnv;
  /** Changes are told in digests, one for each image. */
  readonly hasDigests: boolean;
}

/** A way to tell somebody, of which the configuration says whom and how. */
export interface TransportKind {
  /** Its settings stand below `notifier` under this name. */
  readonly name: string;
  /** Who is told: a program knows by its name what it is told again, people would read it twice. */
  readonly readBy: 'programs' | 'people';
  readonly settings: Section;
  /** Makes a transport of the values of the settings; none where they name nobody to tell. Throws `config-invalid`. */
  open(values: unknown, place: TransportPlace): Transport | undefined;
}

/** A kind whose `open` sees the values as its settings have them. */
export function transportKind<const S extends Section>({
  open,
  ...kind
}: Omit<TransportKind, 'settings' | 'open'> & {
  readonly settings: S;
  readonly open: (values: ValuesOf<S>, place: TransportPlace) => Transport | undefined;
}): TransportKind {
  // Values are carried by the name of the kind through the configuration, which read them by these very settings.
  return { ...kind, open: (values, place) => open(values as ValuesOf<S>, place) };
}
