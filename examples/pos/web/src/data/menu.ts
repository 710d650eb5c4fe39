/** What the kitchen makes. */

export interface Dish {
  readonly name: string;
  readonly price_cents: number;
}

export interface Category {
  readonly name: string;
  readonly dishes: readonly Dish[];
}

const dish = (name: string, price_cents: number): Dish => ({ name, price_cents });

export const menu: readonly Category[] = [
  {
    name: 'Starters',
    dishes: [
      dish('Tomato soup', 650),
      dish('Garlic bread', 480),
      dish('Burrata', 1150),
      dish('Beef carpaccio', 1290),
      dish('Caesar salad', 980),
      dish('Olives', 420),
    ],
  },
  {
    name: 'Mains',
    dishes: [
      dish('Burger', 1450),
      dish('Veggie burger', 1390),
      dish('Steak frites', 2490),
      dish('Sea bass', 2250),
      dish('Mushroom risotto', 1680),
      dish('Margherita', 1090),
      dish('Lasagne', 1420),
      dish('Moules', 1890),
    ],
  },
  {
    name: 'Sides',
    dishes: [dish('Fries', 450), dish('Green salad', 490), dish('Grilled greens', 560), dish('Rosemary potatoes', 520)],
  },
  {
    name: 'Desserts',
    dishes: [dish('Crème brûlée', 720), dish('Tiramisù', 690), dish('Lemon tart', 650), dish('Two scoops', 480)],
  },
  {
    name: 'Drinks',
    dishes: [
      dish('Water 0.7 l', 550),
      dish('Cola', 380),
      dish('Lemonade', 420),
      dish('Pilsner', 450),
      dish('House white', 590),
      dish('House red', 590),
      dish('Spritz', 790),
      dish('Negroni', 980),
    ],
  },
  {
    name: 'Coffee',
    dishes: [dish('Espresso', 260), dish('Cappuccino', 380), dish('Flat white', 410), dish('Mint tea', 390)],
  },
];
