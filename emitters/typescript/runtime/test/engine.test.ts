import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { attended, type EngineEvent, type EngineState, machine, step } from '../src/store/syncEngine.js';
import { seeded } from './helpers.js';

const states = Object.keys(machine) as EngineState[];
const events = Object.keys(machine.idle) as EngineEvent[];

describe('the engine as a machine', () => {
  it('has a step for every state and event, into a state it knows', () => {
    for (const state of states) {
      for (const event of events) {
        for (const work of [true, false]) assert.ok(states.includes(step(state, event, work).to));
      }
    }
  });

  it('never rests while something is unsynced, but until it is told', () => {
    const random = seeded(17);
    for (let walk = 0; walk < 300; walk++) {
      let state: EngineState = 'standby';
      let work = false;
      let timer = false;
      let request = false;
      for (let i = 0; i < 60; i++) {
        const possible = events.filter(
          (event) =>
            (event !== 'timer' || timer) &&
            (!['answered', 'failed', 'told_to_wait', 'unauthorized'].includes(event) || request),
        );
        const event = possible[Math.floor(random() * possible.length)] ?? 'work';
        if (event === 'work' || event === 'full') work = true;
        if (event === 'answered' && random() < 0.7) work = false;
        const { to, act } = step(state, event, work);
        if (event === 'timer') timer = false;
        if (['answered', 'failed', 'told_to_wait', 'unauthorized'].includes(event)) request = false;
        if (act !== 'none') [timer, request] = [false, false];
        if (act === 'send') request = true;
        if (['debounce', 'backoff', 'hold', 'ask_token'].includes(act)) timer = true;
        state = to;
        assert.ok(!(timer && request), 'never both');
        const named = ['standby', 'offline', 'closed'].includes(state);
        if (work && !named && attended[state]) assert.ok(timer || request, `${state} after ${event}`);
        if (work && state === 'idle') assert.fail(`idle with work after ${event}`);
      }
    }
  });
});
