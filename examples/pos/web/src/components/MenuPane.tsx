import { type ReactElement, useState } from 'react';
import { type Dish, menu } from '../data/menu.js';
import { money } from '../format.js';
import './MenuPane.css';

interface Props {
  /** How often each dish was ordered, by its name. */
  readonly counts: ReadonlyMap<string, number>;
  readonly onPick: (dish: Dish) => void;
}

/** What there is, to be tapped. */
export function MenuPane({ counts, onPick }: Props): ReactElement {
  const [chosen, setChosen] = useState<string | null>(null);
  const shown = chosen === null ? menu : menu.filter(({ name }) => name === chosen);
  return (
    <section className="menu" aria-label="Menu">
      <div className="menu-categories">
        <button type="button" className="chip" aria-pressed={chosen === null} onClick={() => setChosen(null)}>
          All
        </button>
        {menu.map(({ name }) => (
          <button
            key={name}
            type="button"
            className="chip"
            aria-pressed={name === chosen}
            onClick={() => setChosen(name)}
          >
            {name}
          </button>
        ))}
      </div>
      <div className="menu-scroll">
        {shown.map(({ name, dishes }) => (
          <section key={name} aria-label={name}>
            {chosen === null && <h2>{name}</h2>}
            <ul className="menu-dishes">
              {dishes.map((dish) => (
                <li key={dish.name}>
                  <DishButton dish={dish} ordered={counts.get(dish.name) ?? 0} onPick={onPick} />
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </section>
  );
}

interface DishProps {
  readonly dish: Dish;
  readonly ordered: number;
  readonly onPick: (dish: Dish) => void;
}

function DishButton({ dish, ordered, onPick }: DishProps): ReactElement {
  return (
    <button
      type="button"
      className="dish"
      onClick={() => onPick(dish)}
      aria-label={`Add ${dish.name}, ${money(dish.price_cents)}`}
    >
      <span className="dish-name">{dish.name}</span>
      <span className="dish-price">{money(dish.price_cents)}</span>
      {ordered > 0 && (
        <span key={ordered} className="dish-count" aria-hidden="true">
          {ordered}
        </span>
      )}
    </button>
  );
}
