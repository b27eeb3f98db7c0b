/** The array of longer texts is given back when memory is wanted; until then the next one takes it. */
const kept = 65_536;
/** So many more have room in the array, because what reads ahead is quicker where it never reads behind the end. */
const room = 16;
/** Up to here a loop is sooner done than a call of the runtime. */
const short = 64;

/**
 * The code units of a text with a 0 behind them, in an array that is longer and valid until the next call: a loop reads
 * from it at twice the speed at which it reads from the text.
 */
export function createUnits(): (text: string) => Uint16Array {
  let units = new Uint16Array(1024);
  let bytes = Buffer.from(units.buffer);
  let long = new WeakRef(units);
  return (text) => {
    const { length } = text;
    if (length > kept) {
      let array = long.deref();
      if (array === undefined || length + room > array.length) {
        array = new Uint16Array(length + room);
        long = new WeakRef(array);
      }
      Buffer.from(array.buffer).write(text, 'utf16le');
      array[length] = 0;
      return array;
    }
    if (length + room > units.length) {
      units = new Uint16Array(Math.min(kept, length * 2) + room);
      bytes = Buffer.from(units.buffer);
    }
    if (length > short) bytes.write(text, 'utf16le');
    else for (let index = 0; index < length; index += 1) units[index] = text.charCodeAt(index);
    units[length] = 0;
    return units;
  };
}

/** The code units of a short text in an array of its own. */
export function unitsIn(text: string): Uint16Array {
  const units = new Uint16Array(text.length);
  for (let at = 0; at < text.length; at += 1) units[at] = text.charCodeAt(at);
  return units;
}
