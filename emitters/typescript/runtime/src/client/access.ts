/**
 * What a role may write, for a screen that does not offer what the server would refuse.
 *
 * The server decides, by the same rules. It alone sees which roles a user has; the application knows them from the session that gave
 * it the token.
 */

/** The role that writes the fields which only an owner sees. */
const OWNER = 'owner';

/** What the events of a model ask of whoever writes them, as the model declares it. */
export interface AccessRules<Type extends string = string> {
  /** The field groups that each role writes. */
  readonly roles: Readonly<Record<string, readonly string[]>>;
  /** The fields of each group. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  /** What an owner alone writes. */
  readonly ownerOnly: readonly string[];
  /** By full event type: the fields that it writes; those that its payload holds; or, as a function decides, whatever there is. */
  readonly events: Readonly<Record<Type, EventAccess>>;
}

/** What an event asks of whoever writes it. */
export type EventAccess =
  | { readonly writes: readonly string[] }
  | { readonly writesGiven: readonly string[] }
  | 'everything';

/** Whether somebody with these roles may record an event; without a payload, whether one that holds no key of a group would do. */
export function canWrite<Type extends string>(
  rules: AccessRules<Type>,
  roles: readonly string[],
  type: Type,
  payload: object = {},
): boolean {
  const held = new Set(roles.flatMap((role) => (Object.hasOwn(rules.roles, role) ? (rules.roles[role] ?? []) : [])));
  if (held.size === 0) return false;
  const access: EventAccess = rules.events[type];
  if (access === 'everything') return Object.keys(rules.groups).every((group) => held.has(group));
  const fields =
    'writes' in access ? access.writes : access.writesGiven.filter((field) => Object.hasOwn(payload, field));
  return fields.every((field) => {
    if (rules.ownerOnly.includes(field) && !roles.includes(OWNER)) return false;
    const groups = Object.keys(rules.groups).filter((group) => rules.groups[group]?.includes(field));
    return groups.length === 0 || groups.some((group) => held.has(group));
  });
}
