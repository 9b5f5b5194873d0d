/** Who wrote a report, for formats that ask. A test holds it to the package. */
export const tool = { name: 'clair', version: '0.2.0' } as const;
