import * as z from 'zod';

const providers = z.array(z.string().min(1)).min(1);

/** What a pool's agents run on: Fargate, or the capacity providers of the pool's cluster with these names. */
export const capacitySchema = z
  .union(
    [
      z.strictObject({
        /** This many agents always run on demand. */
        onDemandBase: z.int().min(0).max(5000).default(0),
        /** Percentage of the agents beyond `onDemandBase` that run on Spot. */
        spotPercent: z.int().min(0).max(100).default(0),
      }),
      /** Auto Scaling groups of EC2 instances. */
      z.strictObject({ ec2: providers }),
      /** ECS Managed Instances. */
      z.strictObject({ managedInstances: providers }),
    ],
    { error: 'either onDemandBase and spotPercent, or ec2, or managedInstances' },
  )
  .prefault({});

export type Capacity = z.output<typeof capacitySchema>;

/** The names of the capacity providers, unless they're Fargate's. */
export function ownProviders(capacity: Capacity): readonly string[] {
  if ('ec2' in capacity) return capacity.ec2;
  return 'managedInstances' in capacity ? capacity.managedInstances : [];
}

/** Memory in MiB that Fargate offers for each CPU size. */
const FARGATE_MEMORY: Readonly<Record<number, readonly number[]>> = {
  256: [512, 1024, 2048],
  512: steps(1024, 4096, 1024),
  1024: steps(2048, 8192, 1024),
  2048: steps(4096, 16_384, 1024),
  4096: steps(8192, 30_720, 1024),
  8192: steps(16_384, 61_440, 4096),
  16384: steps(32_768, 122_880, 8192),
};

function steps(from: number, to: number, by: number): readonly number[] {
  return Array.from({ length: (to - from) / by + 1 }, (_, index) => from + index * by);
}

/** Every size of an agent that Fargate offers, by CPU units, then by memory. */
export const FARGATE_SIZES: readonly { readonly cpu: number; readonly memoryMiB: number }[] = Object.entries(
  FARGATE_MEMORY,
).flatMap(([cpu, memory]) => memory.map((memoryMiB) => ({ cpu: Number(cpu), memoryMiB })));

type Size = {
  readonly cpu: number;
  readonly memoryMiB: number;
  readonly gpus?: number | undefined;
  readonly ephemeralStorageGiB?: number | undefined;
};

/** What an agent asks for that its capacity doesn't offer: the field, and what's expected of it. */
export function sizeConflict(
  { cpu, memoryMiB, gpus, ephemeralStorageGiB }: Size,
  capacity: Capacity,
): readonly [keyof Size, string] | undefined {
  if (ownProviders(capacity).length > 0) {
    return ephemeralStorageGiB === undefined
      ? undefined
      : [
          'ephemeralStorageGiB',
          'nothing, because only Fargate has it: agents use the disk of their instance',
        ];
  }
  const memory = FARGATE_MEMORY[cpu];
  if (memory === undefined) return ['cpu', `${Object.keys(FARGATE_MEMORY).join(' or ')} on Fargate`];
  if (!memory.includes(memoryMiB)) return ['memoryMiB', `one of ${memory.join(', ')} for ${cpu} CPU units`];
  return gpus === undefined
    ? undefined
    : ['gpus', 'nothing, because Fargate has none: set capacity.ec2 or capacity.managedInstances'];
}
