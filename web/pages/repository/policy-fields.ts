/** How a key of a policy is written. */
export type FieldSort = 'text' | 'lines' | 'count' | 'money' | 'agent' | 'choice' | 'switch';

export interface PolicyField {
  /** As below an entry of `repositories` in the file. */
  readonly key: string;
  readonly label: string;
  readonly about: string;
  readonly sort: FieldSort;
  readonly choices?: readonly { readonly value: string; readonly word: string }[];
  /** `null` is a value of its own, in these words. */
  readonly nullWord?: string;
  /** What stands before a figure or behind it. */
  readonly unit?: string;
}

export interface PolicyGroup {
  readonly title: string;
  readonly fields: readonly PolicyField[];
}

/** Everything that an entry can say of a repository, in the order of the form. */
export const policyGroups: readonly PolicyGroup[] = [
  {
    title: 'How the work is done',
    fields: [
      {
        key: 'base',
        label: 'Base branch',
        about: 'Changes start from it and go back to it.',
        sort: 'text',
        nullWord: 'the default branch of the code host',
      },
      {
        key: 'agent',
        label: 'Agent',
        about: 'Does the work, unless a label asks for another one.',
        sort: 'agent',
      },
      {
        key: 'setup',
        label: 'Set-up',
        about: 'Shell lines run in the sandbox before the agent, without secrets. One a line.',
        sort: 'lines',
      },
      {
        key: 'checks',
        label: 'Checks',
        about: 'Shell lines that must pass before a pull request is opened. One a line.',
        sort: 'lines',
      },
      {
        key: 'reviewer',
        label: 'Reviewing agent',
        about: 'Must agree with a change before it is delivered.',
        sort: 'agent',
        nullWord: 'none',
      },
    ],
  },
  {
    title: 'What it may touch',
    fields: [
      {
        key: 'egress',
        label: 'Further hosts',
        about: 'May be reached from the sandbox, beside those that hold everywhere. One a line.',
        sort: 'lines',
      },
      {
        key: 'protectedPaths',
        label: 'Protected paths',
        about: 'Globs beside the built-in ones. One a line.',
        sort: 'lines',
      },
      {
        key: 'protectedPathsPolicy',
        label: 'When a change touches a protected path',
        about:
          'Blocked, nothing is pushed; this holds where nothing is said. Left to a person, it is pushed as a draft that names the places, and a changed workflow may run there at once.',
        sort: 'choice',
        choices: [
          { value: 'block', word: 'Block it' },
          { value: 'human', word: 'Let a person decide' },
          { value: 'allow', word: 'Allow it' },
        ],
      },
    ],
  },
  {
    title: 'How much',
    fields: [
      {
        key: 'caps.proposalsOpen',
        label: 'Open proposals',
        about: 'At most so many wait at a time.',
        sort: 'count',
      },
      {
        key: 'budget.perRunUsd',
        label: 'Money for a run',
        about: 'A run ends when it is spent.',
        sort: 'money',
        unit: 'US dollars',
      },
      {
        key: 'budget.perTaskUsd',
        label: 'Money for a task',
        about: 'All attempts together.',
        sort: 'money',
        unit: 'US dollars',
      },
      {
        key: 'budget.perRepositoryDayUsd',
        label: 'Money for a day here',
        about: 'All runs in this repository on a day of UTC.',
        sort: 'money',
        unit: 'US dollars',
      },
    ],
  },
  {
    title: 'Who approves',
    fields: [
      {
        key: 'approval.approvers',
        label: 'Approvers',
        about: 'So many different people must approve.',
        sort: 'count',
      },
      {
        key: 'approval.expiresDays',
        label: 'Days until an approval is void',
        about: 'Counted from the decision.',
        sort: 'count',
        nullWord: 'never',
      },
    ],
  },
  {
    title: 'Pause',
    fields: [
      {
        key: 'paused',
        label: 'Paused by its policy',
        about: 'Nothing is proposed or executed here until this is taken out again.',
        sort: 'switch',
      },
    ],
  },
];

export const policyFields: readonly PolicyField[] = policyGroups.flatMap(({ fields }) => fields);
