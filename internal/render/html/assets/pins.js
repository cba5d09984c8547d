'use strict';
// The pins, as bars over time and as a table.

const mostBars = 40;
const endOf = (p) => p.end ?? data.end;
const heldFor = (p) => endOf(p) - p.begin;
const requestsOf = (p) => p.requests.map((i) => data.texts[i]);

// describe names what holds a pin in one line.
function describe(p) {
  const all = requestsOf(p);
  if (!all.length) return p.more ? `${counted(p.more, 'holder')} not found` : 'not read while it was held';
  const more = all.length - 1 + p.more;
  return more > 0 ? `${all[0]}; and ${count(more)} more` : all[0];
}

const endWord = (p) => (p.end == null ? 'still held' : p.how);
const unknown = (p, n) => (p.position < 0 ? null : n);

const columns = [
  { name: 'Ring', text: (p) => p.name, key: (p) => p.ring },
  { name: 'Node', number: true, key: (p) => p.node },
  { name: 'From', number: true, key: (p) => p.begin, text: (p) => (p.older ? 'before ' : '') + timeOf(p.begin) },
  { name: 'Held for', number: true, key: heldFor, text: (p) => lapse(heldFor(p)) + (p.older ? ' or longer' : '') },
  { name: 'End', key: endWord },
  { name: 'Place', number: true, key: (p) => unknown(p, p.position) },
  { name: 'Waiting behind', number: true, key: (p) => unknown(p, p.waiting) },
  { name: 'Sockets held', number: true, key: (p) => unknown(p, p.sockets) },
  { name: 'Released at its end', number: true, key: (p) => (p.end == null ? null : p.released) },
  { name: 'Request, as last read', wide: true, key: describe },
];
const textOf = (c, p) => (c.text ? c.text(p) : c.number ? count(c.key(p)) : String(c.key(p)));

class PinTable {
  constructor(choose) {
    this.choose = choose;
    this.by = 3;
    this.descending = true;
    this.body = $('pin-table').tBodies[0];
    this.heads = columns.map((c, i) => this.head(c, i));
    $('pin-table').tHead.rows[0].replaceChildren(...this.heads);
    this.rows = data.pins.map((p) => this.row(p));
    $('filter').addEventListener('input', () => this.show());
    this.show();
  }

  head(c, i) {
    const button = make('button', '', c.name);
    button.type = 'button';
    button.addEventListener('click', () => this.sort(i));
    const th = make('th', c.number ? 'n' : '', button);
    th.scope = 'col';
    return th;
  }

  row(pin) {
    const cells = columns.map((c) => make('td', c.wide ? 'wide' : c.number ? 'n' : '', textOf(c, pin)));
    const texts = columns.map((c) => textOf(c, pin)).concat(requestsOf(pin));
    return { pin, element: make('tr', '', ...cells), words: texts.join(' ').toLowerCase() };
  }

  sort(i) {
    this.descending = i === this.by ? !this.descending : Boolean(columns[i].number);
    this.by = i;
    this.show();
  }

  show() {
    const words = $('filter').value.toLowerCase().split(/\s+/).filter(Boolean);
    const kept = this.rows.filter((r) => words.every((w) => r.words.includes(w)));
    const key = columns[this.by].key;
    const sign = this.descending ? -1 : 1;
    kept.sort((a, b) => compare(key(a.pin), key(b.pin), sign) || a.pin.begin - b.pin.begin);
    this.body.replaceChildren(...kept.map((r) => r.element));
    this.heads.forEach((th, i) => th.setAttribute('aria-sort', i !== this.by ? 'none' : this.descending ? 'descending' : 'ascending'));
    $('filter-count').textContent = `${count(kept.length)} of ${counted(this.rows.length, 'pin')}`;
    showBars(kept.map((r) => r.pin), this.choose);
  }
}

// compare puts what is not known last, whichever way is sorted.
function compare(a, b, sign) {
  if (a == null || b == null) return (a == null) - (b == null);
  return sign * (typeof a === 'number' ? a - b : a.localeCompare(b));
}

// showBars draws the longest of some pins, in the order in which they began.
function showBars(pins, choose) {
  const shown = pins.slice().sort((a, b) => heldFor(b) - heldFor(a)).slice(0, mostBars).sort((a, b) => a.begin - b.begin);
  $('bars-figure').hidden = !shown.length;
  $('bars-caption').textContent = shown.length < pins.length ? `The ${count(shown.length)} longest of them over time` : 'From beginning to end';
  $('bars').replaceChildren(...shown.map((p) => barOf(p, choose)));
  $('bars-scale').replaceChildren(make('span', '', timeOf(0)), make('span', '', timeOf(data.end / 2)), make('span', '', timeOf(data.end)));
}

function barOf(p, choose) {
  const bar = make('button', 'bar');
  bar.type = 'button';
  if (p.end == null) bar.classList.add('open');
  if (p.older) bar.classList.add('older');
  const whole = Math.max(data.end, data.width);
  bar.style.left = `${(100 * p.begin) / whole}%`;
  bar.style.width = `${(100 * heldFor(p)) / whole}%`;
  const end = p.end == null ? 'and still held' : `to ${timeOf(p.end)}, ${p.how}`;
  bar.title = `node ${p.node} of ${p.name}, held ${p.older ? 'since before' : 'from'} ${timeOf(p.begin)} ${end}: ${describe(p)}`;
  bar.setAttribute('aria-label', bar.title);
  bar.addEventListener('click', () => choose(p.begin));
  const name = make('span', 'name', `node ${p.node}, ${p.name}`);
  return make('li', '', name, make('div', 'track', bar));
}
