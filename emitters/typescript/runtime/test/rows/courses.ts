/** What may happen to two devices, step by step, in every order. */
import { seeded } from '../helpers.js';
import { type Act, acts } from './model.js';

/** One thing that one device does, or has done to it. */
export type Step = readonly [device: 'a' | 'b', act: Act];

/** What happens, in order. */
export type Course = readonly Step[];

const all: readonly Step[] = (['a', 'b'] as const).flatMap((device) => acts.map((act) => [device, act] as const));

/** Every course of so many steps, but for those that come to what another does. */
function courses(length: number): readonly Course[] {
  return [...sequences(length)].filter(matters);
}

/** How many courses are tried: all of so many steps, and so many of those of four. */
export interface Budget {
  readonly all: number;
  readonly drawn: number;
}

/** The courses of a budget, the same for a seed. */
export function coursesOf({ all, drawn }: Budget, seed: number): readonly Course[] {
  const random = seeded(seed);
  const left = drawn === 0 ? [] : [...courses(4)];
  const some = Array.from({ length: Math.min(drawn, left.length) }, () =>
    left.splice(Math.floor(random() * left.length), 1),
  );
  return [...courses(all), ...some.flat()];
}

/** A course for people. */
export function told(steps: Course): string {
  return steps.map((step) => step.join(' ')).join(', ');
}

/** The first step is `a`'s: to exchange the devices changes nothing. */
function* sequences(length: number): Iterable<Course> {
  if (length === 0) return yield [];
  for (const before of sequences(length - 1)) {
    for (const step of all) if (before.length > 0 || step[0] === 'a') yield [...before, step];
  }
}

/** Whether all harm in a sequence comes to something: what is done to a device that then does nothing is not done. */
function matters(steps: Course): boolean {
  return steps.every(([device, act], at) => {
    if (act !== 'refusal' && act !== 'lost') return true;
    const later = steps.slice(at + 1).filter(([other]) => other === device);
    const next = later.find(([, other]) => other === act || (other !== 'refusal' && other !== 'lost'));
    return next !== undefined && next[1] !== act;
  });
}
