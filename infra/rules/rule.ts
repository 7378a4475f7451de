import type { Template } from './template.ts';

/** What's wrong with a resource, in a sentence that makes sense without the template. */
export type Finding = { readonly logicalId: string; readonly message: string };

/** Something that AWS does with a template only after it's deployed, when an emulator doesn't show it. */
export type Rule = {
  readonly id: string;
  /** What AWS does, and what would be right. */
  readonly description: string;
  /**
   * Applies only where the whole app is checked, as in this project. The rule knows only what this project uses, and
   * anybody may use more.
   */
  readonly wholeAppOnly?: true;
  readonly check: (template: Template) => readonly Finding[];
};
