import type { PipelinePorts } from '../pipeline-ports.ts';

/** What it takes to judge whether an approval holds, and to say so where people look. */
export type ApprovalPorts = Pick<
  PipelinePorts,
  | 'accounts'
  | 'audit'
  | 'clock'
  | 'correlationId'
  | 'effects'
  | 'host'
  | 'log'
  | 'settings'
  | 'tasks'
>;
