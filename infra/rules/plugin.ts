import { readFileSync } from 'node:fs';
import {
  App,
  CfnElement,
  type IPolicyValidationContext,
  type IPolicyValidationPlugin,
  type PolicyValidationPluginReport,
  type PolicyViolation,
  Stack,
  Validations,
} from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { Finding, Rule } from './rule.ts';
import { RULES } from './rules.ts';
import type { Template } from './template.ts';

type StackTemplate = IPolicyValidationContext['stackTemplates'][number];

/** By app: a plugin that's added twice reports everything twice. */
const plugins = new WeakMap<IConstruct, AgentpoolRules>();

/**
 * Checks synthesized templates against {@link RULES}; each finding fails the synthesis. Findings about resources outside
 * of the constructs that asked for it are left out: how others name their queues is their decision.
 *
 * A finding that's right in some case can be acknowledged:
 * `Validations.of(construct).acknowledge({ id: 'agentpool::names-are-unique', reason: '…' })`.
 */
export class AgentpoolRules implements IPolicyValidationPlugin {
  readonly name = 'agentpool';
  readonly ruleIds = RULES.map(({ id }) => id);
  readonly #scopes = new Set<IConstruct>();

  /** Checks what a construct creates when its app is synthesized. */
  static check(scope: IConstruct): void {
    const { root } = scope.node;
    // CDK runs plugins only in apps.
    if (!App.isApp(root)) return;
    const plugin = plugins.get(root) ?? new AgentpoolRules();
    if (!plugins.has(root)) {
      plugins.set(root, plugin);
      Validations.of(root).addPlugins(plugin);
    }
    plugin.#scopes.add(scope);
  }

  validate({ stackTemplates, appConstruct }: IPolicyValidationContext): PolicyValidationPluginReport {
    const rules = RULES.filter(({ wholeAppOnly }) => !wholeAppOnly || this.#scopes.has(appConstruct));
    const stacks = appConstruct.node.findAll().filter(Stack.isStack);
    const stackNames = stacks.map(({ stackName }) => stackName);
    const violations = stackTemplates.flatMap((stackTemplate) => {
      const stack = stacks.find(({ node }) => node.path === stackTemplate.stackConstructPath);
      if (stack === undefined) return [];
      const template = readTemplate(stackTemplate, stackNames);
      const checked = this.#checkedIn(stack);
      return rules.flatMap((rule) =>
        rule
          .check(template)
          .filter(({ logicalId }) => checked.has(logicalId))
          .map((finding) => violation(rule, finding, stackTemplate)),
      );
    });
    return { success: violations.length === 0, violations };
  }

  /** The logical IDs of what the constructs that are checked create in a stack. */
  #checkedIn(stack: Stack): ReadonlySet<string> {
    const elements = [...this.#scopes]
      .flatMap((scope) => scope.node.findAll())
      .filter(CfnElement.isCfnElement)
      .filter((element) => element.stack === stack);
    return new Set(elements.map(({ logicalId }) => stack.resolve(logicalId) as string));
  }
}

function violation(
  { id, description }: Rule,
  { logicalId, message }: Finding,
  { templatePath }: StackTemplate,
): PolicyViolation {
  return {
    ruleName: id,
    severity: 'error',
    description: message,
    fix: description,
    violatingResources: [{ resourceLogicalId: logicalId, templatePath, locations: [] }],
  };
}

function readTemplate({ templatePath, region }: StackTemplate, stackNames: readonly string[]): Template {
  const { Resources = {} } = JSON.parse(readFileSync(templatePath, 'utf8')) as Partial<Template>;
  return { stackNames, region, Resources };
}
