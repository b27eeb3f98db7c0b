import { z } from 'zod';
import { key, positive, section } from '../key.ts';

export const logging = section('Logs.', {
  level: key(z.enum(['DEBUG', 'INFO', 'WARN', 'WARNING', 'ERROR', 'FATAL', 'CRITICAL']), 'INFO', {
    description: 'The least level that is logged. WARNING is WARN, CRITICAL is FATAL.',
  }),
  format: key(z.enum(['json', 'text']), 'json', {
    description: 'Form of the lines on standard error; a terminal always gets text.',
    restart: true,
  }),
  structured_logging: key(z.boolean(), true, {
    description: 'Write the JSON files of the log folder; false logs to standard error only.',
    restart: true,
  }),
  security_logging: key(z.boolean(), true, {
    description: 'Write security events to security.json as well.',
    restart: true,
  }),
  maxFileMb: key(positive.max(10_240), 50, {
    description: 'A log file is rotated at so many megabytes.',
    restart: true,
  }),
  maxFiles: key(positive.max(1000), 5, {
    description: 'Rotated files kept for each log.',
    restart: true,
  }),
  rotateHours: key(z.number().min(0).max(8760), 24, {
    description: 'A log file is rotated when it is so many hours old; 0 rotates by size alone.',
    restart: true,
  }),
  keepDays: key(z.number().min(0).max(3650), 30, {
    description:
      'Rotated files are removed after so many days; 0 keeps them for their number alone.',
    restart: true,
  }),
  standardOutput: key(z.boolean(), false, {
    description:
      'A running service (`start`) also writes every line as JSON to standard output, for a collector that reads it there.',
    restart: true,
  }),
});
