import { section } from '../key.ts';

export const notifications = section('Where alerts are sent. No keys yet.', {});
