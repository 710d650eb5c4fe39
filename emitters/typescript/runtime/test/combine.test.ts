import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dropNulls, mapValues, pushBy, removeBy, updateBy } from '../src/materializers/utils.js';
import {
  aliased,
  aliasedName,
  bigU64,
  entries,
  external,
  i32,
  i32Key,
  keyedList,
  localDateTime,
  partialRecord,
  record,
  time,
  u64,
  withDefaults,
  withTag,
} from '../src/schemas/combine.js';
import { defaultKey, renameKey, unreadable } from '../src/schemas/lift.js';
import { map, object, oneOf, string, tagged } from '../src/schemas/validate.js';

describe('parsers of what a declaration adds', () => {
  it('bound integers', () => {
    assert.equal(i32(-2_147_483_648, ''), -2_147_483_648);
    assert.throws(() => i32(2_147_483_648, ''));
    assert.throws(() => u64(-1, ''));
    assert.equal(bigU64('18446744073709551615', ''), 2n ** 64n - 1n);
    assert.throws(() => bigU64('18446744073709551616', ''));
  });

  it('cut times to milliseconds', () => {
    assert.equal(time('08:00:00.1239', ''), '08:00:00.123');
    assert.equal(localDateTime('2026-11-21T08:00:00', ''), '2026-11-21T08:00:00.000');
    for (const wrong of ['24:00:00', '08:00', '08:00:00.', 8]) assert.throws(() => time(wrong, ''), `${wrong}`);
    for (const wrong of ['2026-11-21', '2026-11-21T08:00:00T', '2026-02-30T08:00:00']) {
      assert.throws(() => localDateTime(wrong, ''), wrong);
    }
  });

  it('fill in, rename and refuse', () => {
    const parse = aliased({ old: 'name' }, withDefaults({ size: 1 }, object({ name: string, size: i32 })));
    assert.deepEqual(parse({ old: 'x' }, ''), { name: 'x', size: 1 });
    assert.throws(() => parse({ old: 'x', name: 'y' }, ''), /unknown key/);
    assert.equal(aliasedName({ begun: 'open' }, oneOf('open', 'shut'))('begun', ''), 'open');
    assert.throws(() => aliasedName({}, oneOf('open'))('toString', ''));
  });

  it('normalise keys, and refuse two that become one', () => {
    assert.deepEqual(record(i32Key, string)({ '007': 'a' }, ''), { 7: 'a' });
    assert.throws(() => record(i32Key, string)({ '007': 'a', 7: 'b' }, ''), /twice/);
    assert.throws(() => partialRecord(oneOf('a'), string)({ b: 'x' }, ''), { pointer: '/b' });
    assert.throws(() => entries(map(string), null, 1)({ a: '', b: '' }, ''));
  });

  it('tell elements apart', () => {
    const element = object({ sku: string, n: i32 });
    const parse = keyedList(element, 'sku');
    assert.deepEqual(
      parse(
        [
          { sku: 'a', n: 1 },
          { sku: 'a', n: 2 },
        ],
        '',
      ),
      [{ sku: 'a', n: 1 }],
    );
  });

  it('know members by their tags', () => {
    const inner = tagged<{ readonly kind: 'a'; readonly n: number }>('kind', {
      a: withTag('kind', 'a', object({ n: i32 })),
      old: withTag('kind', 'a', object({ n: i32 })),
    });
    assert.deepEqual(inner({ kind: 'old', n: 1 }, ''), { kind: 'a', n: 1 });
    const outer = external<'none' | { readonly n: number }>(oneOf('none'), { n: object({ n: i32 }) });
    assert.equal(outer('none', ''), 'none');
    assert.throws(() => outer({ n: 'x' }, ''), { pointer: '/n' });
    assert.throws(() => outer({ n: 1, m: 1 }, ''));
    assert.throws(() => outer({}, ''));
  });
});

describe('steps of an upcast', () => {
  it('change what is there and nothing else', () => {
    assert.deepEqual(renameKey({ a: 1 }, 'a', 'b'), { b: 1 });
    assert.deepEqual(renameKey({ a: 1, b: 2 }, 'a', 'b'), { a: 1, b: 2 });
    assert.deepEqual(defaultKey({}, 'a', null), { a: null });
    assert.deepEqual(defaultKey({ a: 1 }, 'a', null), { a: 1 });
    assert.equal(renameKey('x', 'a', 'b'), 'x');
    assert.throws(() => unreadable(2), { code: 'unsupported_schema_version' });
  });
});

describe('effects on lists by any key', () => {
  const list = [{ sku: 'a', n: 1 }];
  const sku = (element: { readonly sku: string }): string => element.sku;

  it('give the same list back where they do nothing', () => {
    assert.equal(pushBy(list, { sku: 'a', n: 2 }, sku), list);
    assert.equal(removeBy(list, 'b', sku), list);
    assert.equal(
      updateBy(list, 'b', sku, (element) => ({ ...element, n: 2 })),
      list,
    );
  });

  it('change it where they do', () => {
    assert.equal(pushBy(list, { sku: 'b', n: 2 }, sku).length, 2);
    assert.deepEqual(removeBy(list, 'a', sku), []);
    assert.deepEqual(
      updateBy(list, 'a', sku, (element) => ({ ...element, n: 2 })),
      [{ sku: 'a', n: 2 }],
    );
    assert.deepEqual(dropNulls({ a: null, b: null }, 'a'), { b: null });
    assert.deepEqual(
      mapValues({ a: 1 }, (n) => n + 1),
      { a: 2 },
    );
  });
});
