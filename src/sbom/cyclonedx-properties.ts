/** The properties of a component, by name. */
export class Properties {
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(properties: readonly { readonly name: string; readonly value?: string | null | undefined }[]) {
    const values = new Map<string, string[]>();
    for (const { name, value } of properties) {
      const known = values.get(name);
      if (known === undefined) values.set(name, [value ?? '']);
      else known.push(value ?? '');
    }
    this.#values = values;
  }

  /** The first value of a name. */
  get(name: string): string | undefined {
    return this.#values.get(name)?.[0];
  }

  /** The first value of any of these names that says something. */
  first(...names: readonly string[]): string | undefined {
    for (const name of names) {
      const value = this.get(name);
      if (value) return value;
    }
    return undefined;
  }

  /** All values of a name. */
  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** All values of names that end in their number, from 0 on. */
  numbered(prefix: string): string[] {
    const values: string[] = [];
    for (
      let value = this.get(`${prefix}0`);
      value !== undefined;
      value = this.get(`${prefix}${values.length}`)
    )
      values.push(value);
    return values;
  }

  /** Trivy has a component for each file that lists packages, which are components by themselves. */
  get isGroup(): boolean {
    return this.get('aquasecurity:trivy:Class') !== undefined;
  }
}
