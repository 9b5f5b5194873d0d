import { attributeOf, childOf, childrenOf, contentOf, textOf } from '../../kit/xml/xml-element.ts';
import type { XmlElement } from '../../kit/xml/xml-stream.ts';

/** One question about a system: a test, in the words of the vendor. */
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

/** What a definition points to: the advisory it is of, or a CVE. */
export interface Reference {
  readonly source: string;
  readonly id: string;
  readonly url: string;
}

/** A CVE as an advisory names it, with what the vendor says of it by attributes. */
export interface AdvisoryCve {
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** A definition of OVAL: what a vulnerability or patch is, and how to tell that a system has it. */
export interface Definition {
  readonly id: string;
  /** `vulnerability`, `patch`, `inventory`. */
  readonly class: string;
  readonly title: string;
  readonly description: string;
  readonly platforms: readonly string[];
  readonly references: readonly Reference[];
  readonly severity: string;
  /** When it was last changed, else published, as the vendor writes it. */
  readonly date?: string;
  readonly cves: readonly AdvisoryCve[];
  readonly products: readonly string[];
  /** What the vendor intends for packages without a fix: Red Hat's `resolution`, by package name. */
  readonly resolutions: Readonly<Record<string, string>>;
  /** Microsoft's word on whether there is a patch. */
  readonly patchable?: string;
  readonly criteria?: Criteria;
}

/** Reads a `definition` element (OVAL 5, oval-definitions-schema). Vendors put the same things at different places of it. */
export function readDefinition(element: XmlElement): Definition {
  const metadata = childOf(element, 'metadata');
  const advisory = childOf(metadata, 'advisory');
  const criteria = childOf(element, 'criteria');
  const date =
    attributeOrNone(childOf(advisory, 'updated'), 'date') ??
    attributeOrNone(childOf(advisory, 'issued'), 'date') ??
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
      // A definition that builds on another one names no test; what it says is unknown here.
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
