import { actionsApply } from './actions-apply.ts';
import { actionsExist } from './actions-exist.ts';
import { alarmsReachTheirTopic } from './alarms-reach-their-topic.ts';
import { dataIsRetained } from './data-is-retained.ts';
import { logGroupsCanUseKeys } from './log-groups-can-use-keys.ts';
import { namesAreUnique } from './names-are-unique.ts';
import { rolesCanUseKeys } from './roles-can-use-keys.ts';
import type { Rule } from './rule.ts';
import { scalerIsIndependent } from './scaler-is-independent.ts';
import { servicesComeLast } from './services-come-last.ts';

export const RULES: readonly Rule[] = [
  alarmsReachTheirTopic,
  rolesCanUseKeys,
  logGroupsCanUseKeys,
  servicesComeLast,
  scalerIsIndependent,
  dataIsRetained,
  namesAreUnique,
  actionsExist,
  actionsApply,
];
