/** Returns a document of OpenVEX with these statements, valid or not. */
export function openVexDocument(statements: readonly object[], above: object = {}): object {
  return {
    '@context': 'https://openvex.dev/ns/v0.2.0',
    '@id': 'https://vex.example/1',
    author: 'Example Ltd',
    timestamp: '2024-05-01T10:00:00Z',
    version: 1,
    statements,
    ...above,
  };
}

/** Returns a document of CSAF 2.0 in its profile VEX, with a product tree and vulnerabilities. */
export function csafVexDocument(productTree: object, vulnerabilities: readonly object[]): object {
  return {
    document: {
      category: 'csaf_vex',
      csaf_version: '2.0',
      title: 'An example',
      publisher: { category: 'vendor', name: 'Example Ltd', namespace: 'https://example.com' },
      tracking: {
        id: 'EX-2024-1',
        current_release_date: '2024-05-01T10:00:00Z',
        initial_release_date: '2024-05-01T10:00:00Z',
        revision_history: [{ date: '2024-05-01T10:00:00Z', number: '1', summary: 'The first version' }],
        status: 'final',
        version: '1',
      },
    },
    product_tree: productTree,
    vulnerabilities,
  };
}

/** Returns a document of CycloneDX with vulnerabilities. */
export function cyclonedxDocument(vulnerabilities: readonly object[], above: object = {}): object {
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: 'urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79',
    version: 1,
    metadata: { timestamp: '2024-05-01T10:00:00Z', authors: [{ name: 'Example Ltd' }] },
    vulnerabilities,
    ...above,
  };
}
