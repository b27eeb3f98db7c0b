import type { LucideIcon } from 'lucide-react';
import type { ComponentType } from 'react';
import type { z } from 'zod';
import type { AnyContract } from '../src/operations/api-client/client.ts';
import type { Permission } from '../src/operations/operation.ts';

/** One page: a folder below `pages/` with this definition, and its line in `pages/pages.ts`. The view loads on first use. */
export interface PageDefinition {
  /** As the router writes it: `/tasks/$id`. */
  readonly path: string;
  readonly title: string;
  /** What it reads; who lacks it is told who can grant it. */
  readonly permission: Permission | null;
  /** What stands behind the question mark; anything else there is dropped. Every filter, tab and selection is in it. */
  readonly search: z.ZodType<object>;
  /** Its place in the rail; pages without one are reached from others. */
  readonly nav?: PageNav;
  /** Places in it that the command palette leads to: its tabs, and itself where it is not in the rail. */
  readonly places?: readonly PagePlace[];
  /** What it asks first when its address says nothing more; `public/ahead.js` asks for the same while the code loads. */
  readonly first?: readonly FirstRead[];
  readonly load: () => Promise<{ readonly View: ComponentType }>;
}

export interface FirstRead {
  readonly contract: AnyContract;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface PageNav {
  readonly icon: LucideIcon;
  /** Small sign beside the word: a count or a dot, read live. */
  readonly sign?: ComponentType;
}

export interface PagePlace {
  /** `Security: audit log`. */
  readonly word: string;
  readonly search?: Readonly<Record<string, string>>;
}

export function definePage(definition: PageDefinition): PageDefinition {
  return definition;
}
