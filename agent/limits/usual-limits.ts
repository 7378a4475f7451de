/** Each task weighs this much less than the one after it: the latest twenty or so decide. */
const FADES_TO = 0.95;

/** Which limits this agent's tasks usually take from. A long line for one that few tasks need holds up few. */
export type UsualLimits = {
  /** A task begins. Call what's returned with every limit that it takes from. */
  begin(): (name: string) => void;
  /** At least half of the latest tasks took from it. */
  isUsual(name: string): boolean;
};

export function usualLimits(): UsualLimits {
  let tasks = 0;
  const takers = new Map<string, number>();
  return {
    begin() {
      tasks = FADES_TO * tasks + 1;
      for (const [name, count] of takers) takers.set(name, FADES_TO * count);
      const taken = new Set<string>();
      return (name) => {
        if (taken.has(name)) return;
        taken.add(name);
        takers.set(name, (takers.get(name) ?? 0) + 1);
      };
    },
    isUsual: (name) => tasks > 0 && (takers.get(name) ?? 0) >= tasks / 2,
  };
}
