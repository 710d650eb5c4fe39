import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HttpClient } from '../src/client/http.js';
import type { EventEnvelope } from '../src/model.js';
import { MemoryAdapter, MemoryDisk } from '../src/store/adapters/memory.js';
import { discard, retry } from '../src/store/decisions.js';
import { type EngineState, engineEvents, isActive, machine, step } from '../src/store/engineMachine.js';
import { EventStore } from '../src/store/eventStore.js';
import { parseStamp } from '../src/store/hlc.js';
import { SyncEngine, WATCHDOG_MS } from '../src/store/syncEngine.js';
import { correct } from '../src/store/upkeep.js';
import { models, seeded, uuid } from './helpers.js';
import { orderModel } from './models/order.js';
import { VirtualTime } from './time.js';

const states = Object.keys(machine) as EngineState[];
const outcomes = ['answered', 'failed', 'told_to_wait', 'unauthorized'];

describe('the engine as a table', () => {
  it('sets a timer or sends on the way into every state that needs one, and where it stays it has one already', () => {
    for (const state of states) {
      for (const event of engineEvents) {
        const [to, act] = step(state, event, true);
        assert.ok(states.includes(to));
        if (!isActive(to)) continue;
        const starts = ['debounce', 'send', 'backoff', 'hold', 'ask_token'].includes(act);
        const ends = state === 'sending' ? outcomes.includes(event) : event === 'timer';
        const keeps = to === state && act === 'none' && !ends;
        const passing = state === 'held_offline' && to === 'held'; // its timer has been running all the while
        assert.ok(starts || keeps || passing, `${state} × ${event} → ${to}, ${act}`);
      }
    }
  });

  it('leaves a time that the server named only when it has passed, or to whom it does not concern', () => {
    for (const event of engineEvents) {
      const [to] = step('held', event, true);
      if (!['timer', 'yield', 'close'].includes(event)) assert.match(to, /^held/, event);
      const [then] = step('held_offline', event, true);
      if (!['timer', 'yield', 'close'].includes(event)) assert.match(then, /^held/, event);
    }
  });
});

/** What a server may say to a batch. */
type Answer = (events: readonly EventEnvelope[], log: Set<string>, now: number) => Response;

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers });

const judge =
  (refuse: (event: EventEnvelope, index: number) => { code: string; retryable: boolean } | null): Answer =>
  (events, log, now) => {
    const accepted: string[] = [];
    const rejected: object[] = [];
    for (const [index, event] of events.entries()) {
      const drift = parseStamp(event.timestamp).ms > now + 60_000;
      const why = drift ? { code: 'clock_drift', retryable: false } : refuse(event, index);
      if (why !== null) rejected.push({ id: event.id, reason: 'said so', ...why });
      else {
        accepted.push(event.id);
        log.add(event.id);
      }
    }
    return json(200, { accepted, rejected, seq: log.size, cursor: 'c', server_time: now });
  };

const answers: readonly [name: string, answer: Answer | 'network' | 'lost'][] = [
  ['accepted', judge(() => null)],
  ['some rejected', judge((_event, index) => (index % 3 === 0 ? { code: 'forbidden', retryable: false } : null))],
  ['some retryable', judge((_event, index) => (index % 2 === 0 ? { code: 'overloaded', retryable: true } : null))],
  ['nothing judged', (_events, log) => json(200, { accepted: [], rejected: [], seq: log.size, cursor: 'c' })],
  ['no JSON', () => new Response('<html>', { status: 200 })],
  ['401', () => json(401, { code: 'unauthorized' })],
  ['413', () => json(413, { code: 'batch_too_large' })],
  ['422 of the first', () => json(422, { code: 'invalid_event', index: 0 })],
  ['422 of none', () => json(422, { code: 'invalid_event' })],
  ['429', () => json(429, {}, { 'retry-after': '7' })],
  ['429 without a time', () => json(429, {})],
  ['503', () => json(503, { code: 'storage_unavailable' }, { 'retry-after': '0' })],
  ['500', () => json(500, {})],
  ['network error', 'network'],
  ['lost on the way back', 'lost'],
];

class Walk {
  readonly time: VirtualTime;
  readonly random: () => number;
  readonly disk = new MemoryDisk();
  readonly log = new Set<string>();
  readonly store: EventStore;
  readonly engine: SyncEngine;
  readonly recorded: string[] = [];
  readonly discarded = new Set<string>();
  readonly steps: string[] = [];
  online = true;
  leads = false;
  tokenWanted = false;
  serverAhead = 0;
  flight: { readonly settle: (answer: (typeof answers)[number][1]) => void } | null = null;

  constructor(seed: number) {
    this.random = seeded(seed);
    this.time = new VirtualTime(this.random);
    const { timers } = this.time;
    this.store = new EventStore({ models: Object.values(models), adapter: new MemoryAdapter(this.disk), timers });
    const http = new HttpClient({
      baseUrl: 'http://server/api/v1',
      token: async () => 'token',
      now: timers.now,
      fetch: (_url, init) => this.#fetch(JSON.parse(String(init?.body)).events, init?.signal ?? null),
      onServerTime: (offset) => void correct(this.store, offset),
    });
    let turn: Promise<unknown> = Promise.resolve();
    this.engine = new SyncEngine({
      store: this.store,
      http,
      timers,
      maxRetryDelayMs: 30_000,
      exclusive: (action) => {
        const result = turn.then(action);
        turn = result.catch(() => {});
        return result;
      },
      freshTime: async () => {},
      correct: (refused) => correct(this.store, this.store.ledger.offset, refused),
      onSynced: () => {},
      onProblem: (error) => {
        if (error instanceof Error && 'code' in error) assert.notEqual(error.code, 'engine_stalled');
      },
      tokenEdition: () => 0,
      onUnauthorized: () => {
        this.tokenWanted = true;
      },
    });
    this.store.onChange.add(() => this.engine.noticed());
  }

  #fetch(events: readonly EventEnvelope[], signal: AbortSignal | null): Promise<Response> {
    assert.equal(this.flight, null, 'one batch in flight');
    assert.ok(events.length > 0 && events.length <= 50);
    return new Promise((resolve, reject) => {
      const leave = (error: Error): void => {
        this.flight = null;
        reject(error);
      };
      signal?.addEventListener('abort', () => leave(new Error('aborted')));
      this.flight = {
        settle: (answer) => {
          this.flight = null;
          const now = this.time.now() + this.serverAhead;
          if (answer === 'network') reject(new Error('no network'));
          else if (answer === 'lost') {
            answers[0]?.[1] instanceof Function && answers[0][1](events, this.log, now);
            reject(new Error('lost'));
          } else resolve(answer(events, this.log, now));
        },
      };
    });
  }

  record(): void {
    const known = [...this.store.states('order')].map(({ id }) => id);
    const id = known[Math.floor(this.random() * known.length)];
    const fresh = id === undefined || this.random() < 0.3;
    const { event } = fresh
      ? this.store.record(orderModel, 'order.created', uuid(), { table_number: 1 })
      : this.store.record(orderModel, 'order.tip_added', id, { by: 1 });
    this.recorded.push(event.id);
  }

  /** One random input. */
  async step(): Promise<void> {
    const inputs: (readonly [weight: number, name: string, act: () => void])[] = [
      [4, 'record', () => this.record()],
      [1, 'record 60', () => void Array.from({ length: 60 }, () => this.record())],
      [3, 'next timer', () => this.time.next()],
      [1, 'urge', () => this.engine.dispatch('urge')],
      [1, 'clock', () => (this.serverAhead = (this.random() - 0.5) * 7_200_000)],
    ];
    if (this.flight !== null) {
      const [name, answer] = answers[Math.floor(this.random() * answers.length)] ?? ['', 'network'];
      inputs.push([8, `answer: ${name}`, () => this.flight?.settle(answer)]);
    }
    if (this.leads) {
      inputs.push([1, this.online ? 'offline' : 'online', () => this.#toggle()]);
      inputs.push([1, 'yield', () => this.#lead(false)]);
    } else inputs.push([3, 'lead', () => this.#lead(true)]);
    if (this.tokenWanted) inputs.push([4, 'token', () => this.token()]);
    const rejected = [...this.store.ledger.refused.values()].find(({ status }) => status === 'rejected');
    if (rejected !== undefined) {
      inputs.push([1, 'retry', () => void retry(this.store, rejected.event.id)]);
      inputs.push([1, 'discard', () => this.#discard(rejected.event.id)]);
    }
    let dice = this.random() * inputs.reduce((sum, [weight]) => sum + weight, 0);
    const chosen = inputs.find(([weight]) => {
      dice -= weight;
      return dice < 0;
    });
    this.steps.push(chosen?.[1] ?? '');
    chosen?.[2]();
    await this.time.settle();
  }

  token(): void {
    this.tokenWanted = false;
    this.engine.dispatch('token');
  }

  #discard(id: string): void {
    for (const { event } of this.store.ledger.unsynced.blockedUnder(id)) this.discarded.add(event.id);
    this.discarded.add(id);
    void discard(this.store, id);
  }

  #toggle(): void {
    this.online = !this.online;
    this.engine.dispatch(this.online ? 'online' : 'offline');
  }

  #lead(leads: boolean): void {
    this.leads = leads;
    this.engine.dispatch(leads ? (this.online ? 'lead' : 'lead_offline') : 'yield');
  }

  check(): void {
    const unsynced = this.leads && this.online && this.store.hasSendable();
    const attended = this.time.pendingBut(WATCHDOG_MS) > 0 || this.flight !== null;
    assert.ok(!unsynced || attended, `${this.engine.state} waits for nothing after ${this.steps.slice(-8).join(', ')}`);
    assert.ok(this.engine.attends || !this.store.hasSendable(), 'it knows so itself');
  }

  /** All goes well from here on: everything comes to be synced or refused. */
  async finish(): Promise<void> {
    this.serverAhead = 0;
    if (!this.leads) this.#lead(true);
    if (!this.online) this.#toggle();
    for (let i = 0; i < 400 && this.store.pendingCount > 0; i++) {
      if (this.tokenWanted) this.token();
      if (this.flight !== null) this.flight.settle(judge(() => null));
      else this.time.next();
      await this.time.settle();
      this.check();
    }
    assert.equal(this.store.pendingCount, 0, `all is sent after ${this.steps.slice(-8).join(', ')}`);
  }
}

describe('the engine at work', () => {
  const first = Number(process.env['SYNC_SEED'] ?? Date.now() % 1_000_000);
  for (let seed = first; seed < first + 12; seed++) {
    it(`never rests while something is unsynced, and loses nothing (seed ${seed})`, async () => {
      const walk = new Walk(seed);
      await walk.store.open();
      for (let i = 0; i < 150; i++) {
        await walk.step();
        walk.check();
      }
      await walk.finish();
      const { ledger } = walk.store;
      const known = (id: string): boolean => walk.log.has(id) || ledger.refused.has(id) || walk.discarded.has(id);
      assert.deepEqual(
        walk.recorded.filter((id) => !known(id)),
        [],
        'with the server, in the list of rejections, or given up by the user',
      );
      walk.engine.dispatch('close');
      assert.equal(walk.engine.state, 'closed');
    });
  }
});
