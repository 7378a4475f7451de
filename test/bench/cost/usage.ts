import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { dynamoClient } from '../../../shared/aws/clients.ts';

export type Units = { readonly writes: number; readonly reads: number };

/** A DynamoDB client that counts the request units its calls consume, as reported by DynamoDB. */
export function countingDynamo(): { readonly dynamo: DynamoDBDocumentClient; take(): Units } {
  const dynamo = dynamoClient();
  let units = { writes: 0, reads: 0 };
  dynamo.middlewareStack.add(
    (next, context) => async (args) => {
      Object.assign(args.input, { ReturnConsumedCapacity: 'TOTAL' });
      const answered = await next(args);
      const { ConsumedCapacity: consumed } = answered.output as { ConsumedCapacity?: Consumed | Consumed[] };
      const sum = [consumed ?? []].flat().reduce((total, { CapacityUnits = 0 }) => total + CapacityUnits, 0);
      const isRead = /^(Get|Query|BatchGet|Scan)/.test(context.commandName ?? '');
      units = isRead ? { ...units, reads: units.reads + sum } : { ...units, writes: units.writes + sum };
      return answered;
    },
    { step: 'initialize', name: 'countUnits' },
  );
  return {
    dynamo,
    take() {
      const taken = units;
      units = { writes: 0, reads: 0 };
      return taken;
    },
  };
}

type Consumed = { readonly CapacityUnits?: number };

/** Counts the bytes that Powertools logs, as Lambda and ECS would store them, instead of showing them. */
export function countingLog(): { take(): number } {
  let bytes = 0;
  // Powertools writes to the console that others see, and indents; and emits metrics all the same.
  process.env['POWERTOOLS_DEV'] = 'true';
  process.env['POWERTOOLS_METRICS_DISABLED'] = 'false';
  for (const level of ['log', 'info', 'warn'] as const) {
    console[level] = (line: unknown) => {
      bytes += JSON.stringify(JSON.parse(String(line))).length + 1;
    };
  }
  return {
    take() {
      const taken = bytes;
      bytes = 0;
      return taken;
    },
  };
}
