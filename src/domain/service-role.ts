/**
 * What one process of the service does. `api` answers people and programs and starts nothing; `worker` runs agents and
 * delivers; `scheduler` scans, proposes, polls and decides what is started; `all` does everything.
 */
export const serviceRoles = ['all', 'api', 'worker', 'scheduler'] as const;
export type ServiceRole = (typeof serviceRoles)[number];

/** Whether it runs agents. */
export function runsAgents(role: ServiceRole): boolean {
  return role === 'all' || role === 'worker';
}

/** Whether it turns the loop, when it is the one that leads. */
export function turnsTheLoop(role: ServiceRole): boolean {
  return role === 'all' || role === 'scheduler';
}

/** Whether it serves people: the API, the dashboard, deliveries. */
export function servesPeople(role: ServiceRole): boolean {
  return role === 'all' || role === 'api';
}
