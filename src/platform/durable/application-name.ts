/** The name under which the engine keeps our work in its schema `dbos`. */
export const applicationName = 'claude-manager';
