/** Keys that run programs, loosen the sandbox, say where secrets are sent or kept, or where files lie. */
const places: readonly string[] = [
  'dataDir',
  'logDir',
  'executor.agents',
  'executor.sandbox',
  'executor.allowUnsandboxed',
  'executor.prompts',
  'github.apiUrl',
  'github.serverUrl',
  'github.app',
  'github.credentials',
  'security.vault',
  'security.audit',
  'server',
  'alerts',
  'notifications',
  'telemetry',
];

/**
 * True for what only who can write the file may change: through a door somebody who took over a session could otherwise
 * become the user that the service runs as.
 */
export function isFileOnly(key: string): boolean {
  return places.some(
    (place) => key === place || key.startsWith(`${place}.`) || place.startsWith(`${key}.`),
  );
}
