/** Documents at the root of an archive or layout that only images have. */
export const documentNames: readonly string[] = ['manifest.json', 'index.json', 'oci-layout', 'repositories'];
