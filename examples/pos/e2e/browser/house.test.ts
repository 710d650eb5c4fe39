/** What the house has besides orders, on two tablets: rows, which both may write, and reports, which the server keeps. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { syncShows, tableShows, toTables } from '../lib/hands.js';
import { until } from '../lib/until.js';
import { pictured, stage } from '../lib/window.js';

async function toHouse(page: Page, part: 'Floor plan' | 'Staff' | 'Reports'): Promise<void> {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'House' }).click();
  await page.getByRole('navigation', { name: 'The house' }).getByRole('link', { name: part }).click();
}

const planned = (page: Page, table: number): Locator =>
  page.getByRole('button', { name: new RegExp(`^Table ${table},`) });

const colleague = (page: Page, name: string): Locator =>
  page.getByRole('list', { name: 'Staff' }).getByRole('button', { name: new RegExp(`^${name}`) });

async function enter(page: Page, name: string, job: string): Promise<void> {
  await page.getByLabel('New colleague').fill(name);
  await page.getByLabel('Works as').fill(job);
  await page.getByRole('button', { name: 'Enter', exact: true }).click();
}

/** A row of the server's. */
async function rowOf(
  restaurant: { get(path: string): Promise<unknown> },
  path: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const { data } = (await restaurant.get(path)) as { data: Readonly<Record<string, unknown>>[] };
  return data[0];
}

describe('the house', () => {
  test('has one floor plan, whoever moves what on it, with or without a network', async (t) => {
    const { tablets, restaurant } = await stage(t, ['Anna', 'Ben']);
    await pictured(t, tablets, async () => {
      const [anna, ben] = await Promise.all(tablets.map((tablet) => tablet.signIn()));
      assert.ok(anna && ben);
      await Promise.all([toHouse(anna, 'Floor plan'), toHouse(ben, 'Floor plan')]);
      await anna.getByLabel('Number of the table').fill('31');
      await anna.getByRole('button', { name: 'Put it on the plan' }).click();
      await planned(ben, 31).waitFor();

      await tablets[0]?.context.setOffline(true);
      await anna.getByRole('button', { name: 'Move right' }).click();
      await anna.getByRole('button', { name: 'Move right' }).click();
      await anna.getByRole('button', { name: 'Move down' }).click();
      await anna.getByRole('button', { name: /^Table 31, 4 seats, column 3, row 2/ }).waitFor();
      await planned(ben, 31).click();
      await ben.getByRole('button', { name: 'One seat more' }).click();
      await tablets[0]?.context.setOffline(false);
      for (const page of [anna, ben]) {
        await page.getByRole('button', { name: 'Table 31, 5 seats, column 3, row 2' }).waitFor();
      }
      await Promise.all([syncShows(anna, /Online All sent/), syncShows(ben, /Online All sent/)]);
      const { number, seats, x, y } = (await rowOf(restaurant, '/floor_tables')) ?? {};
      assert.deepEqual({ number, seats, x, y }, { number: 31, seats: 5, x: 2, y: 1 });

      await toTables(ben);
      await tableShows(ben, 31, /free/);
      await anna.getByRole('button', { name: 'Take away' }).click();
      const tile = ben.getByRole('link', { name: /^Table 31,/ });
      await until('the table is gone', async () => (await tile.count()) === 0);
      await ben.reload();
      await ben.getByRole('link', { name: /^Table 1,/ }).waitFor();
      assert.equal(await tile.count(), 0);
    });
  });

  test('has a form that does not move under whoever fills it in, while somebody else writes', async (t) => {
    const { tablets, restaurant } = await stage(t, ['Anna', 'Ben']);
    await pictured(t, tablets, async () => {
      const [anna, ben] = await Promise.all(tablets.map((tablet) => tablet.signIn()));
      assert.ok(anna && ben);
      await Promise.all([toHouse(anna, 'Staff'), toHouse(ben, 'Staff')]);
      await enter(anna, 'Chloé', 'Cook');
      await colleague(ben, 'Chloé').click();

      const phone = anna.getByLabel('Telephone');
      await phone.pressSequentially('0451 7');
      await phone.press('ArrowLeft');
      const caret = (): Promise<unknown> =>
        phone.evaluate((input) => [document.activeElement === input, (input as HTMLInputElement).selectionStart]);
      const places = (): Promise<unknown> =>
        anna.locator('.staff-editor input, .staff-editor button[type=submit]').evaluateAll((all) =>
          all.map((element) => {
            const { x, y, width, height } = element.getBoundingClientRect();
            return [x, y, width, height];
          }),
        );
      const values = (): Promise<readonly string[]> =>
        anna.locator('.staff-editor input').evaluateAll((all) => all.map((input) => (input as HTMLInputElement).value));
      const before = [await caret(), await places(), await values()];

      await ben.getByLabel('Job', { exact: true }).fill('Sous-chef');
      await ben.getByLabel('Note for the rota').fill('Never on Mondays');
      await ben.getByRole('button', { name: 'Save' }).click();
      await anna.getByText('Somebody else wrote “Sous-chef”.').waitFor();
      await anna.getByText('Somebody else wrote “Never on Mondays”.').waitFor();
      assert.deepEqual([await caret(), await places(), await values()], before);
      assert.deepEqual(await values(), ['Chloé', 'Cook', '0451 7', '']);

      await phone.press('End');
      await phone.pressSequentially('7');
      await anna.getByRole('button', { name: 'Save' }).click();
      await colleague(ben, 'Chloé').getByText('0451 77').waitFor();
      assert.deepEqual(await values(), ['Chloé', 'Sous-chef', '0451 77', 'Never on Mondays']);
      await syncShows(anna, /Online All sent/);
      const { job, phone: kept, rota_note } = (await rowOf(restaurant, '/staff')) ?? {};
      assert.deepEqual({ job, kept, rota_note }, { job: 'Sous-chef', kept: '0451 77', rota_note: 'Never on Mondays' });
    });
  });

  test('asks which it is to be where two have written the same into their forms', async (t) => {
    const { tablets } = await stage(t, ['Anna', 'Ben']);
    await pictured(t, tablets, async () => {
      const [anna, ben] = await Promise.all(tablets.map((tablet) => tablet.signIn()));
      assert.ok(anna && ben);
      await Promise.all([toHouse(anna, 'Staff'), toHouse(ben, 'Staff')]);
      await enter(anna, 'David', 'Barkeeper');
      await colleague(ben, 'David').click();
      const both = async (mine: string, theirs: string): Promise<Locator> => {
        await anna.getByLabel('Telephone').fill(mine);
        await ben.getByLabel('Telephone').fill(theirs);
        await ben.getByRole('button', { name: 'Save' }).click();
        await anna.getByText(`Somebody else wrote “${theirs}”.`).waitFor();
        await anna.getByRole('button', { name: 'Save' }).click();
        const dialog = anna.getByRole('dialog', { name: 'Two have written telephone' });
        await dialog.getByRole('region', { name: 'Yours' }).getByText(mine, { exact: true }).waitFor();
        await dialog.getByRole('region', { name: 'Theirs' }).getByText(theirs, { exact: true }).waitFor();
        return dialog;
      };
      const comesTo = async (text: string): Promise<void> => {
        for (const page of [anna, ben]) await colleague(page, 'David').getByText(text, { exact: true }).waitFor();
      };
      await (await both('11', '22')).getByRole('button', { name: 'Keep mine' }).click();
      await comesTo('11');
      await ben.getByRole('button', { name: 'Take it' }).click();
      await (await both('33', '44')).getByRole('button', { name: 'Take theirs' }).click();
      await comesTo('44');
      const dialog = await both('55', '66');
      await dialog.getByLabel('Or both in one').fill('55, 66');
      await dialog.getByRole('button', { name: 'Keep this' }).click();
      await comesTo('55, 66');
    });
  });

  test('asks which it is to be where somebody wrote without a network what another wrote meanwhile', async (t) => {
    const { tablets, restaurant } = await stage(t, ['Anna', 'Ben']);
    await pictured(t, tablets, async () => {
      const [anna, ben] = await Promise.all(tablets.map((tablet) => tablet.signIn()));
      assert.ok(anna && ben);
      await Promise.all([toHouse(anna, 'Staff'), toHouse(ben, 'Staff')]);
      await enter(anna, 'Emma', 'Waitress');
      await colleague(ben, 'Emma').click();
      const away = tablets[0]?.context;
      assert.ok(away);
      for (const [decide, expected] of [
        ['Keep mine', 'mine 0'],
        ['Take theirs', 'theirs 1'],
        ['Keep this', 'both'],
      ] as const) {
        const round = ['Keep mine', 'Take theirs', 'Keep this'].indexOf(decide);
        await away.setOffline(true);
        await syncShows(anna, /Offline/);
        await anna.getByLabel('Note for the rota').fill(`mine ${round}`);
        await anna.getByRole('button', { name: 'Save' }).click();
        await ben.getByLabel('Note for the rota').fill(`theirs ${round}`);
        await ben.getByRole('button', { name: 'Save' }).click();
        await syncShows(ben, /Online All sent/);
        await away.setOffline(false);
        await anna.getByText('Emma was written by two.').waitFor({ timeout: 40_000 });
        await anna.getByRole('button', { name: 'Decide' }).click();
        const dialog = anna.getByRole('dialog', { name: 'Two have written the note for the rota' });
        await dialog.getByRole('region', { name: 'Yours' }).getByText(`mine ${round}`, { exact: true }).waitFor();
        await dialog.getByRole('region', { name: 'Theirs' }).getByText(`theirs ${round}`, { exact: true }).waitFor();
        if (decide === 'Keep this') await dialog.getByLabel('Or both in one').fill('both');
        await dialog.getByRole('button', { name: decide }).click();
        await until(
          `the server has ${expected}`,
          async () => (await rowOf(restaurant, '/staff'))?.['rota_note'] === expected,
        );
        await until('nothing is to be decided', async () => (await anna.getByText('was written by two').count()) === 0);
        // Both begin the next round with what is there.
        for (const page of [anna, ben]) {
          await colleague(page, 'Emma').click();
          await colleague(page, 'Emma').click();
          const note = page.getByLabel('Note for the rota');
          await until('the form has it', async () => (await note.inputValue()) === expected);
        }
      }
    });
  });

  test('has reports, which the server keeps', async (t) => {
    const { tablets, restaurant } = await stage(t, ['Anna', 'Ben']);
    await pictured(t, tablets, async () => {
      const [anna, ben] = await Promise.all(tablets.map((tablet) => tablet.signIn()));
      assert.ok(anna && ben);
      await toHouse(anna, 'Reports');
      await anna.getByRole('button', { name: 'Write today’s report' }).click();
      const reports = (page: Page): Locator => page.getByRole('list', { name: 'Reports' }).getByRole('listitem');
      await reports(anna).getByText('0 orders').waitFor();
      await toHouse(ben, 'Reports');
      await reports(ben).getByText('0 orders').click();
      await ben.getByLabel('Remarks').fill('Quiet');
      await ben.getByRole('button', { name: 'Keep', exact: true }).click();
      await until('the server has it', async () => (await rowOf(restaurant, '/day_reports'))?.['remarks'] === 'Quiet');

      // Without a network it is shown, and waits.
      await tablets[1]?.context.setOffline(true);
      await syncShows(ben, /Offline/);
      await ben.getByLabel('Remarks').fill('Very quiet');
      await ben.getByRole('button', { name: 'Keep', exact: true }).click();
      await reports(ben).getByText('Very quiet').waitFor();
      assert.equal((await rowOf(restaurant, '/day_reports'))?.['remarks'], 'Quiet');
      await tablets[1]?.context.setOffline(false);
      await until(
        'the server has that, too',
        async () => (await rowOf(restaurant, '/day_reports'))?.['remarks'] === 'Very quiet',
      );
      await ben.getByRole('button', { name: 'Tear up' }).click();
      await until('it is gone', async () => (await reports(ben).count()) === 0);
      assert.equal(await rowOf(restaurant, '/day_reports'), undefined);
    });
  });
});
