/** One sign that a text gives orders to the program that reads it; signs add up. */
export interface Sign {
  /** 1: everyday by itself; 2: rare among people; 3: enough. */
  readonly weight: 1 | 2 | 3;
  /** Asked of text in lower case with single blanks. */
  readonly holds: (text: string) => boolean;
}
