import { agentUserOf, createBubblewrap } from '../../src/integrations/sandbox/bubblewrap.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { describeHostileAgent } from './hostile-agent.suite.ts';

const base = { clock: systemClock, random: systemRandom, nodePath: process.execPath };

describeHostileAgent({
  name: 'bubblewrap',
  concedes: [],
  make: (tempRoot) =>
    createBubblewrap({ ...base, tempRoot, runAs: agentUserOf(process.getuid?.()) }),
});
