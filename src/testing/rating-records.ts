/** A record of the CVE list, as its assigner and CISA may write it. */
export interface RecordFacts {
  readonly assigner?: string;
  readonly metrics?: readonly object[];
  readonly cisa?: readonly object[];
  readonly state?: string;
}

/** A record of the CVE list, JSON 5.1, with these facts. */
export function cveRecord(
  id: string,
  { assigner = 'redhat', metrics, cisa, state }: RecordFacts = {},
): object {
  return {
    dataType: 'CVE_RECORD',
    dataVersion: '5.1',
    cveMetadata: { cveId: id, state: state ?? 'PUBLISHED', datePublished: '2023-10-03T17:25:08.434Z' },
    containers: {
      cna: {
        providerMetadata: { orgId: '53f830b8-0a3f-465b-8143-3b8a9948e749', shortName: assigner },
        descriptions: [{ lang: 'en', value: 'A flaw.' }],
        ...(metrics && { metrics }),
      },
      adp: [
        {
          providerMetadata: { orgId: '134c704f-9b21-4f2e-91b3-4a467353bcc0', shortName: 'CISA-ADP' },
          ...(cisa && { metrics: cisa }),
        },
      ],
    },
  };
}

/** A metric of CVSS 3.1. */
export function cvss31(vectorString: string, baseScore: number, baseSeverity: string): object {
  return { cvssV3_1: { version: '3.1', vectorString, baseScore, baseSeverity } };
}

/** The path of a record in the repository of the CVE list. */
export function recordPath(id: string): string {
  const [, year, number] = id.split('-');
  return `${year}/${Math.floor(Number(number) / 1000)}xxx/${id}.json`;
}
