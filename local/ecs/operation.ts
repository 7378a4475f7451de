import type * as z from 'zod';
import { EcsError } from './errors.ts';

export type Operation = (input: unknown) => object;

/** Wraps an operation with ECS's input validation. */
export function operation<Input extends z.ZodType>(
  input: Input,
  run: (input: z.output<Input>) => object,
): Operation {
  return (given) => {
    const parsed = input.safeParse(given);
    if (parsed.success) return run(parsed.data);
    const problems = parsed.error.issues.map(
      (issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`,
    );
    throw new EcsError('InvalidParameterException', problems.join('; '));
  };
}
