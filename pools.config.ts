import { definePools } from './shared/core/pool/config.ts';

// The pools to run. Only `name` and `handler` are required. shared/core/pool/config.ts documents every other field
// with its default.
export default definePools([
  {
    name: 'echo',
    handler: './agent/handlers/echo.ts',
    min: 2,
    max: 10,
    objective: { percent: 95, withinSeconds: 30 },
  },
]);
