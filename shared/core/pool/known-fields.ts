import * as z from 'zod';

/** The fields that an object may have at this path of a schema. Empty where it may have several shapes. */
export function knownFields(schema: z.core.$ZodType, path: readonly PropertyKey[]): readonly string[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return knownFields(schema.unwrap(), path);
  const [key, ...rest] = path;
  if (schema instanceof z.ZodObject) {
    if (key === undefined) return Object.keys(schema.shape);
    const field: z.core.$ZodType | undefined = schema.shape[String(key)];
    return field === undefined ? [] : knownFields(field, rest);
  }
  return schema instanceof z.ZodArray ? knownFields(schema.element, rest) : [];
}
