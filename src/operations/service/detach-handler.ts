import type { Served } from '../gate.ts';
import { serve } from '../gate.ts';
import { detachService } from './contract.ts';

export type LaunchRequest = (typeof detachService)['input']['_output'];
export type Launched = (typeof detachService)['output']['_output'];

/** `service.detach`: `launch` answers once the new process answers. */
export function detachHandlers(
  launch: (request: LaunchRequest, signal: AbortSignal) => Promise<Launched>,
): readonly Served[] {
  return [serve(detachService, (request, { signal }) => launch(request, signal))];
}
