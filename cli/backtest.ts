import { spawn } from 'node:child_process';
import { describeError } from '../shared/core/foreign-text.ts';
import { ownModule } from '../shared/project/own-files.ts';
import { EXIT } from './result.ts';

const BACKTEST = ownModule('sim/backtest/main');

/** Runs a backtest, which has its own options and needs no stack, and returns its exit code. */
export async function backtest(args: readonly string[]): Promise<number> {
  return args.includes('--open') ? openPage(args) : printTables(args);
}

async function printTables(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', BACKTEST, ...args], {
    stdio: 'inherit',
  });
  return new Promise<number>((resolve) => {
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** Loads the console only now: other commands don't need it. */
async function openPage(args: readonly string[]): Promise<number> {
  const [{ startConsole }, { traceSourceOf }, { showPage }] = await Promise.all([
    import('../console/server.ts'),
    import('../console/traces/of-arguments.ts'),
    import('./show-page.ts'),
  ]);
  try {
    const asked = await traceSourceOf(args);
    if (asked.kind === 'help') {
      console.log(asked.usage);
      return 0;
    }
    const { source, port, json } = asked;
    const served = await startConsole(source, port);
    const text = `${source.traces.length === 1 ? `The trace ${source.traces[0]}` : `${source.traces.length} traces`}, under other settings:`;
    await showPage({ url: served.url, text, json, opens: true });
    await served.close();
    return 0;
  } catch (error) {
    console.error(`agentpool backtest: ${describeError(error)}`);
    return EXIT.usage;
  }
}
