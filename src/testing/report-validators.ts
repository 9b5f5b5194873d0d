import { gitlabSchema } from './gitlab-schema.ts';
import { cyclonedxValidator, sarifValidator, schemaValidator } from './official-schema.ts';
import { spdxSchema } from './spdx-schema.ts';

/** By the name of a report format, what finds the problems of a document by its schema. */
export const reportValidators = {
  sarif: sarifValidator(),
  cyclonedx: cyclonedxValidator(),
  spdx: schemaValidator(spdxSchema),
  gitlab: schemaValidator(gitlabSchema),
};
