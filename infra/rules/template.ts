/** A resource of a CloudFormation template. */
export type Resource = {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
  readonly UpdateReplacePolicy?: string;
  readonly Metadata?: Readonly<Record<string, unknown>>;
};

/** A synthesized template, and what's known about its stack. */
export type Template = {
  /** The names of the app's stacks: a name in one may begin with that of another, whose resource it belongs to. */
  readonly stackNames: readonly string[];
  /** `undefined` if the stack can be deployed in any region. */
  readonly region: string | undefined;
  readonly Resources: Readonly<Record<string, Resource>>;
};

/** A resource with its logical ID. Properties are read by path, because they come without types. */
export type Found = { readonly id: string; readonly resource: Resource };

export function resourcesOf(template: Template, ...types: readonly string[]): readonly Found[] {
  return Object.entries(template.Resources)
    .filter(([, { Type }]) => types.includes(Type))
    .map(([id, resource]) => ({ id, resource }));
}

/** A property of a resource: `property(found, 'LoggingConfig', 'LogGroup')`. */
export function property({ resource }: Found, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => record(value)[name], resource.Properties);
}

/** CloudFormation and IAM accept a single value in place of a list. */
export function listOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

export function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/**
 * A value as text in the notation of `Fn::Sub`: `{Ref: A}` is `${A}`, `{Fn::GetAtt: [A, Arn]}` is `${A.Arn}`, and joined
 * parts are joined. Functions that only CloudFormation can evaluate become `${?}`.
 */
export function text(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': join, 'Fn::Sub': sub } = record(value);
  if (Ref !== undefined) return reference(String(Ref));
  if (attribute !== undefined) return reference(listOf(attribute).map(String).join('.'));
  if (join !== undefined) {
    const [separator, parts] = listOf(join);
    return listOf(parts).map(text).join(String(separator));
  }
  if (sub !== undefined) return substituted(listOf(sub));
  return reference('?');
}

/** A reference in a text: to a resource, its attribute, or a pseudo parameter such as `AWS::Region`. */
export function reference(name: string): string {
  return `\${${name}}`;
}

function substituted([template, variables]: readonly unknown[]): string {
  const values = record(variables);
  return String(template).replaceAll(/\$\{([^!}]+)\}/g, (reference, name: string) =>
    name in values ? text(values[name]) : reference,
  );
}

/** The logical IDs of the resources that a value refers to, at any depth. */
export function references(value: unknown): ReadonlySet<string> {
  if (typeof value !== 'object' || value === null) return new Set();
  if (Array.isArray(value)) return new Set(value.flatMap((each) => [...references(each)]));
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Sub': sub } = record(value);
  const named: readonly string[] =
    Ref !== undefined || attribute !== undefined || sub !== undefined ? namesIn(text(value)) : [];
  return new Set([...named, ...Object.values(value).flatMap((each) => [...references(each)])]);
}

/** The first resource that a value refers to: the topic of an action, the key of a queue. */
export function referred(template: Template, value: unknown, type: string): string | undefined {
  return [...references(value)].find((id) => template.Resources[id]?.Type === type);
}

/** The logical IDs in a text of {@link text}, without pseudo parameters such as `AWS::Region`. */
export function namesIn(reference: string): readonly string[] {
  return [...reference.matchAll(/\$\{([A-Za-z0-9]+)(?:\.[^}]*)?\}/g)].map(([, name = '']) => name);
}
