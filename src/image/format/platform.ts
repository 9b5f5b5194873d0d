import type { ImageConfig, Platform } from './documents.ts';

/** A platform as users write it: `linux/amd64`, `linux/arm64/v8`. */
export const platformForm: RegExp = /^[a-z\d]+\/[a-z\d_]+(?:\/[\w.]+)?$/;

/** Returns a platform as `linux/arm64/v8`, or null if the image does not state one. */
export function platformText(platform: Platform | ImageConfig | null | undefined): string | null {
  if (platform?.os === undefined || platform.architecture === undefined) return null;
  const variant = platform.variant ? `/${platform.variant}` : '';
  return `${platform.os}/${platform.architecture}${variant}`;
}

/** Returns the platform of images that run on this machine. */
export function defaultPlatform(): string {
  return `linux/${goArchitecture(process.arch)}`;
}

/** Other names of architectures, and the variant that each implies. containerd/platforms, `normalizeArch`. */
const architectureNames: ReadonlyMap<string, readonly [architecture: string, variant?: string]> = new Map([
  ['i386', ['386', '']],
  ['x86_64', ['amd64']],
  ['x86-64', ['amd64']],
  ['aarch64', ['arm64']],
  ['armhf', ['arm', 'v7']],
  ['armel', ['arm', 'v6']],
]);

/** Normalizes a platform as containerd does: `Linux/x86_64` and `linux/amd64/v1` become `linux/amd64`. */
export function normalizePlatform(platform: string): string {
  const [os = '', named = '', ...variants] = platform.toLowerCase().split('/');
  const [architecture, fixed] = architectureNames.get(named) ?? [named];
  const variant = fixed ?? normalizeVariant(architecture, variants.join('/'));
  return [os === 'macos' ? 'darwin' : os, architecture, ...(variant === '' ? [] : [variant])].join('/');
}

function normalizeVariant(architecture: string, variant: string): string {
  if (architecture === 'amd64') return variant === 'v1' ? '' : variant;
  if (architecture === 'arm64') return variant === '8' || variant === 'v8' ? '' : variant;
  if (architecture !== 'arm') return variant;
  if (variant === '') return 'v7';
  return /^[5-8]$/.test(variant) ? `v${variant}` : variant;
}

/** Whether a platform is the wanted one, or a variant of it. */
export function fitsPlatform(platform: string | null, wanted: string): boolean {
  if (platform === null) return false;
  const [normal, normalWanted] = [normalizePlatform(platform), normalizePlatform(wanted)];
  if (normal === normalWanted) return true;
  if (wanted.split('/').length > 2) return false;
  // `linux/arm` means v7. If only another variant exists, that one fits.
  const family = normalWanted.split('/').slice(0, 2).join('/');
  return normal === family || normal.startsWith(`${family}/`);
}

/** Whether a platform is known and differs from the wanted one. */
export function isOtherPlatform(platform: string | null, wanted: string | undefined): platform is string {
  return wanted !== undefined && platform !== null && !fitsPlatform(platform, wanted);
}

/** Maps Node's name of an architecture to Go's, which images use. */
function goArchitecture(arch: string): string {
  return { x64: 'amd64', ia32: '386', ppc64: 'ppc64le', loong64: 'loong64' }[arch] ?? arch;
}
