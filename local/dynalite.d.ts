declare module 'dynalite' {
  import type { Server } from 'node:http';
  /** DynamoDB over HTTP, in memory. `createTableMs`: how long a new table stays CREATING. */
  export default function dynalite(options?: { readonly createTableMs?: number }): Server;
}
