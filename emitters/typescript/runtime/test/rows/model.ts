/**
 * What two devices and a server come to, written down a second time and as small as it gets: one row of two fields, no network, no
 * stamps, no log. Every step is over before the next begins.
 */

export type FieldName = 'first_name' | 'last_name';
export const fieldNames: readonly FieldName[] = ['first_name', 'last_name'];

/** What a device can do, or have done to it. */
export const acts = ['editFirst', 'editLast', 'delete', 'offline', 'refusal', 'lost'] as const;
export type Act = (typeof acts)[number];

/** A write that a device has not brought to the server. */
interface Waiting {
  /** The fields with what is to be in them; null: the row is to go. */
  readonly values: Partial<Record<FieldName, string>> | null;
  /** The version of each field, or of the row, that it was based on. */
  readonly based: Partial<Record<FieldName | 'row', number>>;
  held: boolean;
}

export class ModelDevice {
  online = true;
  /** Its next write is refused. */
  refusal = false;
  /** The answer to its next batch is lost. */
  lost = false;
  waiting: Waiting[] = [];
  /** The version of each field and of the row that it has seen. */
  seen: Record<FieldName | 'row', number> = { first_name: 0, last_name: 0, row: 0 };
  alive = true;
  values: Record<FieldName, string | null> = { first_name: 'Ada', last_name: null };
  /** Writes that the server has refused for good. */
  refused = 0;
}

export class RowModel {
  alive = true;
  values: Record<FieldName, string | null> = { first_name: 'Ada', last_name: null };
  versions: Record<FieldName | 'row', number> = { first_name: 0, last_name: 0, row: 0 };
  readonly devices: Record<string, ModelDevice> = { a: new ModelDevice(), b: new ModelDevice() };

  /** What a device shows: null where the row is gone. */
  shown(name: string): Record<FieldName, string | null> | null {
    const device = this.#device(name);
    if (!device.alive || device.waiting.some(({ values }) => values === null)) return null;
    return Object.assign({ ...device.values }, ...device.waiting.map(({ values }) => values));
  }

  /** The fields, or the row, of which a device waits for a decision. */
  held(name: string): string[] {
    const device = this.#device(name);
    return device.waiting.flatMap((write) => (write.held ? this.#conflicts(device, write) : [])).sort();
  }

  /** False: the device refuses it by itself. */
  edit(name: string, field: FieldName, value: string): boolean {
    const device = this.#device(name);
    if (this.shown(name) === null) return false;
    const earlier = device.waiting.find(({ values }) => values?.[field] !== undefined);
    const based = { [field]: earlier?.based[field] ?? device.seen[field], row: earlier?.based.row ?? device.seen.row };
    device.waiting = device.waiting.filter((write) => write !== earlier);
    device.waiting.push({ values: { [field]: value }, based, held: false });
    this.#flush(device);
    return true;
  }

  delete(name: string): boolean {
    const device = this.#device(name);
    if (this.shown(name) === null) return false;
    const row = device.waiting[0]?.based.row ?? device.seen.row;
    device.waiting = [{ values: null, based: { row }, held: false }];
    this.#flush(device);
    return true;
  }

  offline(name: string): void {
    const device = this.#device(name);
    device.online = !device.online;
    this.#flush(device);
  }

  /** What somebody decides about all that is held. */
  decide(name: string, keep: 'mine' | 'server'): void {
    const device = this.#device(name);
    for (const write of [...device.waiting]) {
      if (!write.held) continue;
      if (keep === 'server') device.waiting.splice(device.waiting.indexOf(write), 1);
      else Object.assign(write.based, this.versions);
    }
    this.#flush(device);
  }

  #device(name: string): ModelDevice {
    const device = this.devices[name];
    if (device === undefined) throw new Error(`no device ${name}`);
    return device;
  }

  #conflicts({ seen }: ModelDevice, { values, based }: Waiting): string[] {
    if (values === null) return based.row === seen.row ? [] : ['*'];
    return fieldNames.filter((field) => values[field] !== undefined && based[field] !== seen[field]);
  }

  /** Catches up, then sends in order. */
  #flush(device: ModelDevice): void {
    if (!device.online) return;
    this.#catchUp(device);
    if (device.lost && device.waiting.some((write) => !device.alive || this.#conflicts(device, write).length === 0)) {
      device.lost = false;
      // A refusal that nobody heard is judged anew.
      if (device.alive) device.refusal = false;
    }
    for (const write of [...device.waiting]) {
      write.held = device.alive && this.#conflicts(device, write).length > 0;
      if (write.held) continue;
      device.waiting.splice(device.waiting.indexOf(write), 1);
      if (!device.alive || device.refusal) {
        device.refusal = device.refusal && !device.alive;
        device.refused += 1;
        continue;
      }
      if (write.values === null) this.alive = false;
      else Object.assign(this.values, write.values);
      this.versions.row += 1;
      for (const field of fieldNames) if (write.values?.[field] !== undefined) this.versions[field] += 1;
      for (const other of device.waiting) this.#rebase(other, this.versions.row - 1);
      this.#catchUp(device);
    }
    for (const other of Object.values(this.devices)) {
      if (other === device || !other.online) continue;
      this.#catchUp(other);
      // What was held stays so, unless the row is gone: then the server says so.
      if (!other.alive && other.waiting.length > 0) this.#flush(other);
    }
  }

  /** What was based on the row before a write of the same device is based on it with that. */
  #rebase({ based }: Waiting, before: number): void {
    if (based.row === before) based.row = this.versions.row;
  }

  #catchUp(device: ModelDevice): void {
    device.seen = { ...this.versions };
    device.values = { ...this.values };
    device.alive = this.alive;
  }
}
