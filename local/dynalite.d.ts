declare module 'dynalite' {
  import type { Server } from 'node:http';
  /**
   * DynamoDB over HTTP. `createTableMs`: how long a new table stays CREATING; `path`: where it keeps its tables (default: in
   * memory).
   */
  export default function dynalite(options?: {
    readonly createTableMs?: number;
    readonly path?: string;
  }): Server;
}
