/** Errors of the client, each with a stable `code` to switch on; the text is for people. */

/** What every error thrown by this client is. */
export class SyncError extends Error {
  override readonly name: string = 'SyncError';
  /** Stable and machine-readable, one of the codes of the contract or of this client. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A value is not of its declared type. Nothing was recorded. */
export class InvalidPayload extends SyncError {
  override readonly name = 'InvalidPayload';
  /** RFC 6901 pointer to the value at fault; empty for the payload as a whole. */
  readonly pointer: string;

  constructor(pointer: string, message: string) {
    super('invalid_payload', `${pointer === '' ? 'payload' : pointer}: ${message}`);
    this.pointer = pointer;
  }
}

/** Why a mutation was refused by this device's own state. */
export type RefusalCode = 'entity_exists' | 'entity_not_found' | 'entity_deleted' | 'invalid_transition';

/** The device's own fold says that the event could not be accepted. Nothing was recorded. */
export class RefusedLocally extends SyncError {
  override readonly name = 'RefusedLocally';
  override readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string) {
    super(code, message);
    this.code = code;
  }
}

/** The server refused an event, or the user discarded it: what `synced` rejects with. */
export class EventRejected extends SyncError {
  override readonly name = 'EventRejected';
  readonly eventId: string;

  constructor(eventId: string, code: string, reason: string) {
    super(code, reason);
    this.eventId = eventId;
  }
}

/** The device's store could not be opened, read or written. */
export class StoreError extends SyncError {
  override readonly name = 'StoreError';
}

/** The server answered with a problem, or not at all (`status` 0). */
export class HttpError extends SyncError {
  override readonly name = 'HttpError';
  readonly status: number;
  /** Milliseconds to wait, where the server named a time. */
  readonly retryAfter: number | null;
  /** The members of the problem document. */
  readonly problem: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    code: string,
    message: string,
    problem: Readonly<Record<string, unknown>> = {},
    retryAfter: number | null = null,
  ) {
    super(code, message);
    this.status = status;
    this.problem = problem;
    this.retryAfter = retryAfter;
  }
}
