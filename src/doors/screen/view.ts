/** Lists of tasks, in the order of their keys 1 to 4. */
export const lists = ['waiting', 'at work', 'in review', 'ended'] as const;
export type ListName = (typeof lists)[number];

/** What fills the screen. `hash` binds an approval to the words that were shown. */
export type Place =
  | { readonly kind: 'list' }
  | { readonly kind: 'task'; readonly id: string }
  | { readonly kind: 'log'; readonly taskId: string }
  | { readonly kind: 'service' }
  | { readonly kind: 'help' };

export interface View {
  readonly list: ListName;
  readonly place: Place;
  /** Line of the list that is chosen. */
  readonly chosen: number;
  /** First line shown of a long text. */
  readonly top: number;
  /** A reason that is being typed for a task; null while none is. */
  readonly reason: { readonly id: string; readonly text: string } | null;
  /** Asks whether the own service is to end. */
  readonly isLeaving: boolean;
}

export const firstView: View = {
  list: 'waiting',
  place: { kind: 'list' },
  chosen: 0,
  top: 0,
  reason: null,
  isLeaving: false,
};

/** What a key press means where the person is; null for a key without a meaning. */
export type Wish =
  | { readonly type: 'view'; readonly view: View }
  | { readonly type: 'approve'; readonly id: string }
  | { readonly type: 'reject'; readonly id: string; readonly reason: string }
  | { readonly type: 'retry'; readonly id: string }
  | { readonly type: 'cancel'; readonly id: string }
  | { readonly type: 'pause' }
  | { readonly type: 'quit' };

export interface Pressed {
  readonly input: string;
  readonly key: Readonly<
    Partial<
      Record<
        | 'return'
        | 'escape'
        | 'upArrow'
        | 'downArrow'
        | 'pageUp'
        | 'pageDown'
        | 'home'
        | 'end'
        | 'backspace'
        | 'delete'
        | 'ctrl'
        | 'meta',
        boolean
      >
    >
  >;
}

/** What there is to choose from and to scroll through. */
export interface Around {
  readonly ids: readonly string[];
  /** Lines of the text that is shown, and how many fit. */
  readonly lines: number;
  readonly rows: number;
  readonly service: 'own' | 'other';
}

/** Keys that were typed quickly, or sent over a slow line, come as one text. */
export function presses(input: string, key: Pressed['key']): readonly Pressed[] {
  const characters = [...input];
  if (characters.length < 2) return [{ input, key }];
  return characters.map((one) =>
    one === '\r' || one === '\n' ? { input: '', key: { return: true } } : { input: one, key: {} },
  );
}

/** Reads one key press. Words that decide are only taken where their task is shown whole. */
export function read(view: View, pressed: Pressed, around: Around): Wish | null {
  if (pressed.key.ctrl === true) return pressed.input === 'c' ? leave(view, around) : null;
  if (view.reason !== null) return typed(view, view.reason, pressed);
  if (view.isLeaving) return answered(view, pressed);
  return common(view, pressed, around) ?? moved(view, pressed, around) ?? decided(view, pressed);
}

function typed(
  view: View,
  reason: NonNullable<View['reason']>,
  { input, key }: Pressed,
): Wish | null {
  const say = (text: string): Wish => ({
    type: 'view',
    view: { ...view, reason: { ...reason, text } },
  });
  if (key.escape === true) return { type: 'view', view: { ...view, reason: null } };
  if (key.return === true) return { type: 'reject', id: reason.id, reason: reason.text.trim() };
  if (key.backspace === true || key.delete === true)
    return say([...reason.text].slice(0, -1).join(''));
  const words = input.replaceAll(/\p{Cc}+/gu, ' ');
  return words === '' || key.meta === true ? null : say(`${reason.text}${words}`);
}

function answered(view: View, { input }: Pressed): Wish {
  return input === 'y' ? { type: 'quit' } : { type: 'view', view: { ...view, isLeaving: false } };
}

function leave(view: View, { service }: Around): Wish {
  if (service === 'other' || view.isLeaving) return { type: 'quit' };
  return { type: 'view', view: { ...view, isLeaving: true, reason: null } };
}

function common(view: View, { input, key }: Pressed, around: Around): Wish | null {
  const go = (change: Partial<View>): Wish => ({
    type: 'view',
    view: { ...view, top: 0, ...change },
  });
  const list = lists[Number(input) - 1];
  if (list !== undefined && input !== '') return go({ list, chosen: 0, place: { kind: 'list' } });
  if (key.escape === true || input === 'h')
    return go({
      place: view.place.kind === 'log' ? { kind: 'task', id: view.place.taskId } : { kind: 'list' },
    });
  switch (input) {
    case 'q':
      return leave(view, around);
    case '?':
      return go({ place: { kind: 'help' } });
    case 's':
      return go({ place: { kind: 'service' } });
    case 'p':
      return { type: 'pause' };
    default:
      return null;
  }
}

function moved(view: View, { input, key }: Pressed, { ids, lines, rows }: Around): Wish | null {
  const isList = view.place.kind === 'list';
  const id = ids[view.chosen];
  if (isList && (key.return === true || input === 'l') && id !== undefined)
    return { type: 'view', view: { ...view, top: 0, place: { kind: 'task', id } } };
  const now = isList ? view.chosen : view.top;
  const most = Math.max(0, isList ? ids.length - 1 : lines - rows);
  const to = target(input, key, now, most, rows);
  if (to === null) return null;
  const bounded = Math.min(most, Math.max(0, to));
  return { type: 'view', view: { ...view, ...(isList ? { chosen: bounded } : { top: bounded }) } };
}

function target(
  input: string,
  key: Pressed['key'],
  now: number,
  most: number,
  rows: number,
): number | null {
  if (key.downArrow === true || input === 'j') return now + 1;
  if (key.upArrow === true || input === 'k') return now - 1;
  if (key.pageDown === true || input === ' ') return now + rows - 1;
  if (key.pageUp === true || input === 'b') return now - rows + 1;
  if (key.home === true || input === 'g') return 0;
  if (key.end === true || input === 'G') return most;
  return null;
}

function decided(view: View, { input }: Pressed): Wish | null {
  if (view.place.kind !== 'task') return null;
  const { id } = view.place;
  switch (input) {
    case 'a':
      return { type: 'approve', id };
    case 'r':
      return { type: 'view', view: { ...view, reason: { id, text: '' } } };
    case 't':
      return { type: 'retry', id };
    case 'x':
      return { type: 'cancel', id };
    case 'o':
      return { type: 'view', view: { ...view, top: 0, place: { kind: 'log', taskId: id } } };
    default:
      return null;
  }
}
