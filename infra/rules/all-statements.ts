import { type Statement, statementsOf } from './policies.ts';
import { type Found, listOf, property, record, type Template } from './template.ts';

/** The policies of roles and of resources, each with the resource that has it. */
export function allStatements(template: Template): readonly (Statement & { readonly id: string })[] {
  return Object.entries(template.Resources).flatMap(([id, resource]) =>
    documentsOf({ id, resource }).flatMap((document) =>
      statementsOf(document).map((statement) => ({ ...statement, id })),
    ),
  );
}

function documentsOf(found: Found): readonly unknown[] {
  if (found.resource.Type === 'AWS::IAM::Role') {
    return listOf(property(found, 'Policies')).map((inline) => record(inline)['PolicyDocument']);
  }
  return [property(found, 'PolicyDocument'), property(found, 'KeyPolicy')];
}
