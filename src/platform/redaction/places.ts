/** Places in a text, in order; those behind `length` count no more. */
export interface Places {
  items: Int32Array;
  length: number;
}

export function noPlaces(): Places {
  return { items: new Int32Array(64), length: 0 };
}

export function addPlace(places: Places, at: number): void {
  if (places.length === places.items.length) {
    const more = new Int32Array(places.length * 2);
    more.set(places.items);
    places.items = more;
  }
  places.items[places.length] = at;
  places.length += 1;
}
