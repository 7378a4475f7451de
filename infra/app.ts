import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { ConfigError } from '../shared/core/pool/config.ts';
import { CONFIG_FILE, importConfig } from '../shared/project/config-file.ts';
import { AgentpoolRules } from './rules/plugin.ts';
import { readSettings } from './settings.ts';
import { AgentpoolStack } from './stack.ts';

/** CDK feature flags. */
const FLAGS = {
  '@aws-cdk/core:checkSecretUsage': true,
  '@aws-cdk/core:validateAgainstDefaultRules': true,
  '@aws-cdk/aws-iam:minimizePolicies': true,
};

const app = new App({ context: FLAGS });
const manifest = join(app.outdir, 'manifest.json');
try {
  const settings = readSettings(app, app.node.tryGetContext('pools') ?? (await importConfig(CONFIG_FILE)));
  // Looking up a VPC requires an account and a region. Without a VPC, the stack is environment-agnostic.
  const env = settings.vpc === undefined ? {} : { env: accountAndRegion() };
  new AgentpoolStack(app, settings.stack, { settings, ...env });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
  AgentpoolRules.check(app);
  // An earlier run may have left one.
  rmSync(manifest, { force: true });
  app.synth();
} catch (error) {
  if (!(error instanceof ConfigError) && hasLookups()) process.exit(0);
  // For an invalid configuration, the message is enough. A stack trace would hide it.
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exit(1);
}

/**
 * Whether the command line has something to look up, and then runs the app again. So far, placeholders stand for it, such as
 * `vpc-12345`, which don't pass validation.
 */
function hasLookups(): boolean {
  if (!existsSync(manifest)) return false;
  const { missing = [] } = JSON.parse(readFileSync(manifest, 'utf8')) as { missing?: readonly unknown[] };
  return missing.length > 0;
}

/** The account and region of the credentials that `cdk` runs with. */
function accountAndRegion() {
  const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env;
  if (account === undefined || region === undefined) {
    throw new ConfigError('-c vpc=… requires AWS credentials and a region to look up the VPC');
  }
  return { account, region };
}
