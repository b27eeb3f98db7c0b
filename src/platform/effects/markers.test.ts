import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMarkers } from './markers.ts';

const markers = createMarkers(Buffer.alloc(32, 1));
const mark = { intentId: '0123456789abcdef01234567', fingerprint: 'f00d' };
const here = 'github:acme/widgets';
const marker = markers.make({ ...mark, repositoryKey: here });

describe('a marker', () => {
  it('has the documented form', () => {
    expect(marker).toMatch(/^<!-- cms:1:0123456789abcdef01234567:f00d:[0-9a-f]{32} -->$/u);
  });

  it('is found wherever it stands in a text that was edited round it', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary-ascii' }),
        fc.string({ unit: 'binary-ascii' }),
        (before, after) => {
          expect(markers.read(`${before}${marker}${after}`, here)).toEqual(mark);
        },
      ),
    );
  });

  it('is looked for in whatever text without an error, and never found where none of ours is', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom('<!-- cms:1:', 'f00d', ':', ' -->', '<!--', '-->', 'a'.repeat(32)),
      fc.nat(marker.length).map((cut) => marker.slice(0, cut)),
      fc.nat(marker.length - 1).map((cut) => marker.slice(cut + 1)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
        const text = pieces.join('');
        // The blanks at both ends of the comment may be missing.
        const spaced = text.replaceAll('<!--cms:', '<!-- cms:').replaceAll(/(\w)-->/gu, '$1 -->');
        expect(markers.read(text, here)).toEqual(spaced.includes(marker) ? mark : null);
      }),
      { numRuns: 10_000 },
    );
  });

  it('counts for nothing in another repository or under another key', () => {
    expect(markers.read(marker, 'github:acme/other')).toBeNull();
    expect(createMarkers(Buffer.alloc(32, 2)).read(marker, here)).toBeNull();
  });

  it('counts for nothing with any character changed', () => {
    for (let index = 0; index < marker.length; index += 1) {
      const other = marker[index] === '0' ? '1' : '0';
      const forged = `${marker.slice(0, index)}${other}${marker.slice(index + 1)}`;
      expect(markers.read(forged, here)).toBeNull();
    }
  });

  it('is found behind forged ones', () => {
    const forged = `<!-- cms:1:${mark.intentId}:f00d:${'0'.repeat(32)} -->`;
    expect(markers.read(`${forged.repeat(50)}${marker}`, here)).toEqual(mark);
  });

  it('is absent from a text without one', () => {
    expect(markers.read('<!-- cms:1:a:b -->', here)).toBeNull();
  });

  it('refuses words that would break out of the comment', () => {
    expect(() =>
      markers.make({ intentId: 'a --> b', fingerprint: 'f', repositoryKey: here }),
    ).toThrow(TypeError);
  });
});
