/** The used part of the library, which has no types. */
interface Library {
  readonly validate: (
    tests: readonly unknown[],
    document: unknown,
  ) => Promise<{ readonly tests: readonly Outcome[] }>;
  readonly schemas: Readonly<Record<string, unknown>>;
  readonly mandatory: Readonly<Record<string, unknown>>;
}
interface Outcome {
  readonly name: string;
  readonly errors: readonly { readonly instancePath: string; readonly message?: string }[];
}

async function library(): Promise<Library> {
  const [{ default: validate }, schemas, mandatory] = (await Promise.all([
    import(import.meta.resolve('@secvisogram/csaf-validator-lib/validate.js')),
    import(import.meta.resolve('@secvisogram/csaf-validator-lib/schemaTests.js')),
    import(import.meta.resolve('@secvisogram/csaf-validator-lib/mandatoryTests.js')),
  ])) as [{ default: Library['validate'] }, Library['schemas'], Library['mandatory']];
  return { validate, schemas, mandatory };
}

/** Returns the problems of a document by the strict schema of CSAF 2.0 and all mandatory tests (§6.1). */
export async function csafProblems(document: unknown): Promise<string[]> {
  const { validate, schemas, mandatory } = await library();
  const tests: unknown[] = [...Object.values(schemas), ...Object.values(mandatory)];
  const { tests: outcomes } = await validate(tests, document);
  return outcomes.flatMap(({ name, errors }) =>
    errors.map(({ instancePath, message }) => `${name} ${instancePath}: ${message ?? ''}`),
  );
}
