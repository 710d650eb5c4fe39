/** Normal forms and folds are those of the server, value by value. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ZodType } from 'zod';
import type { Folded, ModelDefinition } from '../generated/fixtures/src/model.js';
import { toWire } from '../generated/fixtures/src/store/codec.js';
import { type AccessRules, canWrite } from '../generated/repair/src/client/access.js';

/** What each case has a copy of. */
interface Validation {
  readonly asRecorded: <T>(read: () => T) => T;
}

interface Corpus {
  readonly case: string;
  readonly entity: string;
  readonly payloads: readonly Payload[];
  readonly writes: readonly Write[];
  readonly folds: readonly { readonly id: string; readonly steps: readonly Step[] }[];
}

interface Write {
  readonly roles: readonly string[];
  readonly event: string;
  readonly payload: object;
  readonly may: boolean;
}

interface Payload {
  readonly event: string;
  readonly sent: unknown;
  /** As it is recorded; null where it is refused. */
  readonly normal: unknown;
  /** As it is read, without the rules. */
  readonly read: unknown;
}

type State = Folded<{ readonly id: string }>;

interface Step {
  readonly event: string;
  readonly payload: unknown;
  readonly timestamp: string;
  readonly applied: boolean;
  readonly state: unknown;
}

const generated = fileURLToPath(new URL('../generated', import.meta.url));
const corpus: readonly Corpus[] = JSON.parse(readFileSync(`${generated}/corpus.txt`, 'utf8'));

/** The model of an entity: the constant of that case which says so. */
async function modelOf(name: string, entity: string): Promise<ModelDefinition> {
  return (await placeOf(name, entity)).model;
}

/** The file of its materializer. */
async function fileOf(name: string, entity: string): Promise<string> {
  return (await placeOf(name, entity)).file;
}

async function placeOf(name: string, entity: string): Promise<{ model: ModelDefinition; file: string }> {
  const folder = `${generated}/${name}/src/materializers`;
  for (const file of readdirSync(folder).map((file) => `${folder}/${file}`)) {
    const exported: Record<string, unknown> = await import(file);
    for (const value of Object.values(exported)) {
      if (typeof value === 'object' && value !== null && 'entity' in value && value.entity === entity) {
        return { model: value as ModelDefinition, file };
      }
    }
  }
  throw new Error(`no model of ${entity}`);
}

/** What an entity's roles may write: the constant of its events that says so. */
async function rulesOf(name: string, entity: string): Promise<AccessRules> {
  const exported: Record<string, unknown> = await import(`${generated}/${name}/src/events/${entity}.events.ts`);
  for (const value of Object.values(exported)) {
    if (typeof value === 'object' && value !== null && 'ownerOnly' in value) return value as AccessRules;
  }
  throw new Error(`no rules of ${entity}`);
}

/** The zod schema of each event's payload. */
async function formsOf(name: string, entity: string): Promise<(event: string) => ZodType> {
  const file = (await fileOf(name, entity)).replace('/materializers/', '/forms/');
  const schemas: Record<string, unknown> = { ...(await import(file)) };
  const shared = file.replace(/[^/]*$/, 'shared.ts');
  if (existsSync(shared)) Object.assign(schemas, await import(shared));
  const source = readFileSync(file.replace('/forms/', '/events/').replace(/\.ts$/, '.events.ts'), 'utf8');
  return (event) => {
    // The name of the parser that the event's definition calls is that of the form.
    const parse = new RegExp(`'${event}': \\{[^}]*?parse: \\(payload\\) => parse(\\w+)\\(`).exec(source)?.[1] ?? '';
    const schema = schemas[`${parse.charAt(0).toLowerCase()}${parse.slice(1)}Form`];
    if (!(schema instanceof ZodType)) throw new Error(`no form of ${event}`);
    return schema;
  };
}

for (const { case: name, entity, payloads, writes, folds } of corpus) {
  describe(`${name}: ${entity}`, () => {
    if (writes.length > 0) {
      it(`lets roles write what the server lets them, ${writes.length} times`, async () => {
        const rules = await rulesOf(name, entity);
        for (const { roles, event, payload, may } of writes) {
          assert.equal(canWrite(rules, roles, event, payload), may, `${roles}: ${event} ${JSON.stringify(payload)}`);
        }
      });
    }

    it(`takes and refuses ${payloads.length} payloads as the server does`, async () => {
      const model = await modelOf(name, entity);
      for (const { event, sent, normal } of payloads) {
        let parsed: unknown = null;
        let refusal: unknown = null;
        try {
          parsed = toWire(model.events[event]?.parse(sent));
        } catch (error) {
          refusal = error;
        }
        assert.deepEqual(parsed, normal, `${event} of ${JSON.stringify(sent)}: ${refusal}`);
      }
    });

    it(`takes and refuses the same ${payloads.length} payloads as forms, and gives the same values`, async () => {
      const forms = await formsOf(name, entity);
      for (const { event, sent, normal } of payloads) {
        const { success, data, error } = forms(event).safeParse(sent);
        assert.deepEqual(success ? toWire(data) : null, normal, `${event} of ${JSON.stringify(sent)}: ${error}`);
      }
    });

    it('reads what was recorded under looser rules, and checks its shape', async () => {
      const model = await modelOf(name, entity);
      const { asRecorded }: Validation = await import(`${generated}/${name}/src/schemas/validate.js`);
      let loose = 0;
      for (const { event, sent, normal, read } of payloads) {
        const definition = model.events[event];
        let parsed: unknown = null;
        try {
          parsed = toWire(asRecorded(() => (definition?.read ?? definition?.parse)?.(sent)));
        } catch (error) {
          assert.equal((error as Error).name, 'InvalidPayload');
        }
        // A reader of hidden fields may lack keys, which the one who records them may not.
        if (read === null && definition?.read !== undefined) continue;
        assert.deepEqual(parsed, read, `${event} of ${JSON.stringify(sent)}`);
        if (normal === null && read !== null) loose += 1;
      }
      if (name === 'types' && entity === 'order') assert.ok(loose > 0, 'no payload breaks a rule');
    });

    it(`folds ${folds.length} entities as the server does`, async () => {
      const model = await modelOf(name, entity);
      for (const { id, steps } of folds) {
        let folded: State = null;
        for (const { event, payload, timestamp, applied, state } of steps) {
          const before: State = folded;
          folded = model.reduce(before, {
            id,
            event_type: event,
            entity_type: entity,
            entity_id: id,
            payload: model.events[event]?.parse(payload),
            timestamp,
            schema_version: model.version,
            user_id: null,
            idempotency_key: id,
          });
          const what = `${event} with ${JSON.stringify(payload)}`;
          assert.deepEqual(typeof folded === 'symbol' ? null : toWire(folded), state, what);
          assert.equal(folded !== before, applied, what);
          // What is on the disk reads back as it was.
          if (typeof folded === 'object' && folded !== null) {
            assert.deepEqual(model.parseState(toWire(folded)), folded, what);
          }
        }
      }
    });
  });
}
