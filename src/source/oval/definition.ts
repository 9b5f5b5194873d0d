import { attributeOf, childOf, childrenOf, contentOf, textOf } from '../../kit/xml/xml-element.ts';
import type { XmlElement } from '../../kit/xml/xml-stream.ts';

/** A leaf of criteria: a reference to a test, and the vendor's comment on it. */
export interface Criterion {
  readonly test: string;
  readonly comment: string;
  readonly negate?: true;
}

/** Criteria joined by an operator: `AND`, `OR`, and rarely `ONE` or `XOR`. */
export interface Criteria {
  readonly operator: string;
  readonly of: readonly (Criteria | Criterion)[];
  readonly negate?: true;
}

/** A reference of a definition: its advisory or a CVE. */
export interface Reference {
  readonly source: string;
  readonly id: string;
  readonly url: string;
}

/** A CVE of an advisory, with the vendor's attributes. */
export interface AdvisoryCve {
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** An OVAL definition: a vulnerability or patch, and the criteria of affected systems. */
export interface Definition {
  readonly id: string;
  /** `vulnerability`, `patch`, `inventory`. */
  readonly class: string;
  readonly title: string;
  readonly description: string;
  readonly platforms: readonly string[];
  readonly references: readonly Reference[];
  readonly severity: string;
  /** Date of the last change, or else of publication, in the vendor's format. */
  readonly date?: string;
  /** Date of publication, in the vendor's format. */
  readonly issued?: string;
  readonly cves: readonly AdvisoryCve[];
  readonly products: readonly string[];
  /** Red Hat's `resolution` for packages without a fix, by package name. */
  readonly resolutions: Readonly<Record<string, string>>;
  /** Microsoft's statement whether there is a patch. */
  readonly patchable?: string;
  readonly criteria?: Criteria;
}

/**
 * Reads a `definition` element (OVAL 5, oval-definitions-schema). Vendors put the same data at different places of it.
 */
export function readDefinition(element: XmlElement): Definition {
  const metadata = childOf(element, 'metadata');
  const advisory = childOf(metadata, 'advisory');
  const criteria = childOf(element, 'criteria');
  const issued = attributeOrNone(childOf(advisory, 'issued'), 'date');
  const date =
    attributeOrNone(childOf(advisory, 'updated'), 'date') ??
    issued ??
    childOf(metadata, 'advisory_date')?.text;
  const patchable = childOf(metadata, 'patchable')?.text.trim();
  return {
    id: attributeOf(element, 'id'),
    class: attributeOrNone(element, 'class') ?? '',
    title: textOf(metadata, 'title'),
    description: textOf(metadata, 'description'),
    platforms: childrenOf(childOf(metadata, 'affected'), 'platform').map(contentOf),
    references: childrenOf(metadata, 'reference').map(readReference),
    severity: textOf(advisory, 'severity') || textOf(metadata, 'severity'),
    ...(date !== undefined && { date: date.trim() }),
    ...(issued !== undefined && { issued: issued.trim() }),
    cves: childrenOf(advisory, 'cve').map((cve) => ({ id: contentOf(cve), attributes: cve.attributes })),
    products: childrenOf(childOf(advisory, 'affected_cpe_list'), 'cpe').map(contentOf),
    resolutions: readResolutions(childOf(advisory, 'affected')),
    ...(patchable !== undefined && { patchable }),
    ...(criteria !== undefined && { criteria: readCriteria(criteria) }),
  };
}

function readReference(element: XmlElement): Reference {
  return {
    source: attributeOrNone(element, 'source') ?? '',
    id: attributeOrNone(element, 'ref_id')?.trim() ?? '',
    url: attributeOrNone(element, 'ref_url')?.trim() ?? '',
  };
}

function readResolutions(affected: XmlElement | undefined): Record<string, string> {
  return Object.fromEntries(
    childrenOf(affected, 'resolution').flatMap((resolution) =>
      childrenOf(resolution, 'component').map((component) => [
        contentOf(component),
        attributeOrNone(resolution, 'state') ?? '',
      ]),
    ),
  );
}

function readCriteria(element: XmlElement): Criteria {
  return {
    operator: attributeOrNone(element, 'operator') ?? 'AND',
    of: element.children.flatMap((child): (Criteria | Criterion)[] => {
      if (child.name === 'criteria') return [readCriteria(child)];
      // A definition that extends another one names no test, so its meaning is unknown here.
      if (child.name === 'criterion' || child.name === 'extend_definition') return [readCriterion(child)];
      return [];
    }),
    ...negation(element),
  };
}

function readCriterion(element: XmlElement): Criterion {
  return {
    test: attributeOrNone(element, 'test_ref') ?? '',
    comment: attributeOrNone(element, 'comment')?.trim() ?? '',
    ...negation(element),
  };
}

function negation(element: XmlElement): { negate?: true } {
  return attributeOrNone(element, 'negate') === 'true' ? { negate: true } : {};
}

function attributeOrNone(element: XmlElement | undefined, name: string): string | undefined {
  return element?.attributes[name];
}
