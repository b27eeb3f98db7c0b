import { section } from '../key.ts';

export const alerts = section('Alerts. No keys yet.', {});
