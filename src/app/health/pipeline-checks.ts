import type { HealthCheck } from '../../platform/health/check.ts';
import { notMeasured } from '../../platform/health/check.ts';
import { highIsBad } from '../../platform/health/level.ts';
import { sharedRead } from '../../platform/health/shared-read.ts';
import type { PipelineState } from '../../storage/pipeline-state.ts';

/** Whether the loop goes round. */
export function pipelineChecks(
  readNow: () => Promise<PipelineState>,
  times: () => { readonly scanMinutes: number; readonly runMinutes: number },
): readonly HealthCheck[] {
  const read = sharedRead(readNow);
  const check = (name: string, measure: HealthCheck['measure']): HealthCheck => ({
    name,
    category: 'pipeline',
    critical: false,
    measure,
  });
  return [
    check('queue', async () => {
      const { approved, oldestApprovedS } = await read();
      return highIsBad({
        value: oldestApprovedS ?? 0,
        unit: 's',
        odd: 3600,
        bad: 86_400,
        evidence: `${approved} approved tasks wait${oldestApprovedS === null ? '' : `, the oldest for ${oldestApprovedS} s`}.`,
        remedy: 'Ask `claude-manager tasks explain <task>`; it names what it waits for.',
      });
    }),
    check('stuck_runs', async () => {
      const { live, oldestLiveS } = await read();
      const most = (times().runMinutes + 15) * 60;
      return highIsBad({
        value: oldestLiveS ?? 0,
        unit: 's',
        odd: most,
        bad: most * 2,
        evidence: `${live} runs are at work${oldestLiveS === null ? '' : `, the oldest for ${oldestLiveS} s`}.`,
        remedy: 'The running service ends what is no longer at work; start it.',
      });
    }),
    check('last_scan', async () => {
      const { lastLookS, repositories, repositoriesWithProblem } = await read();
      if (lastLookS === null) return notMeasured('No repository was looked at yet.');
      const most = times().scanMinutes * 60 * 2 + 600;
      return highIsBad({
        value: lastLookS,
        unit: 's',
        odd: most,
        bad: most * 4,
        evidence: `${repositories} repositories, the last look ${lastLookS} s ago; ${repositoriesWithProblem} could not be read.`,
        remedy: 'Start the service, or see `claude-manager repositories list`.',
      });
    }),
  ];
}
