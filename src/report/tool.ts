/** Name and version of this scanner, as report formats state it. A test compares it with package.json. */
export const tool = { name: 'clair', version: '0.2.0' } as const;
