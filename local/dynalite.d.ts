declare module 'dynalite' {
  import type { Server } from 'node:http';
  /** In-memory DynamoDB over HTTP. `createTableMs`: how long a new table stays CREATING. */
  export default function dynalite(options?: { readonly createTableMs?: number }): Server;
}
