import { asOrdinaryUser, runtimeBase } from './ordinary-user.suite.ts';
import { describeSandbox } from './sandbox.suite.ts';
import { createSandboxRuntime } from './sandbox-runtime.ts';

await asOrdinaryUser('the sandbox sandbox-runtime', () => {
  describeSandbox({
    name: 'sandbox-runtime',
    isolates: true,
    addsVariables: true,
    kernelLimits: false,
    make: (tempRoot, onRefusal) =>
      createSandboxRuntime({
        ...runtimeBase,
        tempRoot,
        onRefusal,
        resolve: async (name) => [name.startsWith('rebind') ? '127.0.0.1' : '192.0.2.1'],
      }),
  });
});
