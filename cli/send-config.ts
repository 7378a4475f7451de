import { ConfigError } from '../shared/core/pool/config.ts';
import { importConfig } from '../shared/project/config-file.ts';

/** What this process sends to the one that started it. */
export type SentConfig =
  | { readonly kind: 'read'; readonly config: unknown }
  | { readonly kind: 'refused'; readonly problem: string };

/** Run as a process of its own: reads a configuration as it is now, with the modules that it imports. */
const [file = ''] = process.argv.slice(2);
const sent: SentConfig = await importConfig(file).then(
  (config) => ({ kind: 'read', config }),
  (error: unknown) => {
    if (error instanceof ConfigError) return { kind: 'refused', problem: error.message };
    throw error;
  },
);
process.send?.(sent, () => process.exit(0));
