import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InvalidPayload } from '../src/errors.js';
import * as fold from '../src/materializers/utils.js';
import * as v from '../src/schemas/validate.js';
import { formatStamp, HybridClock } from '../src/store/hlc.js';
import { seeded } from './helpers.js';

function fails(parser: v.Parser<unknown>, value: unknown, at = ''): void {
  assert.throws(
    () => parser(value, ''),
    (error) => error instanceof InvalidPayload && error.pointer === at,
    `${JSON.stringify(String(value))} passes`,
  );
}

describe('parsers', () => {
  it('give normal forms', () => {
    const cases: [v.Parser<unknown>, unknown, unknown][] = [
      [v.uuid, '0F4D2E33-E312-4FC4-A436-3D4C35F3A315', '0f4d2e33-e312-4fc4-a436-3d4c35f3a315'],
      [v.int(), -0, 0],
      [v.float, 1e300, 1e300],
      [v.float32, 0.1, Math.fround(0.1)],
      [v.bigInteger(-(2n ** 63n), 2n ** 63n - 1n), '-9223372036854775808', -(2n ** 63n)],
      [v.bigInteger(0n, 9n), '-0', 0n],
      [v.decimal, '+019.900', '19.9'],
      [v.decimal, '-0.00', '0'],
      [v.decimal, '00', '0'],
      [v.decimal, '100', '100'],
      [v.date, '2024-02-29', '2024-02-29'],
      [v.datetime, '2026-11-21T08:00:00Z', '2026-11-21T08:00:00.000Z'],
      [v.datetime, '2026-11-21T00:30:00.1239+02:00', '2026-11-20T22:30:00.123Z'],
      [v.datetime, '2024-02-28t23:59:59.9z', '2024-02-28T23:59:59.900Z'],
      [v.set(v.string), ['\u{1d518}', '\uffee', 'b', 'a', 'b'], ['a', 'b', '\uffee', '\u{1d518}']],
      [v.set(v.int()), [10, 9, 10], [9, 10]],
      [v.nullable(v.string), null, null],
      [v.json, { a: [1, null, { b: true }] }, { a: [1, null, { b: true }] }],
      [v.map(v.int()), JSON.parse('{"__proto__": 1}'), JSON.parse('{"__proto__": 1}')],
      [v.object({ a: v.int() }, { b: v.int() }), { a: 1, b: undefined }, { a: 1 }],
      [v.shape({ a: v.int() }), { a: 1, later: 2 }, { a: 1 }],
      [v.tuple(v.int(), v.string), [1, 'a'], [1, 'a']],
      [v.char, '\u{1d518}', '\u{1d518}'],
    ];
    for (const [parser, value, normal] of cases) {
      const parsed = parser(value, '');
      assert.deepEqual(parsed, normal);
      assert.ok(!Object.is(parsed, -0));
      const wire = typeof parsed === 'bigint' ? String(parsed) : parsed;
      assert.deepEqual(parser(wire, ''), parsed, 'a normal form passes unchanged');
    }
  });

  it('refuse the rest, with the pointer', () => {
    const cases: [v.Parser<unknown>, unknown, string?][] = [
      [v.uuid, 'x'],
      [v.int(), 2 ** 53],
      [v.int(0, 255), 256],
      [v.int(), '1'],
      [v.int(), 1.5],
      [v.float, Number.NaN],
      [v.float32, 1e300],
      [v.bigInteger(0n, 9n), '10'],
      [v.bigInteger(0n, 9n), 1],
      [v.string, '\u0000'],
      [v.string, '\ud800'],
      [v.char, 'ab'],
      [v.decimal, '1e5'],
      [v.decimal, 1],
      [v.decimal, '.'],
      [v.decimal, '79228162514264337593543950336'],
      [v.date, '2023-02-29'],
      [v.date, '2023-13-01'],
      [v.datetime, '2026-11-21T24:00:00Z'],
      [v.datetime, '2026-11-21 08:00'],
      [v.datetime, '2026-11-31T08:00:00Z'],
      [v.oneOf('a', 'b'), 'c'],
      [v.list(v.int()), [1, 'x'], '/1'],
      [v.object({ a: v.object({ 'b/~': v.int() }) }), { a: { 'b/~': 'x' } }, '/a/b~1~0'],
      [v.object({ a: v.int() }), {}, '/a'],
      [v.object({}), { x: 1 }, '/x'],
      [v.object({ toString: v.int() }), {}, '/toString'],
      [v.range(v.int(), 1, null), 0],
      [v.length(v.string, null, 1), 'ab'],
      [v.pattern(v.string, /^a+$/u), 'b'],
      [v.json, undefined],
      [v.empty, { a: 1 }, '/a'],
    ];
    for (const [parser, value, at] of cases) fails(parser, value, at);
    assert.equal(v.length(v.string, 1, 1)('\u{1d518}', ''), '\u{1d518}', 'scalars, not units');
  });

  it('compare decimals by value', () => {
    const bounded = v.decimalRange(v.decimal, '-1.5', '10');
    assert.equal(bounded('9.99', ''), '9.99');
    fails(bounded, '-1.51');
    fails(bounded, '10.0000001');
  });
});

describe('effects', () => {
  it('that do nothing return what they were given', () => {
    const keyed = [{ id: 'a', n: 1 }];
    assert.equal(fold.pushKeyed(keyed, { id: 'a', n: 2 }), keyed);
    assert.equal(fold.removeKeyed(keyed, 'b'), keyed);
    assert.equal(fold.updateKeyed(keyed, 'b', { n: 3 }), keyed);
    assert.deepEqual(fold.updateKeyed(keyed, 'a', { n: 3 }), [{ id: 'a', n: 3 }]);
    const set = ['a', 'b'];
    assert.equal(fold.addToSet(set, 'b'), set);
    assert.equal(fold.removeFromSet(set, 'c'), set);
    assert.equal(fold.removeValue(set, 'c'), set);
    assert.deepEqual(
      fold.removeValue(
        [
          { x: 1, y: 2 },
          { y: 2, x: 1 },
        ],
        { y: 2, x: 1 },
      ),
      [],
    );
  });

  it('a list given whole is what pushing in turn gives', () => {
    const random = seeded(7);
    for (let i = 0; i < 200; i++) {
      const letters = Array.from(
        { length: 12 },
        () => ['a', '\uffee', '\u{1d518}', 'b', '\u00e9'][Math.floor(random() * 5)] ?? '',
      );
      assert.deepEqual(fold.setFromList(letters), letters.reduce<readonly string[]>(fold.addToSet, []));
      const elements = letters.map((id, n) => ({ id, n }));
      assert.deepEqual(
        fold.keyedFromList(elements),
        elements.reduce<readonly { id: string; n: number }[]>((list, element) => fold.pushKeyed(list, element), []),
      );
    }
  });

  it('orders strings by code point', () => {
    const random = seeded(11);
    const points = [0x41, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff];
    const word = (): string =>
      Array.from({ length: 3 }, () => String.fromCodePoint(points[Math.floor(random() * 6)] ?? 0)).join('');
    const reference = (a: string, b: string): number => {
      const [x, y] = [[...a], [...b]].map((one) => one.map((char) => char.codePointAt(0) ?? 0));
      for (const [i, point] of (x ?? []).entries()) if (point !== y?.[i]) return Math.sign(point - (y?.[i] ?? -1));
      return Math.sign((x?.length ?? 0) - (y?.length ?? 0));
    };
    for (let i = 0; i < 1000; i++) {
      const [a, b] = [word(), word()];
      assert.equal(Math.sign(fold.compareCodePoints(a, b)), reference(a, b));
    }
  });

  it('increments clamp exactly', () => {
    const max = Number.MAX_SAFE_INTEGER;
    const random = seeded(3);
    for (let i = 0; i < 2000; i++) {
      const pick = (): number =>
        random() < 0.3 ? max - Math.floor(random() * 3) : Math.floor((random() * 2 - 1) * max);
      const [value, by] = [pick(), pick()];
      const exact = BigInt(value) + BigInt(by);
      const bound = BigInt(max);
      const expected = exact > bound ? bound : exact < -bound ? -bound : exact;
      assert.equal(BigInt(fold.incrementNumber(value, by, -max, max)), expected);
    }
    assert.equal(fold.incrementBig(9n, 5, 0n, 10n), 10n);
    assert.ok(Object.is(fold.incrementNumber(1, -1, -5, 5), 0));
  });

  it('times of stamps', () => {
    const random = seeded(5);
    for (let i = 0; i < 500; i++) {
      const ms = Math.floor(random() * 253_402_300_799_999);
      assert.equal(fold.eventTime(formatStamp(ms, 0, '00000000')), new Date(ms).toISOString());
    }
    assert.equal(fold.eventTime('253402300800000.00000.00000000'), '+10000-01-01T00:00:00.000Z');
  });
});

describe('the clock', () => {
  it('never goes back, whatever it hears', () => {
    const random = seeded(13);
    const clock = new HybridClock('0000000a');
    let last = '';
    let heard = '';
    for (let i = 0; i < 20_000; i++) {
      const wall = 1000 + Math.floor(random() * 20);
      if (random() < 0.5) {
        const remote = formatStamp(1000 + Math.floor(random() * 20), random() < 0.1 ? 99_999 : 3, '0000000b');
        clock.receive(wall, remote);
        if (remote > heard) heard = remote;
      } else {
        const stamp = clock.now(wall);
        assert.ok(stamp > last && stamp > heard, `${stamp} after ${last}, ${heard}`);
        last = stamp;
      }
    }
  });
});
