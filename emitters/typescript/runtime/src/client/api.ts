/** Models in api mode: the server keeps them, and each request has its answer. */
import { HttpError } from '../errors.js';
import type { HttpClient } from './http.js';
import { type Page, type PageQuery, pageParameters } from './pages.js';

/** A row's id. */
export type RowId = string | number | bigint;

/** The key that every row has. */
export interface Row {
  readonly id: RowId;
}

/** What is known of a model whose rows are only read. */
export interface ApiReadModel<State extends Row> {
  /** Name in query keys: `report`. */
  readonly entity: string;
  /** Path segment of its requests: `reports`. */
  readonly path: string;
  /** Checks a row from the server; throws `InvalidPayload`. */
  readonly parseState: (value: unknown) => State;
}

/** What is known of a model in api mode. */
export interface ApiModel<State extends Row, Create extends object, Update extends object> extends ApiReadModel<State> {
  /** Check what is to be sent and give its normal form; throw `InvalidPayload` with a JSON pointer. */
  readonly parseCreate: (payload: unknown) => Create;
  readonly parseUpdate: (payload: unknown) => Update;
  /** Draws an id; null where the application chooses it. */
  readonly newId: (() => State['id']) | null;
}

/** A row with the entity tag of what was read, for an `ifMatch`. */
export interface Tagged<State> {
  readonly data: State;
  readonly etag: string | null;
}

/** What a write may ask for. */
export interface WriteOptions {
  /** The entity tag that the row must still have: else nothing is written and the answer is `precondition_failed`. Null: any. */
  readonly ifMatch?: string | null;
  readonly signal?: AbortSignal;
}

/** The codes of the problems that requests of models in api mode are answered with. */
export type ApiProblemCode =
  | 'entity_exists'
  | 'entity_not_found'
  | 'forbidden'
  | 'invalid_payload'
  | 'invalid_query'
  | 'malformed_json'
  | 'network_error'
  | 'not_found'
  | 'overloaded'
  | 'payload_too_large'
  | 'precondition_failed'
  | 'rate_limited'
  | 'storage_unavailable'
  | 'unauthorized';

/** Whether an error is the server's answer with one of these codes; `network_error` is that there was none. */
export function isProblem<Code extends ApiProblemCode>(
  error: unknown,
  ...codes: readonly Code[]
): error is HttpError & { readonly code: Code } {
  return error instanceof HttpError && codes.some((code) => code === error.code);
}

/** Reads the rows of one model from the server. Rejects with `HttpError`, or with `InvalidPayload` for a row that is none. */
export class ApiReader<State extends Row> {
  readonly model: ApiReadModel<State>;
  readonly #http: () => Promise<HttpClient>;

  constructor(model: ApiReadModel<State>, http: () => Promise<HttpClient>) {
    this.model = model;
    this.#http = http;
  }

  /** A page of rows. */
  async list(query: PageQuery<State> = {}, signal?: AbortSignal): Promise<Page<State>> {
    const http = await this.#http();
    const { data, next } = await http.list(this.model.path, pageParameters(query), signal);
    return { data: data.map(this.model.parseState), next };
  }

  /** One row; `not_found` where there is none. */
  async get(id: State['id'], signal?: AbortSignal): Promise<Tagged<State>> {
    const http = await this.#http();
    const { body, etag } = await http.request({ method: 'GET', path: [this.model.path, String(id)] }, signal);
    return { data: this.model.parseState(body['data']), etag };
  }
}

/** Reads and writes the rows of one model, each promise being the server's answer. */
export class ApiClient<State extends Row, Create extends object, Update extends object> extends ApiReader<State> {
  override readonly model: ApiModel<State, Create, Update>;
  readonly #http: () => Promise<HttpClient>;

  constructor(model: ApiModel<State, Create, Update>, http: () => Promise<HttpClient>) {
    super(model, http);
    this.model = model;
    this.#http = http;
  }

  /** Makes a row; the server draws its id unless it is given. `entity_exists` where another has it. */
  async create(data: Create, id?: State['id'], signal?: AbortSignal): Promise<Tagged<State>> {
    const body = { ...this.model.parseCreate(data), ...(id === undefined ? {} : { id }) };
    const answer = await (await this.#http()).request({ method: 'POST', path: [this.model.path], body }, signal);
    return { data: this.model.parseState(answer.body['data']), etag: answer.etag };
  }

  /** Changes what is given of a row. */
  async update(id: State['id'], patch: Update, { ifMatch, signal }: WriteOptions = {}): Promise<Tagged<State>> {
    const body = this.model.parseUpdate(patch);
    const path = [this.model.path, String(id)];
    const answer = await (await this.#http()).request({ method: 'PATCH', path, body, ifMatch }, signal);
    return { data: this.model.parseState(answer.body['data']), etag: answer.etag };
  }

  /** Ends a row. */
  async delete(id: State['id'], { ifMatch, signal }: WriteOptions = {}): Promise<void> {
    const path = [this.model.path, String(id)];
    await (await this.#http()).request({ method: 'DELETE', path, ifMatch }, signal);
  }
}

/** An integer as the server would draw it: in order of time, within what a number holds exactly. */
export function newIntegerId(): number {
  return Date.now() * 4096 + Math.floor(Math.random() * 4096);
}
