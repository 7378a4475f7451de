import { matches } from '../deploy/event-pattern.ts';
import type { DeployedRule } from '../deploy/process-resources.ts';
import type { Task } from '../ecs/model.ts';
import type { LocalEcs } from '../ecs/server.ts';
import { taskStateChange } from '../ecs/shapes.ts';
import type { LocalFunction } from './local-function.ts';

/** What sets off rules, and what they invoke. */
type RuleContext = {
  readonly functions: readonly LocalFunction[];
  readonly ecs: LocalEcs;
  readonly onError: (error: Error) => void;
};

/** Invokes the targets of every rule until it's stopped. Like EventBridge, doesn't wait for earlier invocations to end. */
export function startRules(
  rules: readonly DeployedRule[],
  { functions, ecs, onError }: RuleContext,
): () => void {
  const invoke = ({ targets }: DeployedRule, event: object) => {
    for (const { functionId, input = event } of targets) {
      const target = functions.find(({ logicalId }) => logicalId === functionId);
      target?.invoke(input).catch(onError);
    }
  };
  const timers = rules.flatMap((rule) => {
    if (rule.kind !== 'schedule') return [];
    const fire = () => invoke(rule, scheduledEvent(new Date()));
    fire();
    return [setInterval(fire, rule.everySeconds * 1000)];
  });
  const onChange = (task: Task) => {
    const event = taskStateChange(task);
    for (const rule of rules) if (rule.kind === 'events' && matches(event, rule.pattern)) invoke(rule, event);
  };
  ecs.scheduler.events.on('change', onChange);
  return () => {
    for (const timer of timers) clearInterval(timer);
    ecs.scheduler.events.off('change', onChange);
  };
}

/** What a rule with a schedule sends, as EventBridge's guide shows it. */
const scheduledEvent = (time: Date): object => ({
  version: '0',
  'detail-type': 'Scheduled Event',
  source: 'aws.events',
  time: time.toISOString(),
  detail: {},
});
