import { listOf, references, type Template } from './template.ts';

/** The resources that CloudFormation creates and updates before this one, because it names them. */
function direct(template: Template, id: string): readonly string[] {
  const resource = template.Resources[id];
  if (resource === undefined) return [];
  const named = [...references(resource.Properties), ...listOf(resource.DependsOn).map(String)];
  return named.filter((name) => name in template.Resources);
}

/** Everything that some resources depend on, directly or not, each with the shortest path to it. */
export function dependencies(
  template: Template,
  starts: readonly string[],
): ReadonlyMap<string, readonly string[]> {
  const paths = new Map(starts.map((id) => [id, [id]]));
  // A map's iteration includes what's added to it meanwhile.
  for (const [id, path] of paths) {
    for (const next of direct(template, id)) if (!paths.has(next)) paths.set(next, [...path, next]);
  }
  return paths;
}
