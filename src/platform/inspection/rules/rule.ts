/** One sign of an attack. Patterns see lower-case text and have no nested or unbounded repetition round another one. */
export interface Rule {
  readonly pattern: RegExp;
  /**
   * Said only of text that is nothing but such a value. In sentences of a person the same characters are everyday:
   * developers write about `a && b`, `../src` and `{{ name }}` all day.
   */
  readonly onlyBare?: boolean;
  /** Not said of pasted code either, where the same characters are the language. */
  readonly notCode?: boolean;
}

export type Kind =
  | 'xss'
  | 'sql-injection'
  | 'command-injection'
  | 'argument-injection'
  | 'path-traversal'
  | 'template-injection'
  | 'nosql-injection'
  | 'ldap-injection'
  | 'header-injection'
  | 'xml-entity'
  | 'formula-injection'
  | 'format-string'
  | 'prototype-pollution'
  | 'deserialization'
  | 'internal-address'
  | 'dangerous-url'
  | 'prompt-injection'
  | 'costly-pattern'
  | 'hidden-text';

/** Shorthand for a rule of each sort. */
export const always = (pattern: RegExp): Rule => ({ pattern });
export const bare = (pattern: RegExp): Rule => ({ pattern, onlyBare: true });
export const broken = (pattern: RegExp): Rule => ({ pattern, onlyBare: true, notCode: true });
