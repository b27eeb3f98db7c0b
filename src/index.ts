export type {
  EmbeddedManager,
  HealthCategory,
  ManagerCaller,
  ManagerOptions,
  SecureBlock,
  SecureContext,
} from './app/create-manager.ts';
export { createManager, loadConfig } from './app/create-manager.ts';
export type { AppErrorOptions, ErrorKind } from './lib/app-error.ts';
export { AppError } from './lib/app-error.ts';
export type {
  ApiClient,
  CallOptions,
  ClientOptions,
  StreamOptions,
} from './operations/api-client/client.ts';
export { ApiError, createClient } from './operations/api-client/client.ts';
export { catalogue } from './operations/catalogue.ts';
export type { HealthReport } from './operations/health/contract.ts';
export type { LoadedConfig } from './platform/config/load-config.ts';
export type { BreakerOptions, RobustOptions } from './platform/resilience/make-robust.ts';
export { makeRobust } from './platform/resilience/make-robust.ts';
export { monitorPerformance } from './platform/telemetry/monitor-performance.ts';
