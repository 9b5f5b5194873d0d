import type { ImageConfig, Platform } from './documents.ts';

/** `linux/arm64/v8`, or null where the image does not say. */
export function platformText(platform: Platform | ImageConfig | null | undefined): string | null {
  if (platform?.os === undefined || platform.architecture === undefined) return null;
  const variant = platform.variant ? `/${platform.variant}` : '';
  return `${platform.os}/${platform.architecture}${variant}`;
}

/** The platform of images that run on this machine. */
export function ownPlatform(): string {
  return `linux/${goArchitecture(process.arch)}`;
}

/** Whether a platform is the wanted one, or a variant of it. */
export function fitsPlatform(platform: string | null, wanted: string): boolean {
  return platform === wanted || (platform?.startsWith(`${wanted}/`) ?? false);
}

/** Whether a platform is known to be another than the wanted one. */
export function isOtherPlatform(platform: string | null, wanted: string | undefined): platform is string {
  return wanted !== undefined && platform !== null && !fitsPlatform(platform, wanted);
}

/** Node's name of an architecture as images have it. */
function goArchitecture(arch: string): string {
  return { x64: 'amd64', ia32: '386', ppc64: 'ppc64le', loong64: 'loong64' }[arch] ?? arch;
}
