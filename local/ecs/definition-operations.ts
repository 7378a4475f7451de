import * as z from 'zod';
import { name, tags } from './inputs.ts';
import type { TaskDefinition } from './model.ts';
import { operation } from './operation.ts';
import { ARN, type Registry } from './registry.ts';
import { taskDefinitionShape } from './shapes.ts';

/** Fargate's default. */
const DEFAULT_STOP_TIMEOUT_SECONDS = 30;

/** "You may specify between 5 and 300 seconds. The default value is 30 seconds", and so on (HealthCheck). */
const healthCheck = z.object({
  command: z
    .tuple([z.enum(['CMD', 'CMD-SHELL'])], z.string())
    .refine(({ length }) => length > 1, 'expected a command'),
  interval: z.int().min(5).max(300).default(30),
  timeout: z.int().min(2).max(60).default(5),
  retries: z.int().min(1).max(10).default(3),
  startPeriod: z.int().min(0).max(300).default(0),
});

const container = z.object({
  name,
  command: z.array(z.string()).min(1),
  environment: z.array(z.object({ name, value: z.string() })).default([]),
  stopTimeout: z.int().min(2).max(120).default(DEFAULT_STOP_TIMEOUT_SECONDS),
  healthCheck: healthCheck.optional(),
});

/** The operations on task definitions. */
export function createDefinitionOperations({ taskDefinitions }: Registry) {
  return {
    RegisterTaskDefinition: operation(
      z.object({
        family: name,
        tags,
        containerDefinitions: z.tuple([container]).describe('one container, with a command'),
      }),
      ({ family, tags, containerDefinitions: [container] }) => {
        const earlier = [...taskDefinitions.values()].filter((definition) => definition.family === family);
        const revision = earlier.length + 1;
        const definition: TaskDefinition = {
          arn: `${ARN}:task-definition/${family}:${revision}`,
          family,
          revision,
          tags,
          container: {
            name: container.name,
            command: container.command,
            environment: Object.fromEntries(container.environment.map(({ name, value }) => [name, value])),
            stopTimeoutSeconds: container.stopTimeout,
            ...(container.healthCheck && { healthCheck: container.healthCheck }),
          },
        };
        taskDefinitions.set(`${family}:${revision}`, definition);
        return { taskDefinition: taskDefinitionShape(definition) };
      },
    ),
  };
}
