import { gitlabSchema } from './gitlab-schema.ts';
import { cyclonedxValidator, sarifValidator, schemaValidator } from './official-schema.ts';
import { spdxSchema } from './spdx-schema.ts';

/** Validators of documents by schema, by the name of the report format. */
export const reportValidators = {
  sarif: sarifValidator(),
  cyclonedx: cyclonedxValidator(),
  spdx: schemaValidator(spdxSchema),
  gitlab: schemaValidator(gitlabSchema),
};
