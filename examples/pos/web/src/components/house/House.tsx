import { lazy, type ReactElement } from 'react';
import { type HousePart, houseHref } from '../../route.js';
import { FloorPlan } from './FloorPlan.js';
import { Staff } from './Staff.js';
import './House.css';

/** A chunk of its own: it alone needs the library that reads what only the server has. */
const Reports = lazy(() => import('./Reports.js'));

const parts: readonly { readonly part: HousePart; readonly name: string }[] = [
  { part: 'plan', name: 'Floor plan' },
  { part: 'staff', name: 'Staff' },
  { part: 'reports', name: 'Reports' },
];

/** What the house has besides orders. */
export default function House({ part }: { readonly part: HousePart }): ReactElement {
  return (
    <div className="house">
      <nav className="house-parts" aria-label="The house">
        {parts.map((one) => (
          <a
            key={one.part}
            className="chip"
            href={houseHref(one.part)}
            aria-current={one.part === part ? 'page' : undefined}
          >
            {one.name}
          </a>
        ))}
      </nav>
      {part === 'plan' ? <FloorPlan /> : part === 'staff' ? <Staff /> : <Reports />}
    </div>
  );
}
