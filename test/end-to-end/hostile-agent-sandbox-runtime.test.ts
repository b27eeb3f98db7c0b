import { asOrdinaryUser, runtimeBase } from '../../src/integrations/sandbox/ordinary-user.suite.ts';
import { createSandboxRuntime } from '../../src/integrations/sandbox/sandbox-runtime.ts';
import { describeHostileAgent } from './hostile-agent.suite.ts';

await asOrdinaryUser('an agent that tries everything, in the sandbox sandbox-runtime', () => {
  describeHostileAgent({
    name: 'sandbox-runtime',
    // Its /etc is an empty folder of its own that ends with it; the name of the machine is no secret.
    concedes: ['know its host name', 'write into /etc', 'load into every program'],
    make: (tempRoot) => createSandboxRuntime({ ...runtimeBase, tempRoot }),
  });
});
