import type { PageDefinition } from '../page.ts';
import { inbox } from './inbox/page.ts';
import { putInOrder } from './put-in-order/page.ts';
import { signIn } from './sign-in/page.ts';
import { welcome } from './welcome/page.ts';

/** The pages inside the frame, in the order of the rail. A new page is its folder and one line here. */
export const framed: readonly PageDefinition[] = [inbox];

/** Pages without the frame: for whoever is not signed in. */
export const alone: readonly PageDefinition[] = [signIn, welcome, putInOrder];
