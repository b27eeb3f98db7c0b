import { sentence } from '../../../parts/badge.tsx';

/** `logDir` as `Log dir`. */
export function sectionWord(section: string): string {
  if (section === 'github') return 'GitHub';
  return sentence(section.replaceAll(/([a-z])([A-Z])/gu, '$1 $2').toLowerCase());
}
