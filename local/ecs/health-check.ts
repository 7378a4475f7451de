import { type ChildProcess, spawn } from 'node:child_process';

/** A container's health check, as in its definition. */
export type HealthCheck = {
  readonly command: readonly string[];
  readonly interval: number;
  readonly timeout: number;
  readonly retries: number;
  readonly startPeriod: number;
};

type Watched = {
  readonly check: HealthCheck;
  readonly environment: NodeJS.ProcessEnv;
  readonly workingDirectory: string;
  /** How long a second of the check takes here. */
  readonly secondMs: number;
  /** Called when the status changes. */
  readonly onChange: (status: 'HEALTHY' | 'UNHEALTHY') => void;
};

/**
 * Runs a command that ends with this process: file descriptor 3 is closed as soon as this process is gone, however it
 * ended. A check that blocks would otherwise outlive the stack.
 */
const TETHERED = '(cat; kill -9 $$) <&3 >/dev/null 2>&1 & exec "$@"';

/**
 * Checks a container's health, as Docker does: "The health check will first run interval seconds after the container is
 * started, and then again interval seconds after each previous check completes. If a single run of the check takes
 * longer than timeout seconds then the check is considered to have failed. It takes retries consecutive failures of the
 * health check for the container to be considered unhealthy." Failures within the start period don't count, but: "If a
 * health check succeeds within the startPeriod, then the container is considered healthy and any subsequent failures
 * count toward the maximum number of retries."
 *
 * Returns what ends it.
 */
export function watchHealth({ check, secondMs, onChange, ...context }: Watched): () => void {
  const startPeriodEndsMs = Date.now() + check.startPeriod * secondMs;
  let status: 'UNKNOWN' | 'HEALTHY' | 'UNHEALTHY' = 'UNKNOWN';
  let failures = 0;
  let running: ChildProcess | undefined;
  let isOver = false;
  let timer = setTimeout(run, check.interval * secondMs);

  function run(): void {
    const [kind, ...words] = check.command;
    const command = kind === 'CMD-SHELL' ? ['sh', '-c', words.join(' ')] : words;
    running = spawn('sh', ['-c', TETHERED, 'sh', ...command], {
      cwd: context.workingDirectory,
      env: context.environment,
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      timeout: check.timeout * secondMs,
      killSignal: 'SIGKILL',
    });
    running.once('error', () => ended(false));
    running.once('exit', (code) => ended(code === 0));
  }

  function ended(hasPassed: boolean): void {
    running?.stdio[3]?.destroy();
    running = undefined;
    if (isOver) return;
    if (hasPassed) failures = 0;
    else if (status !== 'UNKNOWN' || Date.now() >= startPeriodEndsMs) failures += 1;
    if (hasPassed) become('HEALTHY');
    else if (failures >= check.retries) become('UNHEALTHY');
    // Who was called may have ended it.
    if (!isOver) timer = setTimeout(run, check.interval * secondMs);
  }

  function become(next: 'HEALTHY' | 'UNHEALTHY'): void {
    if (status === next) return;
    status = next;
    onChange(next);
  }

  return () => {
    isOver = true;
    clearTimeout(timer);
    running?.kill('SIGKILL');
  };
}
