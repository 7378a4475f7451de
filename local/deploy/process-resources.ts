import * as z from 'zod';
import { ownModule } from '../../shared/project/own-files.ts';
import type { ResourceType } from './deploy.ts';
import type { EventPattern } from './event-pattern.ts';

/** A function of the stack, ready to be invoked. */
export type DeployedFunction = {
  readonly logicalId: string;
  /** The file with its handler. */
  readonly entry: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
};

/** `input` is what the function gets instead of the event. */
export type RuleTarget = { readonly functionId: string; readonly input?: unknown };
/** A rule that invokes functions: on a schedule, or for each event that matches a pattern. */
export type DeployedRule = { readonly targets: readonly RuleTarget[] } & (
  | { readonly kind: 'schedule'; readonly everySeconds: number }
  | { readonly kind: 'events'; readonly pattern: EventPattern }
);
export type DeployedDashboard = { readonly name: string; readonly body: string };
export type DeployedAlarm = {
  readonly name: string;
  readonly properties: Readonly<Record<string, unknown>>;
};

/** Resources that exist only in this process, by their logical IDs. */
export type Deployed = {
  readonly functions: Map<string, DeployedFunction>;
  readonly rules: Map<string, DeployedRule>;
  readonly dashboards: Map<string, DeployedDashboard>;
  readonly alarms: Map<string, DeployedAlarm>;
};

export function nothingDeployed(): Deployed {
  return { functions: new Map(), rules: new Map(), dashboards: new Map(), alarms: new Map() };
}

/** Functions and the rules that invoke them, and what the console evaluates and draws: there is no local CloudWatch. */
export function processResources(deployed: Deployed): Record<string, ResourceType> {
  return {
    'AWS::Lambda::Function': {
      async put(properties, logicalId, { Metadata: metadata }) {
        const { Environment: environment, Timeout: timeout } = lambdaProperties.parse(properties);
        deployed.functions.set(logicalId, {
          logicalId,
          entry: ownModule(z.string().parse(metadata?.['agentpool:module'])),
          environment: environment.Variables,
          timeoutSeconds: timeout,
        });
        return { ref: logicalId, attributes: { Arn: logicalId } };
      },
      remove: removeFrom(deployed.functions),
    },

    'AWS::CloudWatch::Alarm': {
      async put(properties, logicalId) {
        deployed.alarms.set(logicalId, { name: logicalId, properties });
        const arn = `arn:aws:cloudwatch:us-east-1:000000000000:alarm:${logicalId}`;
        return { ref: logicalId, attributes: { Arn: arn } };
      },
      remove: removeFrom(deployed.alarms),
    },

    'AWS::CloudWatch::Dashboard': {
      async put(properties, logicalId) {
        const { DashboardName: name, DashboardBody: body } = dashboardProperties.parse(properties);
        deployed.dashboards.set(logicalId, { name, body });
        return { ref: logicalId };
      },
      remove: removeFrom(deployed.dashboards),
    },

    'AWS::Events::Rule': {
      async put(properties, logicalId) {
        deployed.rules.set(logicalId, ruleOf(ruleProperties.parse(properties), logicalId));
        return { ref: logicalId };
      },
      remove: removeFrom(deployed.rules),
    },
  };
}

function removeFrom(resources: Map<string, unknown>): NonNullable<ResourceType['remove']> {
  return async ({ ref: logicalId }) => {
    resources.delete(logicalId);
  };
}

function ruleOf(
  { ScheduleExpression: schedule, EventPattern: pattern, Targets: targets }: z.infer<typeof ruleProperties>,
  logicalId: string,
): DeployedRule {
  if (schedule === undefined) return { kind: 'events', pattern: pattern as EventPattern, targets };
  const [, count, unit = ''] = RATE.exec(schedule) ?? [];
  const minutes = Number(count) * (MINUTES[unit] ?? Number.NaN);
  if (Number.isNaN(minutes))
    throw new Error(`${logicalId}: unsupported schedule ${schedule}: expected rate(N minutes|hours|days)`);
  return { kind: 'schedule', everySeconds: 60 * minutes, targets };
}

const RATE = /^rate\((\d+) (minute|hour|day)s?\)$/;
const MINUTES: Readonly<Record<string, number>> = { minute: 1, hour: 60, day: 1440 };

const dashboardProperties = z.object({ DashboardName: z.string(), DashboardBody: z.string() });

const lambdaProperties = z.object({
  Environment: z.object({ Variables: z.record(z.string(), z.string()) }),
  Timeout: z.number(),
});

const ruleProperties = z.object({
  ScheduleExpression: z.string().optional(),
  EventPattern: z.record(z.string(), z.unknown()).optional(),
  Targets: z.array(
    z.object({ Arn: z.string(), Input: z.string().optional() }).transform(({ Arn, Input }) => ({
      functionId: Arn,
      ...(Input && { input: JSON.parse(Input) as unknown }),
    })),
  ),
});
