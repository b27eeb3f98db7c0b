import type { PageDefinition } from '../page.ts';
import { board } from './board/page.ts';
import { firstRun } from './first-run/page.ts';
import { health } from './health/page.ts';
import { inbox } from './inbox/page.ts';
import { outcomes } from './outcomes/page.ts';
import { performance } from './performance/page.ts';
import { putInOrder } from './put-in-order/page.ts';
import { repositories } from './repositories/page.ts';
import { repository } from './repository/page.ts';
import { run } from './run/page.ts';
import { runs } from './runs/page.ts';
import { evidenceReport, security } from './security/page.ts';
import { settings } from './settings/page.ts';
import { signIn } from './sign-in/page.ts';
import { task } from './task/page.ts';
import { tasks } from './tasks/page.ts';
import { welcome } from './welcome/page.ts';

/** The pages inside the frame, in the order of the rail. A new page is its folder and one line here. */
export const framed: readonly PageDefinition[] = [
  inbox,
  board,
  repositories,
  runs,
  outcomes,
  health,
  security,
  settings,
  tasks,
  task,
  run,
  repository,
  performance,
  evidenceReport,
  firstRun,
];

/** Pages without the frame: for whoever is not signed in. */
export const alone: readonly PageDefinition[] = [signIn, welcome, putInOrder];
